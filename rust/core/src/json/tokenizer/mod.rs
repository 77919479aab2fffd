//! The tokenizer: see the module's table.

mod scalar;
mod structure;
mod text;
mod whole;

pub(crate) use whole::{Form, WholeNumber, plain_string, whole_number};

use super::escape::Escape;
use super::number::Digits;
use super::scan;
use super::sink::{Ahead, Between, Container, Halt, Limit, Sink, Step, Syntax};
use super::utf8::Pending;

/// The bounds of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Containers open at once.
    pub depth: u32,
    /// Bytes of the whole text.
    pub bytes: u64,
    /// Bytes of one number.
    pub number: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 1_024,
            bytes: 64 << 20,
            number: 1 << 16,
        }
    }
}

/// Which kind of text is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Key,
    Value,
}

/// A place in the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Between two tokens.
    Between(Between),
    /// In a string or key.
    Text(Role),
    /// In an escape of a string or key.
    Escape(Role, Escape),
    /// In a number of `length` bytes so far.
    Number { digits: Digits, length: u32 },
    /// In a literal, before this byte of it.
    Literal { word: &'static [u8], next: usize },
}

/// A resumable JSON tokenizer; see [`crate::json`].
#[derive(Clone, Debug)]
pub struct Tokenizer {
    limits: Limits,
    state: State,
    open: Vec<Container>,
    pending: Pending,
    at: u64,
}

impl Tokenizer {
    /// A tokenizer at the start of a text.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: State::Between(Between::Value { first: false }),
            open: Vec::new(),
            pending: Pending::default(),
            at: 0,
        }
    }

    /// Bytes read so far. After a [`Halt`] the byte it names has not been read.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.at
    }

    /// Whether the root value is closed. A root number is not, until white space or the end follows it.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.state == State::Between(Between::End)
    }

    /// Containers open now.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// Reads a chunk. After an error nothing more may be fed.
    ///
    /// # Errors
    /// Where the text stops being JSON, passes a bound, or the sink stops.
    pub fn feed<S: Sink>(&mut self, chunk: &[u8], sink: &mut S) -> Step {
        let mut rest = chunk;
        let room = self.limits.bytes.saturating_sub(self.at);
        let over = rest.len() as u64 > room;
        if over {
            rest = &rest[..room as usize];
        }
        while !rest.is_empty() {
            let before = self.at;
            self.step(rest, sink)?;
            rest = &rest[(self.at - before) as usize..];
        }
        if over {
            Err(limit("bytes", self.limits.bytes))
        } else {
            Ok(())
        }
    }

    /// Reads up to the closing byte of the root and no further: what follows it is left unread.
    ///
    /// # Errors
    /// As [`Tokenizer::feed`].
    pub fn feed_root<S: Sink>(&mut self, chunk: &[u8], sink: &mut S) -> Step {
        let room = self.limits.bytes.saturating_sub(self.at);
        let over = chunk.len() as u64 > room;
        let mut rest = if over { &chunk[..room as usize] } else { chunk };
        while !rest.is_empty() && self.state != State::Between(Between::End) {
            let before = self.at;
            self.step(rest, sink)?;
            rest = &rest[(self.at - before) as usize..];
        }
        if over && self.state != State::Between(Between::End) {
            return Err(limit("bytes", self.limits.bytes));
        }
        Ok(())
    }

    /// The text has ended.
    ///
    /// # Errors
    /// If it ended inside a value or before one.
    pub fn finish<S: Sink>(&mut self, sink: &mut S) -> Step {
        match self.state {
            State::Number { digits, .. } if digits.may_end() && self.open.is_empty() => {
                sink.number_end(self.at)?;
                self.state = State::Between(Between::End);
                Ok(())
            }
            State::Between(Between::End) => Ok(()),
            _ => self.refuse(Syntax::End),
        }
    }

    /// Reads at least one byte of `rest`, which is not empty, or changes state without reading.
    fn step<S: Sink>(&mut self, rest: &[u8], sink: &mut S) -> Step {
        match self.state {
            State::Between(between) => self.structure(between, rest, sink),
            State::Text(role) => self.text(role, rest, sink),
            State::Number { digits, length } => self.number(digits, length, rest, sink),
            State::Literal { word, next } => self.literal(word, next, rest[0], sink),
            State::Escape(role, escape) => self.escape(role, escape, rest[0], sink),
        }
    }

    /// Between tokens: white space and the byte after it.
    fn structure<S: Sink>(&mut self, between: Between, rest: &[u8], sink: &mut S) -> Step {
        let blank = if rest[0] > b' ' {
            0
        } else {
            scan::blank_run(rest)
        };
        self.at += blank as u64;
        let rest = &rest[blank..];
        let Some(&byte) = rest.first() else {
            return Ok(());
        };
        if self.stride(between, rest, sink) {
            return Ok(());
        }
        match between {
            Between::Value { first } => {
                if S::WHOLE && self.whole(rest, sink)? {
                    return Ok(());
                }
                self.value(byte, first, sink)?;
            }
            Between::Key { first } => {
                if S::WHOLE && byte == b'"' && self.whole_key(rest, sink)? {
                    return Ok(());
                }
                self.key(byte, first, sink)?;
            }
            Between::Colon if byte == b':' => {
                self.state = State::Between(Between::Value { first: false });
            }
            Between::Colon => return self.refuse(Syntax::Colon),
            Between::Comma => self.after_value(byte, sink)?,
            Between::End => return self.refuse(Syntax::Trailing),
        }
        self.at += 1;
        Ok(())
    }

    /// Lets the sink read whole tokens by itself; whether it read any.
    fn stride<S: Sink>(&mut self, between: Between, rest: &[u8], sink: &mut S) -> bool {
        let ahead = Ahead {
            text: rest,
            limits: self.limits,
            open: &mut self.open,
        };
        let (bytes, next) = sink.stride(between, ahead);
        self.at += bytes as u64;
        self.state = State::Between(next);
        bytes > 0
    }

    /// The state after a value.
    fn ended(&self) -> State {
        State::Between(if self.open.is_empty() {
            Between::End
        } else {
            Between::Comma
        })
    }

    fn refuse(&self, what: Syntax) -> Step {
        Err(Halt::Syntax { what, at: self.at })
    }
}

fn limit(name: &'static str, bound: u64) -> Halt {
    Halt::Limit(Limit { name, bound })
}

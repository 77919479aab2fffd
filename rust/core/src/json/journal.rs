//! The tokens of a text, written down compactly: an operation a token, their text in one buffer.

use super::Scalars;
use super::sink::{Container, Halt, Kind, Sink, Step};

/// One step of a growing value. Texts are lengths in the journal's buffer, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// A container opens.
    Open(Container),
    /// The innermost container closes.
    Close,
    /// A member's name of this many bytes, complete.
    Key(u32),
    /// A string of this many bytes, complete.
    String(u32),
    /// A string begins; it is empty so far.
    StringBegin,
    /// So many bytes are appended to the open string.
    StringPart(u32),
    /// The open string is complete.
    StringEnd,
    /// A number of this many bytes, complete.
    Number(u32),
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
}

/// A sink that writes down what it is told, until the reader takes it.
///
/// What is unfinished (a key, a number, a literal) is not in it yet; strings grow.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    ops: Vec<Op>,
    text: String,
    /// Bytes of the open key or number at the end of `text`, not yet told.
    held: usize,
    in_key: bool,
    literal: Option<Op>,
    /// Operations that a reader has seen: they no longer grow.
    sealed: usize,
}

/// How far a reader has read a journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    ops: usize,
    text: usize,
}

impl Journal {
    /// The operations from a mark on, each with its text.
    pub fn entries(&self, from: Mark) -> impl Iterator<Item = (Op, &str)> {
        let mut at = from.text;
        self.ops[from.ops..].iter().map(move |&op| {
            let length = match op {
                Op::Key(length)
                | Op::String(length)
                | Op::StringPart(length)
                | Op::Number(length) => length as usize,
                _ => 0,
            };
            at += length;
            (op, &self.text[at - length..at])
        })
    }

    /// The mark behind all that is written.
    pub fn mark(&mut self) -> Mark {
        self.sealed = self.ops.len();
        Mark {
            ops: self.ops.len(),
            text: self.text.len() - self.held,
        }
    }

    /// Forgets everything written; marks begin anew.
    pub fn clear(&mut self) {
        self.ops.clear();
        self.sealed = 0;
        let told = self.text.len() - self.held;
        self.text.drain(..told);
    }

    /// Writes down one whole token; its text is as long as the operation says.
    pub(crate) fn note(&mut self, op: Op, text: &str) {
        self.text.push_str(text);
        self.ops.push(op);
    }

    fn append(&mut self, length: usize) {
        if self.in_key {
            self.held += length;
        } else if let Some(Op::StringPart(part)) = self.ops[self.sealed..].last_mut() {
            *part += length as u32;
        } else {
            self.ops.push(Op::StringPart(length as u32));
        }
    }
}

impl Sink for Journal {
    const WHOLE: bool = true;

    fn string(&mut self, run: &str, _at: u64) -> Result<bool, Halt> {
        self.text.push_str(run);
        self.ops.push(Op::String(run.len() as u32));
        Ok(true)
    }

    fn member(&mut self, run: &str, _at: u64) -> Result<bool, Halt> {
        self.text.push_str(run);
        self.ops.push(Op::Key(run.len() as u32));
        Ok(true)
    }

    fn digits(&mut self, run: &[u8], _at: u64) -> Result<bool, Halt> {
        // Digits are ASCII.
        self.text
            .push_str(std::str::from_utf8(run).unwrap_or_default());
        self.ops.push(Op::Number(run.len() as u32));
        Ok(true)
    }

    fn begin(&mut self, kind: Kind, _at: u64) -> Step {
        match kind {
            Kind::Object => self.ops.push(Op::Open(Container::Object)),
            Kind::Array => self.ops.push(Op::Open(Container::Array)),
            Kind::String => self.ops.push(Op::StringBegin),
            Kind::Null => self.literal = Some(Op::Null),
            Kind::True => self.literal = Some(Op::Bool(true)),
            Kind::False => self.literal = Some(Op::Bool(false)),
            Kind::Number => {}
        }
        Ok(())
    }

    fn literal_end(&mut self, _at: u64) -> Step {
        self.ops.extend(self.literal.take());
        Ok(())
    }

    fn close(&mut self, _container: Container, _at: u64) -> Step {
        self.ops.push(Op::Close);
        Ok(())
    }

    fn comma(&mut self, _container: Container, _at: u64) -> Step {
        Ok(())
    }

    fn key(&mut self, _at: u64) -> Step {
        self.in_key = true;
        Ok(())
    }

    fn text(&mut self, run: &str, _at: u64) -> Step {
        self.text.push_str(run);
        self.append(run.len());
        Ok(())
    }

    fn partial(&mut self, _among: &Scalars, _at: u64) -> Step {
        Ok(())
    }

    fn scalar(&mut self, scalar: char, _at: u64) -> Step {
        self.text.push(scalar);
        self.append(scalar.len_utf8());
        Ok(())
    }

    fn text_end(&mut self, _at: u64) -> Step {
        if self.in_key {
            self.ops.push(Op::Key(self.held as u32));
            self.held = 0;
            self.in_key = false;
        } else {
            self.ops.push(Op::StringEnd);
        }
        Ok(())
    }

    fn number(&mut self, run: &[u8], _at: u64) -> Step {
        self.text.extend(run.iter().map(|&byte| char::from(byte)));
        self.held += run.len();
        Ok(())
    }

    fn number_end(&mut self, _at: u64) -> Step {
        self.ops.push(Op::Number(self.held as u32));
        self.held = 0;
        Ok(())
    }
}

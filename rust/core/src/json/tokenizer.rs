//! The tokenizer: see the module's table.

use super::escape::{Escape, Escaped};
use super::number::Digits;
use super::scan;
use super::sink::{Container, Halt, Kind, Limit, Sink, Step, Syntax};
use super::utf8::{Grown, Pending};

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
    /// A value must come; `first`: directly after `[`, where `]` may come instead.
    Value { first: bool },
    /// A key must come; `first`: directly after `{`, where `}` may come instead.
    Key { first: bool },
    /// A colon must come.
    Colon,
    /// A comma or the container's end must come.
    Comma,
    /// In a string or key.
    Text(Role),
    /// In an escape of a string or key.
    Escape(Role, Escape),
    /// In a number of `length` bytes so far.
    Number { digits: Digits, length: u32 },
    /// In a literal, before this byte of it.
    Literal { word: &'static [u8], next: usize },
    /// After the root value.
    After,
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
            state: State::Value { first: false },
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
        self.state == State::After
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
        let mut rest = chunk;
        while !rest.is_empty() && self.state != State::After {
            if self.at >= self.limits.bytes {
                return Err(limit("bytes", self.limits.bytes));
            }
            let before = self.at;
            self.step(rest, sink)?;
            rest = &rest[(self.at - before) as usize..];
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
                self.state = State::After;
                Ok(())
            }
            State::After => Ok(()),
            _ => self.refuse(Syntax::End),
        }
    }

    /// Reads at least one byte of `rest`, which is not empty, or changes state without reading.
    fn step<S: Sink>(&mut self, rest: &[u8], sink: &mut S) -> Step {
        match self.state {
            State::Text(role) => self.text(role, rest, sink),
            State::Number { digits, length } => self.number(digits, length, rest, sink),
            State::Literal { word, next } => self.literal(word, next, rest[0], sink),
            State::Escape(role, escape) => self.escape(role, escape, rest[0], sink),
            _ => self.structure(rest, sink),
        }
    }

    /// Between tokens: white space and the byte after it.
    fn structure<S: Sink>(&mut self, rest: &[u8], sink: &mut S) -> Step {
        let blank = if rest[0] > b' ' {
            0
        } else {
            scan::blank_run(rest)
        };
        self.at += blank as u64;
        let Some(&byte) = rest.get(blank) else {
            return Ok(());
        };
        match self.state {
            State::Value { first } => {
                if self.whole(&rest[blank..], sink)? {
                    return Ok(());
                }
                self.value(byte, first, sink)?;
            }
            State::Key { first } => {
                if byte == b'"' && self.whole_key(&rest[blank..], sink)? {
                    return Ok(());
                }
                self.key(byte, first, sink)?;
            }
            State::Colon if byte == b':' => self.state = State::Value { first: false },
            State::Colon => return self.refuse(Syntax::Colon),
            State::Comma => self.after_value(byte, sink)?,
            _ => return self.refuse(Syntax::Trailing),
        }
        self.at += 1;
        Ok(())
    }

    /// Hands over a string or number that lies whole and plain in the chunk; whether it was taken.
    fn whole<S: Sink>(&mut self, rest: &[u8], sink: &mut S) -> Result<bool, Halt> {
        let length = match rest[0] {
            b'"' => match plain_string(rest) {
                Some(text) if sink.string(text, self.at)? => text.len() + 2,
                _ => return Ok(false),
            },
            b'-' | b'0'..=b'9' => match whole_number(rest) {
                Some(digits)
                    if digits.len() <= self.limits.number as usize
                        && sink.digits(digits, self.at)? =>
                {
                    digits.len()
                }
                _ => return Ok(false),
            },
            _ => return Ok(false),
        };
        self.at += length as u64;
        self.state = self.ended();
        Ok(true)
    }

    /// Hands over a key that lies whole and plain in the chunk; whether it was taken.
    fn whole_key<S: Sink>(&mut self, rest: &[u8], sink: &mut S) -> Result<bool, Halt> {
        match plain_string(rest) {
            Some(text) if sink.member(text, self.at)? => {
                self.at += text.len() as u64 + 2;
                self.state = State::Colon;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// The first byte of a value.
    fn value<S: Sink>(&mut self, byte: u8, first: bool, sink: &mut S) -> Step {
        let (kind, state) = match byte {
            b'"' => (Kind::String, State::Text(Role::Value)),
            b'{' => {
                return self.open(
                    Kind::Object,
                    Container::Object,
                    State::Key { first: true },
                    sink,
                );
            }
            b'[' => {
                return self.open(
                    Kind::Array,
                    Container::Array,
                    State::Value { first: true },
                    sink,
                );
            }
            b'-' | b'0'..=b'9' => {
                sink.begin(Kind::Number, self.at)?;
                sink.number(&[byte], self.at)?;
                self.state = State::Number {
                    digits: Digits::first(byte),
                    length: 1,
                };
                return Ok(());
            }
            b't' => (
                Kind::True,
                State::Literal {
                    word: b"true",
                    next: 1,
                },
            ),
            b'f' => (
                Kind::False,
                State::Literal {
                    word: b"false",
                    next: 1,
                },
            ),
            b'n' => (
                Kind::Null,
                State::Literal {
                    word: b"null",
                    next: 1,
                },
            ),
            b']' if first => return self.close(Container::Array, sink),
            _ => return self.refuse(Syntax::Value),
        };
        sink.begin(kind, self.at)?;
        self.state = state;
        Ok(())
    }

    fn open<S: Sink>(
        &mut self,
        kind: Kind,
        container: Container,
        state: State,
        sink: &mut S,
    ) -> Step {
        if self.open.len() >= self.limits.depth as usize {
            return Err(limit("depth", u64::from(self.limits.depth)));
        }
        sink.begin(kind, self.at)?;
        self.open.push(container);
        self.state = state;
        Ok(())
    }

    fn key<S: Sink>(&mut self, byte: u8, first: bool, sink: &mut S) -> Step {
        match byte {
            b'"' => {
                sink.key(self.at)?;
                self.state = State::Text(Role::Key);
                Ok(())
            }
            b'}' if first => self.close(Container::Object, sink),
            _ => self.refuse(Syntax::Key),
        }
    }

    fn after_value<S: Sink>(&mut self, byte: u8, sink: &mut S) -> Step {
        let container = self.open.last().copied();
        match (byte, container) {
            (b',', Some(Container::Array)) => {
                sink.comma(Container::Array, self.at)?;
                self.state = State::Value { first: false };
                Ok(())
            }
            (b',', Some(Container::Object)) => {
                sink.comma(Container::Object, self.at)?;
                self.state = State::Key { first: false };
                Ok(())
            }
            (b']', Some(Container::Array)) => self.close(Container::Array, sink),
            (b'}', Some(Container::Object)) => self.close(Container::Object, sink),
            _ => self.refuse(Syntax::Comma),
        }
    }

    fn close<S: Sink>(&mut self, container: Container, sink: &mut S) -> Step {
        sink.close(container, self.at)?;
        self.open.pop();
        self.state = self.ended();
        Ok(())
    }

    /// The state after a value.
    fn ended(&self) -> State {
        if self.open.is_empty() {
            State::After
        } else {
            State::Comma
        }
    }

    /// A run of a string or key, and the byte that ends it.
    fn text<S: Sink>(&mut self, role: Role, rest: &[u8], sink: &mut S) -> Step {
        if !self.pending.is_empty() {
            return self.sequence(rest[0], sink);
        }
        let (length, ascii) = scan::text_run(rest);
        let run = &rest[..length];
        if length > 0 {
            self.run(run, ascii, sink)?;
        }
        let Some(&byte) = rest.get(length) else {
            return Ok(());
        };
        if !self.pending.is_empty() {
            return self.refuse(Syntax::Utf8);
        }
        match byte {
            b'"' => {
                sink.text_end(self.at)?;
                self.state = if role == Role::Key {
                    State::Colon
                } else {
                    self.ended()
                };
            }
            b'\\' => {
                sink.partial(&super::Scalars::ALL, self.at)?;
                self.state = State::Escape(role, Escape::Start);
            }
            _ => return self.refuse(Syntax::Control),
        }
        self.at += 1;
        Ok(())
    }

    /// Tells a run; a sequence cut at its end is left pending.
    fn run<S: Sink>(&mut self, run: &[u8], ascii: bool, sink: &mut S) -> Step {
        let text = match std::str::from_utf8(run) {
            Ok(text) => text,
            Err(error) => {
                debug_assert!(!ascii, "ASCII is UTF-8");
                let (whole, broken) = run.split_at(error.valid_up_to());
                let whole = std::str::from_utf8(whole).unwrap_or_default(); // cannot fail: validated up to here
                sink.text(whole, self.at)?;
                self.at += whole.len() as u64;
                // The broken sequence is at most a few bytes ahead of its fatal one, or is the run's end.
                return broken
                    .iter()
                    .try_for_each(|&byte| self.sequence(byte, sink));
            }
        };
        sink.text(text, self.at)?;
        self.at += run.len() as u64;
        Ok(())
    }

    /// A byte of a UTF-8 sequence that is told byte by byte.
    fn sequence<S: Sink>(&mut self, byte: u8, sink: &mut S) -> Step {
        match self.pending.push(byte) {
            Grown::Partial(among) => sink.partial(&among, self.at)?,
            Grown::Scalar(scalar) => sink.scalar(scalar, self.at)?,
            Grown::Invalid => return self.refuse(Syntax::Utf8),
        }
        self.at += 1;
        Ok(())
    }

    fn escape<S: Sink>(&mut self, role: Role, escape: Escape, byte: u8, sink: &mut S) -> Step {
        match escape.push(byte) {
            Escaped::Partial(next, among) => {
                sink.partial(&among, self.at)?;
                self.state = State::Escape(role, next);
            }
            Escaped::Scalar(scalar) => {
                sink.scalar(scalar, self.at)?;
                self.state = State::Text(role);
            }
            Escaped::Invalid => return self.refuse(Syntax::Escape),
        }
        self.at += 1;
        Ok(())
    }

    fn number<S: Sink>(
        &mut self,
        mut digits: Digits,
        length: u32,
        rest: &[u8],
        sink: &mut S,
    ) -> Step {
        let room = (self.limits.number - length) as usize;
        let mut run = 0;
        while let Some(next) = rest.get(run).and_then(|&byte| digits.push(byte)) {
            if run == room {
                return Err(limit("number", u64::from(self.limits.number)));
            }
            digits = next;
            run += 1;
        }
        if run > 0 {
            sink.number(&rest[..run], self.at)?;
            self.at += run as u64;
        }
        self.state = State::Number {
            digits,
            length: length + run as u32,
        };
        match rest.get(run) {
            None => Ok(()),
            Some(_) if !digits.may_end() => self.refuse(Syntax::Number),
            Some(byte) => self.number_end(*byte, sink),
        }
    }

    /// The byte after a number must be able to follow a value; it is read again by the next state.
    fn number_end<S: Sink>(&mut self, byte: u8, sink: &mut S) -> Step {
        if !matches!(byte, b',' | b']' | b'}' | b' ' | b'\n' | b'\r' | b'\t') {
            return self.refuse(Syntax::Number);
        }
        if self.open.is_empty() && matches!(byte, b',' | b']' | b'}') {
            return self.refuse(Syntax::Trailing);
        }
        sink.number_end(self.at)?;
        self.state = self.ended();
        Ok(())
    }

    fn literal<S: Sink>(
        &mut self,
        word: &'static [u8],
        next: usize,
        byte: u8,
        sink: &mut S,
    ) -> Step {
        if byte != word[next] {
            return self.refuse(Syntax::Literal);
        }
        if next + 1 == word.len() {
            sink.literal_end(self.at)?;
            self.state = self.ended();
        } else {
            self.state = State::Literal {
                word,
                next: next + 1,
            };
        }
        self.at += 1;
        Ok(())
    }

    fn refuse(&self, what: Syntax) -> Step {
        Err(Halt::Syntax { what, at: self.at })
    }
}

/// The text of a string that begins with the first byte and ends in the chunk without an escape.
fn plain_string(rest: &[u8]) -> Option<&str> {
    let (length, _) = scan::text_run(&rest[1..]);
    let closed = rest.get(length + 1) == Some(&b'"');
    closed
        .then(|| std::str::from_utf8(&rest[1..=length]).ok())
        .flatten()
}

/// The number that begins with the first byte, if a byte after it in the chunk certainly ends it.
fn whole_number(rest: &[u8]) -> Option<&[u8]> {
    let mut digits = Digits::first(rest[0]);
    let mut length = 1;
    while let Some(next) = digits.push(*rest.get(length)?) {
        digits = next;
        length += 1;
    }
    let ends = matches!(
        rest[length],
        b',' | b']' | b'}' | b' ' | b'\n' | b'\r' | b'\t'
    );
    (digits.may_end() && ends).then(|| &rest[..length])
}

fn limit(name: &'static str, bound: u64) -> Halt {
    Halt::Limit(Limit { name, bound })
}

//! What a tokenizer tells, and how reading can stop.

use super::{Limits, Scalars};

/// The kind of a value, known from its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`.
    Null,
    /// `false`.
    False,
    /// `true`.
    True,
    /// A number.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// The two kinds of containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// `[…]`
    Array,
    /// `{…}`
    Object,
}

/// A place between two tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Between {
    /// A value must come; `first`: directly after `[`, where `]` may come instead.
    Value {
        /// The container has just opened.
        first: bool,
    },
    /// A key must come; `first`: directly after `{`, where `}` may come instead.
    Key {
        /// The container has just opened.
        first: bool,
    },
    /// A colon must come.
    Colon,
    /// A comma or the container's end must come.
    Comma,
    /// After the root value.
    End,
}

/// What lies ahead of a [`Tokenizer`](super::Tokenizer) that stands between two tokens.
#[derive(Debug)]
pub struct Ahead<'a> {
    /// The rest of the chunk; it does not begin with white space.
    pub text: &'a [u8],
    /// The bounds of the text. The bytes ahead are within theirs.
    pub limits: Limits,
    /// The containers open now, outermost first: whoever opens or closes one keeps it true.
    pub open: &'a mut Vec<Container>,
}

/// A bound that was reached. Nothing is decided by it: the text may be valid or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The bound's name, as in the options that set it.
    pub name: &'static str,
    /// Its value.
    pub bound: u64,
}

/// Why a text is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// Another value, key or end was expected.
    Value,
    /// A key or `}` was expected.
    Key,
    /// A colon was expected.
    Colon,
    /// A comma or the container's end was expected.
    Comma,
    /// A literal other than `true`, `false`, `null`.
    Literal,
    /// A number that breaks the grammar.
    Number,
    /// An escape that does not exist, or a lone surrogate.
    Escape,
    /// A control character in a string.
    Control,
    /// Bytes that are not UTF-8.
    Utf8,
    /// Text after the root value.
    Trailing,
    /// The text ended inside a value, or before one.
    End,
}

impl Syntax {
    /// What was expected, in words.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::Value => "expected a value",
            Self::Key => "expected a key in double quotes",
            Self::Colon => "expected ':' after the key",
            Self::Comma => "expected ',' or the end of the container",
            Self::Literal => "expected true, false or null",
            Self::Number => "expected a digit",
            Self::Escape => "no such escape in a string",
            Self::Control => "a control character in a string must be escaped",
            Self::Utf8 => "the text is not UTF-8",
            Self::Trailing => "nothing may follow the value",
            Self::End => "the text ends before the value does",
        }
    }
}

/// Why reading stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// The text is not JSON from this byte on.
    Syntax {
        /// What was expected.
        what: Syntax,
        /// The first byte that no JSON text continues with.
        at: u64,
    },
    /// A bound was reached.
    Limit(Limit),
    /// The sink wants no more, for reasons it keeps itself.
    Sink,
}

/// The answer of a [`Sink`]: go on, or stop.
pub type Step = Result<(), Halt>;

/// The listener of a [`super::Tokenizer`]. Offsets count bytes from the start of the document.
///
/// An error of any method stops the reading there and then: the byte at hand counts as not read.
#[expect(clippy::missing_errors_doc, reason = "said once, for all methods")]
pub trait Sink {
    /// Whether [`Sink::string`], [`Sink::member`] and [`Sink::digits`] take anything.
    const WHOLE: bool = false;
    /// Reads whole tokens by itself, as many as it likes; how many bytes it read, and what comes after them.
    ///
    /// It reads nothing but JSON within the bounds and nothing that it would refuse: at the first byte that needs more
    /// thought, and at a token that the chunk cuts, it stops before the token.
    fn stride(&mut self, from: Between, _ahead: Ahead<'_>) -> (usize, Between) {
        (0, from)
    }
    /// A whole string, its opening quote at `at` and nothing escaped in it: `true` if it was taken.
    ///
    /// If not, or by default, the same string is told by [`Sink::begin`], [`Sink::text`] and [`Sink::text_end`]; a sink
    /// takes only what it has nothing against.
    fn string(&mut self, _run: &str, _at: u64) -> Result<bool, Halt> {
        Ok(false)
    }
    /// A whole key, as [`Sink::string`].
    fn member(&mut self, _run: &str, _at: u64) -> Result<bool, Halt> {
        Ok(false)
    }
    /// A whole number, its first byte at `at`, as [`Sink::string`].
    fn digits(&mut self, _run: &[u8], _at: u64) -> Result<bool, Halt> {
        Ok(false)
    }
    /// A value begins with the byte at `at`. A container is open from here, a literal is certain.
    fn begin(&mut self, kind: Kind, at: u64) -> Step;
    /// The literal that began is complete with the byte at `at`.
    fn literal_end(&mut self, at: u64) -> Step;
    /// The innermost container is closed by the byte at `at`.
    fn close(&mut self, container: Container, at: u64) -> Step;
    /// A comma at `at` in the innermost container.
    fn comma(&mut self, container: Container, at: u64) -> Step;
    /// A key begins with the quote at `at`.
    fn key(&mut self, at: u64) -> Step;
    /// Text of the open string or key; `run[i]` lies at `at + i`.
    fn text(&mut self, run: &str, at: u64) -> Step;
    /// The byte at `at` is part of a scalar value which lies among `among`.
    fn partial(&mut self, among: &Scalars, at: u64) -> Step;
    /// The byte at `at` ends a scalar value announced by [`Sink::partial`].
    fn scalar(&mut self, scalar: char, at: u64) -> Step;
    /// The open string or key is closed by the quote at `at`.
    fn text_end(&mut self, at: u64) -> Step;
    /// Bytes of the open number, the first of them at `at`.
    fn number(&mut self, run: &[u8], at: u64) -> Step;
    /// The number ended before the byte at `at`, which may be the end of the text.
    fn number_end(&mut self, at: u64) -> Step;
}

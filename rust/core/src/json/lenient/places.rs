//! Where a filter is in the grammar.

use crate::json::number::Digits;

/// A place in the lenient grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Before the root.
    Before,
    /// Backticks, so many, before or after the root.
    Ticks(u8),
    /// In the rest of an opening fence's line.
    Info,
    /// In the word that is attached to a fence after the root.
    InfoAfter,
    /// After this bracket, in prose or at the document's beginning.
    Bracket(u8),
    /// After a minus, in prose or at the document's beginning.
    Minus,
    /// In a word, as far as it is this literal's beginning, in prose or at the document's beginning.
    Lead(Word, usize),
    /// A value must come; `first`: directly after `[`.
    Value { first: bool },
    /// A key must come; `first`: directly after `{`.
    Key { first: bool },
    /// A colon must come.
    Colon,
    /// A comma or the container's end must come.
    Comma,
    /// In a string or key that ends with this quote.
    Text {
        key: bool,
        quote: u8,
        inside: Inside,
    },
    /// In an unquoted key.
    Name,
    /// In a literal, before this byte of it.
    Literal(Word, usize),
    /// In a number.
    Number(Digits),
    /// After a slash that may begin a comment.
    Slash,
    /// In a comment to the line's end.
    Line,
    /// In a comment to `*/`; `star`: after `*`.
    Block { star: bool },
    /// After the root.
    After,
    /// In what may be the root's text once more.
    Again,
    /// In prose after the root.
    Rest,
}

/// What is unfinished inside a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inside {
    /// Nothing.
    Plain,
    /// After a backslash.
    Escape,
    /// In the digits of `\u`: how many are missing, their value, whether it is a low surrogate's turn.
    Hex { left: u8, value: u16, low: bool },
    /// After a high surrogate: a backslash must come.
    High,
    /// After a high surrogate and a backslash.
    HighEscape,
    /// In a UTF-8 sequence: how many bytes are missing.
    Sequence(u8),
}

/// A literal: as it is written, and as JSON has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub written: &'static [u8],
    pub json: &'static [u8],
}

impl Word {
    /// The literal that begins with a byte; Python's too, if they are `lenient`.
    pub fn beginning(byte: u8, lenient: bool) -> Option<Self> {
        let (written, json): (&[u8], &[u8]) = match byte {
            b't' => (b"true", b"true"),
            b'f' => (b"false", b"false"),
            b'n' => (b"null", b"null"),
            b'T' if lenient => (b"True", b"true"),
            b'F' if lenient => (b"False", b"false"),
            b'N' if lenient => (b"None", b"null"),
            _ => return None,
        };
        Some(Self { written, json })
    }

    /// Whether JSON has it so.
    pub fn is_json(self) -> bool {
        self.written == self.json
    }
}

/// Whether a byte may stand in an unquoted key; JSON has none of these where a key begins.
pub(super) const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

/// White space as JSON has it.
pub(super) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\t' | b'\r')
}

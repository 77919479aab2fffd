//! What the referee says: verdicts are data.

use crate::json::{Halt, Syntax};

/// The state of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// It can still become valid.
    #[default]
    Open,
    /// Its root is closed and valid.
    Complete,
    /// No continuation makes it valid.
    Invalid,
}

/// A rule that the document breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The keyword, or `syntax` where the text is not JSON, or `duplicate` for a repeated key.
    pub keyword: Box<str>,
    /// JSON Pointer to the keyword in the schema that was given; `uri#pointer` where it lies in another document.
    pub schema_path: Box<str>,
    /// JSON Pointer to the value in the document.
    pub instance_path: Box<str>,
    /// The first byte after which no valid completion exists, or −1 if there never was one.
    pub offset: i64,
    /// The rule in words. It quotes the schema, never the document.
    pub message: Box<str>,
    /// Where that byte is for people, if the stream was asked for positions.
    pub position: Option<Position>,
    /// What each alternative of an `anyOf` or `oneOf` broke, where none is left; their offset is this one's, and so is
    /// their instance path where the value that broke the rule is gone.
    pub causes: Box<[Violation]>,
}

/// A place in a text for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Its line, from 1; lines end with a line feed.
    pub line: u64,
    /// Its column, from 1, in characters.
    pub column: u64,
}

/// What is known of a document so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Open, complete or invalid.
    pub state: State,
    /// With `i` here, the first `i` bytes can be completed to a valid document and the first `i + 1` cannot.
    /// −1: no document is valid. The text's length: it died of ending there.
    pub dead_at: Option<i64>,
    /// What it died of, and what else is wrong if all violations were asked for; empty while it lives.
    pub violations: Vec<Violation>,
}

/// An offset as verdicts tell it; no text is longer than this can say.
pub(super) fn offset_of(at: u64) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX)
}

impl Violation {
    /// The violation of a text that is not JSON, and nothing for any other halt.
    pub(super) fn of_syntax(halt: Halt, offset: i64, instance_path: Box<str>) -> Option<Self> {
        let Halt::Syntax { what, .. } = halt else {
            return None;
        };
        Some(Self::syntax(what, offset, instance_path))
    }

    /// The violation of an object that has a key twice.
    pub(super) fn of_duplicate(offset: i64, instance_path: Box<str>) -> Self {
        Self {
            keyword: "duplicate".into(),
            schema_path: "".into(),
            instance_path,
            offset,
            message: "a member may be there only once".into(),
            position: None,
            causes: Box::default(),
        }
    }

    fn syntax(what: Syntax, offset: i64, instance_path: Box<str>) -> Self {
        Self {
            keyword: "syntax".into(),
            schema_path: "".into(),
            instance_path,
            offset,
            message: what.message().into(),
            position: None,
            causes: Box::default(),
        }
    }
}

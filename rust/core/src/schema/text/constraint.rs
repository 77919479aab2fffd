//! What a schema can ask of a string.

use super::format::Format;

/// One thing asked of a string.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Constraint {
    /// The string is one of these (`enum`, `const`, a set of names).
    Literals(Vec<Box<str>>),
    /// The pattern matches somewhere in it (`pattern`, `patternProperties`).
    Pattern(Box<str>),
    /// It has the format (`format`).
    Format(Format),
    /// At least so many code points.
    MinLength(u64),
    /// At most so many code points.
    MaxLength(u64),
}

/// A constraint, or its opposite.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// What is asked.
    pub constraint: Constraint,
    /// The string must *not* satisfy it.
    pub negated: bool,
}

impl From<Constraint> for Member {
    fn from(constraint: Constraint) -> Member {
        Member {
            constraint,
            negated: false,
        }
    }
}

impl Member {
    /// The opposite of a constraint.
    #[must_use]
    pub fn not(constraint: Constraint) -> Member {
        Member {
            constraint,
            negated: true,
        }
    }
}

/// Bounds on what compiling and checking may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextLimits {
    /// Refuse patterns with lookarounds or backreferences.
    pub linear_only: bool,
    /// Steps of the backtracker for one string.
    pub backtrack_steps: u64,
    /// Bytes of one string that are kept for checks that need all of it.
    pub kept_bytes: usize,
}

impl Default for TextLimits {
    fn default() -> TextLimits {
        TextLimits {
            linear_only: false,
            backtrack_steps: 1_000_000,
            kept_bytes: 1 << 20,
        }
    }
}

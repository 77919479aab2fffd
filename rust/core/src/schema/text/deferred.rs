//! Checks that need the whole text: run when the string has closed.

use std::sync::Arc;

use super::Answer;
use super::constraint::TextLimits;
use super::format::Format;
use super::literals::Literals;
use super::pattern::Pattern;

/// A check of one member on the whole text.
#[derive(Debug)]
pub(super) struct Deferred {
    /// The member's index.
    pub(super) member: usize,
    negated: bool,
    check: Check,
}

#[derive(Debug)]
enum Check {
    Literals(Literals),
    Pattern(Arc<Pattern>),
    Format(Format),
}

impl Deferred {
    /// None of these strings.
    pub(super) fn without(member: usize, literals: Literals) -> Deferred {
        Deferred {
            member,
            negated: true,
            check: Check::Literals(literals),
        }
    }

    /// This pattern, or its opposite.
    pub(super) fn pattern(member: usize, negated: bool, pattern: Arc<Pattern>) -> Deferred {
        Deferred {
            member,
            negated,
            check: Check::Pattern(pattern),
        }
    }

    /// This format, or its opposite.
    pub(super) fn format(member: usize, negated: bool, format: Format) -> Deferred {
        Deferred {
            member,
            negated,
            check: Check::Format(format),
        }
    }

    /// The member's verdict.
    pub(super) fn answer(&self, text: &str, limits: TextLimits) -> Answer {
        let answer = match &self.check {
            Check::Literals(literals) => literals.contains(text).into(),
            Check::Pattern(pattern) => pattern.search(text, limits.backtrack_steps),
            Check::Format(format) => format.check(text).into(),
        };
        if self.negated {
            answer.opposite()
        } else {
            answer
        }
    }
}

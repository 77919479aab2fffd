//! Checks that need the whole text: run when the string has closed.

use std::sync::Arc;

use super::Answer;
use super::automaton::{Nfa, Simulation};
use super::constraint::TextLimits;
use super::format::Format;
use super::literals::Literals;
use super::pattern::Pattern;
use super::report::Judgement;

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
    /// The format, and the automaton that texts were not held to if the format is negated.
    Format(Format, Option<Box<Simulation>>),
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

    /// This format, of texts that its automaton accepts.
    pub(super) fn format(member: usize, format: Format) -> Deferred {
        let check = Check::Format(format, None);
        Deferred {
            member,
            negated: false,
            check,
        }
    }

    /// Any text without this format.
    pub(super) fn not_format(member: usize, format: Format, nfa: Arc<Nfa>) -> Deferred {
        let check = Check::Format(format, Simulation::new(nfa, false).map(Box::new));
        Deferred {
            member,
            negated: true,
            check,
        }
    }

    /// The offset of the first character from `from` on after which no continuation passes, as far as
    /// the check can say before the close.
    pub(super) fn dies_at(&self, text: &str, from: usize) -> Option<usize> {
        match (&self.check, self.negated) {
            (Check::Format(format, _), false) => format.dies_at(text, from),
            _ => None,
        }
    }

    /// The member's verdict.
    pub(super) fn answer(&self, text: &str, limits: TextLimits) -> Answer {
        let answer = match &self.check {
            Check::Literals(literals) => literals.contains(text).into(),
            Check::Pattern(pattern) => pattern.search(text, limits.backtrack_steps),
            Check::Format(format, grammar) => {
                let fits = grammar.as_ref().is_none_or(|grammar| grammar.matches(text));
                (fits && format.check(text)).into()
            }
        };
        if self.negated {
            answer.opposite()
        } else {
            answer
        }
    }

    /// How the member is judged.
    pub(super) fn judgement(&self) -> Judgement {
        match &self.check {
            Check::Format(format, _) if format.is_watched() && !self.negated => Judgement::Exact,
            Check::Pattern(_) => Judgement::Backtracking,
            Check::Literals(_) | Check::Format(..) => Judgement::AtClose,
        }
    }
}

//! Patterns by ECMA-262, searched for anywhere in a text.
//!
//! [`Pattern::parse`] reads one. What is regular becomes an automaton (`text::automaton`); what is
//! not (lookarounds, backreferences) is decided by a step-bounded backtracker over the whole text.

mod ast;
mod backtrack;
mod class;
mod error;
mod escape;
mod parse;
mod program;

use ast::Node;
pub use error::{PatternError, PatternErrorKind};
use parse::Dialect;
use program::Program;

use super::Answer;

/// A parsed pattern.
#[derive(Debug)]
pub struct Pattern {
    node: Node,
    program: Program,
}

impl Pattern {
    /// Parses a pattern, by the grammar with the `u` flag and tolerant to what is common without it.
    ///
    /// # Errors
    /// [`PatternError`]: not a pattern, or past a limit of length, depth or size.
    pub fn parse(pattern: &str) -> Result<Pattern, PatternError> {
        let parsed = parse::parse(pattern, Dialect::Tolerant)?;
        let program = Program::compile(&parsed.node, parsed.groups);
        let program = program.map_err(|kind| PatternError { offset: 0, kind })?;
        Ok(Pattern {
            node: parsed.node,
            program,
        })
    }

    /// Whether an automaton can decide it: no lookaround, no backreference.
    #[must_use]
    pub fn is_regular(&self) -> bool {
        self.node.is_regular()
    }

    /// Whether it matches anywhere in the text, within a number of steps.
    #[must_use]
    pub fn search(&self, text: &str, steps: u64) -> Answer {
        backtrack::search(&self.program, text, steps).map_or(Answer::Limit, Answer::from)
    }
}

/// Whether a text is a pattern by the grammar of the `u` flag, without tolerance.
#[must_use]
pub(crate) fn is_strict(pattern: &str) -> bool {
    parse::parse(pattern, Dialect::Strict).is_ok()
}

#[cfg(test)]
mod tests;

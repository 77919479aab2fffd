//! Patterns by ECMA-262, searched for anywhere in a text.
//!
//! [`Pattern::parse`] reads one. What is regular becomes an automaton (`text::automaton`); what is
//! not (lookarounds, backreferences) is decided by a step-bounded backtracker over the whole text.

pub(in crate::schema::text) mod ast;
mod backtrack;
pub(in crate::schema::text) mod class;
pub(in crate::schema::text) mod error;
mod escape;
mod parse;
pub(in crate::schema::text) mod program;

use std::sync::Arc;

use ast::Node;
pub use error::{PatternError, PatternErrorKind};
use parse::Dialect;
use program::Program;

use super::Answer;
use super::automaton::Nfa;

/// A parsed pattern.
#[derive(Debug)]
pub struct Pattern {
    /// Accepts what the pattern matches; more than that where it is not regular.
    nfa: Arc<Nfa>,
    /// Decides exactly where the automaton does not.
    program: Option<Program>,
}

impl Pattern {
    /// Parses a pattern, by the grammar with the `u` flag and tolerant to what is common without it.
    ///
    /// # Errors
    /// [`PatternError`]: not a pattern, or past a limit of length, depth or size.
    pub fn parse(pattern: &str) -> Result<Pattern, PatternError> {
        let parsed = parse::parse(pattern, Dialect::Tolerant)?;
        let too_large = |kind| PatternError { offset: 0, kind };
        let regular = parsed.node.is_regular();
        let program = if regular {
            None
        } else {
            Some(Program::compile(&parsed.node, parsed.groups).map_err(too_large)?)
        };
        let node = if regular {
            parsed.node
        } else {
            parsed.node.regular_superset()
        };
        let nfa = searching(node).map_err(too_large)?;
        Ok(Pattern {
            nfa: Arc::new(nfa),
            program,
        })
    }

    /// Whether an automaton can decide it: no lookaround, no backreference.
    #[must_use]
    pub fn is_regular(&self) -> bool {
        self.program.is_none()
    }

    /// The automaton of the pattern, or of more than the pattern where it is not regular.
    pub(super) fn nfa(&self) -> &Arc<Nfa> {
        &self.nfa
    }

    /// Whether a pattern that is not regular matches anywhere in the text, within a number of steps;
    /// a regular one is its automaton's business and always says yes.
    pub(super) fn search(&self, text: &str, steps: u64) -> Answer {
        let Some(program) = &self.program else {
            return Answer::Yes;
        };
        backtrack::search(program, text, steps).map_or(Answer::Limit, Answer::from)
    }
}

/// The automaton that finds the node anywhere in a text.
fn searching(node: Node) -> Result<Nfa, PatternErrorKind> {
    let anything = Node::Class(class::any());
    let before = Node::Repeat {
        node: Box::new(anything),
        min: 0,
        max: None,
        greedy: false,
    };
    let node = Node::Concat(vec![before, node]);
    Nfa::new(&Program::compile(&node, 0)?)
}

/// The automaton of exactly these strings, which need not be sorted.
pub(super) fn literals(strings: &[Box<str>]) -> Result<Nfa, PatternErrorKind> {
    let spell = |text: &str| {
        let mut nodes = vec![Node::Assert(ast::Assertion::Start)];
        nodes.extend(text.chars().map(|c| Node::Class(class::one(c))));
        nodes.push(Node::Assert(ast::Assertion::End));
        Node::Concat(nodes)
    };
    let node = Node::Alternate(strings.iter().map(|text| spell(text)).collect());
    Nfa::new(&Program::compile(&node, 0)?)
}

/// Whether a text is a pattern by the grammar of the `u` flag, without tolerance.
#[must_use]
pub(crate) fn is_strict(pattern: &str) -> bool {
    parse::parse(pattern, Dialect::Strict).is_ok()
}

#[cfg(test)]
mod tests;

//! Patterns by ECMA-262, searched for anywhere in a text.
//!
//! [`Pattern::parse`] reads one. What is regular becomes automata (`text::automaton`), and so do lookaheads
//! at the front; other lookarounds and backreferences are decided by a step-bounded backtracker
//! over the whole text.

pub(in crate::schema::text) mod ast;
mod backtrack;
pub(in crate::schema::text) mod class;
pub(in crate::schema::text) mod error;
mod escape;
mod lookahead;
mod parse;
pub(in crate::schema::text) mod program;

use std::sync::Arc;

use ast::Node;
pub use error::{PatternError, PatternErrorKind};
use parse::{Dialect, Parsed};
use program::Program;

use super::Answer;
use super::automaton::Nfa;

/// A parsed pattern.
#[derive(Debug)]
pub struct Pattern {
    /// Automata that accept (`false`) or refuse (`true`) every text that the pattern matches.
    parts: Vec<(Arc<Nfa>, bool)>,
    /// Whether they do so for no other text.
    exact: bool,
    /// Decides what the automata do not.
    program: Option<Program>,
}

impl Pattern {
    /// Parses a pattern, by the grammar with the `u` flag and tolerant to what is common without it.
    ///
    /// # Errors
    /// [`PatternError`]: not a pattern, or past a limit of length, depth or size.
    pub fn parse(pattern: &str) -> Result<Pattern, PatternError> {
        let Parsed { node, groups } = parse::parse(pattern, Dialect::Tolerant)?;
        Pattern::new(node, groups).map_err(|kind| PatternError { offset: 0, kind })
    }

    fn new(node: Node, groups: u32) -> Result<Pattern, PatternErrorKind> {
        let regular = node.is_regular();
        let program = if regular {
            None
        } else {
            Some(Program::compile(&node, groups)?)
        };
        let conjunction = lookahead::conjunction(&node);
        let exact = regular || conjunction.is_some();
        let nodes = match conjunction {
            Some(nodes) => nodes,
            None if regular => vec![(node, false)],
            None => vec![(node.regular_superset(), false)],
        };
        let automaton = |(node, negated)| Ok((Arc::new(searching(node)?), negated));
        let parts = nodes
            .into_iter()
            .map(automaton)
            .collect::<Result<_, PatternErrorKind>>()?;
        Ok(Pattern {
            parts,
            exact,
            program,
        })
    }

    /// States and edges of its automata, and instructions for the backtracker.
    pub(super) fn size(&self) -> usize {
        let automata: usize = self.parts.iter().map(|(nfa, _)| nfa.size()).sum();
        automata + self.program.as_ref().map_or(0, |program| program.ops.len())
    }

    /// Whether automata can decide it, or (`negated`) its opposite, without the backtracker.
    #[must_use]
    pub fn is_linear(&self, negated: bool) -> bool {
        self.program.is_none() || self.exact && !negated
    }

    /// Whether it has neither lookarounds nor backreferences.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.program.is_none()
    }

    /// Automata that every text with the pattern satisfies together: accepting, or refusing where the
    /// flag says so.
    pub(super) fn parts(&self) -> &[(Arc<Nfa>, bool)] {
        &self.parts
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

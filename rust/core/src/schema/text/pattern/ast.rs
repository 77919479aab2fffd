//! What a pattern means, as a tree: the parser writes it, the automaton and the backtracker read it.

use regex_syntax::hir::ClassUnicode;

/// A node of a parsed pattern.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    /// The empty string.
    Empty,
    /// One scalar value out of a set.
    Class(ClassUnicode),
    /// A condition between two characters; consumes nothing.
    Assert(Assertion),
    /// One after the other.
    Concat(Vec<Node>),
    /// One of several; none at all matches nothing.
    Alternate(Vec<Node>),
    /// The inner node, `min` to `max` times (`None`: without end).
    Repeat {
        /// What is repeated.
        node: Box<Node>,
        /// Least number of times.
        min: u32,
        /// Greatest number of times.
        max: Option<u32>,
        /// Longest first: decides what a group captured, never whether a regular pattern matches.
        greedy: bool,
    },
    /// A capturing group with its index, from 1.
    Capture(u32, Box<Node>),
    /// A lookaround.
    Look(Look),
    /// What one of these groups captured (several: a name in several alternatives).
    Backreference(Vec<u32>),
}

/// A condition on the characters around a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Assertion {
    /// `^`: nothing before.
    Start,
    /// `$`: nothing after.
    End,
    /// `\b`: a word character on exactly one side.
    WordBoundary,
    /// `\B`: a word character on both sides or on neither.
    NotWordBoundary,
}

/// A lookahead or lookbehind.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    /// Backward (`(?<=`, `(?<!`) instead of forward.
    pub behind: bool,
    /// Negative (`(?!`, `(?<!`).
    pub negative: bool,
    /// What is looked for.
    pub node: Box<Node>,
}

impl Node {
    /// Whether the node, with all inside, is a regular expression in the strict sense.
    pub(crate) fn is_regular(&self) -> bool {
        match self {
            Node::Empty | Node::Class(_) | Node::Assert(_) => true,
            Node::Concat(nodes) | Node::Alternate(nodes) => nodes.iter().all(Node::is_regular),
            Node::Repeat { node, .. } | Node::Capture(_, node) => node.is_regular(),
            Node::Look(_) | Node::Backreference(_) => false,
        }
    }

    /// The same tree with what is not regular replaced by something regular that matches at least
    /// as much: lookarounds by nothing, backreferences by any text.
    pub(crate) fn regular_superset(&self) -> Node {
        let all = |nodes: &[Node]| nodes.iter().map(Node::regular_superset).collect();
        match self {
            Node::Empty | Node::Look(_) => Node::Empty,
            Node::Class(class) => Node::Class(class.clone()),
            Node::Assert(assertion) => Node::Assert(*assertion),
            Node::Concat(nodes) => Node::Concat(all(nodes)),
            Node::Alternate(nodes) => Node::Alternate(all(nodes)),
            Node::Repeat {
                node,
                min,
                max,
                greedy,
            } => Node::Repeat {
                node: Box::new(node.regular_superset()),
                min: *min,
                max: *max,
                greedy: *greedy,
            },
            Node::Capture(_, node) => node.regular_superset(),
            Node::Backreference(_) => Node::Repeat {
                node: Box::new(Node::Class(super::class::any())),
                min: 0,
                max: None,
                greedy: true,
            },
        }
    }
}

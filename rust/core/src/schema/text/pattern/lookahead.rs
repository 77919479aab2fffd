//! Patterns that begin with lookaheads, as conjunctions.
//!
//! `^(?=A)(?!B)C` matches exactly the texts that `^A` matches, that `^B` does not match, and that `^C` matches. As
//! long as A, B and C are regular, so is the whole, and automata decide it at the earliest character: the
//! usual form of rules for passwords and of names to avoid.

use super::ast::{Assertion, Look, Node};

/// The regular patterns that a text must have, or (`true`) must not have; `None` where the pattern is
/// of another form.
pub(super) fn conjunction(node: &Node) -> Option<Vec<(Node, bool)>> {
    let Node::Concat(nodes) = node else {
        return None;
    };
    let [Node::Assert(Assertion::Start), rest @ ..] = &nodes[..] else {
        return None;
    };
    let ahead = |node: &&Node| matches!(node, Node::Look(Look { behind: false, .. }));
    let (looks, rest) = rest.split_at(rest.iter().take_while(ahead).count());
    let anchored = |nodes: &[Node]| {
        let start = [Node::Assert(Assertion::Start)];
        Node::Concat(start.iter().chain(nodes).cloned().collect())
    };
    let mut all = vec![(anchored(rest), false)];
    for look in looks {
        if let Node::Look(Look { negative, node, .. }) = look {
            all.push((anchored(std::slice::from_ref(node)), *negative));
        }
    }
    let regular = !looks.is_empty() && all.iter().all(|(node, _)| node.is_regular());
    regular.then_some(all)
}

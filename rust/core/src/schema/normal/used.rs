//! The cells that a node still has a use for.

use crate::schema::node::{CellSpec, Formula, Node};

/// Drops the cells that the formula, and the watches it has, no longer name.
pub(super) fn drop_others(node: &mut Node) {
    let mut used = vec![false; node.cells.len()];
    node.formula.mark(&mut used);
    for at in (0..node.cells.len()).rev() {
        if let (true, CellSpec::Unevaluated(watch)) = (used[at], &node.cells[at]) {
            watch
                .evaluators
                .iter()
                .for_each(|evaluator| evaluator.condition.mark(&mut used));
        }
    }
    let mut next = 0;
    let places: Vec<u32> = used
        .iter()
        .map(|&kept| {
            next += u32::from(kept);
            next.wrapping_sub(1)
        })
        .collect();
    let mut kept = used.iter();
    node.cells.retain(|_| *kept.next().unwrap_or(&false));
    node.formula.renumber(&places);
    for cell in &mut node.cells {
        if let CellSpec::Unevaluated(watch) = cell {
            watch
                .evaluators
                .iter_mut()
                .for_each(|evaluator| evaluator.condition.renumber(&places));
        }
    }
}

impl Formula {
    fn mark(&self, used: &mut [bool]) {
        match self {
            Self::True | Self::False => {}
            Self::Cell(at) => used[*at as usize] = true,
            Self::And(parts) | Self::Or(parts, _) | Self::AtMostOne(parts, _) => {
                for part in parts {
                    part.mark(used);
                }
            }
            Self::Not(inner, _) => inner.mark(used),
            Self::If(parts, _) => parts.iter().for_each(|part| part.mark(used)),
        }
    }

    fn renumber(&mut self, places: &[u32]) {
        match self {
            Self::True | Self::False => {}
            Self::Cell(at) => *at = places[*at as usize],
            Self::And(parts) | Self::Or(parts, _) | Self::AtMostOne(parts, _) => {
                for part in parts {
                    part.renumber(places);
                }
            }
            Self::Not(inner, _) => inner.renumber(places),
            Self::If(parts, _) => parts.iter_mut().for_each(|part| part.renumber(places)),
        }
    }
}

//! Formulas put together, simplified by what is certain.

use crate::schema::node::Formula;
use crate::schema::raw::Origin;

/// Parts of one formula up to which each is compared with the others, to be there once.
const COMPARED: usize = 256;

/// All of them, simplified.
pub(super) fn and(parts: Vec<Formula>) -> Formula {
    let mut all = Vec::new();
    for part in parts {
        match part {
            Formula::True => {}
            Formula::False => return Formula::False,
            Formula::And(inner) => all.extend(inner),
            part if all.len() < COMPARED && all.contains(&part) => {}
            part => all.push(part),
        }
    }
    match all.len() {
        0 => Formula::True,
        1 => all.swap_remove(0),
        _ => Formula::And(all),
    }
}

/// At least one of them, simplified.
pub(super) fn or(parts: Vec<Formula>, origin: Origin) -> Formula {
    let mut any = Vec::new();
    for part in parts {
        match part {
            Formula::True => return Formula::True,
            Formula::False => {}
            part if any.len() < COMPARED && any.contains(&part) => {}
            part => any.push(part),
        }
    }
    match any.len() {
        0 => Formula::False,
        1 => any.swap_remove(0),
        _ => Formula::Or(any, origin),
    }
}

/// The opposite, simplified.
pub(super) fn not(inner: Formula, origin: Origin) -> Formula {
    match inner {
        Formula::True => Formula::False,
        Formula::False => Formula::True,
        inner => Formula::Not(Box::new(inner), origin),
    }
}

/// The second or the third, by the first, simplified.
pub(super) fn if_else(
    condition: Formula,
    then: Formula,
    otherwise: Formula,
    origin: Origin,
) -> Formula {
    match condition {
        Formula::True => then,
        Formula::False => otherwise,
        _ if then == otherwise => then,
        condition => Formula::If(Box::new([condition, then, otherwise]), origin),
    }
}

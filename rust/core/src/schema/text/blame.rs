//! Which members a failure is blamed on.

use super::constraint::{Constraint, Member};
use super::regular::Loss;
use super::state::Death;

/// Members (by index) by the kind of failure that they cause.
#[derive(Debug, Default)]
pub(super) struct Blame {
    pub(super) literals: Vec<usize>,
    pub(super) shorter: Vec<usize>,
    longer: Vec<usize>,
    /// The member of each part of the automata.
    pub(super) parts: Vec<usize>,
}

impl Blame {
    pub(super) fn new(members: &[Member], parts: Vec<usize>) -> Blame {
        let mut blame = Blame {
            parts,
            ..Blame::default()
        };
        for (index, member) in members.iter().enumerate() {
            let list = match (&member.constraint, member.negated) {
                (Constraint::Literals(_), false) => &mut blame.literals,
                (Constraint::MinLength(_), false) | (Constraint::MaxLength(_), true) => {
                    &mut blame.shorter
                }
                (Constraint::MaxLength(_), false) | (Constraint::MinLength(_), true) => {
                    &mut blame.longer
                }
                (Constraint::Format(format), false) if format.max_length().is_some() => {
                    &mut blame.longer
                }
                _ => continue,
            };
            list.push(index);
        }
        blame
    }

    /// The members of these parts.
    pub(super) fn members(&self, parts: &[usize]) -> impl Iterator<Item = usize> {
        parts
            .iter()
            .filter_map(|&part| self.parts.get(part).copied())
    }

    /// The members that a death is blamed on; `full`: no character more would be allowed.
    pub(super) fn of(&self, death: &Death, full: bool) -> Vec<usize> {
        let mut members: Vec<usize> = match death {
            Death::Literals => self.literals.clone(),
            Death::Length => self.longer.clone(),
            Death::Format(member) => vec![*member],
            Death::Regular(Loss::Parts(parts)) => self.members(parts).collect(),
            // What the automata still accept is too short or too long.
            Death::Regular(Loss::Length) if full || self.shorter.is_empty() => self.longer.clone(),
            Death::Regular(Loss::Length) => self.shorter.clone(),
        };
        if members.is_empty() {
            members.clone_from(&self.parts);
        }
        members.sort_unstable();
        members.dedup();
        members
    }
}

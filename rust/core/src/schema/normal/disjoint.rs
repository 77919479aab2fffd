//! Schemas that no value meets together, found by what can be seen at once: types and discriminating members.

use super::Normaliser;
use crate::schema::raw::{RawId, RawObject};
use crate::schema::text::Constraint;
use crate::schema::types::TypeSet;

/// Branches from which comparing each with each is given up.
const COMPARED: usize = 256;

impl Normaliser<'_> {
    /// Whether no value meets two of the branches.
    pub(super) fn pairwise_disjoint(&self, branches: &[RawId]) -> bool {
        let sets: Vec<_> = branches
            .iter()
            .map(|&branch| self.closure(&[branch]))
            .collect();
        let apart = |(at, one): (usize, &Vec<RawId>)| {
            sets[at + 1..].iter().all(|other| self.disjoint(one, other))
        };
        branches.len() <= COMPARED && sets.iter().enumerate().all(apart)
    }

    fn disjoint(&self, one: &[RawId], other: &[RawId]) -> bool {
        let shared = self.types(one).and(self.types(other));
        if shared
            .without(TypeSet::OBJECT.or(TypeSet::STRING))
            .is_empty()
        {
            let strings = !shared.contains(TypeSet::STRING)
                || apart(
                    self.literals(one).as_deref(),
                    self.literals(other).as_deref(),
                );
            let objects = !shared.contains(TypeSet::OBJECT) || self.discriminated(one, other);
            return strings && objects;
        }
        false
    }

    /// Types of values that may meet all of a set.
    pub(super) fn types(&self, set: &[RawId]) -> TypeSet {
        let types = set.iter().map(|&id| self.possible[id as usize]);
        types.fold(TypeSet::ALL, TypeSet::and)
    }

    /// A finite set that the strings of a set are from.
    fn literals(&self, set: &[RawId]) -> Option<Vec<Box<str>>> {
        set.iter()
            .flat_map(|&id| &self.raws[id as usize].strings)
            .find_map(|(member, _)| match &member.constraint {
                Constraint::Literals(literals) if !member.negated => Some(literals.clone()),
                _ => None,
            })
    }

    fn objects<'s>(&'s self, set: &'s [RawId]) -> impl Iterator<Item = &'s RawObject> {
        set.iter()
            .filter_map(|&id| self.raws[id as usize].object.as_deref())
    }

    /// Whether a member that one of them requires is of different strings in the other, or forbidden there.
    fn discriminated(&self, one: &[RawId], other: &[RawId]) -> bool {
        let required = |set, against| {
            self.objects(set)
                .flat_map(|object| &object.required)
                .any(|(name, _)| {
                    self.forbids(against, name) || {
                        let (one, other) = (
                            self.member_literals(set, name),
                            self.member_literals(against, name),
                        );
                        apart(one.as_deref(), other.as_deref())
                    }
                })
        };
        required(one, other) || required(other, one)
    }

    fn forbids(&self, set: &[RawId], name: &str) -> bool {
        self.objects(set).any(|object| {
            let closed = object
                .additional
                .is_some_and(|(raw, _)| self.types(&[raw]).is_empty());
            closed
                && object.patterns.is_empty()
                && !object.properties.iter().any(|(known, _)| &**known == name)
        })
    }

    /// The finite set of strings that a member must be from, if it must be a string.
    fn member_literals(&self, set: &[RawId], name: &str) -> Option<Vec<Box<str>>> {
        let mut schemas = self
            .objects(set)
            .flat_map(|object| &object.properties)
            .filter(|(known, _)| &**known == name);
        schemas.find_map(|&(_, raw)| {
            let set = self.closure(&[raw]);
            self.literals(&set)
                .filter(|_| self.types(&set) == TypeSet::STRING)
        })
    }
}

fn apart(one: Option<&[Box<str>]>, other: Option<&[Box<str>]>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.iter().all(|text| !other.contains(text)),
        _ => false,
    }
}

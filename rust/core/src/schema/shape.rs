//! Shapes: what a conjunction of schemas asks of a value, type by type.
//!
//! A shape has no disjunction and no negation. Everything that several schemas ask of one value is merged: types are
//! intersected, strings and numbers become one language each, what is asked of a member or an item becomes one node.

use super::leaf::{NumberLeaf, StringLeaf};
use super::raw::Origin;
use super::types::TypeSet;

/// The number of a node.
pub(super) type NodeId = u32;

/// The nodes that a member or item must all meet; none if anything will do. More than one only past the budget.
pub(super) type Children = Box<[NodeId]>;

/// What is asked of a value.
#[derive(Debug)]
pub(super) struct Shape {
    /// Types that are left.
    pub types: TypeSet,
    /// Who took types away.
    pub type_origins: Vec<(TypeSet, Origin)>,
    /// What is asked of a string; none if anything will do.
    pub string: Option<StringLeaf>,
    /// What is asked of a number; none if anything will do.
    pub number: Option<NumberLeaf>,
    /// What is asked of an array; none if anything will do.
    pub array: Option<Box<ArrayShape>>,
    /// What is asked of an object; none if anything will do.
    pub object: Option<Box<ObjectShape>>,
}

impl Shape {
    /// A shape that asks nothing.
    pub fn anything() -> Self {
        Self {
            types: TypeSet::ALL,
            type_origins: Vec::new(),
            string: None,
            number: None,
            array: None,
            object: None,
        }
    }
}

/// A place for a member or item.
#[derive(Clone, Debug, Default)]
pub(super) struct Slot {
    /// What its value must meet.
    pub children: Children,
    /// Set if nothing can: who says so.
    pub forbidden: Option<Origin>,
    /// Who put each child there.
    pub origins: Box<[Origin]>,
}

/// A bound and who set it.
pub(super) type Bound = Option<(u64, Origin)>;

/// What is asked of an array.
#[derive(Debug)]
pub(super) struct ArrayShape {
    /// The first items.
    pub prefix: Vec<Slot>,
    /// The others.
    pub rest: Slot,
    /// Items at least.
    pub min: Bound,
    /// Items at most; also where a slot is forbidden.
    pub max: Bound,
    /// Items must differ.
    pub unique: Option<Origin>,
    /// Items to be found among them.
    pub contains: Vec<ContainsShape>,
}

/// `contains` with its bounds.
#[derive(Debug)]
pub(super) struct ContainsShape {
    /// What is looked for.
    pub node: NodeId,
    /// So many at least.
    pub min: (u64, Origin),
    /// So many at most.
    pub max: Bound,
}

impl ArrayShape {
    /// The slot of an item.
    pub fn slot(&self, index: u64) -> &Slot {
        usize::try_from(index)
            .ok()
            .and_then(|index| self.prefix.get(index))
            .unwrap_or(&self.rest)
    }

    /// The most items there can be.
    pub fn most(&self) -> u64 {
        self.max.map_or(u64::MAX, |(max, _)| max)
    }
}

/// A member that the schema names.
#[derive(Debug)]
pub(super) struct Name {
    /// Its name.
    pub text: Box<str>,
    /// What it must meet.
    pub slot: Slot,
    /// Set if it must be there.
    pub required: Option<Origin>,
    /// The place of the name that the schema lists after it, or [`Name::NONE`].
    pub next: u32,
}

impl Name {
    /// The place of no name.
    pub const NONE: u32 = u32::MAX;
}

/// What is asked of an object.
#[derive(Debug)]
pub(super) struct ObjectShape {
    /// Members named by `properties` and `required`, sorted by name.
    pub names: Vec<Name>,
    /// The place of the name that the schema lists first, or [`Name::NONE`].
    pub first: u32,
    /// The patterns of `patternProperties`.
    pub patterns: Vec<StringLeaf>,
    /// The slots of members that are not named.
    pub others: Others,
    /// What every name must be.
    pub name_language: Option<StringLeaf>,
    /// What every name must meet where a language does not say it.
    pub name_nodes: Vec<(NodeId, Origin)>,
    /// Members at least.
    pub min: Bound,
    /// Members at most.
    pub max: Bound,
    /// Names that must be there.
    pub required: u32,
    /// Names that may be there.
    pub allowed: u32,
}

/// The slots of members that no `properties` names, by the patterns that match.
#[derive(Debug)]
pub(super) enum Others {
    /// One slot a set of matching patterns: `slots[bits]`.
    Each(Vec<Slot>),
    /// Too many patterns for that: what each schema says, side by side.
    Groups(Vec<Group>),
}

/// What one schema says of members that it does not name.
#[derive(Debug)]
pub(super) struct Group {
    /// Patterns, by their place in [`ObjectShape::patterns`], and what their members must meet.
    pub patterns: Vec<(usize, Slot)>,
    /// What members must meet that match none.
    pub additional: Slot,
}

impl ObjectShape {
    /// The place of a name.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.names
            .binary_search_by(|known| (*known.text).cmp(name))
            .ok()
    }

    /// The most members there can be.
    pub fn most(&self) -> u64 {
        self.max.map_or(u64::MAX, |(max, _)| max)
    }

    /// Whether only names that are named may be there.
    pub fn is_closed(&self) -> bool {
        match &self.others {
            Others::Each(slots) => slots.iter().all(|slot| slot.forbidden.is_some()),
            Others::Groups(_) => false,
        }
    }

    /// Whether some set of the given patterns, none or all included, may match a further member's name.
    pub fn allows_among(&self, alive: u64) -> bool {
        match &self.others {
            Others::Each(slots) => {
                let inside = |bits: usize| bits as u64 & !alive == 0;
                slots
                    .iter()
                    .enumerate()
                    .any(|(bits, slot)| inside(bits) && slot.forbidden.is_none())
            }
            Others::Groups(groups) => groups.iter().all(|group| {
                let allowed = |(at, slot): &(usize, Slot)| {
                    (*at >= 64 || alive >> at & 1 == 1) && slot.forbidden.is_none()
                };
                group.additional.forbidden.is_none() || group.patterns.iter().any(allowed)
            }),
        }
    }

    /// The slots of a member that is not named and matches exactly these patterns.
    pub fn slots_of(&self, matches: &[bool]) -> Vec<&Slot> {
        match &self.others {
            Others::Each(slots) => {
                let bits = matches
                    .iter()
                    .enumerate()
                    .fold(0, |bits, (at, &hit)| bits | usize::from(hit) << at);
                vec![&slots[bits]]
            }
            Others::Groups(groups) => groups
                .iter()
                .flat_map(|group| group.slots_of(matches))
                .collect(),
        }
    }
}

impl Group {
    fn slots_of(&self, matches: &[bool]) -> Vec<&Slot> {
        let hits: Vec<_> = self
            .patterns
            .iter()
            .filter(|(at, _)| matches[*at])
            .map(|(_, slot)| slot)
            .collect();
        if hits.is_empty() {
            vec![&self.additional]
        } else {
            hits
        }
    }
}

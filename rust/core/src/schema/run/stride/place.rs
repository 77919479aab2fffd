//! A container, as a stride knows it.

use crate::json::Container;
use crate::schema::compiled::Compiled;
use crate::schema::shape::{ArrayShape, NodeId, ObjectShape, Others, Slot};
use crate::schema::types::TypeSet;

use super::super::members::Members;
use super::super::sole::{Asked, of_node};

/// What kind of container a place is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Within {
    /// Around the root.
    Nothing,
    Array,
    Object,
}

impl Within {
    /// The kind of container, if it is one.
    pub fn container(self) -> Option<Container> {
        match self {
            Self::Nothing => None,
            Self::Array => Some(Container::Array),
            Self::Object => Some(Container::Object),
        }
    }
}

/// The current member of an object.
#[derive(Clone, Copy, Debug)]
pub(super) enum Member {
    None,
    /// One that the shape lists, by its place.
    Named(usize),
    /// Another, its name lying here in the chunk.
    Other(usize, usize),
    /// One whose name a frame knows.
    Known,
}

/// A container, and what is asked of it.
#[derive(Debug)]
pub(super) struct Place<'s> {
    pub within: Within,
    pub array: Option<&'s ArrayShape>,
    pub object: Option<&'s ObjectShape>,
    /// Items or members that have begun.
    pub count: u64,
    pub members: Members,
    pub member: Member,
    /// What is asked of the value of the current member, or of the root.
    pub child: Child,
    /// Where its keys begin among those that no shape lists.
    pub others: usize,
}

/// What is asked of a value, by its node.
#[derive(Clone, Copy, Debug)]
pub(super) enum Child {
    Nothing,
    Node(NodeId),
    More,
}

impl Child {
    pub fn of(slot: &Slot) -> Self {
        match *slot.children {
            [] => Self::Nothing,
            [node] => Self::Node(node),
            _ => Self::More,
        }
    }
}

impl<'s> Place<'s> {
    /// The place around the root.
    pub fn outermost(child: Child) -> Self {
        Self {
            within: Within::Nothing,
            array: None,
            object: None,
            count: 0,
            members: Members::default(),
            member: Member::None,
            child,
            others: 0,
        }
    }

    /// A container that opens where this is asked, if a stride can read it.
    pub fn of(asked: Asked<'s>, container: Container, others: usize) -> Option<Self> {
        let mut place = Self {
            within: match container {
                Container::Array => Within::Array,
                Container::Object => Within::Object,
            },
            others,
            ..Self::outermost(Child::Nothing)
        };
        let shape = match asked {
            Asked::Nothing => return Some(place),
            Asked::Shape(shape) => shape,
            Asked::More => return None,
        };
        let plain = if container == Container::Array {
            place.array = shape.array.as_deref();
            shape.types.contains(TypeSet::ARRAY) && place.array.is_none_or(is_plain_array)
        } else {
            place.object = shape.object.as_deref();
            place.members = place.object.map(Members::new).unwrap_or_default();
            shape.types.contains(TypeSet::OBJECT)
        };
        plain.then_some(place)
    }

    /// What is asked of the value that comes next.
    pub fn asked(&self, schema: &'s Compiled) -> Asked<'s> {
        let child = match self.array {
            Some(shape) if self.count >= shape.most() => Child::More,
            Some(shape) => Child::of(shape.slot(self.count)),
            None => self.child,
        };
        match child {
            Child::Nothing => Asked::Nothing,
            Child::Node(node) => of_node(schema, node),
            Child::More => Asked::More,
        }
    }

    /// A value begins here.
    pub fn count_item(&mut self) {
        self.count += u64::from(self.within == Within::Array);
    }

    /// Whether a comma would be one too many.
    pub fn is_full(&self) -> bool {
        let items = self.array.is_some_and(|shape| self.count >= shape.most());
        let full = |shape: &ObjectShape| self.members.full(shape, self.count).is_some();
        items || self.object.is_some_and(full)
    }

    /// Whether nothing is against its end.
    pub fn may_end(&self) -> bool {
        let enough = |min: Option<u64>| min.is_none_or(|min| self.count >= min);
        let array = |shape: &ArrayShape| enough(shape.min.map(|(min, _)| min));
        let object = |shape: &ObjectShape| {
            self.members.lacking(shape) == 0 && enough(shape.min.map(|(min, _)| min))
        };
        self.array.is_none_or(array) && self.object.is_none_or(object)
    }

    /// The slot of the current member or, in an array, of the item that began last.
    pub fn slot(&self) -> Option<&'s Slot> {
        match (self.array, self.object, self.member) {
            (Some(shape), ..) => Some(shape.slot(self.count.saturating_sub(1))),
            (_, Some(shape), Member::Named(at)) => Some(&shape.names[at].slot),
            (_, Some(shape), Member::Other(..)) => other_slot(shape),
            _ => None,
        }
    }
}

/// Whether items are asked for one by one, and nothing of them together.
pub(super) fn is_plain_array(shape: &ArrayShape) -> bool {
    shape.contains.is_empty() && shape.unique.is_none()
}

/// The slot of members that the shape does not list, where that does not depend on their names.
pub(super) fn other_slot(shape: &ObjectShape) -> Option<&Slot> {
    match &shape.others {
        Others::Each(slots) if shape.patterns.is_empty() => slots.first(),
        _ => None,
    }
}

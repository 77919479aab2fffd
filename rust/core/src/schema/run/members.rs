//! Which names of its shape an object has had.

use crate::schema::raw::Origin;
use crate::schema::shape::{Name, ObjectShape, Others};

/// The names of a shape that have been seen.
#[derive(Debug, Default)]
pub(super) struct Members {
    seen: Seen,
    /// How many of them may be there.
    allowed: u32,
    /// How many of them must be there.
    required: u32,
    /// The name that is likely to come next, by its place: documents mostly keep the schema's order.
    likely: u32,
}

/// A set of places.
#[derive(Debug)]
enum Seen {
    Few(u64),
    Many(Box<[u64]>),
}

impl Default for Seen {
    fn default() -> Self {
        Self::Few(0)
    }
}

impl Seen {
    fn new(count: usize) -> Self {
        if count <= 64 {
            Self::Few(0)
        } else {
            Self::Many(vec![0; count.div_ceil(64)].into())
        }
    }

    fn contains(&self, at: usize) -> bool {
        match self {
            Self::Few(bits) => bits >> at & 1 == 1,
            Self::Many(words) => words[at / 64] >> (at % 64) & 1 == 1,
        }
    }

    fn insert(&mut self, at: usize) {
        match self {
            Self::Few(bits) => *bits |= 1 << at,
            Self::Many(words) => words[at / 64] |= 1 << (at % 64),
        }
    }
}

impl Members {
    pub fn new(shape: &ObjectShape) -> Self {
        Self {
            seen: Seen::new(shape.names.len()),
            allowed: 0,
            required: 0,
            likely: shape.first,
        }
    }

    /// Whether a name of the shape, by its place, has been seen.
    pub fn has(&self, name: usize) -> bool {
        self.seen.contains(name)
    }

    /// A name of the shape is there.
    pub fn see(&mut self, shape: &ObjectShape, name: usize) {
        if self.seen.contains(name) {
            return;
        }
        self.seen.insert(name);
        self.likely = shape.names[name].next;
        self.allowed += u32::from(shape.names[name].slot.forbidden.is_none());
        self.required += u32::from(shape.names[name].required.is_some());
    }

    /// The name that is likely to come next, with its place.
    pub fn likely<'s>(&self, shape: &'s ObjectShape) -> Option<(usize, &'s Name)> {
        let at = self.likely as usize;
        shape.names.get(at).map(|name| (at, name))
    }

    /// The first name that must be there and is not, by its place.
    pub fn missing(&self, shape: &ObjectShape) -> Option<usize> {
        if self.required == shape.required {
            return None;
        }
        self.missing_from(shape, 0)
    }

    /// The first such name at this place or behind it.
    pub fn missing_from(&self, shape: &ObjectShape, first: usize) -> Option<usize> {
        let absent = |at: &usize| shape.names[*at].required.is_some() && !self.seen.contains(*at);
        (first..shape.names.len()).find(absent)
    }

    /// Members that must still come.
    pub fn lacking(&self, shape: &ObjectShape) -> u64 {
        u64::from(shape.required - self.required)
    }

    /// Whether after `count` members any other may come and leave room for those that must.
    pub fn is_roomy(&self, shape: &ObjectShape, count: u64) -> bool {
        shape
            .max
            .is_none_or(|(max, _)| count + self.lacking(shape) < max)
    }

    /// Why no member can follow `count` others, if none can.
    pub fn full(&self, shape: &ObjectShape, count: u64) -> Option<Origin> {
        if let Some((_, origin)) = shape.max.filter(|&(max, _)| count >= max) {
            return Some(origin);
        }
        (self.allowed == shape.allowed && shape.is_closed())
            .then(|| closer(shape))
            .flatten()
    }
}

/// Who closes an object to further names.
pub(super) fn closer(shape: &ObjectShape) -> Option<Origin> {
    match &shape.others {
        Others::Each(slots) => slots.iter().find_map(|slot| slot.forbidden),
        Others::Groups(groups) => groups.iter().find_map(|group| group.additional.forbidden),
    }
}

//! An array in its shape.

use crate::schema::raw::Origin;
use crate::schema::shape::ArrayShape;

/// What is kept of an array.
#[derive(Debug)]
pub(super) struct ArrayState {
    /// Items that meet each `contains`.
    pub contained: Vec<u64>,
}

impl ArrayState {
    pub fn new(shape: &ArrayShape) -> Self {
        Self {
            contained: vec![0; shape.contains.len()],
        }
    }

    /// Why an array of `count` closed items must end in violation, if it must.
    pub fn doomed(&self, shape: &ArrayShape, count: u64) -> Option<Origin> {
        let room = shape.most().saturating_sub(count);
        let each = shape.contains.iter().zip(&self.contained);
        let mut short =
            each.filter(|(contains, found)| contains.min.0 > found.saturating_add(room));
        short.next().map(|(contains, _)| contains.min.1)
    }

    /// Why an array of `count` items may not end, if it may not.
    pub fn unfinished(&self, shape: &ArrayShape, count: u64) -> Option<Origin> {
        if let Some((_, origin)) = shape.min.filter(|&(min, _)| count < min) {
            return Some(origin);
        }
        let mut each = shape.contains.iter().zip(&self.contained);
        each.find(|(contains, found)| **found < contains.min.0)
            .map(|(contains, _)| contains.min.1)
    }

    /// Counts an item that meets a `contains`; says why that is one too many.
    pub fn found(&mut self, shape: &ArrayShape, contains: usize) -> Option<Origin> {
        self.contained[contains] += 1;
        let max = shape.contains[contains].max;
        max.filter(|&(max, _)| self.contained[contains] > max)
            .map(|(_, origin)| origin)
    }

    /// Whether nothing that follows can make it violate its shape, `count` items being closed.
    pub fn certain(&self, shape: &ArrayShape, count: u64) -> bool {
        let free = shape.rest.children.is_empty() && shape.max.is_none() && shape.unique.is_none();
        let prefix = shape
            .prefix
            .iter()
            .skip(usize::try_from(count).unwrap_or(usize::MAX));
        free && shape.contains.iter().all(|contains| contains.max.is_none())
            && self.unfinished(shape, count).is_none()
            && prefix.into_iter().all(|slot| slot.children.is_empty())
    }
}

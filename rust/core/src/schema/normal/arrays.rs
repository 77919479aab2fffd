//! Merging what schemas ask of arrays.

use super::shapes::{higher, lower};
use super::unevaluated::Certain;
use super::{Normaliser, Set};
use crate::schema::raw::{Origin, RawArray, RawId};
use crate::schema::shape::{ArrayShape, ContainsShape, Slot};

/// The items of one schema: what it asks of the first ones and of the rest.
struct Items {
    prefix: Vec<Option<(RawId, Origin)>>,
    rest: Option<(RawId, Origin)>,
}

impl Normaliser<'_> {
    /// The array part of a set's shape.
    pub(super) fn array_shape(&mut self, set: &Set) -> Option<ArrayShape> {
        let raws = self.raws;
        let arrays: Vec<&RawArray> = set
            .iter()
            .filter_map(|&id| raws[id as usize].array.as_deref())
            .collect();
        let mut items: Vec<Items> = arrays.iter().map(|array| items_of(array)).collect();
        items.extend(set.iter().filter_map(|&id| self.unevaluated_rest(id)));
        if items.is_empty() {
            return None;
        }
        let longest = items
            .iter()
            .map(|items| items.prefix.len())
            .max()
            .unwrap_or(0);
        let prefix = (0..longest)
            .map(|at| self.item_slot(&items, Some(at)))
            .collect();
        let rest = self.item_slot(&items, None);
        let contains = arrays
            .iter()
            .filter_map(|array| array.contains)
            .collect::<Vec<_>>();
        let contains = contains
            .into_iter()
            .map(|each| {
                let set = self.closure(&[each.schema]);
                ContainsShape {
                    node: self.node(set),
                    min: each.min,
                    max: each.max,
                }
            })
            .collect();
        Some(ArrayShape {
            prefix,
            rest,
            min: arrays
                .iter()
                .fold(None, |bound, array| higher(bound, array.min)),
            max: arrays
                .iter()
                .fold(None, |bound, array| lower(bound, array.max)),
            unique: arrays.iter().find_map(|array| array.unique),
            contains,
        })
    }

    fn item_slot(&mut self, items: &[Items], at: Option<usize>) -> Slot {
        let of = |items: &Items| match at.and_then(|at| items.prefix.get(at)) {
            Some(first) => *first,
            None => items.rest,
        };
        let asked: Vec<_> = items.iter().filter_map(of).collect();
        self.slot(&asked)
    }

    /// `unevaluatedItems` where it is certain which items are evaluated: the rest after them.
    fn unevaluated_rest(&self, id: RawId) -> Option<Items> {
        let rest = self.raws[id as usize].unevaluated_items?;
        match self.certainly_evaluated_items(id) {
            Certain::First(first) => Some(Items {
                prefix: vec![None; first],
                rest: Some(rest),
            }),
            Certain::Nothing | Certain::All => None,
        }
    }
}

fn items_of(array: &RawArray) -> Items {
    let of = |&raw: &RawId| {
        Some((
            raw,
            Origin {
                path: raw,
                keyword: "false",
            },
        ))
    };
    Items {
        prefix: array.prefix.iter().map(of).collect(),
        rest: array.rest,
    }
}

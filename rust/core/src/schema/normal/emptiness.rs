//! Which nodes no value meets: the least fixed point, and what follows from it.
//!
//! A node is inhabited if a finite value meets it. Starting from none, nodes are found inhabited from their leaves up;
//! what is never found so is empty, a schema that requires itself without end included. Conditions that are not
//! decided here (negation, exclusion, watches, contained items that must differ) count as met, so that no value that
//! exists is ever denied.

use super::formula::{and, if_else, not, or};
use super::{fusion, used};
use crate::schema::node::{CellSpec, Formula, Node};
use crate::schema::raw::Origin;
use crate::schema::shape::{ArrayShape, Children, Group, ObjectShape, Others, Shape, Slot};
use crate::schema::types::TypeSet;

/// Finds the empty nodes, forbids the members, items and containers that lead to them, and simplifies what is left.
pub(super) fn settle(nodes: &mut [Node]) {
    let inhabited = inhabited(nodes);
    for (at, node) in nodes.iter_mut().enumerate() {
        node.is_empty = !inhabited[at];
        let possible: Vec<bool> = node
            .cells
            .iter()
            .map(|cell| cell.can_hold(&inhabited))
            .collect();
        let formula = simplified(&node.formula, &possible);
        node.formula = if node.is_empty {
            Formula::False
        } else {
            formula
        };
        node.cells
            .iter_mut()
            .for_each(|cell| cell.forbid(&inhabited));
        node.blame = if node.is_empty {
            blame(&node.cells)
        } else {
            None
        };
        fusion::fuse(node);
        used::drop_others(node);
        let is_watch = |cell: &CellSpec| matches!(cell, CellSpec::Unevaluated(_));
        node.has_watches = node.cells.iter().any(is_watch);
    }
}

/// Passes over all nodes after which those that were not found inhabited count as such.
const PASSES: usize = 64;

/// The nodes that some value may meet. Every second pass goes the other way, as references lead both ways.
fn inhabited(nodes: &[Node]) -> Vec<bool> {
    let mut inhabited = vec![false; nodes.len()];
    for pass in 0..PASSES {
        let mut changed = false;
        for step in 0..nodes.len() {
            let at = if pass % 2 == 0 {
                nodes.len() - 1 - step
            } else {
                step
            };
            let Node { formula, cells, .. } = &nodes[at];
            if !inhabited[at] && formula.can_hold(&|cell| cells[cell as usize].can_hold(&inhabited))
            {
                inhabited[at] = true;
                changed = true;
            }
        }
        if !changed {
            return inhabited;
        }
    }
    vec![true; nodes.len()]
}

impl Formula {
    /// Whether it may hold for some value, given which cells may.
    fn can_hold(&self, cell: &impl Fn(u32) -> bool) -> bool {
        match self {
            Self::False => false,
            Self::True | Self::AtMostOne(..) => true,
            Self::Cell(at) => cell(*at),
            Self::And(all) => all.iter().all(|each| each.can_hold(cell)),
            Self::Or(any, _) => any.iter().any(|each| each.can_hold(cell)),
            Self::Not(inner, _) => **inner != Self::True,
            Self::If(parts, _) => parts[1].can_hold(cell) || parts[2].can_hold(cell),
        }
    }
}

fn simplified(formula: &Formula, possible: &[bool]) -> Formula {
    let each = |parts: &[Formula]| {
        parts
            .iter()
            .map(|part| simplified(part, possible))
            .collect::<Vec<_>>()
    };
    match formula {
        Formula::Cell(at) if !possible[*at as usize] => Formula::False,
        Formula::True | Formula::False | Formula::Cell(_) => formula.clone(),
        Formula::And(all) => and(each(all)),
        Formula::Or(any, origin) => or(each(any), *origin),
        Formula::Not(inner, origin) => not(simplified(inner, possible), *origin),
        Formula::If(parts, origin) => {
            let [condition, then, otherwise] = &**parts;
            let [condition, then, otherwise] =
                [condition, then, otherwise].map(|part| simplified(part, possible));
            if_else(condition, then, otherwise, *origin)
        }
        Formula::AtMostOne(some, origin) => {
            let left: Vec<_> = each(some)
                .into_iter()
                .filter(|part| *part != Formula::False)
                .collect();
            let met = left.iter().filter(|part| **part == Formula::True).count();
            match (met, left.len()) {
                (2.., _) => Formula::False,
                (_, 0 | 1) => Formula::True,
                _ => Formula::AtMostOne(left, *origin),
            }
        }
    }
}

/// A rule of a shape that no value has.
fn blame(cells: &[CellSpec]) -> Option<Origin> {
    cells.iter().find_map(|cell| match cell {
        CellSpec::Shape(shape) => {
            let string = shape.string.as_ref().and_then(|leaf| leaf.origins.first());
            let number = shape.number.as_ref().and_then(|leaf| leaf.origins.first());
            let types = shape.type_origins.first().map(|(_, origin)| origin);
            types.or(string).or(number).copied()
        }
        CellSpec::Unevaluated(_) => None,
    })
}

fn all_inhabited(children: &Children, inhabited: &[bool]) -> bool {
    children.iter().all(|&child| inhabited[child as usize])
}

impl CellSpec {
    fn can_hold(&self, inhabited: &[bool]) -> bool {
        match self {
            Self::Unevaluated(_) => true,
            Self::Shape(shape) => shape.can_hold(inhabited),
        }
    }

    fn forbid(&mut self, inhabited: &[bool]) {
        let Self::Shape(shape) = self else { return };
        shape.refuse_impossible(inhabited);
        if let Some(array) = &mut shape.array {
            array.forbid(inhabited);
        }
        if let Some(object) = &mut shape.object {
            object.forbid(inhabited);
        }
    }
}

impl Shape {
    fn can_hold(&self, inhabited: &[bool]) -> bool {
        let scalar = TypeSet::NULL.or(TypeSet::BOOLEAN);
        !self.types.and(scalar).is_empty()
            || (self.types.contains(TypeSet::NUMBER)
                && self
                    .number
                    .as_ref()
                    .is_none_or(|leaf| !leaf.language.is_empty()))
            || (self.types.contains(TypeSet::STRING)
                && self
                    .string
                    .as_ref()
                    .is_none_or(|leaf| !leaf.language.is_empty()))
            || (self.types.contains(TypeSet::ARRAY)
                && self
                    .array
                    .as_ref()
                    .is_none_or(|array| array.can_hold(inhabited)))
            || (self.types.contains(TypeSet::OBJECT)
                && self
                    .object
                    .as_ref()
                    .is_none_or(|object| object.can_hold(inhabited)))
    }
}

impl Shape {
    /// Takes away the types of containers that nothing can be in the way that is asked: they die as they open.
    fn refuse_impossible(&mut self, inhabited: &[bool]) {
        let array = self.array.take_if(|array| !array.can_hold(inhabited));
        let object = self.object.take_if(|object| !object.can_hold(inhabited));
        let asks_items = array.and_then(|array| array.least());
        let asks_members = object.and_then(|object| object.least(inhabited));
        for (types, origin) in [
            (TypeSet::ARRAY, asks_items),
            (TypeSet::OBJECT, asks_members),
        ] {
            if let Some(origin) = origin {
                self.types = self.types.without(types);
                self.type_origins.push((self.types, origin));
            }
        }
    }
}

impl Slot {
    fn is_possible(&self, inhabited: &[bool]) -> bool {
        self.forbidden.is_none() && all_inhabited(&self.children, inhabited)
    }

    fn forbid(&mut self, inhabited: &[bool]) {
        if !self.is_possible(inhabited) && self.forbidden.is_none() {
            self.forbidden = self.origins.first().copied();
        }
    }
}

impl ArrayShape {
    /// Items that there can be before one is impossible.
    fn room(&self, inhabited: &[bool]) -> u64 {
        let blocked = self
            .prefix
            .iter()
            .position(|slot| !slot.is_possible(inhabited));
        let room = match blocked {
            Some(at) => at as u64,
            None if self.rest.is_possible(inhabited) => u64::MAX,
            None => self.prefix.len() as u64,
        };
        room.min(self.most())
    }

    fn can_hold(&self, inhabited: &[bool]) -> bool {
        let room = self.room(inhabited);
        let contained = self.contains.iter().all(|each| {
            let (min, max) = (each.min.0, each.max.map_or(u64::MAX, |(max, _)| max));
            min == 0 || (inhabited[each.node as usize] && min <= max && min <= room)
        });
        self.min.is_none_or(|(min, _)| min <= room) && contained
    }

    /// Who asks for items, be there room for them or not.
    fn least(&self) -> Option<Origin> {
        let contained = self.contains.iter().find(|each| each.min.0 > 0);
        self.min
            .or(contained.map(|each| each.min))
            .map(|(_, origin)| origin)
    }

    fn forbid(&mut self, inhabited: &[bool]) {
        let room = self.room(inhabited);
        self.prefix
            .iter_mut()
            .for_each(|slot| slot.forbid(inhabited));
        self.rest.forbid(inhabited);
        if let Some(origin) = self.slot(room).forbidden.filter(|_| room < self.most()) {
            self.max = Some((room, origin));
        }
    }
}

impl ObjectShape {
    fn can_hold(&self, inhabited: &[bool]) -> bool {
        let required = self.names.iter().filter(|name| name.required.is_some());
        let (min, max) = (self.min.map_or(0, |(min, _)| min), self.most());
        let possible = self
            .names
            .iter()
            .filter(|name| name.slot.is_possible(inhabited))
            .count() as u64;
        let further = match &self.others {
            Others::Each(slots) => slots.iter().any(|slot| slot.is_possible(inhabited)),
            Others::Groups(_) => true,
        };
        let mut required = required.map(|name| name.slot.is_possible(inhabited));
        required.all(|possible| possible)
            && min <= max
            && u64::from(self.required) <= max
            && (further || min <= possible)
    }

    /// Who asks for members, be there room for them or not.
    fn least(&self, inhabited: &[bool]) -> Option<Origin> {
        let required = || self.names.iter().filter(|name| name.required.is_some());
        required()
            .find(|name| !name.slot.is_possible(inhabited))
            .or_else(|| required().next())
            .and_then(|name| name.required)
            .or(self.min.map(|(_, origin)| origin))
    }

    fn forbid(&mut self, inhabited: &[bool]) {
        self.names
            .iter_mut()
            .for_each(|name| name.slot.forbid(inhabited));
        match &mut self.others {
            Others::Each(slots) => slots.iter_mut().for_each(|slot| slot.forbid(inhabited)),
            Others::Groups(groups) => groups.iter_mut().for_each(|group| group.forbid(inhabited)),
        }
        self.allowed = self
            .names
            .iter()
            .filter(|name| name.slot.forbidden.is_none())
            .count() as u32;
    }
}

impl Group {
    fn forbid(&mut self, inhabited: &[bool]) {
        self.patterns
            .iter_mut()
            .for_each(|(_, slot)| slot.forbid(inhabited));
        self.additional.forbid(inhabited);
    }
}

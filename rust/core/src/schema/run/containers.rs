//! Arrays and objects: their items, commas and ends.

use crate::json::{Container, Kind};
use crate::schema::compiled::Compiled;
use crate::schema::node::{Reach, Tri};
use crate::schema::raw::Origin;
use crate::schema::shape::Slot;

use super::cell::Body;
use super::keys::SeenNames;
use super::{Link, Role, Run};

impl Run {
    /// A container has been entered.
    pub(super) fn prepare(&mut self, schema: &Compiled, kind: Kind) {
        if !matches!(kind, Kind::Array | Kind::Object) {
            return;
        }
        let cells = self.own_cells();
        let unique = cells.clone().any(|at| {
            let cell = &self.cells[at];
            kind == Kind::Array
                && cell.status == Tri::Open
                && cell
                    .array(schema)
                    .is_some_and(|shape| shape.unique.is_some())
        });
        self.digests.begin(kind, unique);
        let mut objects = cells
            .clone()
            .filter(|&at| matches!(self.cells[at].body, Body::Object(_)));
        let names = match (objects.next(), objects.next()) {
            (Some(sole), None) => SeenNames::of_cell(sole as u32),
            _ => SeenNames::all(),
        };
        let sole = self.sole(schema);
        if let Some(frame) = self.frames.last_mut() {
            frame.unique = unique;
            frame.sole = sole;
            frame.names = if kind == Kind::Object {
                names
            } else {
                SeenNames::Unused
            };
        }
        for at in cells {
            self.certain_early(schema, at);
        }
    }

    /// A value begins: if it is an item, its array's cells say what they want of it.
    pub(super) fn before_item(&mut self, schema: &Compiled) {
        let Some(frame) = self
            .frames
            .last_mut()
            .filter(|frame| frame.kind == Kind::Array)
        else {
            return;
        };
        let index = frame.count;
        frame.count += 1;
        for at in self.own_cells() {
            if self.cells[at].status != Tri::Open {
                continue;
            }
            if let Some(shape) = self.cells[at].array(schema) {
                if index >= shape.most() {
                    self.fail_here(at, shape.max.map(|(_, origin)| origin));
                    if self.cells[at].status != Tri::Open {
                        continue;
                    }
                }
                self.want(at, shape.slot(index), Role::Must);
                for (place, contains) in shape.contains.iter().enumerate() {
                    let link = Link {
                        cell: at as u32,
                        role: Role::Contains(place as u32),
                        origin: contains.min.1,
                    };
                    self.wanted.push((contains.node, link));
                }
            }
            self.watch_item(schema, at, index);
        }
        self.settle(schema);
    }

    fn watch_item(&mut self, schema: &Compiled, at: usize, index: u64) {
        let Some(watch) = self.cells[at].watch(schema) else {
            return;
        };
        let Body::Watch(state) = &mut self.cells[at].body else {
            return;
        };
        state.item(watch, index);
        if !state.is_unsettled() {
            return;
        }
        for (place, evaluator) in watch.evaluators.iter().enumerate() {
            if let Reach::Contained(children) = &evaluator.reach {
                let slot = Slot {
                    children: children.clone(),
                    forbidden: None,
                    origins: Box::new([watch.origin]),
                };
                self.want(at, &slot, Role::Reaches(place as u32));
            }
        }
        let slot = Slot {
            children: watch.children.clone(),
            forbidden: None,
            origins: Box::new([watch.origin]),
        };
        self.want(at, &slot, Role::Rest);
    }

    /// The item that was completed, or has become certain, repeats an earlier one.
    pub(super) fn repeated(&mut self, schema: &Compiled) {
        // The item's own frame may still be open.
        let array = self.frames.iter().rposition(|frame| frame.unique);
        self.refuse_repetition(schema, array);
    }

    /// An item of this array, whose items must differ, repeats an earlier one.
    fn refuse_repetition(&mut self, schema: &Compiled, array: Option<usize>) {
        let Some(array) = array else { return };
        // The cells of an array end where those of the item that is open in it begin.
        let end = self
            .frames
            .get(array + 1)
            .map_or(self.cells.len(), |inner| inner.cells as usize);
        for at in self.frames[array].cells as usize..end {
            let origin = self.cells[at].array(schema).and_then(|shape| shape.unique);
            if origin.is_some() {
                self.fail_here(at, origin);
            }
        }
        self.settle(schema);
    }

    /// Whether the innermost value is an item that must differ from those before it.
    pub(super) fn is_unlike_its_siblings(&self) -> bool {
        let around = self.frames.len().checked_sub(2);
        around.is_some_and(|at| self.frames[at].unique)
    }

    /// Who says so.
    pub(super) fn unlike_origin(&self, schema: &Compiled) -> Option<Origin> {
        let around = self.frames.len().checked_sub(2)?;
        let cells = self.frames[around].cells as usize..self.frames[around + 1].cells as usize;
        self.cells[cells]
            .iter()
            .find_map(|cell| cell.array(schema)?.unique)
    }

    /// A comma: another item or member must be able to follow.
    pub fn comma(&mut self, schema: &Compiled, at: u64) {
        self.now = at;
        let Some(count) = self.frames.last().map(|frame| frame.count) else {
            return;
        };
        for at in self.own_cells() {
            let cell = &self.cells[at];
            if cell.status != Tri::Open {
                continue;
            }
            let full = match &cell.body {
                Body::Array(_) => cell
                    .array(schema)
                    .filter(|shape| count >= shape.most())
                    .and_then(|shape| shape.max.map(|(_, origin)| origin)),
                Body::Object(state) => cell
                    .object(schema)
                    .and_then(|shape| state.members.full(shape, count)),
                _ => None,
            };
            if full.is_some() {
                self.fail_here(at, full);
            }
        }
        self.settle(schema);
    }

    /// The innermost container closes.
    pub fn close(&mut self, schema: &Compiled, container: Container, at: u64) {
        self.now = at;
        let Some(count) = self.frames.last().map(|frame| frame.count) else {
            return;
        };
        debug_assert_eq!(
            self.frames.last().map(|frame| frame.kind),
            Some(Self::closes(container))
        );
        for at in self.own_cells() {
            if self.cells[at].status == Tri::Open {
                self.close_cell(schema, at, count);
            }
        }
        self.settle(schema);
        if self.on.is_some() {
            self.own_up(schema);
        }
        self.end_watches(schema);
        if self.digests.end() {
            self.repeated_item(schema);
        }
        self.leave(schema);
    }

    /// The container that closes is itself an item that repeats an earlier one.
    fn repeated_item(&mut self, schema: &Compiled) {
        let around = self.frames.len().saturating_sub(1);
        let array = self.frames[..around].iter().rposition(|frame| frame.unique);
        self.refuse_repetition(schema, array);
    }

    fn close_cell(&mut self, schema: &Compiled, at: usize, count: u64) {
        let cell = &self.cells[at];
        match &cell.body {
            Body::Array(state) => {
                let Some(shape) = cell.array(schema) else {
                    return;
                };
                match state.unfinished(shape, count) {
                    Some(origin) => self.fail_here(at, Some(origin)),
                    None => self.pass(at),
                }
            }
            Body::Object(state) => {
                let Some(shape) = cell.object(schema) else {
                    return;
                };
                if let Some(name) = state.members.missing(shape) {
                    self.fail_missing(at, shape.names[name].required, name);
                    self.miss_others(at, shape, name);
                } else if let Some((_, origin)) = shape.min.filter(|&(min, _)| count < min) {
                    self.fail_here(at, Some(origin));
                } else {
                    self.pass(at);
                }
            }
            _ => {}
        }
    }

    /// All else being decided, so are the watches of the innermost frame.
    fn end_watches(&mut self, schema: &Compiled) {
        let first = self.frames.last().map_or(0, |frame| frame.goals);
        for goal in first..self.goals.len() as u32 {
            if schema.nodes[self.goals[goal as usize].node as usize].has_watches {
                self.settle_watches(schema, goal, true);
                self.dirty.push(goal);
            }
        }
        self.settle(schema);
    }

    /// A value inside the innermost container has ended.
    pub(super) fn after_child(&mut self, schema: &Compiled) {
        let Some(count) = self.frames.last().map(|frame| frame.count) else {
            return;
        };
        for at in self.own_cells() {
            let cell = &self.cells[at];
            if cell.status != Tri::Open {
                continue;
            }
            if let (Body::Array(state), Some(shape)) = (&cell.body, cell.array(schema))
                && let Some(origin) = state.doomed(shape, count)
            {
                self.fail_here(at, Some(origin));
            }
            self.certain_early(schema, at);
        }
    }

    /// Says that a cell is met as soon as that is certain, where it can matter.
    pub(super) fn certain_early(&mut self, schema: &Compiled, at: usize) {
        let cell = &self.cells[at];
        if !cell.eager || cell.status != Tri::Open {
            return;
        }
        let Some(count) = self.frames.last().map(|frame| frame.count) else {
            return;
        };
        let certain = match &cell.body {
            Body::Array(state) => cell
                .array(schema)
                .is_some_and(|shape| state.certain(shape, count)),
            Body::Object(state) => cell
                .object(schema)
                .is_some_and(|shape| state.certain(shape, count, true)),
            Body::Text(state) => cell
                .string(schema)
                .is_some_and(|leaf| leaf.language.certain(state)),
            _ => false,
        };
        if certain {
            self.pass(at);
        }
    }
}

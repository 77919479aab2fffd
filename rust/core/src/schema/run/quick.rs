//! The common case: one schema object has a say, and what comes is what it asks for.
//!
//! Where a container has one cell whose "no" is the document's, a scalar that lies whole in the chunk needs no frame:
//! it is looked at and accepted, or refused to be taken here, and then read the careful way, which finds the byte.
//! Nothing here decides against a document.

use crate::json::Kind;
use crate::schema::compiled::Compiled;
use crate::schema::node::{CellSpec, Formula, Tri};
use crate::schema::shape::Shape;
use crate::schema::text::Answer;
use crate::schema::types::TypeSet;

use super::cell::Body;
use super::{Link, Role, Run};

/// Who has a say in what a container holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sole {
    /// Nobody.
    Nobody,
    /// One cell, by its place, and it must be met.
    Cell(u32),
    /// Several, or one in a way that needs care.
    Many,
}

/// What is asked of the value that comes next.
enum Asked<'s> {
    /// Nothing.
    Nothing,
    /// One shape.
    Shape(&'s Shape),
    /// More than is dealt with here.
    More,
}

impl Run {
    /// Who has a say in the container that was just entered.
    pub(super) fn sole(&self, schema: &Compiled) -> Sole {
        if self.digests.is_active() {
            return Sole::Many;
        }
        let mut open = self
            .own_cells()
            .filter(|&at| self.cells[at].status == Tri::Open);
        match (open.next(), open.next()) {
            (None, _) => Sole::Nobody,
            (Some(at), None) if self.is_plain(schema, at) => Sole::Cell(at as u32),
            _ => Sole::Many,
        }
    }

    /// Whether a cell's "no" is at once the document's and its "yes" is of no interest.
    fn is_plain(&self, schema: &Compiled, at: usize) -> bool {
        let cell = &self.cells[at];
        let plain = match (&cell.body, cell.array(schema)) {
            (Body::Array(_), Some(shape)) => shape.contains.is_empty(),
            (Body::Object(_), _) => true,
            _ => false,
        };
        let formula = &schema.nodes[cell.node as usize].formula;
        plain && !cell.eager && matches!(formula, Formula::Cell(_))
    }

    /// What is asked of the value that comes next, where one cell at most has a say.
    fn asked<'s>(&self, schema: &'s Compiled) -> Asked<'s> {
        let Some(frame) = self.frames.last() else {
            return Asked::More;
        };
        match (frame.sole, frame.kind) {
            (Sole::Many, _) => Asked::More,
            (Sole::Nobody, _) => Asked::Nothing,
            (Sole::Cell(_), Kind::Object) => match self.wanted[..] {
                [] => Asked::Nothing,
                [
                    (
                        node,
                        Link {
                            role: Role::Must, ..
                        },
                    ),
                ] => of_node(schema, node),
                _ => Asked::More,
            },
            (Sole::Cell(at), _) => {
                let Some(shape) = self.cells[at as usize].array(schema) else {
                    return Asked::More;
                };
                match (
                    frame.count < shape.most(),
                    &*shape.slot(frame.count).children,
                ) {
                    (true, []) => Asked::Nothing,
                    (true, &[node]) => of_node(schema, node),
                    _ => Asked::More,
                }
            }
        }
    }

    /// The value that was asked about is accepted.
    fn taken(&mut self) -> bool {
        self.wanted.clear();
        if let Some(frame) = self
            .frames
            .last_mut()
            .filter(|frame| frame.kind == Kind::Array)
        {
            frame.count += 1;
        }
        true
    }

    /// Takes a whole string, if nothing is against it.
    pub fn quick_string(&mut self, schema: &Compiled, run: &str) -> bool {
        let accepted = match self.asked(schema) {
            Asked::More => false,
            Asked::Nothing => true,
            Asked::Shape(shape) => {
                shape.types.contains(TypeSet::STRING)
                    && shape.string.as_ref().is_none_or(|leaf| {
                        let mut state = leaf.language.start();
                        let alive = leaf.language.step_str(&mut state, run).is_ok();
                        alive && leaf.language.accepts(&state) == Answer::Yes
                    })
            }
        };
        accepted && self.taken()
    }

    /// Takes a whole number, if nothing is against it.
    pub fn quick_number(&mut self, schema: &Compiled, run: &[u8]) -> bool {
        let accepted = match self.asked(schema) {
            Asked::More => false,
            Asked::Nothing => true,
            Asked::Shape(shape) => {
                shape.types.contains(TypeSet::NUMBER)
                    && shape
                        .number
                        .as_ref()
                        .is_none_or(|leaf| leaf.language.accepts_whole(run) == Answer::Yes)
            }
        };
        accepted && self.taken()
    }

    /// Begins a scalar of which nothing but its type is asked, without a frame.
    pub(super) fn quick_begin(&mut self, schema: &Compiled, kind: Kind) -> bool {
        if matches!(kind, Kind::Array | Kind::Object) {
            return false;
        }
        self.free = match self.asked(schema) {
            Asked::More => false,
            Asked::Nothing => true,
            Asked::Shape(shape) => {
                let constrained = match kind {
                    Kind::String => shape.string.is_some(),
                    Kind::Number => shape.number.is_some(),
                    _ => false,
                };
                shape.types.contains(TypeSet::of(kind)) && !constrained
            }
        };
        self.free && self.taken()
    }

    /// Takes a whole key, if nothing is against it.
    pub fn quick_key(&mut self, schema: &Compiled, run: &str) -> bool {
        let Some(frame) = self.frames.last() else {
            return false;
        };
        let (Sole::Cell(at), count) = (frame.sole, frame.count) else {
            return false;
        };
        let cell = &mut self.cells[at as usize];
        let Some(shape) = cell.object(schema) else {
            return false;
        };
        let Body::Object(state) = &mut cell.body else {
            return false;
        };
        let slot = match state.quick_name(shape, count, run) {
            Some(name) => {
                state.see(shape, name);
                &shape.names[name].slot
            }
            None => return false,
        };
        self.keys
            .truncate(self.frames.last().map_or(0, |frame| frame.key as usize));
        self.keys.push_str(run);
        self.want(at as usize, slot, Role::Must);
        if let Some(frame) = self.frames.last_mut() {
            frame.count += 1;
        }
        true
    }
}

/// A node as one shape, if it is one.
fn of_node(schema: &Compiled, node: u32) -> Asked<'_> {
    let node = &schema.nodes[node as usize];
    match (&node.formula, &node.cells[..]) {
        (Formula::True, _) => Asked::Nothing,
        (Formula::Cell(0), [CellSpec::Shape(shape)]) => Asked::Shape(shape),
        _ => Asked::More,
    }
}

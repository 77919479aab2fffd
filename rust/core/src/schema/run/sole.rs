//! The common case: one schema object has a say in what a container holds, and its "no" is the document's.

use crate::json::Kind;
use crate::schema::compiled::Compiled;
use crate::schema::node::{CellSpec, Formula, Tri};
use crate::schema::shape::Shape;
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
#[derive(Clone, Copy, Debug)]
pub(super) enum Asked<'s> {
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
    pub(super) fn asked<'s>(&self, schema: &'s Compiled) -> Asked<'s> {
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

    /// Begins a scalar of which nothing but its type is asked, without a frame.
    pub(super) fn begin_free(&mut self, schema: &Compiled, kind: Kind) -> bool {
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
}

/// A node as one shape, if it is one.
pub(super) fn of_node(schema: &Compiled, node: u32) -> Asked<'_> {
    let node = &schema.nodes[node as usize];
    match (&node.formula, &node.cells[..]) {
        (Formula::True, _) => Asked::Nothing,
        (Formula::Cell(0), [CellSpec::Shape(shape)]) => Asked::Shape(shape),
        _ => Asked::More,
    }
}

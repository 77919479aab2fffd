//! What is known, while a value is read, of the cells of its nodes.

use crate::json::Kind;
use crate::schema::compiled::Compiled;
use crate::schema::leaf::{NumberLeaf, StringLeaf};
use crate::schema::node::{CellSpec, Tri, Unevaluated};
use crate::schema::number::NumberState;
use crate::schema::raw::Origin;
use crate::schema::shape::{ArrayShape, NodeId, ObjectShape, Shape};
use crate::schema::text::StringState;
use crate::schema::types::TypeSet;

use super::array::ArrayState;
use super::object::ObjectState;
use super::watch::WatchState;

/// Why a cell or a goal is not met.
#[derive(Clone, Copy, Debug)]
pub(in crate::schema) struct Blame {
    /// The rule that is broken.
    pub origin: Origin,
    /// The member that is missing, by its place in a shape, where that is the fault.
    pub missing: Option<Missing>,
    /// How deep the value lies that breaks it: frames from the root.
    pub depth: u32,
    /// The byte at which it was known.
    pub at: u64,
}

/// A required member that is not there.
#[derive(Clone, Copy, Debug)]
pub(in crate::schema) struct Missing {
    /// The cell's node.
    pub node: NodeId,
    /// The cell's place in it.
    pub spec: u32,
    /// The name's place in the cell's shape.
    pub name: u32,
}

/// One thing to be known of the value being read.
#[derive(Debug)]
pub(super) struct Cell {
    /// The node it belongs to.
    pub node: NodeId,
    /// Its place in the node.
    pub spec: u32,
    /// The goal it serves, by its place.
    pub goal: u32,
    /// What is known.
    pub status: Tri,
    /// Why it is not met.
    pub blame: Option<Blame>,
    /// Whether knowing early that it is met can change anything.
    pub eager: bool,
    /// Whether its "no" is the document's; only told apart where a dead document is read on.
    pub fatal: bool,
    /// What is kept to find out.
    pub body: Body,
}

/// What a cell keeps while it is open.
#[derive(Debug)]
pub(super) enum Body {
    /// Nothing: it was decided at once.
    Decided,
    /// A string in its language.
    Text(StringState),
    /// A number in its language.
    Number(NumberState),
    /// An array.
    Array(ArrayState),
    /// An object.
    Object(ObjectState),
    /// What is left unevaluated.
    Watch(WatchState),
}

/// What is known of a cell when its value begins.
pub(super) enum Start {
    /// It is met.
    Met,
    /// It is not, on this ground.
    Unmet(Option<Origin>),
    /// To be found out.
    Open(Body),
}

impl Cell {
    /// Its shape, if it is no watch.
    pub fn shape<'s>(&self, schema: &'s Compiled) -> Option<&'s Shape> {
        match &schema.nodes[self.node as usize].cells[self.spec as usize] {
            CellSpec::Shape(shape) => Some(shape),
            CellSpec::Unevaluated(_) => None,
        }
    }

    /// What its shape asks of a string.
    pub fn string<'s>(&self, schema: &'s Compiled) -> Option<&'s StringLeaf> {
        self.shape(schema)?.string.as_ref()
    }

    /// What its shape asks of a number.
    pub fn number<'s>(&self, schema: &'s Compiled) -> Option<&'s NumberLeaf> {
        self.shape(schema)?.number.as_ref()
    }

    /// What its shape asks of an array.
    pub fn array<'s>(&self, schema: &'s Compiled) -> Option<&'s ArrayShape> {
        self.shape(schema)?.array.as_deref()
    }

    /// What its shape asks of an object.
    pub fn object<'s>(&self, schema: &'s Compiled) -> Option<&'s ObjectShape> {
        self.shape(schema)?.object.as_deref()
    }

    /// What it watches.
    pub fn watch<'s>(&self, schema: &'s Compiled) -> Option<&'s Unevaluated> {
        match &schema.nodes[self.node as usize].cells[self.spec as usize] {
            CellSpec::Shape(_) => None,
            CellSpec::Unevaluated(watch) => Some(watch),
        }
    }
}

/// What is known of a cell at the first byte of a value of this kind.
pub(super) fn start(spec: &CellSpec, kind: Kind) -> Start {
    match (spec, kind) {
        (CellSpec::Shape(shape), _) => start_shape(shape, kind),
        (CellSpec::Unevaluated(watch), Kind::Array) if watch.items => {
            Start::Open(Body::Watch(WatchState::default()))
        }
        (CellSpec::Unevaluated(watch), Kind::Object) if !watch.items => {
            Start::Open(Body::Watch(WatchState::default()))
        }
        (CellSpec::Unevaluated(_), _) => Start::Met,
    }
}

fn start_shape(shape: &Shape, kind: Kind) -> Start {
    let types = TypeSet::of(kind);
    if !shape.types.contains(types) {
        let refuser = shape
            .type_origins
            .iter()
            .find(|(left, _)| !left.contains(types));
        return Start::Unmet(refuser.map(|&(_, origin)| origin));
    }
    match (
        kind,
        &shape.string,
        &shape.number,
        &shape.array,
        &shape.object,
    ) {
        (Kind::String, Some(leaf), ..) => {
            let state = leaf.language.start();
            if state.is_dead() {
                Start::Unmet(leaf.blame(&state))
            } else {
                Start::Open(Body::Text(state))
            }
        }
        (Kind::Number, _, Some(leaf), ..) => {
            let state = leaf.language.start();
            if state.is_dead() {
                Start::Unmet(leaf.blame(&state))
            } else {
                Start::Open(Body::Number(state))
            }
        }
        (Kind::Array, _, _, Some(array), _) => Start::Open(Body::Array(ArrayState::new(array))),
        (Kind::Object, _, _, _, Some(object)) => {
            Start::Open(Body::Object(ObjectState::new(object)))
        }
        _ => Start::Met,
    }
}

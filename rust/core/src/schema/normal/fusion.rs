//! Alternatives of different types as one shape.
//!
//! `anyOf` over a string, an object and null asks no more than a shape that says what a string and what an object must
//! be: a value's first byte tells which alternative it is. Fused, they cost one cell, and what breaks inside one of
//! them is told where it breaks.

use crate::schema::node::{CellSpec, Formula, Node};
use crate::schema::raw::Origin;
use crate::schema::shape::Shape;

/// Fuses what can be fused in a node's formula.
pub(super) fn fuse(node: &mut Node) {
    let mut uses = vec![0; node.cells.len()];
    count(&node.formula, &mut uses);
    for cell in &node.cells {
        if let CellSpec::Unevaluated(watch) = cell {
            watch
                .evaluators
                .iter()
                .for_each(|each| count(&each.condition, &mut uses));
        }
    }
    let formula = std::mem::replace(&mut node.formula, Formula::True);
    node.formula = fused(formula, &mut node.cells, &uses);
}

fn count(formula: &Formula, uses: &mut [u32]) {
    match formula {
        Formula::True | Formula::False => {}
        Formula::Cell(at) => uses[*at as usize] += 1,
        Formula::And(parts) | Formula::Or(parts, _) | Formula::AtMostOne(parts, _) => {
            for part in parts {
                count(part, uses);
            }
        }
        Formula::Not(inner, _) => count(inner, uses),
        Formula::If(parts, _) => parts.iter().for_each(|part| count(part, uses)),
    }
}

fn fused(formula: Formula, cells: &mut [CellSpec], uses: &[u32]) -> Formula {
    match formula {
        Formula::And(parts) => Formula::And(
            parts
                .into_iter()
                .map(|part| fused(part, cells, uses))
                .collect(),
        ),
        Formula::Or(parts, origin) => {
            let parts = parts
                .into_iter()
                .map(|part| fused(part, cells, uses))
                .collect();
            alternatives(parts, origin, cells, uses)
        }
        other => other,
    }
}

/// Puts each alternative that is a shape of its own into the first that shares no type with it.
fn alternatives(
    parts: Vec<Formula>,
    origin: Origin,
    cells: &mut [CellSpec],
    uses: &[u32],
) -> Formula {
    let mut kept: Vec<Formula> = Vec::new();
    for part in parts {
        let target = kept
            .iter()
            .position(|other| joins(other, &part, cells, uses));
        match (target.map(|at| &kept[at]), &part) {
            (Some(&Formula::Cell(into)), &Formula::Cell(from)) => join(into, from, origin, cells),
            _ => kept.push(part),
        }
    }
    if kept.len() == 1 {
        kept.swap_remove(0)
    } else {
        Formula::Or(kept, origin)
    }
}

fn joins(one: &Formula, other: &Formula, cells: &[CellSpec], uses: &[u32]) -> bool {
    let (Formula::Cell(one), Formula::Cell(other)) = (one, other) else {
        return false;
    };
    let (one, other) = (*one as usize, *other as usize);
    match (&cells[one], &cells[other]) {
        (CellSpec::Shape(a), CellSpec::Shape(b)) => {
            uses[one] == 1 && uses[other] == 1 && a.types.and(b.types).is_empty()
        }
        _ => false,
    }
}

fn join(into: u32, from: u32, origin: Origin, cells: &mut [CellSpec]) {
    let Some(other) = taken(&mut cells[from as usize]) else {
        return;
    };
    let CellSpec::Shape(shape) = &mut cells[into as usize] else {
        return;
    };
    shape.types = shape.types.or(other.types);
    shape.type_origins = vec![(shape.types, origin)];
    shape.string = shape.string.take().or(other.string);
    shape.number = shape.number.take().or(other.number);
    shape.array = shape.array.take().or(other.array);
    shape.object = shape.object.take().or(other.object);
}

/// The shape of a cell, leaving one that asks nothing.
fn taken(cell: &mut CellSpec) -> Option<Shape> {
    let CellSpec::Shape(shape) = cell else {
        return None;
    };
    Some(std::mem::replace(&mut **shape, Shape::anything()))
}

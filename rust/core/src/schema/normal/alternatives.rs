//! Multiplying disjunctions out.

use std::collections::BTreeMap;

use super::formula::{and, if_else, not, or};
use super::{Normaliser, Set};
use crate::schema::node::{CellSpec, Formula, Node};
use crate::schema::options::CompileError;
use crate::schema::raw::{Choice, Origin, RawId};
use crate::schema::shape::Shape;
use crate::schema::types::TypeSet;

/// Cells of one node from which compiling refuses.
const CELLS: usize = 20_000;

/// Parts of one node's formula from which compiling refuses.
const PARTS: usize = 200_000;

/// Choices inside one another from which compiling refuses: each takes a piece of the stack.
const NESTED: usize = 200;

/// Schemas of a set whose types are looked through in a step.
const SCANNED: usize = 64;

/// Choices inside one another up to which they are multiplied out.
const MULTIPLIED: usize = 60;

/// A choice of a raw schema, by its place.
type ChoiceId = (RawId, usize);

/// What a choice stands in: a set, the choices still pending over it, and how many alternatives it is one of.
#[derive(Clone, Copy)]
struct Around<'s> {
    set: &'s Set,
    rest: &'s [ChoiceId],
    width: usize,
}

/// A node being put together.
#[derive(Default)]
pub(super) struct Assembly {
    pub cells: Vec<CellSpec>,
    /// Shapes by the set they are of.
    shapes: BTreeMap<Set, Formula>,
    /// Schemas by themselves, not multiplied with what surrounds them.
    alone: BTreeMap<RawId, (Formula, usize)>,
    /// Parts of formulas so far.
    parts: usize,
    /// Watches over what is unevaluated, by schema and whether over items.
    pub watches: BTreeMap<(RawId, bool), Formula>,
    /// Schemas whose own condition is being built.
    active: Vec<RawId>,
    /// Branches inside one another that are being built.
    depth: usize,
}

impl Normaliser<'_> {
    /// The node of a set.
    pub(super) fn assemble(&mut self, set: &Set) -> Result<Node, CompileError> {
        let mut assembly = Assembly::default();
        let pending = self.choices(set);
        let formula = self.alternatives(&mut assembly, set, &pending, 1)?;
        Ok(Node {
            formula,
            cells: assembly.cells,
            is_empty: false,
            blame: None,
            has_watches: false,
        })
    }

    fn choices(&self, set: &Set) -> Vec<ChoiceId> {
        let of = |&id: &RawId| (0..self.raws[id as usize].choices.len()).map(move |at| (id, at));
        set.iter().flat_map(of).collect()
    }

    /// The condition that a set holds and the pending choices over it, `width` being the alternatives it is one of.
    fn alternatives(
        &mut self,
        assembly: &mut Assembly,
        set: &Set,
        pending: &[ChoiceId],
        width: usize,
    ) -> Result<Formula, CompileError> {
        // What stands beside what is pending, and at last what has multiplied the rest into itself; outermost last.
        let mut all = Vec::new();
        let mut pending = pending;
        loop {
            self.spend(1 + set.len() / SCANNED)?;
            let Some((&choice, rest)) = pending.split_first() else {
                all.push(self.shape_cell(assembly, set)?);
                break;
            };
            let around = Around { set, rest, width };
            let (formula, is_whole) = self.choice(assembly, around, choice, &mut all)?;
            all.push(formula);
            if is_whole {
                break;
            }
            pending = rest;
        }
        all.reverse();
        Ok(and(all))
    }

    /// The condition of one choice, and whether it is that of its surroundings as well. What it asks apart goes to
    /// `beside`.
    fn choice(
        &mut self,
        assembly: &mut Assembly,
        around: Around<'_>,
        (raw, at): ChoiceId,
        beside: &mut Vec<Formula>,
    ) -> Result<(Formula, bool), CompileError> {
        let raws = self.raws;
        match &raws[raw as usize].choices[at] {
            Choice::Any(branches, origin) => self.disjunction(assembly, around, branches, *origin),
            Choice::One(branches, origin) => {
                let any = self.disjunction(assembly, around, branches, *origin)?;
                beside.push(self.exclusion(assembly, branches, *origin)?);
                Ok(any)
            }
            Choice::Not(inner, origin) => Ok((not(self.alone(assembly, *inner)?, *origin), false)),
            Choice::If {
                condition,
                then,
                otherwise,
                origin,
                ..
            } => {
                let met: Vec<RawId> = [*condition].into_iter().chain(*then).collect();
                let unmet: Vec<RawId> = otherwise.iter().copied().collect();
                let condition = self.alone(assembly, *condition)?;
                let is_whole = self.affords(assembly, around.width * 2);
                let [then, otherwise] = if is_whole {
                    let wider = Around {
                        width: around.width * 2,
                        ..around
                    };
                    [
                        self.branch(assembly, wider, &met)?,
                        self.branch(assembly, wider, &unmet)?,
                    ]
                } else {
                    [
                        self.all_alone(assembly, then.as_slice())?,
                        self.all_alone(assembly, &unmet)?,
                    ]
                };
                Ok((if_else(condition, then, otherwise, *origin), is_whole))
            }
        }
    }

    /// Whether so many alternatives may be multiplied out here.
    fn affords(&self, assembly: &Assembly, width: usize) -> bool {
        width <= self.options.budgets.alternatives as usize && assembly.depth < MULTIPLIED
    }

    /// At least one branch; each together with its surroundings, if they may be multiplied into it.
    fn disjunction(
        &mut self,
        assembly: &mut Assembly,
        around: Around<'_>,
        branches: &[RawId],
        origin: Origin,
    ) -> Result<(Formula, bool), CompileError> {
        let Around { set, rest, width } = around;
        // Alternatives that the types rule out cost nothing.
        let types = self.types(set);
        let possible =
            |&branch: &RawId| !self.types(&self.closure(&[branch])).and(types).is_empty();
        let branches: Vec<RawId> = branches.iter().copied().filter(possible).collect();
        if branches.is_empty() {
            return Ok((self.nothing(assembly, set, origin)?, true));
        }
        let wider = Around {
            width: width.saturating_mul(branches.len()),
            ..around
        };
        let free =
            width == 1 && rest.is_empty() && set.iter().all(|&id| self.asks_only_by_choices(id));
        let is_whole = self.affords(assembly, wider.width) || free;
        let mut any = Vec::new();
        for branch in branches {
            any.push(if is_whole {
                self.branch(assembly, wider, &[branch])?
            } else {
                self.alone(assembly, branch)?
            });
        }
        Ok((or(any, origin), is_whole))
    }

    /// The condition that a set holds of which the types of a choice's branches leave nothing. One cell says who is to
    /// blame, should the whole node come to nothing.
    #[inline(never)]
    fn nothing(
        &self,
        assembly: &mut Assembly,
        set: &Set,
        origin: Origin,
    ) -> Result<Formula, CompileError> {
        if !assembly.cells.is_empty() {
            return Ok(Formula::False);
        }
        let own = set.iter().flat_map(|&id| &self.raws[id as usize].types);
        let shape = Shape {
            types: TypeSet::NONE,
            type_origins: own.copied().chain([(TypeSet::NONE, origin)]).collect(),
            ..Shape::anything()
        };
        assembly.push(CellSpec::Shape(Box::new(shape)))
    }

    fn asks_only_by_choices(&self, id: RawId) -> bool {
        let raw = &self.raws[id as usize];
        raw.types.is_empty()
            && raw.strings.is_empty()
            && raw.numbers.is_empty()
            && raw.object.is_none()
            && raw.array.is_none()
            && raw.unevaluated_items.is_none()
            && raw.unevaluated_properties.is_none()
    }

    /// A set enlarged by the schemas of a branch.
    fn branch(
        &mut self,
        assembly: &mut Assembly,
        Around { set, rest, width }: Around<'_>,
        branch: &[RawId],
    ) -> Result<Formula, CompileError> {
        let added: Set = self
            .closure(branch)
            .into_iter()
            .filter(|id| set.binary_search(id).is_err())
            .collect();
        let mut pending = rest.to_vec();
        pending.extend(self.choices(&added));
        let mut larger: Set = set.iter().copied().chain(added).collect();
        larger.sort_unstable();
        self.spend(larger.len())?;
        assembly.depth += 1;
        if assembly.depth > NESTED {
            return Err(CompileError::limit("nested_choices", NESTED as u64));
        }
        let formula = self.alternatives(assembly, &larger, &pending, width)?;
        assembly.depth -= 1;
        Ok(formula)
    }

    /// At most one branch; nothing to watch where no two can be met together.
    fn exclusion(
        &mut self,
        assembly: &mut Assembly,
        branches: &[RawId],
        origin: Origin,
    ) -> Result<Formula, CompileError> {
        if self.pairwise_disjoint(branches) {
            return Ok(Formula::True);
        }
        let mut some = Vec::new();
        for &branch in branches {
            some.push(self.alone(assembly, branch)?);
        }
        Ok(Formula::AtMostOne(some, origin))
    }

    /// The condition that one schema is met, whatever surrounds it.
    pub(super) fn alone(
        &mut self,
        assembly: &mut Assembly,
        raw: RawId,
    ) -> Result<Formula, CompileError> {
        if let Some((known, size)) = assembly.alone.get(&raw) {
            let (known, size) = (known.clone(), *size);
            assembly.spend(size)?;
            self.spend(size)?;
            return Ok(known);
        }
        if assembly.active.contains(&raw) {
            let path = self.paths[raw as usize].clone();
            return Err(CompileError::at(
                path,
                "the schema is a condition of itself, for the same value",
            ));
        }
        assembly.active.push(raw);
        let nothing = Around {
            set: &Set::new(),
            rest: &[],
            width: 1,
        };
        let formula = self.branch(assembly, nothing, &[raw])?;
        assembly.active.pop();
        let size = formula.size();
        assembly.spend(size)?;
        self.spend(size)?;
        assembly.alone.insert(raw, (formula.clone(), size));
        Ok(formula)
    }

    fn all_alone(
        &mut self,
        assembly: &mut Assembly,
        raws: &[RawId],
    ) -> Result<Formula, CompileError> {
        let mut all = Vec::new();
        for &raw in raws {
            all.push(self.alone(assembly, raw)?);
        }
        Ok(and(all))
    }

    /// The condition that a set holds, its choices aside. (Not inlined: its room on the stack is not for each level of
    /// nested choices.)
    #[inline(never)]
    fn shape_cell(&mut self, assembly: &mut Assembly, set: &Set) -> Result<Formula, CompileError> {
        if let Some(known) = assembly.shapes.get(set) {
            return Ok(known.clone());
        }
        let shape = self.shape(set)?;
        let mut all = Vec::new();
        if let Some(shape) = shape {
            all.push(assembly.push(CellSpec::Shape(Box::new(shape)))?);
        }
        for &raw in set {
            for items in [false, true] {
                all.extend(self.watch(assembly, raw, items)?);
            }
        }
        let formula = and(all);
        assembly.shapes.insert(set.clone(), formula.clone());
        Ok(formula)
    }
}

impl Assembly {
    /// Counts parts of a formula.
    fn spend(&mut self, parts: usize) -> Result<(), CompileError> {
        self.parts = self.parts.saturating_add(parts);
        if self.parts > PARTS {
            return Err(CompileError::limit("formula", PARTS as u64));
        }
        Ok(())
    }

    /// Adds a cell.
    pub fn push(&mut self, cell: CellSpec) -> Result<Formula, CompileError> {
        if self.cells.len() >= CELLS {
            return Err(CompileError::limit("cells", CELLS as u64));
        }
        self.cells.push(cell);
        Ok(Formula::Cell(self.cells.len() as u32 - 1))
    }
}

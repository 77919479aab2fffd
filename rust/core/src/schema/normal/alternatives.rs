//! Multiplying disjunctions out.

use std::collections::BTreeMap;

use super::{Normaliser, Set};
use crate::schema::node::{CellSpec, Formula, Node};
use crate::schema::options::CompileError;
use crate::schema::raw::{Choice, Origin, RawId};

/// Cells of one node from which compiling refuses.
const CELLS: usize = 20_000;

/// Parts of one node's formula from which compiling refuses.
const PARTS: usize = 200_000;

/// A choice of a raw schema, by its place.
type ChoiceId = (RawId, usize);

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
        let Some((&(raw, at), rest)) = pending.split_first() else {
            return self.shape_cell(assembly, set);
        };
        match &self.raws[raw as usize].choices[at] {
            Choice::Any(branches, origin) => {
                self.disjunction(assembly, (set, rest, width), branches, *origin)
            }
            Choice::One(branches, origin) => {
                let any = self.disjunction(assembly, (set, rest, width), branches, *origin)?;
                let one = self.exclusion(assembly, branches, *origin)?;
                Ok(and(vec![any, one]))
            }
            Choice::Not(inner, origin) => {
                let inner = self.alone(assembly, *inner)?;
                let others = self.alternatives(assembly, set, rest, width)?;
                Ok(and(vec![others, not(inner, *origin)]))
            }
            Choice::If {
                condition,
                then,
                otherwise,
                origin,
                ..
            } => {
                let wide = width * 2 > self.options.budgets.alternatives as usize;
                let met: Vec<RawId> = [*condition].into_iter().chain(*then).collect();
                let condition = self.alone(assembly, *condition)?;
                let unmet: Vec<RawId> = otherwise.iter().copied().collect();
                if wide {
                    let then = self.all_alone(assembly, then.as_slice())?;
                    let otherwise = self.all_alone(assembly, &unmet)?;
                    let others = self.alternatives(assembly, set, rest, width)?;
                    return Ok(and(vec![
                        others,
                        if_else(condition, then, otherwise, *origin),
                    ]));
                }
                let then = self.branch(assembly, (set, rest, width * 2), &met)?;
                let otherwise = self.branch(assembly, (set, rest, width * 2), &unmet)?;
                Ok(if_else(condition, then, otherwise, *origin))
            }
        }
    }

    /// At least one branch, each together with the set and the choices still pending.
    fn disjunction(
        &mut self,
        assembly: &mut Assembly,
        (set, rest, width): (&Set, &[ChoiceId], usize),
        branches: &[RawId],
        origin: Origin,
    ) -> Result<Formula, CompileError> {
        let wider = width.saturating_mul(branches.len());
        let free =
            width == 1 && rest.is_empty() && set.iter().all(|&id| self.asks_only_by_choices(id));
        if wider > self.options.budgets.alternatives as usize && !free {
            let mut any = Vec::new();
            for &branch in branches {
                any.push(self.alone(assembly, branch)?);
            }
            let others = self.alternatives(assembly, set, rest, width)?;
            return Ok(and(vec![others, or(any, origin)]));
        }
        let mut any = Vec::new();
        for &branch in branches {
            any.push(self.branch(assembly, (set, rest, wider), &[branch])?);
        }
        Ok(or(any, origin))
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
        (set, rest, width): (&Set, &[ChoiceId], usize),
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
        self.alternatives(assembly, &larger, &pending, width)
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
        let formula = self.branch(assembly, (&Set::new(), &[], 1), &[raw])?;
        assembly.active.pop();
        let size = formula.size();
        assembly.spend(size)?;
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

    /// The condition that a set holds, its choices aside.
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

/// All of them, simplified.
pub(super) fn and(parts: Vec<Formula>) -> Formula {
    let mut all = Vec::new();
    for part in parts {
        match part {
            Formula::True => {}
            Formula::False => return Formula::False,
            Formula::And(inner) => all.extend(inner),
            part if all.contains(&part) => {}
            part => all.push(part),
        }
    }
    match all.len() {
        0 => Formula::True,
        1 => all.swap_remove(0),
        _ => Formula::And(all),
    }
}

/// At least one of them, simplified.
pub(super) fn or(parts: Vec<Formula>, origin: Origin) -> Formula {
    let mut any = Vec::new();
    for part in parts {
        match part {
            Formula::True => return Formula::True,
            Formula::False => {}
            part if any.contains(&part) => {}
            part => any.push(part),
        }
    }
    match any.len() {
        0 => Formula::False,
        1 => any.swap_remove(0),
        _ => Formula::Or(any, origin),
    }
}

/// The opposite, simplified.
pub(super) fn not(inner: Formula, origin: Origin) -> Formula {
    match inner {
        Formula::True => Formula::False,
        Formula::False => Formula::True,
        inner => Formula::Not(Box::new(inner), origin),
    }
}

/// The second or the third, by the first, simplified.
pub(super) fn if_else(
    condition: Formula,
    then: Formula,
    otherwise: Formula,
    origin: Origin,
) -> Formula {
    match condition {
        Formula::True => then,
        Formula::False => otherwise,
        _ if then == otherwise => then,
        condition => Formula::If(Box::new([condition, then, otherwise]), origin),
    }
}

//! What `unevaluatedProperties` and `unevaluatedItems` leave to be checked.
//!
//! Where only `allOf` and references surround them it is certain what is evaluated, and they are as good as
//! `additionalProperties` and `items`. Elsewhere a watch keeps, for each member or item, who may have evaluated it.

use super::Normaliser;
use super::alternatives::Assembly;
use super::formula::{and, not};
use super::objects::Members;
use crate::schema::node::{CellSpec, Evaluator, Formula, Reach, Unevaluated};
use crate::schema::options::CompileError;
use crate::schema::raw::{Choice, Raw, RawId};
use crate::schema::text::{Constraint, Member, StringLanguage};

/// Evaluators of one watch: a bit each.
const EVALUATORS: usize = 128;

impl Normaliser<'_> {
    /// The names and patterns that are certainly evaluated beside `unevaluatedProperties`, with it for the rest;
    /// none if the schema has no such keyword, a watch is needed, or all is evaluated anyway.
    pub(super) fn unevaluated_members(&self, id: RawId) -> Option<Members> {
        let rest = self.raws[id as usize].unevaluated_properties?;
        let set = self.closure(&[id]);
        if set.iter().any(|&other| self.decides_late(other, false)) {
            return None;
        }
        let mut members = Members {
            additional: Some(rest),
            ..Members::default()
        };
        for &other in &set {
            let raw = &self.raws[other as usize];
            if other != id && raw.unevaluated_properties.is_some() {
                return None;
            }
            let Some(object) = raw.object.as_deref().filter(|object| !object.silent) else {
                continue;
            };
            if object.additional.is_some() {
                return None;
            }
            members.named.extend(
                object
                    .properties
                    .iter()
                    .map(|(name, _)| (name.clone(), None)),
            );
            members.matched.extend(
                object
                    .patterns
                    .iter()
                    .map(|(pattern, _)| (pattern.clone(), None)),
            );
        }
        Some(members)
    }

    /// Which first items are certainly evaluated beside `unevaluatedItems`.
    pub(super) fn certainly_evaluated_items(&self, id: RawId) -> Certain {
        let set = self.closure(&[id]);
        if set.iter().any(|&other| self.decides_late(other, true)) {
            return Certain::Nothing;
        }
        let mut first = 0;
        for &other in &set {
            let raw = &self.raws[other as usize];
            if other != id && raw.unevaluated_items.is_some() {
                return Certain::All;
            }
            let Some(array) = raw.array.as_deref().filter(|array| !array.silent) else {
                continue;
            };
            if array.rest.is_some() {
                return Certain::All;
            }
            first = first.max(array.prefix.len());
        }
        Certain::First(first)
    }

    /// Whether what a schema evaluates depends on the value.
    fn decides_late(&self, id: RawId, items: bool) -> bool {
        let raw = &self.raws[id as usize];
        let contains = raw.array.as_deref().and_then(|array| array.contains);
        (items && contains.is_some_and(|contains| contains.evaluates))
            || raw
                .choices
                .iter()
                .any(|choice| !matches!(choice, Choice::Not(..)))
    }

    /// The watch that a schema needs, if any.
    pub(super) fn watch(
        &mut self,
        assembly: &mut Assembly,
        raw: RawId,
        items: bool,
    ) -> Result<Option<Formula>, CompileError> {
        let keyword = if items {
            self.raws[raw as usize].unevaluated_items
        } else {
            self.raws[raw as usize].unevaluated_properties
        };
        let Some((schema, origin)) = keyword else {
            return Ok(None);
        };
        if !self
            .closure(&[raw])
            .iter()
            .any(|&id| self.decides_late(id, items))
        {
            return Ok(None);
        }
        if let Some(known) = assembly.watches.get(&(raw, items)) {
            return Ok(Some(known.clone()));
        }
        let children = self.children(&[schema]);
        if children.is_empty() {
            return Ok(None);
        }
        let mut gathering = Gathering {
            watched: raw,
            items,
            evaluators: Vec::new(),
            inside: Vec::new(),
        };
        self.gather(assembly, &mut gathering, raw, &Formula::True)?;
        if gathering.evaluators.len() > EVALUATORS {
            return Err(CompileError::limit("evaluators", EVALUATORS as u64));
        }
        let spec = Unevaluated {
            items,
            children,
            evaluators: gathering.evaluators,
            origin,
        };
        let cell = assembly.push(CellSpec::Unevaluated(spec))?;
        assembly.watches.insert((raw, items), cell.clone());
        Ok(Some(cell))
    }

    /// Collects who evaluates, as far as a schema is met under a condition.
    fn gather(
        &mut self,
        assembly: &mut Assembly,
        gathering: &mut Gathering,
        raw: RawId,
        condition: &Formula,
    ) -> Result<(), CompileError> {
        if gathering.inside.contains(&raw) {
            return Ok(());
        }
        gathering.inside.push(raw);
        for id in self.closure(&[raw]) {
            let reaches = self.reaches(gathering, id)?;
            self.spend(condition.size() * (reaches.len() + 1))?;
            gathering
                .evaluators
                .extend(reaches.into_iter().map(|reach| Evaluator {
                    condition: condition.clone(),
                    reach,
                }));
            let raws = self.raws;
            for choice in &raws[id as usize].choices {
                self.gather_choice(assembly, gathering, choice, condition)?;
            }
        }
        gathering.inside.pop();
        Ok(())
    }

    fn gather_choice(
        &mut self,
        assembly: &mut Assembly,
        gathering: &mut Gathering,
        choice: &Choice,
        condition: &Formula,
    ) -> Result<(), CompileError> {
        match choice {
            Choice::Any(branches, _) | Choice::One(branches, _) => {
                for &branch in branches {
                    let met = self.alone(assembly, branch)?;
                    self.gather(
                        assembly,
                        gathering,
                        branch,
                        &and(vec![condition.clone(), met]),
                    )?;
                }
            }
            Choice::Not(..) => {}
            Choice::If {
                condition: test,
                then,
                otherwise,
                annotates,
                origin,
            } => {
                let met = self.alone(assembly, *test)?;
                let under = and(vec![condition.clone(), met.clone()]);
                if *annotates {
                    self.gather(assembly, gathering, *test, &under)?;
                }
                if let Some(then) = *then {
                    let both = and(vec![under, self.alone(assembly, then)?]);
                    self.gather(assembly, gathering, then, &both)?;
                }
                if let Some(otherwise) = *otherwise {
                    let unmet = not(met, *origin);
                    let both = and(vec![
                        condition.clone(),
                        unmet,
                        self.alone(assembly, otherwise)?,
                    ]);
                    self.gather(assembly, gathering, otherwise, &both)?;
                }
            }
        }
        Ok(())
    }

    /// What one schema by itself evaluates.
    fn reaches(&mut self, gathering: &Gathering, id: RawId) -> Result<Vec<Reach>, CompileError> {
        let raws = self.raws;
        let raw = &raws[id as usize];
        if gathering.items {
            Ok(self.item_reaches(gathering, id, raw))
        } else {
            self.member_reaches(gathering, id, raw)
        }
    }

    fn item_reaches(&mut self, gathering: &Gathering, id: RawId, raw: &Raw) -> Vec<Reach> {
        let mut reaches = Vec::new();
        if id != gathering.watched && raw.unevaluated_items.is_some() {
            reaches.push(Reach::All);
        }
        if let Some(array) = raw.array.as_deref().filter(|array| !array.silent) {
            match (array.rest, array.prefix.len()) {
                (Some(_), _) => reaches.push(Reach::All),
                (None, 0) => {}
                (None, first) => reaches.push(Reach::Items(first as u64)),
            }
            if let Some(contains) = array.contains.filter(|contains| contains.evaluates) {
                let children = self.children(&[contains.schema]);
                reaches.push(if children.is_empty() {
                    Reach::All
                } else {
                    Reach::Contained(children)
                });
            }
        }
        reaches
    }

    fn member_reaches(
        &mut self,
        gathering: &Gathering,
        id: RawId,
        raw: &Raw,
    ) -> Result<Vec<Reach>, CompileError> {
        let mut reaches = Vec::new();
        if id != gathering.watched && raw.unevaluated_properties.is_some() {
            reaches.push(Reach::All);
        }
        if let Some(object) = raw.object.as_deref().filter(|object| !object.silent) {
            if object.additional.is_some() {
                reaches.push(Reach::All);
            } else if !object.properties.is_empty() || !object.patterns.is_empty() {
                let mut names: Vec<Box<str>> = object
                    .properties
                    .iter()
                    .map(|(name, _)| name.clone())
                    .collect();
                names.sort_unstable();
                let patterns = object
                    .patterns
                    .iter()
                    .map(|(pattern, _)| self.pattern(id, pattern));
                reaches.push(Reach::Names(names, patterns.collect::<Result<_, _>>()?));
            }
        }
        Ok(reaches)
    }

    fn pattern(&mut self, id: RawId, pattern: &str) -> Result<StringLanguage, CompileError> {
        let member = Member::from(Constraint::Pattern(pattern.into()));
        let path = &self.paths[id as usize];
        self.text.compile(&[member]).map_err(|error| {
            CompileError::at(format!("{path}/patternProperties"), error.to_string())
        })
    }
}

/// Items that are evaluated whatever the value is.
pub(super) enum Certain {
    /// It depends on the value: a watch is needed.
    Nothing,
    /// So many first ones.
    First(usize),
    /// All.
    All,
}

/// The evaluators of a watch, while they are collected.
struct Gathering {
    watched: RawId,
    items: bool,
    evaluators: Vec<Evaluator>,
    /// Schemas on the way here, so that recursion ends.
    inside: Vec<RawId>,
}

//! Reading on after a death, for what else is wrong.
//!
//! A cell is *fatal* if its "no" is the document's: every formula up to the root requires it. Where a document is read on,
//! a fatal cell of a container that fails is noted and stays open, so that what is left of the container is judged too; it
//! is not met once the container closes. Whatever else fails travels as ever and is noted where it reaches such a cell.

use crate::schema::compiled::Compiled;
use crate::schema::node::Tri;
use crate::schema::shape::ObjectShape;

use super::cell::{Blame, Body};
use super::{Cause, Death, Link, Role, Run};

/// A way in which the document is dead.
#[derive(Debug)]
pub(in crate::schema) struct Found {
    pub death: Death,
    /// JSON Pointer to the value that is at fault.
    pub path: String,
    /// Offset of the byte that made it certain.
    pub at: u64,
    /// What each alternative broke, if it is for want of alternatives.
    pub causes: Vec<Cause>,
}

/// What is found in a document that is read on.
#[derive(Debug)]
pub(super) struct ReadingOn {
    at_most: u32,
    /// What was found and not yet taken.
    found: Vec<Found>,
    /// Everything found: a thing is told once.
    told: Vec<(Told, String)>,
    /// What travels now is told already.
    silent: bool,
}

/// What tells two findings apart, beside the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Rule(u32, &'static str, Option<u32>),
    Duplicate,
}

impl Run {
    /// Reads on after a death, until so much is found.
    pub fn reading_on(mut self, at_most: u32) -> Self {
        self.on = Some(Box::new(ReadingOn {
            at_most,
            found: Vec::new(),
            told: Vec::new(),
            silent: false,
        }));
        self
    }

    /// What was found since the last call.
    pub fn take_found(&mut self) -> Vec<Found> {
        self.on
            .as_mut()
            .map(|on| std::mem::take(&mut on.found))
            .unwrap_or_default()
    }

    /// Whether as much was found as is asked for.
    pub fn has_enough(&self) -> bool {
        self.on
            .as_ref()
            .is_some_and(|on| on.told.len() >= on.at_most as usize)
    }

    /// The document is dead.
    pub(super) fn die(&mut self, death: Death) {
        let Some(mut on) = self.on.take() else {
            if self.death.is_none() {
                self.told_causes = self.causes_of(death);
                self.death = Some(death);
            }
            return;
        };
        let told = Told::of(death);
        let path = self.path(match death {
            Death::Rule(blame) => blame.depth,
            Death::Duplicate { depth } => depth,
        } as usize);
        if !on.silent && !on.knows(told, &path) && on.told.len() < on.at_most as usize {
            on.told.push((told, path.clone()));
            let (at, causes) = (self.now, self.causes_of(death));
            on.found.push(Found {
                death,
                path,
                at,
                causes,
            });
        }
        if on.told.len() >= on.at_most as usize {
            self.death = Some(death);
        }
        self.on = Some(on);
    }

    /// What each alternative broke that a death is for want of.
    fn causes_of(&self, death: Death) -> Vec<Cause> {
        let (origin, causes) = &self.causes;
        let Death::Rule(choice) = death else {
            return Vec::new();
        };
        if *origin != Some(choice.origin) {
            return Vec::new();
        }
        let cause = |&blame: &Blame| {
            let is_open = blame.at == self.now || blame.depth <= choice.depth;
            let teller = if is_open { blame } else { choice };
            let path = self.path(teller.depth as usize);
            Cause { blame, path }
        };
        causes.iter().map(cause).collect()
    }

    /// Whether a goal's "no" over this link is the document's.
    pub(super) fn is_fatal(&self, link: &Link) -> bool {
        match link.role {
            Role::Root => true,
            Role::Must => self.cells[link.cell as usize].fatal,
            Role::Contains(_) | Role::Rest | Role::Reaches(_) => false,
        }
    }

    /// Notes the failure of a fatal cell of a container and lets it be; whether it is one.
    pub(super) fn endure(&mut self, cell: usize, blame: Option<Blame>) -> bool {
        let of = &mut self.cells[cell];
        let open = of.fatal && of.status == Tri::Open;
        let (true, Body::Array(_) | Body::Object(_), Some(blame)) = (open, &of.body, blame) else {
            return false;
        };
        of.blame.get_or_insert(blame);
        self.die(Death::Rule(blame));
        true
    }

    /// What else the object of a cell lacks, behind the first name that it lacks.
    pub(super) fn miss_others(&mut self, cell: usize, shape: &ObjectShape, mut name: usize) {
        while let (true, Body::Object(state)) = (self.on.is_some(), &self.cells[cell].body) {
            match state.members.missing_from(shape, name + 1) {
                Some(next) => name = next,
                None => return,
            }
            self.fail_missing(cell, shape.names[name].required, name);
        }
    }

    /// The innermost container closes: what failed in it and was let be is not met.
    pub(super) fn own_up(&mut self, schema: &Compiled) {
        for at in self.own_cells() {
            let cell = &mut self.cells[at];
            if cell.fatal && cell.blame.is_some() && cell.status != Tri::No {
                cell.status = Tri::No;
                self.dirty.push(cell.goal);
            }
        }
        self.hush(true);
        self.settle(schema);
        self.hush(false);
    }

    fn hush(&mut self, silent: bool) {
        if let Some(on) = &mut self.on {
            on.silent = silent;
        }
    }
}

impl ReadingOn {
    /// Whether this was told already; a repeated key is a finding each time.
    fn knows(&self, told: Told, path: &str) -> bool {
        let same = |(other, where_told): &(Told, String)| *other == told && where_told == path;
        told != Told::Duplicate && self.told.iter().any(same)
    }
}

impl Told {
    fn of(death: Death) -> Self {
        match death {
            Death::Rule(blame) => Self::Rule(
                blame.origin.path,
                blame.origin.keyword,
                blame.missing.map(|missing| missing.name),
            ),
            Death::Duplicate { .. } => Self::Duplicate,
        }
    }
}

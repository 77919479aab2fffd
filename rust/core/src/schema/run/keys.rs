//! Keys: what they can become, what they ask for, whether they repeat.

use ahash::RandomState;
use hashbrown::HashSet;

use crate::json::{Scalars, fatal_byte};
use crate::schema::compiled::Compiled;
use crate::schema::documents::hasher;
use crate::schema::node::Tri;
use crate::schema::options::Duplicates;
use crate::schema::raw::Origin;
use crate::schema::shape::Slot;

use super::cell::Body;
use super::object::KeyFound;
use super::{Death, Role, Run};

/// The names that an object has had.
#[derive(Debug)]
pub(super) enum SeenNames {
    /// Not an object.
    Unused,
    /// Those that a cell's shape lists are kept there, the others here.
    Beside(u32, Option<Box<HashSet<Box<str>, RandomState>>>),
    /// All here.
    All(Option<Box<HashSet<Box<str>, RandomState>>>),
}

impl SeenNames {
    pub fn of_cell(cell: u32) -> Self {
        Self::Beside(cell, None)
    }

    pub fn all() -> Self {
        Self::All(None)
    }

    /// Notes a name that no shape lists; whether it was there.
    pub fn note(&mut self, name: &str, seed: u64) -> bool {
        match self {
            Self::Unused => false,
            Self::Beside(_, names) | Self::All(names) => note(names, name, seed),
        }
    }
}

impl Run {
    /// A key begins.
    pub fn key(&mut self, schema: &Compiled, at: u64) {
        self.now = at;
        let Some(frame) = self.frames.last() else {
            return;
        };
        self.keys.truncate(frame.key as usize);
        let count = frame.count;
        for at in self.own_cells() {
            let cell = &mut self.cells[at];
            let Some(shape) = cell.object(schema) else {
                continue;
            };
            let Body::Object(state) = &mut cell.body else {
                continue;
            };
            state.begin_key(shape);
            if cell.status == Tri::Open && !state.key_alive(shape, count) {
                let origin = state
                    .members
                    .full(shape, count)
                    .or_else(|| state.key_blame(shape, count));
                self.fail_here(at, origin);
            }
        }
        self.settle(schema);
    }

    /// Text of the open key.
    pub fn key_text(&mut self, schema: &Compiled, run: &str, at: u64) {
        for (offset, scalar) in run.char_indices() {
            self.key_char(schema, scalar, at + offset as u64, true);
            if self.death.is_some() {
                return;
            }
        }
    }

    /// One character of the key; its bytes lie from `at` on if it is `plain`, else `at` is its last byte.
    pub fn key_char(&mut self, schema: &Compiled, scalar: char, at: u64, plain: bool) {
        self.digests.text(scalar.encode_utf8(&mut [0; 4]));
        self.keys.push(scalar);
        let Some(count) = self.frames.last().map(|frame| frame.count) else {
            return;
        };
        let mut dead = Vec::new();
        for place in self.own_cells() {
            let cell = &mut self.cells[place];
            let Some(shape) = cell.object(schema) else {
                continue;
            };
            let Body::Object(state) = &mut cell.body else {
                continue;
            };
            let fatal = if plain && !scalar.is_ascii() && cell.status == Tri::Open {
                fatal_byte(scalar, |among| state.key_alive_in(shape, count, among))
            } else {
                0
            };
            state.key_char(shape, scalar);
            if cell.status == Tri::Open && !state.key_alive(shape, count) {
                dead.push((at + fatal, place, state.key_blame(shape, count)));
            }
        }
        dead.sort_unstable_by_key(|&(at, ..)| at);
        for (at, place, origin) in dead {
            if self.death.is_none() {
                self.now = at;
                self.fail_here(place, origin);
                self.settle(schema);
            }
        }
    }

    /// A byte inside a character of the key.
    pub fn key_partial(&mut self, schema: &Compiled, among: &Scalars, at: u64) {
        self.now = at;
        let Some(count) = self.frames.last().map(|frame| frame.count) else {
            return;
        };
        for at in self.own_cells() {
            let cell = &self.cells[at];
            let (Tri::Open, Body::Object(state), Some(shape)) =
                (cell.status, &cell.body, cell.object(schema))
            else {
                continue;
            };
            if !state.key_alive_in(shape, count, among) {
                self.fail_here(at, state.key_blame(shape, count));
            }
        }
        self.settle(schema);
    }

    /// The key is complete: its value is asked for.
    pub fn key_end(&mut self, schema: &Compiled, at: u64) {
        self.now = at;
        self.digests.key_end();
        if schema.duplicates == Duplicates::Violation && self.is_repeated(schema) {
            self.die(Death::Duplicate {
                depth: self.frames.len() as u32 - 1,
            });
            self.outcome = Tri::No;
            if self.death.is_some() {
                return;
            }
        }
        for at in self.own_cells() {
            self.key_of_cell(schema, at);
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.count += 1;
        }
        for at in self.own_cells() {
            self.after_key(schema, at);
        }
        self.settle(schema);
    }

    /// Asks for what a cell wants of the member; names are counted whether the cell is decided or not.
    fn key_of_cell(&mut self, schema: &Compiled, at: usize) {
        let open = self.cells[at].status == Tri::Open;
        let Some(shape) = self.cells[at].object(schema) else {
            return self.watch_member(schema, at);
        };
        let Body::Object(state) = &mut self.cells[at].body else {
            return;
        };
        let found = state.key_end(shape);
        let refused = state.name_refused(shape);
        if let KeyFound::Named(name) = found {
            state.members.see(shape, name);
        }
        if !open {
            return;
        }
        if let Some(origin) = refused {
            return self.fail_here(at, Some(origin));
        }
        match found {
            KeyFound::Named(name) => self.want_member(at, &shape.names[name].slot),
            KeyFound::Other(matches) => shape
                .slots_of(&matches)
                .into_iter()
                .for_each(|slot| self.want_member(at, slot)),
            KeyFound::Undecided(limit) => self.limit = Some(limit),
        }
        for &(node, origin) in &shape.name_nodes {
            self.name_node(schema, at, node, origin);
        }
    }

    fn want_member(&mut self, at: usize, slot: &Slot) {
        match slot.forbidden {
            Some(origin) => self.fail_here(at, Some(origin)),
            None => self.want(at, slot, Role::Must),
        }
    }

    fn name_node(&mut self, schema: &Compiled, at: usize, node: u32, origin: Origin) {
        let frame = self.frames.len() - 1;
        match Self::text_meets(schema, node, self.key_of(frame)) {
            Ok(true) => {}
            Ok(false) => self.fail_here(at, Some(origin)),
            Err(limit) => self.limit = Some(limit),
        }
    }

    fn watch_member(&mut self, schema: &Compiled, at: usize) {
        let frame = self.frames.len() - 1;
        let Some(watch) = self.cells[at].watch(schema) else {
            return;
        };
        let name = self.key_of(frame).to_owned();
        let Body::Watch(state) = &mut self.cells[at].body else {
            return;
        };
        state.member(watch, &name);
        if state.is_unsettled() {
            let slot = Slot {
                children: watch.children.clone(),
                forbidden: None,
                origins: Box::new([watch.origin]),
            };
            self.want(at, &slot, Role::Rest);
        }
    }

    /// The member is counted: what must still come must have room, and what is certain can be said.
    fn after_key(&mut self, schema: &Compiled, at: usize) {
        let Some(count) = self.frames.last().map(|frame| frame.count) else {
            return;
        };
        let cell = &self.cells[at];
        let (Tri::Open, Body::Object(state), Some(shape)) =
            (cell.status, &cell.body, cell.object(schema))
        else {
            return;
        };
        if let Some(origin) = state.doomed(shape, count) {
            return self.fail_here(at, Some(origin));
        }
        // The member's own value is still to come: only what asks nothing of values is certain here.
        if cell.eager && state.certain(shape, count, false) {
            self.pass(at);
        }
    }

    /// Whether the object has had this key before; notes it if not.
    fn is_repeated(&mut self, schema: &Compiled) -> bool {
        let last = self.frames.len() - 1;
        let mut names = std::mem::replace(&mut self.frames[last].names, SeenNames::Unused);
        let repeated = match &mut names {
            SeenNames::Unused => false,
            SeenNames::Beside(cell, others) => {
                let of = &self.cells[*cell as usize];
                match (&of.body, of.object(schema)) {
                    (Body::Object(state), Some(shape)) => match state.key_end(shape) {
                        KeyFound::Named(name) => state.members.has(name),
                        _ => note(others, self.key_of(last), schema.seed),
                    },
                    _ => note(others, self.key_of(last), schema.seed),
                }
            }
            SeenNames::All(names) => note(names, self.key_of(last), schema.seed),
        };
        self.frames[last].names = names;
        repeated
    }
}

/// Notes a name; whether it was there.
fn note(names: &mut Option<Box<HashSet<Box<str>, RandomState>>>, name: &str, seed: u64) -> bool {
    let names = names.get_or_insert_with(|| Box::new(HashSet::with_hasher(hasher(seed))));
    if names.contains(name) {
        return true;
    }
    names.insert(name.into());
    false
}

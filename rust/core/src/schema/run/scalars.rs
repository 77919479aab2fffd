//! Strings, numbers and literals.

use crate::json::{Kind, Limit, Scalars, fatal_byte};
use crate::schema::compiled::Compiled;
use crate::schema::leaf::StringLeaf;
use crate::schema::node::Tri;
use crate::schema::raw::Origin;
use crate::schema::text::{Answer, StringState};

use super::Run;
use super::cell::{Body, Cell};
use super::digest::Digests;

/// Strings of a set from which an item is no longer compared with those that are left.
const COMPARED: usize = 64;

/// What a run of text or digits decided of a cell: at this offset, met or not, and whose rule says so.
type Event = (u64, usize, Tri, Option<Origin>);

impl Run {
    /// A value begins.
    pub fn begin(&mut self, schema: &Compiled, kind: Kind, at: u64) {
        self.now = at;
        if self.begin_free(schema, kind) {
            return;
        }
        self.before_item(schema);
        self.enter(schema, kind);
        if matches!(kind, Kind::Null | Kind::False | Kind::True) && self.digests.scalar(kind) {
            self.repeated(schema);
        }
    }

    /// The literal is complete.
    pub fn literal_end(&mut self, schema: &Compiled, at: u64) {
        self.now = at;
        if std::mem::take(&mut self.free) {
            return;
        }
        self.leave(schema);
    }

    /// Text of the open string, its bytes from `at` on.
    pub fn text(&mut self, schema: &Compiled, run: &str, at: u64) {
        self.read_text(schema, run, &|offset| at + offset);
    }

    /// A character of the open string whose last byte is at `at`, the others having been told as partial.
    pub fn text_char(&mut self, schema: &Compiled, scalar: char, at: u64) {
        self.read_text(schema, scalar.encode_utf8(&mut [0; 4]), &|_| at);
    }

    fn read_text(&mut self, schema: &Compiled, run: &str, place: &dyn Fn(u64) -> u64) {
        if self.free {
            return;
        }
        self.digests.text(run);
        let differs = self.is_unlike_its_siblings();
        let mut events: Vec<Event> = Vec::new();
        for cell in self.own_cells() {
            let of = &mut self.cells[cell];
            if of.status != Tri::Open {
                continue;
            }
            let (Some(leaf), eager) = (of.string(schema), of.eager) else {
                continue;
            };
            let Body::Text(state) = &mut of.body else {
                continue;
            };
            let decided = if eager {
                step_eagerly(leaf, state, run)
            } else if differs && leaf.language.literals().is_some() {
                step_unlike(leaf, state, run, &self.digests)
            } else {
                step(leaf, state, run).map(|at| (at, Tri::No))
            };
            events.extend(decided.map(|(offset, status)| {
                let origin = leaf
                    .blame(state)
                    .filter(|_| status == Tri::No && state.is_dead());
                (place(offset), cell, status, origin)
            }));
        }
        self.apply(schema, events);
    }

    /// A byte inside a scalar value of the open string.
    pub fn text_partial(&mut self, schema: &Compiled, among: &Scalars, at: u64) {
        self.now = at;
        if self.free {
            return;
        }
        for cell in self.own_cells() {
            let of = &self.cells[cell];
            let (Tri::Open, Body::Text(state), Some(leaf)) =
                (of.status, &of.body, of.string(schema))
            else {
                continue;
            };
            if !alive_in(leaf, state, among) {
                self.fail_here(cell, leaf.origins.first().copied());
            }
        }
        self.settle(schema);
    }

    /// The open string is complete.
    pub fn text_end(&mut self, schema: &Compiled, at: u64) {
        self.scalar_end(schema, Kind::String, at);
    }

    /// Digits of the open number.
    pub fn number(&mut self, schema: &Compiled, run: &[u8], at: u64) {
        if self.free {
            return;
        }
        self.digests
            .text(std::str::from_utf8(run).unwrap_or_default());
        let mut events: Vec<Event> = Vec::new();
        for cell in self.own_cells() {
            let of = &mut self.cells[cell];
            if of.status != Tri::Open {
                continue;
            }
            let Some(leaf) = of.number(schema) else {
                continue;
            };
            let Body::Number(state) = &mut of.body else {
                continue;
            };
            if let Err(offset) = leaf.language.step_bytes(state, run) {
                let origin = leaf.blame(state);
                events.push((at + offset as u64, cell, Tri::No, origin));
            }
        }
        self.apply(schema, events);
    }

    /// The number ended before the byte at `at`.
    pub fn number_end(&mut self, schema: &Compiled, at: u64) {
        self.scalar_end(schema, Kind::Number, at);
    }

    fn scalar_end(&mut self, schema: &Compiled, kind: Kind, at: u64) {
        self.now = at;
        if std::mem::take(&mut self.free) {
            return;
        }
        for at in self.own_cells() {
            let cell = &self.cells[at];
            let answer = match &cell.body {
                _ if cell.status != Tri::Open => continue,
                Body::Text(state) => cell.string(schema).map(|leaf| leaf.language.accepts(state)),
                Body::Number(state) => cell.number(schema).map(|leaf| leaf.language.accepts(state)),
                _ => None,
            };
            match answer {
                Some(Answer::Yes) => self.pass(at),
                Some(Answer::No) => {
                    let origin = leaf_blame(schema, cell);
                    self.fail_here(at, origin);
                }
                Some(Answer::Limit) => self.limit = leaf_limit(schema, cell).or(self.limit),
                None => {}
            }
        }
        self.settle(schema);
        if self.digests.scalar(kind) {
            self.repeated(schema);
        }
        self.leave(schema);
    }

    /// Lets what a run decided happen byte by byte.
    fn apply(&mut self, schema: &Compiled, mut events: Vec<Event>) {
        events.sort_unstable_by_key(|&(at, ..)| at);
        for (at, cell, status, origin) in events {
            if self.death.is_some() {
                return;
            }
            self.now = at;
            match (status, origin) {
                (Tri::Yes, _) => self.pass(cell),
                (_, Some(_)) => self.fail_here(cell, origin),
                // The string could still be one of the set, but all of those are there already.
                (_, None) => self.fail_around(cell, self.unlike_origin(schema)),
            }
            self.settle(schema);
        }
    }
}

/// Who refuses the scalar of a cell.
fn leaf_blame(schema: &Compiled, cell: &Cell) -> Option<Origin> {
    match &cell.body {
        Body::Text(state) => cell.string(schema)?.blame(state),
        Body::Number(state) => cell.number(schema)?.blame(state),
        _ => None,
    }
}

/// The bound that the string of a cell has reached; no budget is spent on numbers.
fn leaf_limit(schema: &Compiled, cell: &Cell) -> Option<Limit> {
    match &cell.body {
        Body::Text(state) => Some(cell.string(schema)?.language.limit(state)),
        _ => None,
    }
}

/// Steps through an item of an array that may hold each string of a set once.
fn step_unlike(
    leaf: &StringLeaf,
    state: &mut StringState,
    run: &str,
    digests: &Digests,
) -> Option<(u64, Tri)> {
    for (at, scalar) in run.char_indices() {
        if let Some(inside) = step_char(leaf, state, scalar) {
            return Some((at as u64 + inside, Tri::No));
        }
        let possible = leaf
            .language
            .possible(state)
            .filter(|range| range.len() <= COMPARED);
        let literals = leaf.language.literals().zip(possible);
        if literals.is_some_and(|(set, range)| {
            set.strings()[range]
                .iter()
                .all(|text| digests.has_item(text))
        }) {
            return Some(((at + scalar.len_utf8() - 1) as u64, Tri::No));
        }
    }
    None
}

fn alive_in(leaf: &StringLeaf, state: &StringState, among: &Scalars) -> bool {
    among
        .ranges()
        .any(|range| leaf.language.alive_in(state, *range.start(), *range.end()))
}

/// Steps through a run; the offset in it of the byte that killed the string.
fn step(leaf: &StringLeaf, state: &mut StringState, run: &str) -> Option<u64> {
    if run.is_ascii() {
        return leaf.language.step_str(state, run).err().map(|at| at as u64);
    }
    run.char_indices()
        .find_map(|(at, scalar)| step_char(leaf, state, scalar).map(|inside| at as u64 + inside))
}

/// One character on; the byte of it that killed the string.
fn step_char(leaf: &StringLeaf, state: &mut StringState, scalar: char) -> Option<u64> {
    let before = if scalar.is_ascii() {
        None
    } else {
        Some(fatal_byte(scalar, |among| alive_in(leaf, state, among)))
    };
    let alive = scalar.is_ascii()
        || leaf
            .language
            .alive_in(state, u32::from(scalar), u32::from(scalar));
    let mut buffer = [0; 4];
    let dead = leaf
        .language
        .step_str(state, scalar.encode_utf8(&mut buffer))
        .is_err();
    (dead || !alive).then(|| before.unwrap_or(0))
}

/// Steps through a run where an early yes matters; what was decided and where.
fn step_eagerly(leaf: &StringLeaf, state: &mut StringState, run: &str) -> Option<(u64, Tri)> {
    if leaf.language.certain(state) {
        return Some((0, Tri::Yes));
    }
    for (at, scalar) in run.char_indices() {
        if let Some(inside) = step_char(leaf, state, scalar) {
            return Some((at as u64 + inside, Tri::No));
        }
        if leaf.language.certain(state) {
            return Some(((at + scalar.len_utf8() - 1) as u64, Tri::Yes));
        }
    }
    None
}

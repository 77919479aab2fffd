//! A deterministic automaton as one table.

use super::alphabet::Alphabet;
use super::lengths::Window;
use super::subset::{Part, accepting, sets};

/// The state without a way on.
pub(in crate::schema::text) const DEAD: u32 = 0;

/// No upper bound on the length of what is accepted.
pub(super) const ENDLESS: u32 = u32::MAX;

/// What the subset construction writes.
pub(super) struct Table {
    /// State × class → state; state 0 is dead.
    pub cells: Vec<u32>,
    pub classes: usize,
    pub start: u32,
    pub accepts: Vec<bool>,
}

/// A deterministic automaton of which every state but [`DEAD`] can reach acceptance.
///
/// States are offsets of their rows in the table, so that a step is one addition and one load.
#[derive(Debug)]
pub(in crate::schema::text) struct Dfa {
    alphabet: Alphabet,
    classes: usize,
    table: Vec<u32>,
    start: u32,
    facts: Vec<Facts>,
    /// For each state the ASCII bytes that lead back to it.
    loops: Vec<Bytes>,
    /// What it was made of, and which of its states each state stands for, if it was made of several.
    parts: Vec<Part>,
    keys: Vec<Box<[u32]>>,
}

/// What is known of a state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    pub accepts: bool,
    /// Every continuation is accepted.
    pub universal: bool,
    /// Length of the shortest and the longest continuation that is accepted.
    pub nearest: u32,
    pub farthest: u32,
}

impl Dfa {
    pub(super) fn new(
        alphabet: Alphabet,
        mut table: Table,
        parts: Vec<Part>,
        keys: Vec<Box<[u32]>>,
    ) -> Dfa {
        let facts = survey(&mut table);
        let classes = table.classes;
        let offset = |state: &u32| state * classes as u32;
        let live = facts[table.start as usize].nearest != ENDLESS;
        let loops = loops(&alphabet, &table);
        Dfa {
            alphabet,
            classes,
            start: if live { offset(&table.start) } else { DEAD },
            table: table.cells.iter().map(offset).collect(),
            facts,
            loops,
            parts,
            keys,
        }
    }

    pub(in crate::schema::text) fn start(&self) -> u32 {
        self.start
    }

    /// The state after one more character.
    pub(in crate::schema::text) fn step(&self, state: u32, c: char) -> u32 {
        self.table[state as usize + usize::from(self.alphabet.class_of(c))]
    }

    /// Takes the state through a text; the byte offset of the character after which it is dead, with
    /// the state left before that.
    ///
    /// A step waits for the one before it. Where a state leads to itself, the bytes that keep it are
    /// skipped by their bits alone, which does not wait.
    pub(in crate::schema::text) fn run(&self, state: &mut u32, text: &str) -> Result<(), usize> {
        let (bytes, ascii) = (text.as_bytes(), self.alphabet.ascii());
        if self.is_universal(*state) {
            return Ok(());
        }
        let mut at = 0;
        while at < bytes.len() {
            let (class, width) = match ascii.get(usize::from(bytes[at])) {
                Some(&class) => (class, 1),
                None => self.decode(text, at),
            };
            let next = self.table[*state as usize + usize::from(class)];
            if next == DEAD {
                return Err(at);
            }
            at += width;
            if next == *state {
                at += self.loops[self.index(next)].skip(&bytes[at..]);
            }
            *state = next;
        }
        Ok(())
    }

    /// Whether it accepts the whole text.
    pub(in crate::schema::text) fn matches(&self, text: &str) -> bool {
        let mut state = self.start;
        state != DEAD && self.run(&mut state, text).is_ok() && self.accepts(state)
    }

    /// What [`Dfa::run`] does, with the length counted and held to a window.
    pub(in crate::schema::text) fn run_within(
        &self,
        window: &Window,
        (state, length): (&mut u32, &mut u64),
        text: &str,
    ) -> Result<(), (usize, bool)> {
        for (at, c) in text.char_indices() {
            let next = self.step(*state, c);
            *length += 1;
            if !window.alive(self, next, *length) {
                return Err((at, next == DEAD));
            }
            *state = next;
        }
        Ok(())
    }

    fn decode(&self, text: &str, at: usize) -> (u16, usize) {
        text[at..]
            .chars()
            .next()
            .map_or((0, 1), |c| (self.alphabet.class_of(c), c.len_utf8()))
    }

    fn index(&self, state: u32) -> usize {
        state as usize / self.classes
    }

    pub(super) fn facts(&self, state: u32) -> Facts {
        self.facts[self.index(state)]
    }

    pub(in crate::schema::text) fn accepts(&self, state: u32) -> bool {
        self.facts(state).accepts
    }

    pub(in crate::schema::text) fn is_universal(&self, state: u32) -> bool {
        self.facts(state).universal
    }

    /// How many states there are, the dead one included.
    pub(super) fn len(&self) -> usize {
        self.facts.len()
    }

    /// Rows of states by index: each the states (by offset) that the classes lead to.
    pub(super) fn rows(&self) -> impl Iterator<Item = &[u32]> {
        self.table.chunks_exact(self.classes)
    }

    /// The states that scalar values from `low` to `high` lead to, dead ones left out.
    pub(in crate::schema::text) fn ways(
        &self,
        state: u32,
        low: u32,
        high: u32,
    ) -> impl Iterator<Item = u32> {
        let next = move |class| self.table[state as usize + usize::from(class)];
        self.alphabet
            .classes_in(low, high)
            .map(next)
            .filter(|&next| next != DEAD)
    }

    /// The parts that refuse the text if it ends in this state.
    pub(in crate::schema::text) fn refusing(&self, state: u32) -> Vec<usize> {
        if self.keys.is_empty() {
            return if self.accepts(state) {
                Vec::new()
            } else {
                vec![0]
            };
        }
        let verdicts = accepting(&self.parts, &self.keys[self.index(state)]);
        verdicts
            .enumerate()
            .filter(|(_, yes)| !yes)
            .map(|(part, _)| part)
            .collect()
    }

    /// The parts that are lost for good by a character after which this state is dead; all, where
    /// each by itself could go on.
    pub(in crate::schema::text) fn lost(&self, state: u32, c: char) -> Vec<usize> {
        if self.keys.is_empty() {
            return vec![0];
        }
        let is_lost = |(members, part): (&[u32], &Part)| {
            let next = |&from: &u32| {
                let edges = part.nfa.states[from as usize].edges.iter();
                let takes = |set: u32| {
                    crate::schema::text::pattern::class::contains(&part.nfa.sets[set as usize], c)
                };
                edges
                    .filter(move |&&(set, _)| takes(set))
                    .map(|&(_, to)| to)
            };
            let mut targets = members.iter().flat_map(next).peekable();
            if part.negated {
                targets.any(|to| part.nfa.states[to as usize].universal)
            } else {
                targets.peek().is_none()
            }
        };
        let pairs = sets(&self.keys[self.index(state)]).zip(&self.parts);
        let list: Vec<usize> = pairs
            .enumerate()
            .filter(|(_, pair)| is_lost(*pair))
            .map(|(part, _)| part)
            .collect();
        if list.is_empty() {
            (0..self.parts.len()).collect()
        } else {
            list
        }
    }
}

/// A set of ASCII bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Bytes([u64; 2]);

impl Bytes {
    fn insert(&mut self, byte: usize) {
        self.0[byte / 64] |= 1 << (byte % 64);
    }

    /// How many bytes in front are in the set.
    fn skip(self, bytes: &[u8]) -> usize {
        let has = |byte: &&u8| {
            let word = self.0.get(usize::from(**byte) / 64).copied().unwrap_or(0);
            word >> (**byte % 64) & 1 == 1
        };
        bytes.iter().take_while(has).count()
    }
}

/// The ASCII bytes that lead from each state to itself.
fn loops(alphabet: &Alphabet, table: &Table) -> Vec<Bytes> {
    let own = |(state, row): (usize, &[u32])| {
        let mut bytes = Bytes::default();
        for (byte, &class) in alphabet.ascii().iter().enumerate() {
            if row[usize::from(class)] as usize == state {
                bytes.insert(byte);
            }
        }
        bytes
    };
    table
        .cells
        .chunks_exact(table.classes)
        .enumerate()
        .map(own)
        .collect()
}

/// Finds out what is known of each state, and sends what cannot reach acceptance to the dead one.
fn survey(table: &mut Table) -> Vec<Facts> {
    let states = table.accepts.len();
    let mut back = vec![Vec::new(); states];
    for (from, row) in table.cells.chunks_exact(table.classes).enumerate() {
        for &to in row {
            if back[to as usize].last() != Some(&(from as u32)) {
                back[to as usize].push(from as u32);
            }
        }
    }
    let nearest = nearest(&table.accepts, &back);
    for cell in &mut table.cells {
        if nearest[*cell as usize] == ENDLESS {
            *cell = DEAD;
        }
    }
    let farthest = farthest(table, &nearest, &back);
    let universal = universal(table, &back);
    let facts = |state: usize| Facts {
        accepts: table.accepts[state],
        universal: universal[state],
        nearest: nearest[state],
        farthest: farthest[state],
    };
    (0..states).map(facts).collect()
}

/// Breadth first from acceptance, backward; [`ENDLESS`] where it cannot be reached.
fn nearest(accepts: &[bool], back: &[Vec<u32>]) -> Vec<u32> {
    let mut nearest = vec![ENDLESS; accepts.len()];
    let mut open = std::collections::VecDeque::new();
    for (state, _) in accepts.iter().enumerate().filter(|(_, yes)| **yes) {
        nearest[state] = 0;
        open.push_back(state);
    }
    while let Some(state) = open.pop_front() {
        for &from in &back[state] {
            if nearest[from as usize] == ENDLESS {
                nearest[from as usize] = nearest[state] + 1;
                open.push_back(from as usize);
            }
        }
    }
    nearest
}

/// Backward from the states without a way on; [`ENDLESS`] for those that can reach a cycle.
fn farthest(table: &Table, nearest: &[u32], back: &[Vec<u32>]) -> Vec<u32> {
    let row = |state: usize| &table.cells[state * table.classes..(state + 1) * table.classes];
    let successors = |state: usize| {
        let mut next: Vec<u32> = row(state)
            .iter()
            .copied()
            .filter(|&to| to != DEAD)
            .collect();
        next.sort_unstable();
        next.dedup();
        next.len()
    };
    let mut left: Vec<usize> = (0..nearest.len()).map(successors).collect();
    let mut farthest = vec![ENDLESS; nearest.len()];
    let mut longest = vec![0; nearest.len()];
    let live = |state: usize| nearest[state] != ENDLESS;
    let mut open: Vec<usize> = (0..left.len())
        .filter(|&s| live(s) && left[s] == 0)
        .collect();
    while let Some(state) = open.pop() {
        farthest[state] = longest[state];
        for from in back[state]
            .iter()
            .map(|&from| from as usize)
            .filter(|&from| live(from))
        {
            longest[from] = longest[from].max(longest[state] + 1);
            left[from] -= 1;
            if left[from] == 0 {
                open.push(from);
            }
        }
    }
    farthest
}

/// The largest set of accepting states that no character leaves.
fn universal(table: &Table, back: &[Vec<u32>]) -> Vec<bool> {
    let mut universal = table.accepts.clone();
    let mut open: Vec<usize> = (0..universal.len())
        .filter(|&state| !universal[state])
        .collect();
    for (state, row) in table.cells.chunks_exact(table.classes).enumerate() {
        if universal[state] && row.contains(&DEAD) {
            universal[state] = false;
            open.push(state);
        }
    }
    while let Some(state) = open.pop() {
        for &from in &back[state] {
            if std::mem::take(&mut universal[from as usize]) {
                open.push(from as usize);
            }
        }
    }
    universal
}

//! The subset construction over several automata at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::alphabet::Alphabet;
use super::dfa::{Dfa, Table};
use super::nfa::Nfa;

/// One automaton of a conjunction, or its complement.
#[derive(Clone, Debug)]
pub(in crate::schema::text) struct Part {
    pub nfa: Arc<Nfa>,
    pub negated: bool,
}

/// What determinising may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::schema::text) struct Budget {
    /// Most states.
    pub states: usize,
    /// Most entries of the table: states × classes.
    pub cells: usize,
    /// Most edges followed.
    pub work: usize,
}

/// Separates the parts' sets of states within one key.
const GAP: u32 = u32::MAX;

/// The automaton of all parts together; `None` past the budget. What was spent is taken from `work`.
pub(in crate::schema::text) fn determinise(
    parts: &[Part],
    budget: Budget,
    work: &mut usize,
) -> Option<Dfa> {
    let alphabet = Alphabet::new(parts.iter().flat_map(|part| &part.nfa.sets))?;
    let edges = parts
        .iter()
        .map(|part| Edges::new(&part.nfa, &alphabet))
        .collect();
    let mut construction = Construction {
        parts,
        edges,
        classes: alphabet.len(),
        keys: vec![Box::default()],
        known: BTreeMap::new(),
        table: vec![0; alphabet.len()],
        rows: vec![Vec::new(); alphabet.len() * parts.len()],
        work: budget.work.min(*work),
    };
    let granted = construction.work;
    let start = construction.run(budget);
    *work -= granted - construction.work;
    let start = start?;
    let accepts = construction.accepts();
    let table = Table {
        cells: construction.table,
        classes: alphabet.len(),
        start,
        accepts,
    };
    let keys = if parts.len() > 1 {
        construction.keys
    } else {
        Vec::new()
    };
    Some(Dfa::new(alphabet, table, parts.to_vec(), keys))
}

/// The edges of an automaton by class: for each state, (class, target).
#[derive(Debug)]
pub(super) struct Edges {
    by_state: Vec<Vec<(u16, u32)>>,
}

impl Edges {
    pub(super) fn new(nfa: &Nfa, alphabet: &Alphabet) -> Edges {
        let classes: Vec<Vec<u16>> = nfa
            .sets
            .iter()
            .map(|set| alphabet.classes_of(set))
            .collect();
        let expand = |state: &super::nfa::State| {
            let edges = state.edges.iter();
            let each = |&(set, to): &(u32, u32)| {
                classes[set as usize].iter().map(move |&class| (class, to))
            };
            let mut all: Vec<(u16, u32)> = edges.flat_map(each).collect();
            all.sort_unstable();
            all.dedup();
            all
        };
        Edges {
            by_state: nfa.states.iter().map(expand).collect(),
        }
    }

    /// The targets of a state under a class.
    pub(super) fn targets(&self, state: u32, class: u16) -> impl Iterator<Item = u32> {
        let edges = &self.by_state[state as usize];
        let from = edges.partition_point(|&(known, _)| known < class);
        edges[from..]
            .iter()
            .take_while(move |&&(known, _)| known == class)
            .map(|&(_, to)| to)
    }
}

struct Construction<'p> {
    parts: &'p [Part],
    edges: Vec<Edges>,
    classes: usize,
    /// The parts' sets of states, by state of the product; 0 is dead and has none.
    keys: Vec<Box<[u32]>>,
    known: BTreeMap<Box<[u32]>, u32>,
    table: Vec<u32>,
    /// Targets by class and part, of the state at hand: kept between states for their memory alone.
    rows: Vec<Vec<u32>>,
    work: usize,
}

impl Construction<'_> {
    fn run(&mut self, budget: Budget) -> Option<u32> {
        let start = |part: &Part| {
            if part.nfa.is_empty() {
                Vec::new()
            } else {
                vec![0]
            }
        };
        let mut sets: Vec<Vec<u32>> = self.parts.iter().map(start).collect();
        let start = self.name(&mut sets);
        let mut done = 1;
        while done < self.keys.len() {
            let within = done < budget.states && self.table.len() <= budget.cells;
            if !within || !self.expand(done) {
                return None;
            }
            done += 1;
        }
        Some(start)
    }

    /// Writes one row of the table; `false` when the work runs out.
    fn expand(&mut self, state: usize) -> bool {
        let mut rows = std::mem::take(&mut self.rows);
        let parts = self.parts.len();
        for (part, set) in sets(&self.keys[state]).enumerate() {
            for &from in set {
                let edges = &self.edges[part].by_state[from as usize];
                let Some(rest) = self.work.checked_sub(edges.len() + 1) else {
                    return false;
                };
                self.work = rest;
                for &(class, to) in edges {
                    rows[usize::from(class) * parts + part].push(to);
                }
            }
        }
        let Some(rest) = self.work.checked_sub(self.classes) else {
            return false;
        };
        self.work = rest;
        for (class, sets) in rows.chunks_exact_mut(parts).enumerate() {
            self.table[state * self.classes + class] = self.name(sets);
            sets.iter_mut().for_each(Vec::clear);
        }
        self.rows = rows;
        true
    }

    /// The state with these sets; 0 where a part is lost for good.
    fn name(&mut self, sets: &mut [Vec<u32>]) -> u32 {
        let mut key = Vec::new();
        for (index, (set, part)) in sets.iter_mut().zip(self.parts).enumerate() {
            set.sort_unstable();
            set.dedup();
            let universal = |&state: &u32| part.nfa.states[state as usize].universal;
            if let Some(sink) = set.iter().copied().find(universal) {
                // Whatever else is possible adds nothing.
                set.clear();
                set.push(sink);
                if part.negated {
                    return 0;
                }
            }
            if set.is_empty() && !part.negated {
                return 0;
            }
            if index > 0 {
                key.push(GAP);
            }
            key.extend_from_slice(set);
        }
        let key: Box<[u32]> = key.into();
        if let Some(&known) = self.known.get(&key) {
            return known;
        }
        let state = self.keys.len() as u32;
        self.keys.push(key.clone());
        self.known.insert(key, state);
        self.table.extend(std::iter::repeat_n(0, self.classes));
        state
    }

    fn accepts(&self) -> Vec<bool> {
        let accepts = |key: &[u32]| accepting(self.parts, key).all(|yes| yes);
        self.keys
            .iter()
            .enumerate()
            .map(|(state, key)| state > 0 && accepts(key))
            .collect()
    }
}

/// Whether each part accepts with its set of states in the key.
pub(super) fn accepting(parts: &[Part], key: &[u32]) -> impl Iterator<Item = bool> {
    let sets = key.split(|&state| state == GAP);
    sets.zip(parts).map(|(set, part)| {
        let accepts = |&state: &u32| part.nfa.states[state as usize].accepts;
        set.iter().any(accepts) != part.negated
    })
}

/// The sets of states of each part in the key.
pub(super) fn sets(key: &[u32]) -> impl Iterator<Item = &[u32]> {
    key.split(|&state| state == GAP)
}

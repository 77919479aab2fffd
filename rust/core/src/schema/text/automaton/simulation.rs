//! An automaton run without determinising it: for what is past the budget.

use std::sync::Arc;

use super::alphabet::Alphabet;
use super::nfa::Nfa;
use super::subset::Edges;

/// An automaton, or its complement, with its edges sorted by class.
///
/// A positive one is dead when no state is left, which is exact because every state can reach
/// acceptance; a complement stays alive until the end.
#[derive(Debug)]
pub(in crate::schema::text) struct Simulation {
    nfa: Arc<Nfa>,
    negated: bool,
    alphabet: Alphabet,
    edges: Edges,
}

impl Simulation {
    /// `None` if its sets divide the scalar values into too many classes.
    pub(in crate::schema::text) fn new(nfa: Arc<Nfa>, negated: bool) -> Option<Simulation> {
        let alphabet = Alphabet::new(nfa.sets.iter())?;
        let edges = Edges::new(&nfa, &alphabet);
        Some(Simulation {
            nfa,
            negated,
            alphabet,
            edges,
        })
    }

    pub(in crate::schema::text) fn start(&self) -> Vec<u32> {
        if self.nfa.is_empty() {
            Vec::new()
        } else {
            vec![0]
        }
    }

    /// The states after one more character.
    pub(in crate::schema::text) fn step(&self, states: &[u32], c: char) -> Vec<u32> {
        self.step_class(states, self.alphabet.class_of(c))
    }

    fn step_class(&self, states: &[u32], class: u16) -> Vec<u32> {
        let targets = |&state: &u32| self.edges.targets(state, class);
        let mut next: Vec<u32> = states.iter().flat_map(targets).collect();
        next.sort_unstable();
        next.dedup();
        let universal = |&&state: &&u32| self.nfa.states[state as usize].universal;
        if let Some(&sink) = next.iter().find(universal) {
            next = vec![sink];
        }
        next
    }

    pub(in crate::schema::text) fn is_alive(&self, states: &[u32]) -> bool {
        let universal = |&state: &u32| self.nfa.states[state as usize].universal;
        if self.negated {
            !states.iter().any(universal)
        } else {
            !states.is_empty()
        }
    }

    pub(in crate::schema::text) fn accepts(&self, states: &[u32]) -> bool {
        let accepts = |&state: &u32| self.nfa.states[state as usize].accepts;
        states.iter().any(accepts) != self.negated
    }

    /// Whether it accepts the whole text.
    pub(in crate::schema::text) fn matches(&self, text: &str) -> bool {
        let states = text
            .chars()
            .fold(self.start(), |states, c| self.step(&states, c));
        self.accepts(&states)
    }

    /// Whether every continuation is accepted.
    pub(in crate::schema::text) fn is_universal(&self, states: &[u32]) -> bool {
        let universal = |&state: &u32| self.nfa.states[state as usize].universal;
        if self.negated {
            states.is_empty()
        } else {
            states.iter().any(universal)
        }
    }

    /// Whether a scalar value from `low` to `high` can come next.
    pub(in crate::schema::text) fn alive_in(&self, states: &[u32], low: u32, high: u32) -> bool {
        let alive = |class| self.is_alive(&self.step_class(states, class));
        self.alphabet.classes_in(low, high).any(alive)
    }
}

//! Automata under bounds on the length.
//!
//! A state with n characters read is alive if it accepts some continuation of between min − n and max − n
//! characters. The shortest continuation decides where only a maximum is given, the longest where
//! only a minimum. With both there may be gaps (`^(aaa)*$` between 4 and 5): then the lengths that each
//! state accepts are listed up to the maximum, if that stays within the budget; past it, the two ends decide, which
//! may find a text alive that is not, never the other way round.

use super::dfa::{DEAD, Dfa, ENDLESS};

/// Most bits of the list, and most steps to fill it.
const MAX_BITS: usize = 1 << 22;
const MAX_STEPS: usize = 1 << 22;

/// Bounds on the length of an automaton's texts.
#[derive(Debug)]
pub(in crate::schema::text) struct Window {
    min: u64,
    max: u64,
    /// For each state (by index) the accepted lengths up to `max`, as bits of `words` words.
    listed: Option<Vec<u64>>,
    words: usize,
    classes: usize,
    /// Characters that any living state may need; none where a state may fall short of `min`.
    slack: Option<u64>,
}

impl Window {
    pub(in crate::schema::text) fn new(dfa: &Dfa, min: u64, max: u64) -> Window {
        let classes = dfa.rows().next().map_or(1, <[u32]>::len);
        let mut window = Window {
            min,
            max,
            listed: None,
            words: 0,
            classes,
            slack: None,
        };
        if min > 0 && max < u64::MAX {
            window.list(dfa);
        }
        let gaps = |listed: &Vec<u64>| window.has_gaps(dfa, listed);
        if !window.listed.as_ref().is_some_and(gaps) {
            window.listed = None;
        }
        window.slack = window.spare(dfa);
        window
    }

    fn list(&mut self, dfa: &Dfa) {
        let successors: Vec<Vec<usize>> = dfa.rows().map(|row| self.live(row)).collect();
        let edges: usize = successors.iter().map(Vec::len).sum();
        let states = dfa.len();
        let lengths = usize::try_from(self.max)
            .unwrap_or(usize::MAX)
            .saturating_add(1);
        let bits = lengths.saturating_mul(states);
        if bits > MAX_BITS || lengths.saturating_mul(edges) > MAX_STEPS {
            return;
        }
        self.words = lengths.div_ceil(64);
        let mut listed = vec![0u64; self.words * states];
        for length in 0..lengths {
            for (state, next) in successors.iter().enumerate() {
                let accepts = match length.checked_sub(1) {
                    None => dfa.facts((state * self.classes) as u32).accepts,
                    Some(rest) => next.iter().any(|&to| self.bit(&listed, to, rest)),
                };
                if accepts {
                    listed[state * self.words + length / 64] |= 1 << (length % 64);
                }
            }
        }
        self.listed = Some(listed);
    }

    /// Whether some state accepts two lengths and not one between them; without gaps, the shortest
    /// and the longest say everything.
    fn has_gaps(&self, dfa: &Dfa, listed: &[u64]) -> bool {
        let states = 1..dfa.len();
        let last = self.max as usize;
        states.into_iter().any(|state| {
            let facts = dfa.facts((state * self.classes) as u32);
            let to = (facts.farthest as usize).min(last);
            (facts.nearest as usize..=to).any(|length| !self.bit(listed, state, length))
        })
    }

    /// The most characters that a living state needs, where none of them ends before `min`.
    fn spare(&self, dfa: &Dfa) -> Option<u64> {
        let facts = (1..dfa.len()).map(|state| dfa.facts((state * self.classes) as u32));
        let mut most = 0;
        for facts in facts.filter(|facts| facts.nearest != ENDLESS) {
            if self.min > 0 && facts.farthest != ENDLESS {
                return None;
            }
            most = most.max(u64::from(facts.nearest));
        }
        self.listed.is_none().then_some(most)
    }

    /// Whether any text of at most so many characters after `length` leaves room enough, so that only
    /// the automaton itself decides.
    pub(in crate::schema::text) fn is_roomy(&self, length: u64, more: usize) -> bool {
        let fits =
            |slack: u64| length.saturating_add(more as u64).saturating_add(slack) <= self.max;
        self.slack.is_some_and(fits)
    }

    fn live(&self, row: &[u32]) -> Vec<usize> {
        let live = row.iter().filter(|&&to| to != DEAD);
        let mut next: Vec<usize> = live.map(|&to| to as usize / self.classes).collect();
        next.sort_unstable();
        next.dedup();
        next
    }

    fn bit(&self, listed: &[u64], state: usize, length: usize) -> bool {
        listed[state * self.words + length / 64] >> (length % 64) & 1 == 1
    }

    /// Whether some continuation after `length` characters is accepted.
    pub(in crate::schema::text) fn alive(&self, dfa: &Dfa, state: u32, length: u64) -> bool {
        if state == DEAD || length > self.max {
            return false;
        }
        let facts = dfa.facts(state);
        let (low, high) = (self.min.saturating_sub(length), self.max - length);
        let ends = u64::from(facts.nearest) <= high || self.max == u64::MAX;
        let within = ends && (facts.farthest == ENDLESS || u64::from(facts.farthest) >= low);
        match &self.listed {
            Some(listed) if within && low > 0 => {
                let state = state as usize / self.classes;
                (low..=high).any(|rest| self.bit(listed, state, rest as usize))
            }
            _ => within,
        }
    }
}

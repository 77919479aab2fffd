//! Awards whose outcomes are still coming in: what feedback, hours later, is matched with.

use std::collections::VecDeque;

use hashbrown::HashMap;

use crate::profile::Outcome;

/// One lane's outcome as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// The model's number.
    pub model: usize,
    /// Judged quality, if it has been judged.
    pub quality: Option<f64>,
    /// The quality that entered the cell, difficulty taken out.
    pub entered: f64,
    /// Whether the answer held schema and criteria.
    pub valid: bool,
    /// The bill in USD, if known.
    pub cost_usd: Option<f64>,
    /// Seconds to the complete answer, if it was complete.
    pub latency_s: Option<f64>,
}

/// An award that may still be told about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pending {
    /// The task class's number.
    pub class: usize,
    /// The class found for it, where the caller named none.
    pub found: Option<usize>,
    /// Tokens that were sent.
    pub input_tokens: f64,
    /// Whether a lane after the first runs only because those before it were refused.
    pub selective: bool,
    /// Chances that each lane starts, as forecast without correction; empty unless selective.
    pub starts: Vec<f64>,
    /// Quality forecast of the result without correction.
    pub forecast: f64,
    /// Hour of the day of the award, if it counts.
    pub hour: Option<u8>,
    /// Calls that were under way to models (numbers, ascending).
    pub loads: Vec<(usize, u32)>,
    /// Lanes seen so far, in order.
    pub seen: Vec<Seen>,
}

impl Seen {
    /// A lane's outcome as it came in.
    #[must_use]
    pub fn of(model: usize, outcome: &Outcome, quality: Option<f64>, entered: Option<f64>) -> Self {
        Self {
            model,
            quality,
            entered: entered.unwrap_or(0.0),
            valid: outcome.valid,
            cost_usd: outcome.cost_usd,
            latency_s: outcome.latency_s,
        }
    }
}

impl Pending {
    /// What was seen of a model.
    #[must_use]
    pub fn of(&self, model: usize) -> Option<&Seen> {
        self.seen.iter().find(|seen| seen.model == model)
    }
}

/// A bounded memory of pending awards: past its capacity the oldest is given up.
#[derive(Clone, Debug)]
pub struct Register {
    entries: HashMap<u64, Pending, ahash::RandomState>,
    order: VecDeque<u64>,
    capacity: usize,
    /// Awards told about since they were last taken, in order, if anybody takes them.
    touched: Option<VecDeque<u64>>,
}

impl Register {
    /// An empty register for `capacity` awards.
    #[must_use]
    pub fn new(capacity: usize, seed: u64) -> Self {
        let hasher = ahash::RandomState::with_seeds(seed, 5, 6, 7);
        Self {
            entries: HashMap::with_hasher(hasher),
            order: VecDeque::new(),
            capacity: capacity.max(1),
            touched: None,
        }
    }

    /// Notes from now on which awards are told about.
    pub fn note_touched(&mut self) {
        self.touched.get_or_insert_with(VecDeque::new);
    }

    /// An award was told about. Past twice the capacity the oldest note is given up.
    pub fn touch(&mut self, id: u64) {
        let most = 2 * self.capacity;
        if let Some(touched) = &mut self.touched
            && touched.back() != Some(&id)
        {
            touched.push_back(id);
            if touched.len() > most {
                touched.pop_front();
            }
        }
    }

    /// At most `count` awards that were told about since they were last taken.
    pub fn take_touched(&mut self, count: usize) -> Vec<u64> {
        let Some(touched) = &mut self.touched else {
            return Vec::new();
        };
        let count = count.min(touched.len());
        let mut ids: Vec<u64> = touched.drain(..count).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Remembers an award.
    pub fn put(&mut self, id: u64, pending: Pending) {
        if self.entries.insert(id, pending).is_none() {
            self.order.push_back(id);
        }
        while self.order.len() > self.capacity {
            if let Some(oldest) = self.order.pop_front() {
                self.entries.remove(&oldest);
            }
        }
    }

    /// An award that is remembered.
    #[must_use]
    pub fn get(&self, id: u64) -> Option<&Pending> {
        self.entries.get(&id)
    }

    /// The same, to be told of more.
    pub fn get_mut(&mut self, id: u64) -> Option<&mut Pending> {
        self.entries.get_mut(&id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_given_up() {
        let mut register = Register::new(2, 0);
        (1..=3).for_each(|id| register.put(id, Pending::default()));
        assert!(
            register.get_mut(1).is_none()
                && register.get_mut(2).is_some()
                && register.get_mut(3).is_some()
        );
    }
}

//! A weighted mean that forgets: the sufficient statistic behind every learned number.

use serde::{Deserialize, Serialize};

/// Weight, sum and sum of squares of what was seen.
///
/// Forgetting is exponential once the weight has reached `memory`: each new observation then scales
/// the old ones by `memory / (memory + 1)`, so that the weight stays at `memory`. Below it nothing is
/// lost, and two tallies add up exactly, in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// How many observations this is worth.
    pub weight: f64,
    /// Their weighted sum.
    pub sum: f64,
    /// The weighted sum of their squares.
    pub squares: f64,
}

impl Tally {
    /// Adds one observation, forgetting so that the weight never passes `memory`.
    pub fn add(&mut self, value: f64, memory: f64) {
        self.weight += 1.0;
        self.sum += value;
        self.squares += value * value;
        self.bound(memory);
    }

    /// Puts `new` in the place of an observation `old` made earlier: the weight stays.
    pub fn replace(&mut self, old: f64, new: f64) {
        self.sum += new - old;
        self.squares = (self.squares + new * new - old * old).max(0.0);
    }

    /// Adds what another tally has seen.
    pub fn merge(&mut self, other: &Self, memory: f64) {
        self.weight += other.weight;
        self.sum += other.sum;
        self.squares += other.squares;
        self.bound(memory);
    }

    /// Keeps `fraction` of the evidence and the same mean.
    pub fn keep(&mut self, fraction: f64) {
        self.weight *= fraction;
        self.sum *= fraction;
        self.squares *= fraction;
    }

    fn bound(&mut self, memory: f64) {
        if self.weight > memory {
            self.keep(memory / self.weight);
        }
    }

    /// The mean shrunk toward `prior` by `strength` pseudo-observations.
    #[must_use]
    pub fn mean_toward(&self, prior: f64, strength: f64) -> f64 {
        (self.sum + prior * strength) / (self.weight + strength)
    }

    /// The plain mean, or `None` before the first observation.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.weight > 0.0).then(|| self.sum / self.weight)
    }

    /// Sum of squared deviations from the mean.
    #[must_use]
    pub fn scatter(&self) -> f64 {
        if self.weight > 0.0 {
            (self.squares - self.sum * self.sum / self.weight).max(0.0)
        } else {
            0.0
        }
    }

    /// Whether every field is a finite number and no weight is negative: what a file must satisfy.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.weight.is_finite()
            && self.weight >= 0.0
            && self.sum.is_finite()
            && self.squares.is_finite()
            && self.squares >= 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn forgetting_holds_the_weight_and_follows_the_recent() {
        let mut tally = Tally::default();
        for _ in 0..500 {
            tally.add(0.0, 50.0);
        }
        for _ in 0..200 {
            tally.add(1.0, 50.0);
        }
        assert!((tally.weight - 50.0).abs() < 1e-9);
        assert!(tally.mean().is_some_and(|mean| mean > 0.97));
    }

    #[test]
    fn a_replaced_observation_leaves_no_trace() {
        let (mut changed, mut straight) = (Tally::default(), Tally::default());
        changed.add(0.25, 100.0);
        changed.replace(0.25, 0.75);
        straight.add(0.75, 100.0);
        assert_eq!(changed, straight);
    }

    proptest! {
        #[test]
        fn merging_equals_seeing_everything_at_once(values in prop::collection::vec(0.0_f64..1.0, 0..40), cut in 0_usize..40) {
            let cut = cut.min(values.len());
            let tally = |part: &[f64]| {
                let mut tally = Tally::default();
                for value in part {
                    tally.add(*value, 1e9);
                }
                tally
            };
            let mut merged = tally(&values[..cut]);
            merged.merge(&tally(&values[cut..]), 1e9);
            let whole = tally(&values);
            prop_assert!((merged.sum - whole.sum).abs() < 1e-9 && (merged.weight - whole.weight).abs() < 1e-12);
            prop_assert!(whole.scatter() >= 0.0 && whole.is_sound());
        }
    }
}

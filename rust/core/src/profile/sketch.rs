//! Quantiles of a positive quantity in bounded memory: logarithmic buckets that add up.
//!
//! Bucket *i* holds the values in (γ^(i−1), γ^i]; its representative 2γ^i/(γ+1) is within
//! (γ−1)/(γ+1) of each of them, relatively (Masson, Rim, Lee: *`DDSketch`*, VLDB 2019). Two sketches of
//! the same γ merge by adding counts. Past [`BUCKETS`] the lowest buckets are folded together: it is
//! the upper quantiles that deadlines are made of.

use serde::{Deserialize, Serialize};

/// Ratio of neighbouring bucket bounds; the relative error is about 2 %.
const GAMMA: f64 = 1.04;
/// ln γ, spelled out because `ln` is no constant function.
const LN_GAMMA: f64 = 0.039_220_713_153_281_33;
/// The most buckets one sketch keeps: γ^512 spans more than eight orders of magnitude.
pub const BUCKETS: usize = 512;
/// Values are clamped to this range (seconds, tokens or tokens per second).
const RANGE: (f64, f64) = (1e-6, 1e9);
/// When the total weight reaches this, all counts are halved: old values fade.
const MEMORY: f64 = 2_000.0;

/// A mergeable quantile sketch with forgetting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sketch {
    /// Index of the first bucket.
    first: i64,
    /// Weights of consecutive buckets.
    counts: Vec<f32>,
    /// Sum of the weights.
    total: f64,
    /// Weighted sum of the values.
    sum: f64,
}

impl Sketch {
    /// Adds one value; what is no positive number counts as the smallest.
    pub fn add(&mut self, value: f64) {
        let value = if value.is_nan() {
            RANGE.0
        } else {
            value.clamp(RANGE.0, RANGE.1)
        };
        self.deposit((value.ln() / LN_GAMMA).ceil() as i64, 1.0);
        self.total += 1.0;
        self.sum += value;
        if self.total >= MEMORY {
            self.keep(0.5);
        }
    }

    /// Adds a value of which only a lower bound was seen: a lane cut before it spoke. It enters at the median of what
    /// lies above the bound, so that what was cut does not make the quantiles below it too small (Efron, *The two sample
    /// problem with censored data*, 1967: mass is redistributed to the right).
    pub fn add_at_least(&mut self, bound: f64) {
        let above = self.above(bound);
        let median = self.quantile(1.0 - above / 2.0).unwrap_or(bound);
        self.add(median.max(bound));
    }

    /// Adds what another sketch has seen.
    pub fn merge(&mut self, other: &Self) {
        for (place, weight) in other.counts.iter().enumerate() {
            if *weight > 0.0 {
                self.deposit(other.first + place as i64, *weight);
            }
        }
        self.total += other.total;
        self.sum += other.sum;
        if self.total >= MEMORY {
            self.keep(MEMORY / (2.0 * self.total));
        }
    }

    /// Keeps `fraction` of the evidence.
    pub fn keep(&mut self, fraction: f64) {
        for count in &mut self.counts {
            *count *= fraction as f32;
        }
        self.total *= fraction;
        self.sum *= fraction;
    }

    /// How many observations this is worth.
    #[must_use]
    pub const fn weight(&self) -> f64 {
        self.total
    }

    /// The mean, or `None` before the first value.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.total > 0.0).then(|| self.sum / self.total)
    }

    /// The value below which a share `p` (0 to 1) lies, or `None` before the first value.
    #[must_use]
    pub fn quantile(&self, p: f64) -> Option<f64> {
        let held: f64 = self.counts.iter().map(|count| f64::from(*count)).sum();
        if held <= 0.0 {
            return None;
        }
        let mut left = p.clamp(0.0, 1.0) * held;
        let mut last = 0;
        for (place, count) in self.counts.iter().enumerate() {
            if *count > 0.0 {
                last = place;
                left -= f64::from(*count);
                if left <= 0.0 {
                    break;
                }
            }
        }
        Some(representative(self.first + last as i64))
    }

    /// The share of what was seen that lies above `value`; 0 before the first value.
    #[must_use]
    pub fn above(&self, value: f64) -> f64 {
        let held: f64 = self.counts.iter().map(|count| f64::from(*count)).sum();
        if held <= 0.0 {
            return 0.0;
        }
        let index = (value.clamp(RANGE.0, RANGE.1).ln() / LN_GAMMA).ceil() as i64;
        let place = (index - self.first + 1).clamp(0, self.counts.len() as i64) as usize;
        self.counts[place..]
            .iter()
            .map(|count| f64::from(*count))
            .sum::<f64>()
            / held
    }

    /// Whether a sketch read from a file can be used.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.counts.len() <= BUCKETS
            && self.total.is_finite()
            && self.total >= 0.0
            && self.sum.is_finite()
            && self
                .counts
                .iter()
                .all(|count| count.is_finite() && *count >= 0.0)
            && self.first.unsigned_abs() < 1_000_000
    }

    fn deposit(&mut self, index: i64, weight: f32) {
        if self.counts.is_empty() {
            self.first = index;
        }
        if index < self.first {
            self.extend_down(index);
        }
        // An index below a full window lands in its first bucket.
        let place = (index - self.first).max(0) as usize;
        if place >= self.counts.len() {
            self.counts.resize(place + 1, 0.0);
        }
        self.counts[place] += weight;
        self.fold_low();
    }

    fn extend_down(&mut self, index: i64) {
        let room = BUCKETS.saturating_sub(self.counts.len());
        let wanted = (self.first - index) as usize;
        let grown = wanted.min(room);
        self.counts.splice(0..0, std::iter::repeat_n(0.0, grown));
        self.first -= grown as i64;
    }

    fn fold_low(&mut self) {
        if self.counts.len() > BUCKETS {
            let surplus = self.counts.len() - BUCKETS;
            let folded: f32 = self.counts.drain(..surplus).sum();
            self.counts[0] += folded;
            self.first += surplus as i64;
        }
    }
}

fn representative(index: i64) -> f64 {
    2.0 * ((index as f64) * LN_GAMMA).exp() / (GAMMA + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_constant_is_the_logarithm_of_gamma() {
        assert!((GAMMA.ln() - LN_GAMMA).abs() < 1e-15);
    }

    #[test]
    fn cutting_what_is_late_leaves_the_quantile_where_it_was() {
        let (mut whole, mut cut) = (Sketch::default(), Sketch::default());
        for step in 0..1_500 {
            let value = f64::from(step * 7 % 100 + 1);
            whole.add(value);
            if value > 90.0 && step > 200 {
                cut.add_at_least(90.0);
            } else {
                cut.add(value);
            }
        }
        let p90 = |sketch: &Sketch| sketch.quantile(0.9).unwrap();
        assert!((p90(&cut) / p90(&whole) - 1.0).abs() < 0.05);
    }

    #[test]
    fn a_window_wider_than_the_bound_folds_its_low_end() {
        let mut sketch = Sketch::default();
        for exponent in -6..9 {
            sketch.add(10_f64.powi(exponent));
            sketch.add(10_f64.powi(-exponent));
        }
        assert!(sketch.counts.len() <= BUCKETS && sketch.is_sound());
        assert!(
            sketch
                .quantile(1.0)
                .is_some_and(|top| (top / 1e8 - 1.0).abs() < 0.03)
        );
    }

    #[test]
    fn old_values_fade() {
        let mut sketch = Sketch::default();
        for _ in 0..3_000 {
            sketch.add(1.0);
        }
        for _ in 0..6_000 {
            sketch.add(10.0);
        }
        assert!(sketch.weight() < MEMORY);
        assert!(sketch.quantile(0.2).is_some_and(|low| low > 9.0));
    }

    #[test]
    fn nonsense_is_counted_as_the_smallest_value() {
        let mut sketch = Sketch::default();
        for value in [f64::NAN, f64::NEG_INFINITY, -1.0, 0.0] {
            sketch.add(value);
        }
        assert!(sketch.quantile(1.0).is_some_and(|top| top < 2e-6));
    }

    proptest! {
        #[test]
        fn quantiles_are_within_the_stated_error(mut values in prop::collection::vec(1e-3_f64..1e3, 1..300), p in 0.01_f64..1.0) {
            let mut sketch = Sketch::default();
            for value in &values {
                sketch.add(*value);
            }
            values.sort_by(f64::total_cmp);
            let rank = ((p * values.len() as f64).ceil() as usize).clamp(1, values.len());
            let seen = sketch.quantile(p).unwrap_or_default();
            prop_assert!((seen / values[rank - 1] - 1.0).abs() < 0.025, "{} against {}", seen, values[rank - 1]);
        }

        #[test]
        fn merging_equals_seeing_everything_at_once(values in prop::collection::vec(1e-3_f64..1e3, 1..100), cut in 0_usize..100) {
            let cut = cut.min(values.len());
            let (mut left, mut right, mut whole) = (Sketch::default(), Sketch::default(), Sketch::default());
            for value in &values[..cut] {
                left.add(*value);
            }
            for value in &values[cut..] {
                right.add(*value);
            }
            for value in &values {
                whole.add(*value);
            }
            left.merge(&right);
            prop_assert_eq!(left.quantile(0.9), whole.quantile(0.9));
        }
    }
}

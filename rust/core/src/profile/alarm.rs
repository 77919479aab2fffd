//! Change detection: has this model become another one?
//!
//! Cumulative sums of log-likelihood ratios (Page 1954) against a shift of stated size: quality 0.2 up
//! or down (Bernoulli), cost by a factor e (normal in the logarithm). By Lorden's bound the mean time
//! to a false alarm is at least e^threshold outcomes; sums that start again at zero stay well above the
//! bound, so that [`THRESHOLD`] gives fewer than one false alarm in 10,000 outcomes, as the simulation
//! in the tests shows. What estimating the expectation adds is covered by weighing each ratio with the
//! evidence behind it.

use super::Tally;

/// An alarm is raised when a sum of log-likelihood ratios reaches this.
const THRESHOLD: f64 = 8.2;
/// The same for costs, whose tails are heavier than the normal one.
const COST_THRESHOLD: f64 = 18.0;
/// The shift in quality that is tested for.
const SHIFT: f64 = 0.2;
/// Outcomes behind an expectation at which it is taken at half its word.
const HALF_TRUST: f64 = 15.0;
/// Bills seen before the spread of costs is trusted.
const BILLS: f64 = 20.0;
/// The memory of the cost ratios' mean and spread.
const BILL_MEMORY: f64 = 300.0;

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The quality of the answers.
    Quality,
    /// What answers cost against what was expected.
    Cost,
}

/// Which way it changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Upward.
    Up,
    /// Downward.
    Down,
}

/// A change that was noticed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// The model's number in the book.
    pub model: usize,
    /// What changed.
    pub signal: Signal,
    /// Which way.
    pub direction: Direction,
    /// How many outcomes of the model had been seen since its last alarm of this kind.
    pub after: u64,
    /// Mean surprise since the change began: quality points, or the logarithm of the cost ratio.
    pub size: f64,
}

/// One cumulative sum with the surprise since it last stood at zero.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Cusum {
    sum: f64,
    length: f64,
    surprise: f64,
}

impl Cusum {
    /// Adds a log-likelihood ratio; gives the mean surprise of the run if it crossed the threshold.
    fn step(&mut self, ratio: f64, surprise: f64, threshold: f64) -> Option<f64> {
        self.sum += ratio;
        if self.sum <= 0.0 {
            *self = Self::default();
            return None;
        }
        self.length += 1.0;
        self.surprise += surprise;
        (self.sum >= threshold).then(|| self.surprise / self.length)
    }
}

/// The detectors of one model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alarm {
    quality: [Cusum; 2],
    cost: [Cusum; 2],
    bills: Tally,
    judged: u64,
    billed: u64,
}

impl Alarm {
    /// A judged outcome against its expectation, which rests on `evidence` outcomes.
    pub fn quality(
        &mut self,
        model: usize,
        seen: f64,
        expected: f64,
        evidence: f64,
    ) -> Option<Change> {
        self.judged += 1;
        let trust = evidence / (evidence + HALF_TRUST);
        let before = expected.clamp(0.02, 0.98);
        for (side, direction) in [Direction::Up, Direction::Down].into_iter().enumerate() {
            let shift = if direction == Direction::Up {
                SHIFT
            } else {
                -SHIFT
            };
            let after = (before + shift).clamp(0.01, 0.99);
            let ratio =
                seen * (after / before).ln() + (1.0 - seen) * ((1.0 - after) / (1.0 - before)).ln();
            if let Some(size) = self.quality[side].step(trust * ratio, seen - expected, THRESHOLD) {
                let after = std::mem::take(&mut self.judged);
                self.quality = <[Cusum; 2]>::default();
                return Some(Change {
                    model,
                    signal: Signal::Quality,
                    direction,
                    after,
                    size,
                });
            }
        }
        None
    }

    /// A bill against what was expected, both in USD.
    pub fn cost(&mut self, model: usize, billed: f64, expected: f64) -> Option<Change> {
        if billed <= 0.0 || expected <= 0.0 {
            return None;
        }
        self.billed += 1;
        let ratio = (billed / expected).ln().clamp(-10.0, 10.0);
        let change = if self.bills.weight >= BILLS {
            self.cost_step(model, ratio)
        } else {
            None
        };
        if change.is_some() {
            self.bills = Tally::default();
        } else {
            self.bills.add(ratio, BILL_MEMORY);
        }
        change
    }

    fn cost_step(&mut self, model: usize, ratio: f64) -> Option<Change> {
        let variance = (self.bills.scatter() / self.bills.weight).max(0.09);
        let spread = variance.sqrt();
        let off = (ratio - self.bills.mean().unwrap_or(0.0)).clamp(-2.5 * spread, 2.5 * spread);
        for (side, direction) in [Direction::Up, Direction::Down].into_iter().enumerate() {
            let shift = if direction == Direction::Up {
                1.0
            } else {
                -1.0
            };
            if let Some(size) =
                self.cost[side].step((shift * off - 0.5) / variance, ratio, COST_THRESHOLD)
            {
                let after = std::mem::take(&mut self.billed);
                self.cost = <[Cusum; 2]>::default();
                return Some(Change {
                    model,
                    signal: Signal::Cost,
                    direction,
                    after,
                    size,
                });
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auction::Dice;
    use crate::profile::{Book, Card, Outcome};

    /// A book with one model, taught good answers with chance `chance` at log-normal cost; gives the
    /// changes noticed.
    struct Stream {
        book: Book,
        dice: Dice,
    }

    impl Stream {
        fn new(seed: u64) -> Self {
            let mut book = Book::new(0);
            let card = |name: &str| Card {
                name: name.to_owned(),
                price_in: 1.0,
                price_out: 2.0,
                ..Card::default()
            };
            book.add_models(vec![card("one"), card("other")]).unwrap();
            Self {
                book,
                dice: Dice::new(seed),
            }
        }

        fn outcome(&mut self, chance: f64, usd: f64) -> Option<Change> {
            let class = self
                .book
                .class(["a", "b", "c"][(self.dice.bits() % 3) as usize]);
            let quality = f64::from(self.dice.uniform() < chance);
            let cost_usd = Some(usd * (0.6 * self.dice.normal()).exp());
            let outcome = Outcome {
                quality: Some(quality),
                valid: true,
                cost_usd,
                latency_s: None,
                ttft_s: None,
                input_tokens: 100.0,
                output_tokens: None,
            };
            self.book.learn(class, 0, &outcome, Some(quality))
        }

        fn delay(&mut self, chance: f64, usd: f64) -> u32 {
            (1..2_000)
                .find(|_| self.outcome(chance, usd).is_some())
                .unwrap_or(2_000)
        }
    }

    fn median(mut values: Vec<u32>) -> u32 {
        values.sort_unstable();
        values[values.len() / 2]
    }

    #[test]
    fn stationary_streams_raise_fewer_than_one_alarm_in_ten_thousand() {
        let alarms = |seed| {
            let mut stream = Stream::new(seed);
            (0..10_000)
                .filter_map(|_| stream.outcome(0.85, 0.002))
                .count()
        };
        let total: usize = (0..20).map(alarms).sum();
        assert!(total <= 20, "{total} alarms in 20 streams of 10,000");
    }

    #[test]
    fn a_model_that_degrades_by_twenty_points_is_noticed_within_a_hundred_of_its_tasks() {
        let delay = |seed| {
            let mut stream = Stream::new(seed);
            (0..500).for_each(|_| {
                stream.outcome(0.88, 0.002);
            });
            stream.delay(0.68, 0.002)
        };
        let middle = median((100..141).map(delay).collect());
        assert!(middle <= 100, "{middle}");
    }

    #[test]
    fn a_tenfold_price_is_noticed_within_a_hundred_tasks() {
        let delay = |seed| {
            let mut stream = Stream::new(seed);
            (0..200).for_each(|_| {
                stream.outcome(0.88, 0.02);
            });
            stream.delay(0.88, 0.002)
        };
        let slowest = (0..40).map(delay).max().unwrap_or(0);
        assert!(slowest <= 100, "{slowest}");
    }
}

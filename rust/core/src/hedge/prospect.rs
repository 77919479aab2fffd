//! What is expected of a hedge that is sent at a given delay; the [module](super) has the formulas.

use crate::auction::Weights;
use crate::profile::Sketch;

/// Points at which each lane's time is taken.
const POINTS: usize = 24;

/// One lane as the policy sees it.
#[derive(Clone, Copy, Debug)]
pub struct Leg<'a> {
    /// Seconds to its first token.
    pub ttft: &'a Sketch,
    /// Expected seconds from there to the end of its answer.
    pub rest_s: f64,
    /// Expected price of the prompt, USD.
    pub in_usd: f64,
    /// Expected price of a whole answer, USD.
    pub out_usd: f64,
    /// Whether its provider bills the whole answer after a close.
    pub bills_all: bool,
}

/// What is expected of a hedge, given that the first lane is late.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Prospect {
    /// Seconds saved in the mean.
    pub saved_s: f64,
    /// Chance that the hedge is first.
    pub wins: f64,
    /// Chance that the first misses the deadline and the hedge does not.
    pub rescued: f64,
    /// What is paid more than without it, USD; negative where a dear first lane is cut for a cheap one.
    pub extra_usd: f64,
}

impl Leg<'_> {
    /// What its output costs if it spoke at `from` and is cut at `at`: what it had written, or all of it.
    fn cut_usd(&self, from: f64, at: f64) -> f64 {
        let written = ((at - from) / self.rest_s.max(1e-9)).clamp(0.0, 1.0);
        self.out_usd * if self.bills_all { 1.0 } else { written }
    }
}

impl Prospect {
    /// What is expected of a hedge `second`, sent after `delay_s` without a token of `first`; `deadline_s` counts from
    /// the first's start. `None` before both have been timed.
    #[must_use]
    pub fn of(
        first: &Leg<'_>,
        second: &Leg<'_>,
        delay_s: f64,
        deadline_s: Option<f64>,
    ) -> Option<Self> {
        let late = tail(first.ttft, delay_s)?;
        let other = tail(second.ttft, 0.0)?;
        let mut prospect = Self::default();
        let mass = 1.0 / (late.len() * other.len()) as f64;
        let misses = |at: f64| deadline_s.is_some_and(|deadline| at > deadline);
        for alone in &late {
            for hedged in other.iter().map(|ttft| delay_s + ttft) {
                let ends = (alone + first.rest_s, hedged + second.rest_s);
                let wins = ends.1 < ends.0;
                let extra = if wins {
                    second.out_usd + first.cut_usd(*alone, ends.1) - first.out_usd
                } else {
                    second.cut_usd(hedged, ends.0)
                };
                prospect.saved_s += mass * (ends.0 - ends.1).max(0.0);
                prospect.wins += mass * f64::from(wins);
                prospect.rescued += mass * f64::from(misses(ends.0) && !misses(ends.1));
                prospect.extra_usd += mass * (second.in_usd + extra);
            }
        }
        Some(prospect)
    }

    /// Value of sending it, for answers of mean `quality`: not worth it below zero.
    #[must_use]
    pub fn worth(&self, weights: &Weights, quality: f64) -> f64 {
        weights.per_s * self.saved_s + weights.quality * quality * self.rescued
            - weights.per_usd * self.extra_usd
    }
}

/// Equally likely values of what lies above `from`.
fn tail(sketch: &Sketch, from: f64) -> Option<Vec<f64>> {
    let above = if from > 0.0 { sketch.above(from) } else { 1.0 };
    let point = |step: usize| {
        let p = 1.0 - above * (1.0 - (step as f64 + 0.5) / POINTS as f64);
        // Where nothing was ever seen above, the hedge is as late as the latest that was.
        sketch.quantile(p).map(|value| value.max(from))
    };
    (0..POINTS).map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(values: impl IntoIterator<Item = f64>) -> Sketch {
        let mut sketch = Sketch::default();
        values.into_iter().for_each(|value| sketch.add(value));
        sketch
    }

    /// Nineteen answers at one second, one at eleven.
    fn stalling() -> Sketch {
        sketch((0..1_000).map(|at| if at % 20 == 0 { 11.0 } else { 1.0 }))
    }

    fn leg(ttft: &Sketch, in_usd: f64, bills_all: bool) -> Leg<'_> {
        Leg {
            ttft,
            rest_s: 0.5,
            in_usd,
            out_usd: 0.004,
            bills_all,
        }
    }

    #[test]
    fn a_stall_is_worth_a_hedge_and_the_figures_are_those_of_the_formula() {
        let ttft = stalling();
        let lane = leg(&ttft, 0.001, false);
        let prospect = Prospect::of(&lane, &lane, 1.5, Some(5.0)).unwrap();
        // The first speaks at 11 s; of the hedges 95 % speak at 2.5 s and the rest too late. Whoever is cut had written
        // nothing, so that a hedge costs its prompt.
        assert!((prospect.saved_s - 0.95 * 8.5).abs() < 0.4, "{prospect:?}");
        assert!(
            (prospect.wins - 0.95).abs() < 0.05 && (prospect.rescued - prospect.wins).abs() < 1e-9
        );
        assert!((prospect.extra_usd - 0.001).abs() < 1e-12, "{prospect:?}");
        let weights = Weights {
            quality: 1.0,
            per_usd: 10.0,
            per_s: 0.01,
        };
        assert!(prospect.worth(&weights, 0.9) > 0.8);
    }

    #[test]
    fn a_steady_lane_is_not_worth_one() {
        let steady = sketch((0..1_000).map(|at| 1.0 + f64::from(at % 10) / 100.0));
        let lane = leg(&steady, 0.001, false);
        let prospect = Prospect::of(&lane, &lane, 1.05, None).unwrap();
        assert!(prospect.wins < 0.01 && prospect.rescued.abs() < 1e-12);
        let weights = Weights {
            quality: 1.0,
            per_usd: 10.0,
            per_s: 0.01,
        };
        assert!(prospect.worth(&weights, 0.9) < 0.0);
    }

    #[test]
    fn a_provider_that_bills_the_whole_answer_makes_its_loser_dearer() {
        let ttft = stalling();
        let (stops, bills) = (leg(&ttft, 0.001, false), leg(&ttft, 0.001, true));
        let extra = |first, second| Prospect::of(first, second, 1.5, None).unwrap().extra_usd;
        assert!(extra(&bills, &stops) > extra(&stops, &stops) + 0.001);
        assert!(extra(&stops, &bills) > extra(&stops, &stops));
    }

    #[test]
    fn nothing_is_expected_of_what_was_never_timed() {
        let (empty, ttft) = (Sketch::default(), stalling());
        let (unknown, known) = (leg(&empty, 0.0, false), leg(&ttft, 0.0, false));
        assert!(Prospect::of(&unknown, &known, 1.0, None).is_none());
        assert!(Prospect::of(&known, &unknown, 1.0, None).is_none());
    }
}

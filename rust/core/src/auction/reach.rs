//! How often later lanes really start: the market's own forecasts, held against what happened.
//!
//! A cascade is chosen because its forecast is good, so forecasts of chosen cascades are a little too
//! good (the winner's curse), and a first lane that fails one time in eight instead of nine makes the
//! second lane's bill an eighth dearer. The ratio of starts seen to starts forecast, per place, takes
//! that out of what a plan is expected to cost.

use crate::profile::Tally;

use super::plan::LANES;
use super::{Plan, Weights};

/// Forecast starts that the ratio of 1 is worth beforehand.
const STRENGTH: f64 = 15.0;
/// Awards remembered.
const MEMORY: f64 = 1_000.0;
/// Bounds of a ratio: past them something else is wrong.
const RANGE: (f64, f64) = (0.5, 2.0);

/// Forecast and seen starts by place in the plan.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    forecast: [Tally; LANES],
    seen: [Tally; LANES],
    promised: Tally,
    kept: Tally,
}

impl Reach {
    /// The first lane of a cascade ran; later lanes were forecast to start with these chances.
    pub fn begin(&mut self, starts: &[f64]) {
        for (place, start) in starts.iter().enumerate().take(LANES).skip(1) {
            self.forecast[place].add(*start, MEMORY);
            self.seen[place].add(0.0, MEMORY);
        }
    }

    /// The lane at this place ran as well.
    pub fn start(&mut self, place: usize) {
        if let Some(seen) = self.seen.get_mut(place) {
            seen.replace(0.0, 1.0);
        }
    }

    /// The result of a cascade has quality `seen` so far, where `forecast` was expected of it; `before`
    /// is what it had until this lane ended, if it had any.
    pub fn result(&mut self, forecast: f64, before: Option<f64>, seen: f64) {
        if let Some(before) = before {
            self.kept.replace(before, seen);
        } else {
            self.promised.add(forecast, MEMORY);
            self.kept.add(seen, MEMORY);
        }
    }

    /// Corrects a plan's quality, chances of start, cost and time. `means` gives a lane's cost and latency.
    pub fn correct(&self, plan: &mut Plan, weights: &Weights, means: impl Fn(usize) -> (f64, f64)) {
        let lanes = plan.lanes.iter().zip(plan.starts.iter_mut()).enumerate();
        for (place, (lane, start)) in lanes.skip(1) {
            let corrected = (*start * self.ratio(place)).min(1.0);
            let (cost, latency) = means(*lane);
            plan.expected.cost_usd += (corrected - *start) * cost;
            plan.expected.latency_s += (corrected - *start) * latency;
            *start = corrected;
        }
        plan.expected.quality = (plan.expected.quality * self.worth()).min(1.0);
        let expected = &plan.expected;
        plan.score = weights.score(expected.quality, expected.cost_usd, expected.latency_s);
    }

    fn worth(&self) -> f64 {
        let (kept, promised) = (self.kept.sum + STRENGTH, self.promised.sum + STRENGTH);
        (kept / promised).clamp(RANGE.0, RANGE.1)
    }

    fn ratio(&self, place: usize) -> f64 {
        let (forecast, seen) = (
            &self.forecast[place.min(LANES - 1)],
            &self.seen[place.min(LANES - 1)],
        );
        ((seen.sum + STRENGTH) / (forecast.sum + STRENGTH)).clamp(RANGE.0, RANGE.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auction::{Expected, Kind};

    #[test]
    fn lanes_that_start_twice_as_often_cost_twice_as_much() {
        let mut reach = Reach::default();
        for _ in 0..1_000 {
            reach.begin(&[1.0, 0.2]);
            reach.start(1);
            reach.begin(&[1.0, 0.2]);
            reach.begin(&[1.0, 0.2]);
        }
        let expected = Expected {
            quality: 0.9,
            cost_usd: 1.2,
            latency_s: 1.2,
        };
        let mut plan = Plan {
            kind: Kind::Cascade,
            lanes: vec![0, 1],
            starts: vec![1.0, 0.2],
            expected,
            score: 0.0,
        };
        reach.correct(&mut plan, &Weights::default(), |_| (1.0, 1.0));
        assert!(
            (plan.starts[1] - 1.0 / 3.0).abs() < 0.02
                && (plan.expected.cost_usd - 4.0 / 3.0).abs() < 0.02
        );
    }

    #[test]
    fn results_worse_than_forecast_are_forecast_worse() {
        let mut reach = Reach::default();
        for _ in 0..1_000 {
            reach.result(0.9, None, 0.0);
            reach.result(0.9, Some(0.0), 0.8);
        }
        assert!((reach.worth() - 8.0 / 9.0).abs() < 0.01);
    }
}

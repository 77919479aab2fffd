//! The search for the best cascade or race.
//!
//! Expectations are over the latent difficulty ([`Joint`]): at each node models are independent, so a
//! cascade is a product, and adding a lane to a prefix costs one pass over the nodes. All pairs are
//! tried; longer plans extend the best few.

use crate::profile::{Estimate, Joint, NODES, Odds};

use super::plan::LANES;
use super::{Bid, Expected, Kind, Plan, Verifier, Weights};

/// The most bids among which plans are searched.
pub const CANDIDATES: usize = 16;
/// Prefixes that are tried with one more lane.
const BEAM: usize = 6;

/// A lane as the search sees it.
#[derive(Clone, Copy)]
struct Entry<'a> {
    model: usize,
    estimate: &'a Estimate,
    odds: Odds,
}

/// Lanes that may all have been refused: what is expected so far, and what is still open.
#[derive(Clone, Copy)]
struct Prefix {
    lanes: [usize; LANES],
    length: usize,
    open: Odds,
    starts: [f64; LANES],
    expected: Expected,
}

/// The search for the best plan among some bids.
pub struct Search<'a> {
    entries: Vec<Entry<'a>>,
    weights: Weights,
    verifier: Verifier,
    max_lanes: usize,
}

impl Prefix {
    const EMPTY: Self = Self {
        lanes: [0; LANES],
        length: 0,
        open: Joint::even(),
        starts: [0.0; LANES],
        expected: Expected {
            quality: 0.0,
            cost_usd: 0.0,
            latency_s: 0.0,
        },
    };

    fn lanes(&self) -> &[usize] {
        &self.lanes[..self.length]
    }

    /// The chance that the next lane starts.
    fn reach(&self) -> f64 {
        self.open.iter().sum()
    }

    /// Expectation if `entry` runs last: its answer stands, accepted or not.
    fn ending(&self, entry: &Entry<'_>, reach: f64) -> Expected {
        Expected {
            quality: self.expected.quality + Joint::chance(&self.open, &entry.odds),
            cost_usd: self.expected.cost_usd + reach * entry.estimate.cost_usd,
            latency_s: self.expected.latency_s + reach * entry.estimate.latency_s,
        }
    }

    /// The prefix with one more lane, whose answer may be refused.
    fn through(&self, place: usize, entry: &Entry<'_>, verifier: &Verifier) -> Self {
        let (mut next, reach) = (*self, self.reach());
        next.lanes[self.length] = place;
        next.starts[self.length] = reach;
        next.length += 1;
        next.expected = self.ending(entry, reach);
        let mut refused = 0.0;
        for node in 0..NODES {
            let (mass, chance) = (self.open[node], entry.odds[node]);
            refused += mass * chance * (1.0 - verifier.accepts_good);
            let accepted = chance * verifier.accepts_good + (1.0 - chance) * verifier.accepts_bad;
            next.open[node] = mass * (1.0 - accepted);
        }
        next.expected.quality -= refused;
        next
    }
}

impl<'a> Search<'a> {
    /// A search over `bids`, of which at most [`CANDIDATES`] should come.
    #[must_use]
    pub fn new(
        bids: impl Iterator<Item = &'a Bid>,
        joint: &Joint,
        weights: Weights,
        verifier: Verifier,
    ) -> Self {
        let entry = |bid: &'a Bid| Entry {
            model: bid.model,
            estimate: &bid.estimate,
            odds: joint.odds(bid.estimate.quality),
        };
        Self {
            entries: bids.map(entry).collect(),
            weights,
            verifier,
            max_lanes: 3,
        }
    }

    /// Bounds the number of lanes.
    #[must_use]
    pub const fn lanes_at_most(mut self, lanes: usize) -> Self {
        self.max_lanes = lanes;
        self
    }

    /// The best cascade or race whose first lane is among the first `leading` entries, if two lanes
    /// may run at all.
    #[must_use]
    pub fn best(&self, leading: usize) -> Option<Plan> {
        let longest = self.max_lanes.min(LANES);
        let mut beam: Vec<Prefix> = (0..leading.min(self.entries.len()))
            .map(|first| self.through(&Prefix::EMPTY, first))
            .collect();
        let mut best = None::<(f64, Prefix)>;
        for length in 2..=longest {
            let ranked = self.ranked(&beam);
            let Some((score, from, last)) = ranked.first().copied() else {
                break;
            };
            if best.as_ref().is_none_or(|best| score > best.0) {
                best = Some((score, self.through(&beam[from], last)));
            }
            if length < longest {
                beam = ranked
                    .iter()
                    .map(|(_, from, last)| self.through(&beam[*from], *last))
                    .collect();
            }
        }
        let (_, prefix) = best?;
        let cascade = self.finish(Kind::Cascade, prefix.lanes());
        let race = self.best_race(prefix.lanes());
        Some(
            race.filter(|race| race.score > cascade.score)
                .unwrap_or(cascade),
        )
    }

    /// The best [`BEAM`] ways to end a prefix of the beam: score, prefix, last lane; best first.
    fn ranked(&self, beam: &[Prefix]) -> Vec<(f64, usize, usize)> {
        let mut ranked = Vec::with_capacity(beam.len() * self.entries.len());
        for (from, prefix) in beam.iter().enumerate() {
            let reach = prefix.reach();
            for (last, entry) in self.entries.iter().enumerate() {
                if !prefix.lanes().contains(&last) {
                    ranked.push((self.score(&prefix.ending(entry, reach)), from, last));
                }
            }
        }
        let better =
            |one: &(f64, usize, usize), other: &(f64, usize, usize)| other.0.total_cmp(&one.0);
        if ranked.len() > BEAM {
            ranked.select_nth_unstable_by(BEAM, better);
            ranked.truncate(BEAM);
        }
        ranked.sort_by(better);
        ranked
    }

    fn through(&self, prefix: &Prefix, place: usize) -> Prefix {
        prefix.through(place, &self.entries[place], &self.verifier)
    }

    fn score(&self, expected: &Expected) -> f64 {
        self.weights
            .score(expected.quality, expected.cost_usd, expected.latency_s)
    }

    /// The lanes of the best cascade, all started at once, in order of speed.
    fn best_race(&self, lanes: &[usize]) -> Option<Plan> {
        if self.weights.per_s <= 0.0 {
            return None;
        }
        let mut order = lanes.to_vec();
        let latency = |place: &usize| self.entries[*place].estimate.latency_s;
        order.sort_by(|one, other| latency(one).total_cmp(&latency(other)));
        Some(self.finish(Kind::Race, &order))
    }

    fn finish(&self, kind: Kind, order: &[usize]) -> Plan {
        let (last, before) = order
            .split_last()
            .map_or((0, order), |(last, before)| (*last, before));
        let prefix = before
            .iter()
            .fold(Prefix::EMPTY, |prefix, place| self.through(&prefix, *place));
        let mut expected = prefix.ending(&self.entries[last], prefix.reach());
        let mut starts = prefix.starts[..prefix.length].to_vec();
        starts.push(prefix.reach());
        if kind == Kind::Race {
            self.race(order, &mut starts, &mut expected);
        }
        let lanes = order
            .iter()
            .map(|place| self.entries[*place].model)
            .collect();
        Plan {
            kind,
            lanes,
            starts,
            score: self.score(&expected),
            expected,
        }
    }

    /// Turns a cascade's expectation into a race's: a lane is waited for only as long as it is behind
    /// the one before, and pays for the share of its stream that came before the decision.
    fn race(&self, order: &[usize], starts: &mut [f64], expected: &mut Expected) {
        let mut before = 0.0;
        expected.latency_s = 0.0;
        for (start, place) in starts.iter().zip(order) {
            let latency = self.entries[*place].estimate.latency_s;
            expected.latency_s += start * (latency - before);
            before = latency;
        }
        expected.cost_usd = 0.0;
        for (start, place) in starts.iter().zip(order) {
            let estimate = self.entries[*place].estimate;
            let share = (expected.latency_s / estimate.latency_s.max(1e-9)).min(1.0);
            expected.cost_usd += (start + (1.0 - start) * share) * estimate.cost_usd;
        }
        starts.fill(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEIGHTS: Weights = Weights {
        quality: 1.0,
        per_usd: 20.0,
        per_s: 0.0,
    };

    fn bid(model: usize, quality: f64, cost_usd: f64, latency_s: f64) -> Bid {
        let estimate = Estimate {
            quality,
            cost_usd,
            latency_s,
            validity: 1.0,
            ..Estimate::default()
        };
        let score = WEIGHTS.of(&estimate);
        Bid {
            model,
            estimate,
            score,
            drawn: score,
        }
    }

    fn best(bids: &[Bid], weights: Weights, accuracy: f64) -> Plan {
        let search = Search::new(
            bids.iter(),
            &Joint::default(),
            weights,
            Verifier::of_accuracy(accuracy),
        );
        search.best(bids.len()).unwrap()
    }

    #[test]
    fn a_cheap_lane_goes_before_a_strong_one() {
        let plan = best(
            &[bid(0, 0.9, 0.01, 1.0), bid(1, 0.8, 0.0005, 1.0)],
            WEIGHTS,
            0.95,
        );
        assert_eq!(
            (plan.kind, plan.lanes.as_slice()),
            (Kind::Cascade, [1, 0].as_slice())
        );
        assert!(plan.expected.quality > 0.9 && plan.expected.cost_usd < 0.005);
    }

    #[test]
    fn a_verifier_that_guesses_is_worth_nothing() {
        let plan = best(
            &[bid(0, 0.8, 0.001, 1.0), bid(1, 0.8, 0.001, 1.0)],
            WEIGHTS,
            0.5,
        );
        assert!((plan.expected.quality - 0.8).abs() < 1e-3, "{plan:?}");
    }

    #[test]
    fn where_time_is_dear_and_money_is_not_lanes_race() {
        let weights = Weights {
            quality: 1.0,
            per_usd: 0.0,
            per_s: 0.1,
        };
        let plan = best(
            &[bid(0, 0.7, 0.001, 2.0), bid(1, 0.7, 0.001, 1.0)],
            weights,
            0.99,
        );
        assert_eq!(
            (plan.kind, plan.lanes.as_slice()),
            (Kind::Race, [1, 0].as_slice())
        );
    }

    #[test]
    fn an_independent_simulation_gives_the_same_expectation() {
        let bids = [
            bid(0, 0.7, 0.001, 1.0),
            bid(1, 0.8, 0.002, 1.0),
            bid(2, 0.9, 0.01, 1.0),
        ];
        let joint = Joint::default();
        let search = Search::new(bids.iter(), &joint, WEIGHTS, Verifier::of_accuracy(0.9));
        let plan = search.finish(Kind::Cascade, &[0, 1, 2]);
        let (mut quality, mut cost) = (0.0, 0.0);
        for (node, mass) in Joint::even().iter().enumerate() {
            let chance = |lane: usize| joint.odds(bids[lane].estimate.quality)[node];
            let refused = |lane: usize| 0.1 * chance(lane) + 0.9 * (1.0 - chance(lane));
            let later = refused(0) * refused(1);
            quality += mass * (0.9 * chance(0) + refused(0) * 0.9 * chance(1) + later * chance(2));
            cost += mass * (0.001 + refused(0) * 0.002 + later * 0.01);
        }
        assert!((plan.expected.quality - quality).abs() < 1e-12);
        assert!((plan.expected.cost_usd - cost).abs() < 1e-12);
    }
}

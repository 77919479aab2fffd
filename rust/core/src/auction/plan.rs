//! Which lanes run, in what order, and what is expected of them together.
//!
//! Expectations are over the latent difficulty ([`Joint`]): at each node models are independent, so a
//! cascade is a product. A verifier accepts a good answer with chance `accepts_good` and a bad one
//! with `accepts_bad`; the first accepted answer is the result, and the last lane's if none was.

use crate::profile::{Estimate, Joint, Odds};

use super::{Bid, Weights};

/// How lanes are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One lane.
    Single,
    /// One lane, and another if the first is late or fails.
    Hedge,
    /// The next lane starts when the verifier refuses the last one's answer.
    Cascade,
    /// All lanes start at once; the first accepted answer wins.
    Race,
}

impl Kind {
    /// The kind's name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Hedge => "hedge",
            Self::Cascade => "cascade",
            Self::Race => "race",
        }
    }
}

/// How far whoever judges the lanes can be trusted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verifier {
    /// Chance that a good answer is accepted.
    pub accepts_good: f64,
    /// Chance that a bad answer is accepted.
    pub accepts_bad: f64,
}

impl Verifier {
    /// A verifier that is right with this chance, about good and bad answers alike.
    #[must_use]
    pub const fn of_accuracy(accuracy: f64) -> Self {
        Self {
            accepts_good: accuracy,
            accepts_bad: 1.0 - accuracy,
        }
    }
}

/// What is expected of a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Expected {
    /// Mean quality of the result.
    pub quality: f64,
    /// Mean spend in USD over all lanes, stopped ones included.
    pub cost_usd: f64,
    /// Mean seconds to the result.
    pub latency_s: f64,
}

/// A plan: places of bids in order of start, what is expected, and its score.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// How the lanes are run.
    pub kind: Kind,
    /// Models' numbers in order of start.
    pub lanes: Vec<usize>,
    /// Chance that each lane starts.
    pub starts: Vec<f64>,
    /// What is expected.
    pub expected: Expected,
    /// The score of the expectation.
    pub score: f64,
}

/// A lane as the search sees it.
#[derive(Clone, Copy)]
struct Entry<'a> {
    model: usize,
    estimate: &'a Estimate,
    odds: Odds,
}

/// The search for the best plan among some bids.
pub struct Search<'a> {
    entries: Vec<Entry<'a>>,
    weights: Weights,
    verifier: Verifier,
    max_lanes: usize,
}

/// The most bids among which cascades and races are searched.
pub const CANDIDATES: usize = 16;
/// Plans that are tried with one more lane.
const BEAM: usize = 6;
/// The most lanes of a plan, whatever is asked.
pub const LANES: usize = 8;

impl Plan {
    /// One lane.
    #[must_use]
    pub fn single(bid: &Bid, weights: &Weights) -> Self {
        let expected = expected_of(&bid.estimate);
        let score = weights.score(expected.quality, expected.cost_usd, expected.latency_s);
        Self {
            kind: Kind::Single,
            lanes: vec![bid.model],
            starts: vec![1.0],
            expected,
            score,
        }
    }

    /// A lane and a hedge: the second starts if the first fails, or is later than the delay that a
    /// share `late` of its answers exceeds.
    #[must_use]
    pub fn hedge(first: &Bid, second: &Bid, weights: &Weights, late: f64) -> Self {
        let fails = 1.0 - first.estimate.validity;
        let starts = (fails + late).min(1.0);
        let single = expected_of(&first.estimate);
        let rescue = fails * second.estimate.quality;
        let expected = Expected {
            quality: (single.quality + rescue).min(1.0),
            cost_usd: single.cost_usd + starts * second.estimate.cost_usd,
            latency_s: single.latency_s + fails * second.estimate.latency_s,
        };
        let score = weights.score(expected.quality, expected.cost_usd, expected.latency_s);
        let lanes = vec![first.model, second.model];
        Self {
            kind: Kind::Hedge,
            lanes,
            starts: vec![1.0, starts],
            expected,
            score,
        }
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
    /// may run at all. Pairs are tried exhaustively, longer plans by extending the best few.
    #[must_use]
    pub fn best(&self, leading: usize) -> Option<Plan> {
        let mut beam = self.pairs(leading);
        let mut best = None::<(f64, Vec<usize>)>;
        for length in 2..=self.max_lanes.min(LANES) {
            beam.sort_by(|one, other| other.0.total_cmp(&one.0));
            beam.truncate(BEAM);
            let Some(top) = beam.first() else { break };
            if best.as_ref().is_none_or(|best| top.0 > best.0) {
                best = Some(top.clone());
            }
            if length < self.max_lanes {
                beam = beam
                    .iter()
                    .flat_map(|(_, lanes)| self.extensions(lanes))
                    .collect();
            }
        }
        let (_, lanes) = best?;
        let cascade = self.finish(Kind::Cascade, &lanes);
        let race = self.best_race(&lanes);
        Some(
            race.filter(|race| race.score > cascade.score)
                .unwrap_or(cascade),
        )
    }

    fn pairs(&self, leading: usize) -> Vec<(f64, Vec<usize>)> {
        (0..leading.min(self.entries.len()))
            .flat_map(|first| self.extensions(&[first]))
            .collect()
    }

    fn extensions(&self, lanes: &[usize]) -> Vec<(f64, Vec<usize>)> {
        let others = (0..self.entries.len()).filter(|other| !lanes.contains(other));
        let longer = others.map(|other| {
            let mut longer = lanes.to_vec();
            longer.push(other);
            (self.score(&self.cascade(&longer).0), longer)
        });
        longer.collect()
    }

    fn score(&self, expected: &Expected) -> f64 {
        self.weights
            .score(expected.quality, expected.cost_usd, expected.latency_s)
    }

    /// Expectation of a cascade and the chance that each of its lanes starts.
    fn cascade(&self, lanes: &[usize]) -> (Expected, [f64; LANES]) {
        let mut open = Joint::even();
        let mut expected = Expected::default();
        let mut starts = [0.0; LANES];
        for (place, lane) in lanes.iter().enumerate() {
            let entry = &self.entries[*lane];
            let reach: f64 = open.iter().sum();
            starts[place] = reach;
            expected.cost_usd += reach * entry.estimate.cost_usd;
            expected.latency_s += reach * entry.estimate.latency_s;
            let last = place + 1 == lanes.len();
            expected.quality += self.step(&mut open, &entry.odds, last);
        }
        (expected, starts)
    }

    /// One lane of a cascade: what it adds to the quality, and the difficulty of what stays open.
    fn step(&self, open: &mut Odds, odds: &Odds, last: bool) -> f64 {
        let accepts = if last {
            1.0
        } else {
            self.verifier.accepts_good
        };
        let mut good = 0.0;
        for (mass, chance) in open.iter_mut().zip(odds) {
            good += *mass * chance * accepts;
            let accepted =
                chance * self.verifier.accepts_good + (1.0 - chance) * self.verifier.accepts_bad;
            *mass *= 1.0 - accepted;
        }
        good
    }

    /// The lanes of the best cascade, all started at once, in order of speed.
    fn best_race(&self, lanes: &[usize]) -> Option<Plan> {
        if self.weights.per_s <= 0.0 {
            return None;
        }
        let mut order = lanes.to_vec();
        order.sort_by(|one, other| {
            let latency = |place: &usize| self.entries[*place].estimate.latency_s;
            latency(one).total_cmp(&latency(other))
        });
        Some(self.finish(Kind::Race, &order))
    }

    fn finish(&self, kind: Kind, order: &[usize]) -> Plan {
        let (mut expected, starts) = self.cascade(order);
        let mut starts = starts[..order.len()].to_vec();
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

const fn expected_of(estimate: &Estimate) -> Expected {
    Expected {
        quality: estimate.quality,
        cost_usd: estimate.cost_usd,
        latency_s: estimate.latency_s,
    }
}

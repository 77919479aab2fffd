//! Plans: which lanes run, in what order, and what is expected of them together.
//!
//! A verifier accepts a good answer with chance `accepts_good` and a bad one with `accepts_bad`; the
//! first accepted answer is the result, and the last lane's if none was.

use crate::profile::Estimate;

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

const fn expected_of(estimate: &Estimate) -> Expected {
    Expected {
        quality: estimate.quality,
        cost_usd: estimate.cost_usd,
        latency_s: estimate.latency_s,
    }
}

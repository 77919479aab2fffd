//! What the auction decided and everything that is needed to say why.

use super::explore::Curiosity;
use super::{Bid, Plan, Weights};

/// Why a model did not bid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bar {
    /// It was kept out by the caller, with this reason.
    Filtered(String),
    /// Its expected cost is above the task's limit.
    TooDear,
    /// Its expected latency is above the task's limit.
    TooSlow,
    /// Its expected quality is below the task's limit.
    TooWeak,
}

impl Bar {
    /// The reason in words.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Filtered(reason) => reason,
            Self::TooDear => "its expected cost is above the limit",
            Self::TooSlow => "its expected latency is above the limit",
            Self::TooWeak => "its expected quality is below the limit",
        }
    }
}

/// An award.
#[derive(Clone, Debug, PartialEq)]
pub struct Award {
    /// Its number, unique in its exchange.
    pub id: u64,
    /// The task class's number.
    pub class: usize,
    /// Every bid, in order of model number.
    pub bids: Vec<Bid>,
    /// Models that did not bid, and why.
    pub barred: Vec<(usize, Bar)>,
    /// Place of the winner in `bids`: the plan's first lane.
    pub winner: usize,
    /// Place of the bid that leads the plan where nothing is explored.
    pub lead: usize,
    /// Place of the best other bid by score.
    pub runner_up: Option<usize>,
    /// The plan.
    pub plan: Plan,
    /// The weights, paced.
    pub weights: Weights,
    /// Whether the winner was chosen to learn about it rather than for its score.
    pub exploring: bool,
    /// How curious the market was.
    pub curiosity: Curiosity,
    /// Tokens that will be sent.
    pub input_tokens: f64,
    /// The class that was found for it, where the caller named none.
    pub found: Option<Finding>,
}

/// A class found by the task's features.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Finding {
    /// The found class's number.
    pub class: usize,
    /// Whether the bids were made by what is known of it.
    pub decides: bool,
    /// By how much it has predicted outcomes better than no class: mean squared error.
    pub gain: f64,
    /// Standard error of that.
    pub error: f64,
}

impl Award {
    /// The winner's bid.
    #[must_use]
    pub fn winning(&self) -> &Bid {
        &self.bids[self.winner]
    }

    /// The cost up to which the winner would have won, if a cost decides at all.
    #[must_use]
    pub fn critical_price(&self) -> Option<f64> {
        let rival = self.runner_up.map(|place| self.bids[place].score);
        let bid = self.winning();
        self.weights
            .critical_price(bid.estimate.cost_usd, bid.score, rival)
    }

    /// The chance with which this auction chose this winner. A plan that leads with another bid than the best has
    /// the best one's chance as well; of a bid that was explored this is known under a floor alone.
    #[must_use]
    pub fn propensity(&self) -> f64 {
        if !self.curiosity.explores() {
            return 1.0;
        }
        let chance = |place| self.curiosity.propensity(&self.bids, place, &self.weights);
        let best = self.best();
        let led = self.winner != best && self.winner == self.lead;
        (chance(self.winner) + if led { chance(best) } else { 0.0 }).min(1.0)
    }
}

//! Counterfactuals: what would have had to be different for another model to win.

use super::{Award, Bid};

/// A weight that would have changed the winner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flip {
    /// "cost" or "latency".
    pub weight: &'static str,
    /// Whether it would have to be above [`Flip::at`], or below.
    pub above: bool,
    /// The weight at which both scores tie.
    pub at: f64,
    /// Place in the bids of who wins past it.
    pub winner: usize,
}

/// What one number of a losing bid would have had to be, the others being as they were. `None`
/// where no value in its range would have done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shortfall {
    /// Quality above this, up to 1.
    pub quality_above: Option<f64>,
    /// Cost in USD below this, from 0.
    pub cost_below_usd: Option<f64>,
    /// Seconds below this, from 0.
    pub latency_below_s: Option<f64>,
}

impl Award {
    /// Place of the bid with the best score, which wins where no plan and no curiosity decides.
    #[must_use]
    pub fn best(&self) -> usize {
        match self.runner_up {
            Some(rival) if self.bids[rival].score > self.winning().score => rival,
            _ => self.winner,
        }
    }

    /// The nearest cost weight and the nearest latency weight at which another bid has the best score.
    #[must_use]
    pub fn flips(&self) -> Vec<Flip> {
        let cost = self.flip("cost", |bid| bid.estimate.cost_usd, self.weights.per_usd);
        let latency = self.flip("latency", |bid| bid.estimate.latency_s, self.weights.per_s);
        cost.into_iter().chain(latency).collect()
    }

    fn flip(&self, name: &'static str, term: impl Fn(&Bid) -> f64, weight: f64) -> Option<Flip> {
        let best = &self.bids[self.best()];
        let crossing = |(place, bid): (usize, &Bid)| {
            // S_w − δ·t_w = S_b − δ·t_b; until the nearest crossing the best bid stays the best.
            let at = weight + (best.score - bid.score) / (term(best) - term(bid));
            (place != self.best() && at.is_finite() && at >= 0.0).then_some((at, place))
        };
        let crossings = self.bids.iter().enumerate().filter_map(crossing);
        let (at, winner) = crossings
            .min_by(|one, other| (one.0 - weight).abs().total_cmp(&(other.0 - weight).abs()))?;
        Some(Flip {
            weight: name,
            above: at > weight || (at >= weight && term(best) > term(&self.bids[winner])),
            at,
            winner,
        })
    }

    /// What the bid at `place` would have needed to have the best score; `None` for the bid that has.
    #[must_use]
    pub fn shortfall(&self, place: usize) -> Option<Shortfall> {
        let (bid, weights) = (&self.bids[place], &self.weights);
        if place == self.best() {
            return None;
        }
        let gap = self.bids[self.best()].score - bid.score;
        let estimate = &bid.estimate;
        let within = |value: f64, most: f64| (0.0..=most).contains(&value).then_some(value);
        Some(Shortfall {
            quality_above: within(estimate.quality + gap / weights.quality, 1.0),
            cost_below_usd: within(estimate.cost_usd - gap / weights.per_usd, f64::MAX),
            latency_below_s: within(estimate.latency_s - gap / weights.per_s, f64::MAX),
        })
    }
}

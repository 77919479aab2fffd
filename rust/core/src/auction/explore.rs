//! Which bid is tried: draws from posteriors, tempered.
//!
//! Thompson sampling draws every bid's quality from its posterior and awards the best draw. Its
//! exploration is right for an endless future; over a thousand tasks most of it never pays. Scaling
//! the standard deviation by a temperature below one keeps its shape (only doubt is explored, doubt
//! that cannot change the award is not) and makes it as cheap as wanted. Draws are made in the logit
//! of quality, where no draw passes 1: between good models there is little left to find out.

use super::{Bid, Dice, Weights};

/// How much a market explores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Curiosity {
    /// Factor on the posterior's standard deviation; 0 never explores.
    pub temperature: f64,
}

impl Curiosity {
    /// What a market that learns does unless told otherwise.
    pub const LEARNING: Self = Self { temperature: 0.45 };
    /// Never explores.
    pub const NONE: Self = Self { temperature: 0.0 };

    /// Draws each bid's score.
    pub fn draw(self, bids: &mut [Bid], weights: &Weights, dice: &mut Dice) {
        for bid in bids {
            bid.drawn = bid.score;
            if self.temperature > 0.0 {
                bid.drawn = self.at(bid, weights, dice.normal());
            }
        }
    }

    /// The chance that bid `chosen` has the best draw: ∫ φ Π Φ by the midpoint rule.
    #[must_use]
    pub fn propensity(self, bids: &[Bid], chosen: usize, weights: &Weights) -> f64 {
        let chance = |step: usize| {
            let z = -4.0 + 8.0 * (step as f64 + 0.5) / STEPS as f64;
            let best = self.at(&bids[chosen], weights, z);
            let others = bids
                .iter()
                .enumerate()
                .filter(|(place, _)| *place != chosen);
            density(z)
                * others
                    .map(|(_, bid)| below(self.deviate(bid, weights, best)))
                    .product::<f64>()
        };
        ((0..STEPS).map(chance).sum::<f64>() * 8.0 / STEPS as f64).clamp(0.0, 1.0)
    }

    /// A bid's score with its quality `z` tempered standard deviations off.
    fn at(self, bid: &Bid, weights: &Weights, z: f64) -> f64 {
        let quality = bid.estimate.quality;
        let drawn = 1.0 / (1.0 + (-(logit(quality) + z * self.spread(bid, weights))).exp());
        bid.score + weights.quality * (drawn - quality)
    }

    /// The inverse of [`Self::at`]: how many deviations give this score.
    fn deviate(self, bid: &Bid, weights: &Weights, score: f64) -> f64 {
        let quality = bid.estimate.quality + (score - bid.score) / weights.quality.max(1e-12);
        (logit(quality) - logit(bid.estimate.quality)) / self.spread(bid, weights).max(1e-9)
    }

    /// Standard deviation of the tempered draw, in logits (the delta method); doubt about the cost
    /// counts as the doubt about quality that would move the score as much.
    fn spread(self, bid: &Bid, weights: &Weights) -> f64 {
        let estimate = &bid.estimate;
        let cost = weights.per_usd * estimate.cost_doubt / weights.quality.max(1e-12);
        let doubt = estimate.doubt.hypot(cost);
        self.temperature * doubt / (estimate.quality * (1.0 - estimate.quality))
    }
}

fn logit(quality: f64) -> f64 {
    let quality = quality.clamp(1e-9, 1.0 - 1e-9);
    (quality / (1.0 - quality)).ln()
}

/// Steps of the integral.
const STEPS: usize = 64;

fn density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// The normal distribution function (Abramowitz & Stegun 26.2.17, absolute error below 7.5e-8).
#[must_use]
pub fn below(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let tail = t
        * (0.319_381_53
            + t * (-0.356_563_782
                + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    let upper = density(z) * tail;
    if z >= 0.0 { 1.0 - upper } else { upper }
}

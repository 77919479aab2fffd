//! Which bid is tried: draws from posteriors, tempered.
//!
//! Thompson sampling draws every bid's quality from its posterior and awards the best draw. Its
//! exploration is right for an endless future; over a thousand tasks most of it never pays. Scaling
//! the standard deviation by a temperature below one keeps its shape (only doubt is explored, doubt
//! that cannot change the award is not) and makes it as cheap as wanted.

use super::{Bid, Dice};

/// How much a market explores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Curiosity {
    /// Factor on the posterior's standard deviation; 0 never explores.
    pub temperature: f64,
}

impl Curiosity {
    /// What a market that learns does unless told otherwise.
    pub const LEARNING: Self = Self { temperature: 0.3 };
    /// Never explores.
    pub const NONE: Self = Self { temperature: 0.0 };

    /// Draws each bid's score; `value` is V.
    pub fn draw(self, bids: &mut [Bid], value: f64, dice: &mut Dice) {
        for bid in bids {
            bid.drawn = bid.score;
            if self.temperature > 0.0 {
                bid.drawn += value * bid.estimate.doubt * self.temperature * dice.normal();
            }
        }
    }

    /// The chance that bid `chosen` has the best draw: ∫ φ Π Φ by the midpoint rule.
    #[must_use]
    pub fn propensity(self, bids: &[Bid], chosen: usize, value: f64) -> f64 {
        let spread = |bid: &Bid| (value * bid.estimate.doubt * self.temperature).max(1e-12);
        let own = &bids[chosen];
        let chance = |step: usize| {
            let z = -4.0 + 8.0 * (step as f64 + 0.5) / STEPS as f64;
            let at = own.score + z * spread(own);
            let others = bids
                .iter()
                .enumerate()
                .filter(|(place, _)| *place != chosen);
            density(z)
                * others
                    .map(|(_, bid)| below((at - bid.score) / spread(bid)))
                    .product::<f64>()
        };
        ((0..STEPS).map(chance).sum::<f64>() * 8.0 / STEPS as f64).clamp(0.0, 1.0)
    }
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

//! Which bid is tried: the best index, and among near equals a draw.
//!
//! Each bid's quality is taken with what finding out more about it is worth on top (its *promise*, an
//! approximate Gittins index: see [`crate::profile::Belief`]). That explores what may still turn out best
//! for as many tasks as are likely to come and nothing else; draws from posteriors (Thompson sampling)
//! explore for an endless future, of which most never pays back. A draw a few hundredths as wide as
//! the doubt remains: it parts near equals, so that awards have chances and logs can be re-weighed. All
//! of it happens in the logit of quality, where no promise passes 1.

use super::{Bid, Dice, Weights};

/// How much a market explores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Curiosity {
    /// Factor on the promise; 1 is the index, 0 none.
    pub appetite: f64,
    /// Factor on the posterior's standard deviation in draws; 0 draws nothing.
    pub temperature: f64,
}

impl Curiosity {
    /// What a market that learns does unless told otherwise.
    pub const LEARNING: Self = Self::share(1.0);
    /// Never explores.
    pub const NONE: Self = Self::share(0.0);

    /// This share of [`Self::LEARNING`].
    #[must_use]
    pub const fn share(share: f64) -> Self {
        Self {
            appetite: share,
            temperature: 0.05 * share,
        }
    }

    /// Whether anything is explored at all.
    #[must_use]
    pub fn explores(&self) -> bool {
        self.appetite > 0.0 || self.temperature > 0.0
    }

    /// Draws each bid's score.
    pub fn draw(self, bids: &mut [Bid], weights: &Weights, dice: &mut Dice) {
        for bid in bids {
            bid.drawn = if self.explores() {
                self.at(bid, weights, dice.normal())
            } else {
                bid.score
            };
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

    /// A bid's score with its quality taken at its index, `z` tempered standard deviations off.
    fn at(self, bid: &Bid, weights: &Weights, z: f64) -> f64 {
        let (centre, spread) = self.aim(bid, weights);
        let drawn = 1.0 / (1.0 + (-(centre + z * spread)).exp());
        bid.score + weights.quality * (drawn - bid.estimate.quality)
    }

    /// The inverse of [`Self::at`]: how many deviations give this score.
    fn deviate(self, bid: &Bid, weights: &Weights, score: f64) -> f64 {
        let (centre, spread) = self.aim(bid, weights);
        let quality = bid.estimate.quality + (score - bid.score) / weights.quality.max(1e-12);
        (logit(quality) - centre) / spread.max(1e-9)
    }

    /// Centre and standard deviation of the tempered draw, in logits (the delta method). Doubt about the
    /// cost counts as the doubt about quality that would move the score as much; one bill settles most
    /// of it, so that it is promise in full.
    fn aim(self, bid: &Bid, weights: &Weights) -> (f64, f64) {
        let estimate = &bid.estimate;
        let room = (estimate.quality * (1.0 - estimate.quality)).max(0.02);
        let cost = weights.per_usd * estimate.cost_doubt / weights.quality.max(1e-12) / room;
        let (promise, doubt) = (estimate.promise, estimate.doubt / room);
        // Among a thousand bids `hypot`'s guard against overflow would cost more than all the rest.
        let with_cost = |value: f64| (value * value + cost * cost).sqrt();
        (
            estimate.logit + self.appetite * with_cost(promise),
            self.temperature * with_cost(doubt),
        )
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

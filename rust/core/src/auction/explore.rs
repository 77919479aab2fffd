//! Which bid is tried: the best index, and among near equals a draw.
//!
//! Each bid's quality is taken with what finding out more about it is worth on top (its *promise*, an
//! approximate Gittins index: see [`crate::profile::Belief`]). That explores what may still turn out best
//! for as many tasks as are likely to come and nothing else; draws from posteriors (Thompson sampling)
//! explore for an endless future, of which most never pays back. A draw a few hundredths as wide as
//! the doubt remains: it parts near equals, so that awards have chances and logs can be re-weighed. All
//! of it happens in the logit of quality, where no promise passes 1.
//!
//! Where one bid is clearly ahead its chance is next to 1, and a log of such awards says nothing about the others.
//! A *floor* is for those who want to re-weigh their log: with that chance the award goes to any bid, each
//! alike, so that none has a chance below floor/n (ε-greedy logging: Bottou et al. 2013, §4).

use super::choose::best_by;
use super::{Bid, Dice, Weights};

/// How much a market explores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Curiosity {
    /// Factor on the promise; 1 is the index, 0 none.
    pub appetite: f64,
    /// Factor on the posterior's standard deviation in draws; 0 draws nothing.
    pub temperature: f64,
    /// Chance that an award goes to any bid, each alike; 0 none.
    pub floor: f64,
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
            floor: 0.0,
        }
    }

    /// The same with this floor.
    #[must_use]
    pub const fn floored(self, floor: f64) -> Self {
        Self { floor, ..self }
    }

    /// Whether the floor is a chance.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        (0.0..=1.0).contains(&self.floor)
    }

    /// Whether anything is explored at all.
    #[must_use]
    pub fn explores(&self) -> bool {
        self.floor > 0.0 || self.draws()
    }

    /// Whether bids are weighed by more than their scores.
    fn draws(&self) -> bool {
        self.appetite > 0.0 || self.temperature > 0.0
    }

    /// The place of the bid that is tried, among at least one: the best draw, or any by the floor's chance.
    pub fn pick(self, bids: &[Bid], dice: &mut Dice) -> usize {
        // Without a floor no die is cast: equal seeds give the awards they gave before there was one.
        if self.floor > 0.0 && dice.uniform() < self.floor {
            return ((dice.uniform() * bids.len() as f64) as usize).min(bids.len() - 1);
        }
        best_by(bids, None, |bid| bid.drawn).unwrap_or(0)
    }

    /// Draws each bid's score.
    pub fn draw(self, bids: &mut [Bid], weights: &Weights, dice: &mut Dice) {
        for bid in bids {
            bid.drawn = if self.draws() {
                self.at(bid, weights, dice.normal())
            } else {
                bid.score
            };
        }
    }

    /// The chance that bid `chosen` is tried.
    #[must_use]
    pub fn propensity(self, bids: &[Bid], chosen: usize, weights: &Weights) -> f64 {
        let leads = if self.draws() {
            self.leads(bids, chosen, weights)
        } else {
            f64::from(u8::from(
                best_by(bids, None, |bid| bid.score) == Some(chosen),
            ))
        };
        (1.0 - self.floor) * leads + self.floor / bids.len().max(1) as f64
    }

    /// The chance that bid `chosen` has the best draw: ∫ φ Π Φ by the midpoint rule.
    fn leads(self, bids: &[Bid], chosen: usize, weights: &Weights) -> f64 {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Estimate;

    fn bids(qualities: &[f64]) -> Vec<Bid> {
        let bid = |(model, quality): (usize, &f64)| {
            let estimate = Estimate {
                quality: *quality,
                logit: logit(*quality),
                doubt: 0.01,
                ..Estimate::default()
            };
            Bid {
                model,
                estimate,
                score: *quality,
                drawn: *quality,
            }
        };
        qualities.iter().enumerate().map(bid).collect()
    }

    #[test]
    fn under_a_floor_every_bid_has_its_chance_and_chances_add_up() {
        let (weights, mut dice) = (Weights::default(), Dice::new(4));
        for curiosity in [Curiosity::LEARNING, Curiosity::NONE] {
            let floored = curiosity.floored(0.2);
            let mut tried = [0.0; 4];
            for _ in 0..20_000 {
                let mut bids = bids(&[0.9, 0.5, 0.4, 0.3]);
                floored.draw(&mut bids, &weights, &mut dice);
                tried[floored.pick(&bids, &mut dice)] += 1.0 / 20_000.0;
            }
            let bids = bids(&[0.9, 0.5, 0.4, 0.3]);
            for (place, share) in tried.iter().enumerate() {
                let chance = floored.propensity(&bids, place, &weights);
                assert!(chance > 0.049 && (chance - share).abs() < 0.01);
            }
        }
    }

    #[test]
    fn a_floor_of_none_casts_no_die_and_one_outside_its_range_is_unsound() {
        let (mut dice, bids) = (Dice::new(1), bids(&[0.4, 0.6]));
        let before = dice.clone().bits();
        assert_eq!(Curiosity::LEARNING.pick(&bids, &mut dice), 1);
        assert_eq!(dice.bits(), before);
        assert!(Curiosity::LEARNING.is_sound());
        for floor in [-0.1, 1.1, f64::NAN] {
            assert!(!Curiosity::LEARNING.floored(floor).is_sound());
        }
    }
}

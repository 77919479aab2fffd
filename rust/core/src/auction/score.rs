//! The score and the critical price.

use crate::profile::Estimate;

/// What quality, money and time are worth to the buyer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weights {
    /// V: value of an answer of quality 1.
    pub quality: f64,
    /// Value of one USD, before the pacer.
    pub per_usd: f64,
    /// Value of one second.
    pub per_s: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            quality: 1.0,
            per_usd: 1.0,
            per_s: 0.0,
        }
    }
}

impl Weights {
    /// Whether all three are finite and not negative.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        [self.quality, self.per_usd, self.per_s]
            .iter()
            .all(|weight| weight.is_finite() && *weight >= 0.0)
    }

    /// The same weights with money `1 + multiplier` times as dear.
    #[must_use]
    pub fn paced(&self, multiplier: f64) -> Self {
        Self {
            per_usd: self.per_usd * (1.0 + multiplier),
            ..*self
        }
    }

    /// `S = V·q − per_usd·c − per_s·l`.
    #[must_use]
    pub fn score(&self, quality: f64, cost_usd: f64, latency_s: f64) -> f64 {
        self.quality * quality - self.per_usd * cost_usd - self.per_s * latency_s
    }

    /// The score of an estimate.
    #[must_use]
    pub fn of(&self, estimate: &Estimate) -> f64 {
        self.score(estimate.quality, estimate.cost_usd, estimate.latency_s)
    }

    /// The cost up to which a winner with `score` keeps winning against `rival`; `None` where money
    /// has no weight or nobody else bid: then no cost would have changed the award.
    #[must_use]
    pub fn critical_price(&self, cost_usd: f64, score: f64, rival: Option<f64>) -> Option<f64> {
        let rival = rival?;
        (self.per_usd > 0.0).then(|| cost_usd + (score - rival) / self.per_usd)
    }
}

#[cfg(test)]
mod tests {
    use super::Weights;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn at_the_critical_price_winner_and_rival_tie(q in 0.0_f64..1.0, c in 0.0_f64..0.1, rival in -1.0_f64..1.0, per_usd in 0.1_f64..100.0) {
            let weights = Weights { quality: 1.0, per_usd, per_s: 0.0 };
            let score = weights.score(q, c, 0.0);
            let price = weights.critical_price(c, score, Some(rival)).unwrap_or(f64::NAN);
            prop_assert!((weights.score(q, price, 0.0) - rival).abs() < 1e-9);
        }
    }

    #[test]
    fn without_a_price_of_money_or_a_rival_no_cost_decides() {
        let free = Weights {
            per_usd: 0.0,
            ..Weights::default()
        };
        assert_eq!(free.critical_price(1.0, 0.5, Some(0.1)), None);
        assert_eq!(Weights::default().critical_price(1.0, 0.5, None), None);
    }
}

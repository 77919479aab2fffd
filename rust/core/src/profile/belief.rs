//! What is known of one cell's quality, and what finding out more is worth.
//!
//! # The index
//!
//! Asking a model earns its quality now and knowledge for later. For a normal arm with posterior mean m,
//! variance v and noise σ² per outcome, faced over some H tasks to come, the price at which asking it is
//! worth as much as a sure reward is the Gittins index, m + √v·ψ(v·H/σ²), with ψ as Brezzi and Lai fitted
//! it (*Optimal learning and experimentation in bandit problems*, 2002). Greedy on the index is optimal
//! for independent arms and near it here; nothing is drawn, models that cannot catch up are never asked.
//!
//! A cell's logit is its model's level, of use in every class, plus its quirk, of use in this class
//! alone: the two parts have horizons of their own, and their bonuses add like standard deviations.

/// A cell's quality as far as it is known, in logits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Belief {
    /// Posterior mean of the logit.
    pub logit: f64,
    /// Mean quality, the doubt about the logit averaged out.
    pub quality: f64,
    /// Variance of the model's level.
    level: f64,
    /// Variance of what is the class's alone.
    quirk: f64,
    /// How much of the cell rests on its pool, 1 without outcomes.
    rest: f64,
    /// Variance of a single outcome's logit.
    noise: f64,
}

impl Belief {
    /// A belief from the parts that a pool knows; `noise` is its noise ratio φ.
    #[must_use]
    pub fn new(logit: f64, level: f64, quirk: f64, rest: f64, noise: f64) -> Self {
        let variance = quirk + rest * rest * level;
        // MacKay's approximation of a logistic function's mean under a normal distribution.
        let shrunk = logit / (1.0 + variance * std::f64::consts::PI / 8.0).sqrt();
        let quality = (1.0 / (1.0 + (-shrunk).exp())).clamp(0.002, 0.998);
        Self {
            logit: shrunk,
            quality,
            level,
            quirk,
            rest,
            noise: noise / (quality * (1.0 - quality)),
        }
    }

    /// Standard deviation of the quality: how unsure its mean is.
    #[must_use]
    pub fn doubt(&self) -> f64 {
        let variance = self.quirk + self.rest * self.rest * self.level;
        variance.sqrt() * self.quality * (1.0 - self.quality)
    }

    /// How far the index lies above the mean, in logits, with `horizon` tasks ahead of which
    /// `own_horizon` are of this class.
    #[must_use]
    pub fn promise(&self, horizon: f64, own_horizon: f64) -> f64 {
        // What one more outcome here adds to the level's precision falls with the quirk's share.
        let seen = self.rest * self.rest / self.noise;
        let level = index(self.level, seen * horizon);
        let quirk = index(self.quirk, own_horizon / self.noise);
        // `hypot` guards against overflows that logits cannot cause, at several times the price.
        (level * level + quirk * quirk).sqrt()
    }
}

/// √v·ψ(v·`worth`): the index's distance from the mean; `worth` is the horizon over the noise.
fn index(variance: f64, worth: f64) -> f64 {
    variance.sqrt() * boundary(variance * worth)
}

/// Brezzi and Lai's approximation ψ of the optimal stopping boundary, each piece capped where the
/// next begins, that it never falls.
fn boundary(s: f64) -> f64 {
    if s <= 0.2 {
        (0.5 * s).sqrt().min(0.244)
    } else if s <= 1.0 {
        (0.49 - 0.11 / s.sqrt()).min(0.37)
    } else if s <= 5.0 {
        (0.63 - 0.26 / s.sqrt()).min(0.51)
    } else if s <= 15.0 {
        0.77 - 0.58 / s.sqrt()
    } else {
        let log = s.ln();
        (2.0 * log - log.ln() - (16.0 * std::f64::consts::PI).ln()).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boundary_never_falls() {
        let steps: Vec<f64> = (1..4_000)
            .map(|step| boundary(0.01 * f64::from(step)))
            .collect();
        for pair in steps.windows(2) {
            assert!(pair[1] >= pair[0] && pair[1] - pair[0] < 0.1, "{pair:?}");
        }
    }

    #[test]
    fn what_is_well_known_promises_little_and_quirks_promise_their_class_alone() {
        let belief = |level, quirk, rest| Belief::new(1.0, level, quirk, rest, 1.0);
        let unknown = belief(0.5, 0.1, 1.0).promise(1_000.0, 100.0);
        let known = belief(0.005, 0.001, 0.01).promise(1_000.0, 100.0);
        assert!(unknown > 1.0 && known < 0.05, "{unknown} {known}");
        let (rare, usual) = (belief(0.0, 0.1, 1.0), belief(0.0, 0.1, 1.0));
        assert!(rare.promise(1_000.0, 10.0) < usual.promise(1_000.0, 1_000.0));
    }

    #[test]
    fn doubt_pulls_the_mean_quality_toward_a_half() {
        let sure = Belief::new(2.0, 0.0, 0.0, 0.0, 1.0);
        let unsure = Belief::new(2.0, 1.0, 0.5, 1.0, 1.0);
        assert!(sure.quality > unsure.quality && unsure.quality > 0.5);
        assert!(sure.doubt() < 1e-9 && unsure.doubt() > 0.1);
    }
}

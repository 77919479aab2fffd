//! How outcomes on one task go together.
//!
//! A task has a latent difficulty z ~ N(0, 1), shared by all models: model *m* is good with chance
//! `σ(α_m + s·z)`, where `α_m` makes the average over z equal to its posterior mean. Integrals over z are
//! sums over the nodes of Gauss–Hermite quadrature. The one parameter s is learned from tasks on which
//! several models were seen: the slope of the later model's standardised surprise on the earlier's is
//! an unbiased estimate of their correlation even where the later ran only because the earlier failed.

use serde::{Deserialize, Serialize};

use super::Tally;

/// Number of quadrature nodes.
pub const NODES: usize = 7;
/// Probabilists' Gauss–Hermite nodes for seven points (Abramowitz & Stegun, table 25.10, scaled by √2).
const Z: [f64; NODES] = [
    -3.750_439_717_725_74,
    -2.366_759_410_734_541,
    -1.154_405_394_739_968,
    0.0,
    1.154_405_394_739_968,
    2.366_759_410_734_541,
    3.750_439_717_725_74,
];
/// Their weights, scaled to sum to one.
const W: [f64; NODES] = [
    5.482_688_559_722_185e-4,
    3.075_712_396_758_65e-2,
    2.401_231_786_050_126e-1,
    4.571_428_571_428_571e-1,
    2.401_231_786_050_126e-1,
    3.075_712_396_758_65e-2,
    5.482_688_559_722_185e-4,
];
/// Correlation expected between two models' outcomes on one task, and the pairs it is worth.
const PRIOR: (f64, f64) = (0.3, 20.0);
/// Pairs remembered.
const MEMORY: f64 = 5_000.0;

/// A model's chance of being good at each node of difficulty.
pub type Odds = [f64; NODES];

/// The shared difficulty: what was learned about it, and the loading that follows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Joint {
    /// Σ r₁r₂ of standardised surprises, as the tally of a slope's numerator.
    product: Tally,
    /// Σ r₁², the slope's denominator.
    square: Tally,
    /// The loading s.
    #[serde(skip, default = "prior_loading")]
    loading: f64,
}

impl Default for Joint {
    fn default() -> Self {
        Self {
            product: Tally::default(),
            square: Tally::default(),
            loading: prior_loading(),
        }
    }
}

impl Joint {
    /// Learns from a pair: standardised surprises (outcome − expectation)/sd, the earlier lane first.
    /// The loading follows with the next [`Joint::settle`].
    pub fn learn(&mut self, earlier: f64, later: f64) {
        let (earlier, later) = (earlier.clamp(-4.0, 4.0), later.clamp(-4.0, 4.0));
        self.product.add(earlier * later, MEMORY);
        self.square.add(earlier * earlier, MEMORY);
    }

    /// Adds what another process has learned.
    pub fn merge(&mut self, other: &Self) {
        self.product.merge(&other.product, MEMORY);
        self.square.merge(&other.square, MEMORY);
    }

    /// Computes the loading from what was learned.
    pub fn settle(&mut self) {
        self.loading = loading_of(self.correlation());
    }

    /// Correlation of two models' outcomes on one task.
    #[must_use]
    pub fn correlation(&self) -> f64 {
        let slope = (self.product.sum + PRIOR.0 * PRIOR.1) / (self.square.sum + PRIOR.1);
        slope.clamp(0.0, 0.9)
    }

    /// Whether a joint read from a file can be used.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.product.is_sound() && self.square.is_sound()
    }

    /// The chances at each node of a model that is good with chance `mean` overall.
    #[must_use]
    pub fn odds(&self, mean: f64) -> Odds {
        let spread = self.loading * self.loading;
        let mut alpha = logit(mean) * (1.0 + spread * std::f64::consts::PI / 8.0).sqrt();
        let mut odds = at(alpha, self.loading);
        // One Newton step makes the average exact to well under a thousandth.
        let (mut average, mut slope) = (0.0, 1e-9);
        for (chance, weight) in odds.iter().zip(W) {
            average += weight * chance;
            slope += weight * chance * (1.0 - chance);
        }
        alpha += ((mean - average) / slope).clamp(-1.0, 1.0);
        odds = at(alpha, self.loading);
        odds
    }

    /// The distribution of difficulty before anything is known of the task.
    #[must_use]
    pub const fn even() -> Odds {
        W
    }

    /// What an outcome `quality` of a model with `odds` does to a distribution of difficulty.
    pub fn condition(belief: &mut Odds, odds: &Odds, quality: f64) {
        for (mass, chance) in belief.iter_mut().zip(odds) {
            *mass *= quality * chance + (1.0 - quality) * (1.0 - chance);
        }
        let total: f64 = belief.iter().sum();
        if total > 1e-12 {
            for mass in belief {
                *mass /= total;
            }
        } else {
            *belief = W;
        }
    }

    /// Chance of being good under a distribution of difficulty.
    #[must_use]
    pub fn chance(belief: &Odds, odds: &Odds) -> f64 {
        belief
            .iter()
            .zip(odds)
            .map(|(mass, chance)| mass * chance)
            .sum()
    }
}

fn prior_loading() -> f64 {
    loading_of(PRIOR.0)
}

fn at(alpha: f64, loading: f64) -> Odds {
    Z.map(|z| 1.0 / (1.0 + (-(alpha + loading * z)).exp()))
}

fn logit(p: f64) -> f64 {
    let p = p.clamp(1e-4, 1.0 - 1e-4);
    (p / (1.0 - p)).ln()
}

/// The loading that gives two models of quality about ¾ this correlation, by bisection: the
/// correlation grows with the loading.
fn loading_of(correlation: f64) -> f64 {
    let (mut low, mut high) = (0.0, 12.0);
    for _ in 0..24 {
        let middle = f64::midpoint(low, high);
        if correlation_at(middle) < correlation {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

fn correlation_at(loading: f64) -> f64 {
    let alpha = 1.1 * (1.0 + loading * loading * std::f64::consts::PI / 8.0).sqrt();
    let odds = at(alpha, loading);
    let mean: f64 = odds
        .iter()
        .zip(W)
        .map(|(chance, weight)| weight * chance)
        .sum();
    let square: f64 = odds
        .iter()
        .zip(W)
        .map(|(chance, weight)| weight * chance * chance)
        .sum();
    (square - mean * mean) / (mean * (1.0 - mean))
}

//! Seconds that something takes: measured values, or a mixture of log-normals.

use std::f64::consts::TAU;

use crate::auction::Dice;

/// A distribution of seconds.
#[derive(Clone, Debug, PartialEq)]
pub enum Times {
    /// Always as long.
    Constant(f64),
    /// One of these, equally likely: measured values, or a profile's quantiles.
    Samples(Vec<f64>),
    /// One of these log-normals (weight, median, sigma of the logarithm); the weights add up to one.
    Mixture(Vec<(f64, f64, f64)>),
}

impl Times {
    /// A draw.
    #[must_use]
    pub fn draw(&self, dice: &mut Dice) -> f64 {
        match self {
            Self::Constant(seconds) => *seconds,
            Self::Samples(samples) => {
                let place = (dice.uniform() * samples.len() as f64) as usize;
                samples.get(place).copied().unwrap_or(0.0)
            }
            Self::Mixture(parts) => {
                let (median, sigma) = pick(parts, dice.uniform());
                median * (sigma * normal(dice)).exp()
            }
        }
    }

    /// The mean in seconds.
    #[must_use]
    pub fn mean(&self) -> f64 {
        match self {
            Self::Constant(seconds) => *seconds,
            Self::Samples(samples) => samples.iter().sum::<f64>() / samples.len().max(1) as f64,
            Self::Mixture(parts) => parts
                .iter()
                .map(|(weight, median, sigma)| weight * median * (sigma * sigma / 2.0).exp())
                .sum(),
        }
    }
}

fn pick(parts: &[(f64, f64, f64)], mut mass: f64) -> (f64, f64) {
    let mut picked = (0.0, 0.0);
    for (weight, median, sigma) in parts {
        picked = (*median, *sigma);
        mass -= weight;
        if mass < 0.0 {
            break;
        }
    }
    picked
}

/// Standard normal by Box and Muller (1958): unlike a sum of uniforms its tails are whole.
fn normal(dice: &mut Dice) -> f64 {
    let radius = (-2.0 * (1.0 - dice.uniform()).ln()).sqrt();
    radius * (TAU * dice.uniform()).cos()
}

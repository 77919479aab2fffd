//! One model's bid for one task, with the terms of its score.

use crate::profile::Estimate;

/// A bid as it stood when the award was made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bid {
    /// The model's number.
    pub model: usize,
    /// What was expected of it.
    pub estimate: Estimate,
    /// Its score.
    pub score: f64,
    /// Its score with quality drawn from the posterior: what decided if the market was exploring.
    pub drawn: f64,
}

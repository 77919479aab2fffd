//! What is simulated: models, requests, policies.

use super::policy::Policy;
use super::times::Times;
use crate::wire::Delta;

/// One model's behaviour.
#[derive(Clone, Debug, PartialEq)]
pub struct Actor {
    /// Its name.
    pub name: String,
    /// Seconds to the first token, or to the failure of a call that fails.
    pub ttft: Times,
    /// Seconds from the first token to the end of the answer.
    pub rest: Times,
    /// Chance that a call fails.
    pub fails: f64,
    /// Chance that a whole answer is accepted.
    pub valid: f64,
    /// Mean quality of an accepted answer, 0..=1.
    pub quality: f64,
    /// Price of the prompt, USD.
    pub in_usd: f64,
    /// Price of a whole answer, USD.
    pub out_usd: f64,
    /// Whether a close is billed in full.
    pub bills_all: bool,
}

/// How the requests come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Task {
    /// How many.
    pub races: usize,
    /// How many a second, in the mean.
    pub rate: f64,
    /// Seconds after which a request is over, if any.
    pub deadline_s: Option<f64>,
    /// Seed of every draw.
    pub seed: u64,
}

/// A simulation.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// The models.
    pub actors: Vec<Actor>,
    /// The requests.
    pub task: Task,
    /// What every lane says: a first token, and the end.
    pub script: [Delta; 2],
    /// What is compared; the first is what the others' extra spend is measured against.
    pub policies: Vec<Policy>,
}

impl World {
    /// The answer that every lane gives: what it says is nothing to the policies.
    #[must_use]
    pub fn script() -> [Delta; 2] {
        let text = Delta::Text("x".to_owned());
        let reason = "stop".to_owned();
        [text, Delta::Finish { reason }]
    }
}

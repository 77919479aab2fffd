//! One (task class × model): what was seen there.

use serde::{Deserialize, Serialize};

use super::Tally;

/// What one lane's run turned out to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// Quality in 0..=1, or `None` while nobody has judged it. An invalid answer has quality 0.
    pub quality: Option<f64>,
    /// Whether the answer was valid for its schema and criteria.
    pub valid: bool,
    /// What it cost in USD, if known.
    pub cost_usd: Option<f64>,
    /// Seconds from request to complete answer, if it was complete.
    pub latency_s: Option<f64>,
    /// Seconds to the first token, if one came.
    pub ttft_s: Option<f64>,
    /// Tokens sent.
    pub input_tokens: f64,
    /// Tokens received, if the provider said so.
    pub output_tokens: Option<f64>,
}

/// The tallies of one cell; empty cells cost nothing but their space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Outcomes ever learned here, never forgotten: the count that shows that none is lost.
    pub trials: u64,
    /// Quality, corrected for the difficulty of the tasks it was seen on.
    pub quality: Tally,
    /// Validity, 0 or 1.
    pub valid: Tally,
    /// Spend beyond the input price, in units of [`super::Card::unit_usd`].
    pub output: Tally,
    /// Seconds to the complete answer.
    pub latency: Tally,
}

impl Cell {
    /// Adds what another cell has seen.
    pub fn merge(&mut self, other: &Self, memory: f64) {
        self.trials = self.trials.saturating_add(other.trials);
        self.quality.merge(&other.quality, memory);
        self.valid.merge(&other.valid, memory);
        self.output.merge(&other.output, memory);
        self.latency.merge(&other.latency, memory);
    }

    /// Whether a cell read from a file can be used.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        [self.quality, self.valid, self.output, self.latency]
            .iter()
            .all(Tally::is_sound)
    }
}

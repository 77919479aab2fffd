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
    /// How many of these outcomes came from tasks on which other models were seen as well.
    #[serde(default)]
    pub paired: f64,
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
        self.paired = (self.paired + other.paired).min(self.quality.weight);
        self.valid.merge(&other.valid, memory);
        self.output.merge(&other.output, memory);
        self.latency.merge(&other.latency, memory);
    }

    /// Adds a judged quality, forgetting as [`Tally::add`] does.
    pub fn judge(&mut self, quality: f64, memory: f64) {
        let kept = (memory / (self.quality.weight + 1.0)).min(1.0);
        self.quality.add(quality, memory);
        self.paired *= kept;
    }

    /// The share of the outcomes that came from tasks on which other models were seen as well.
    #[must_use]
    pub fn paired_share(&self) -> f64 {
        (self.paired / self.quality.weight.max(1e-9)).clamp(0.0, 1.0)
    }

    /// Whether a cell read from a file can be used.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        [self.quality, self.valid, self.output, self.latency]
            .iter()
            .all(Tally::is_sound)
            && self.paired.is_finite()
            && self.paired >= 0.0
    }
}

//! One model: its prices, its prior, and what is learned about it across task classes.

use serde::{Deserialize, Serialize};

use super::{Alarm, Sketch, Tally};

/// What is known about a model before it has answered anything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Card {
    /// The model's name, unique in a book.
    pub name: String,
    /// USD per million input tokens.
    pub price_in: f64,
    /// USD per million output tokens.
    pub price_out: f64,
    /// Mean quality somebody else measured (0..=1), if any.
    pub quality: Option<f64>,
    /// How many outcomes that measurement is worth.
    pub evidence: f64,
}

impl Card {
    /// Whether prices and prior are usable numbers.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let price = |value: f64| value.is_finite() && value >= 0.0;
        price(self.price_in)
            && price(self.price_out)
            && price(self.evidence)
            && self
                .quality
                .is_none_or(|quality| (0.0..=1.0).contains(&quality))
    }
}

/// What is learned about one model over all classes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Output tokens relative to what the class's models send; USD where there is no output price.
    pub verbosity: Tally,
    /// Seconds to the complete answer.
    pub latency: Sketch,
    /// Seconds to the first token.
    pub ttft: Sketch,
    /// Output tokens per second after the first.
    pub speed: Sketch,
    /// Change detection on quality and cost.
    #[serde(skip)]
    pub alarm: Alarm,
}

impl Record {
    /// Adds what another record has seen. Alarms are of this process and stay as they are.
    pub fn merge(&mut self, other: &Self, memory: f64) {
        self.verbosity.merge(&other.verbosity, memory);
        self.latency.merge(&other.latency);
        self.ttft.merge(&other.ttft);
        self.speed.merge(&other.speed);
    }

    /// Whether a record read from a file can be used.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.verbosity.is_sound()
            && [&self.latency, &self.ttft, &self.speed]
                .iter()
                .all(|sketch| sketch.is_sound())
    }
}

//! One model: its prices, its prior, and what is learned about it across task classes.

use serde::{Deserialize, Serialize};

use super::{Alarm, Sketch, Tally, Tide};

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
    /// How many logits better than a usual model of its price its kind is thought to be; 0 where nothing
    /// is known. A direction, not a measurement: it moves what is expected before outcomes, no more.
    pub standing: f64,
}

impl Card {
    /// USD of one *unit* of output: the mean of both prices a token. A bill without usage does not say
    /// how much of it was hidden input (a provider's own prompt) and how much output; in this unit
    /// what one model's bill says about another's is off by little either way.
    #[must_use]
    pub fn unit_usd(&self) -> f64 {
        if self.price_out > 0.0 {
            0.5e-6 * (self.price_in + self.price_out)
        } else {
            1.0
        }
    }

    /// Whether prices and prior are usable numbers.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let price = |value: f64| value.is_finite() && value >= 0.0;
        price(self.price_in)
            && price(self.price_out)
            && price(self.evidence)
            && self.standing.is_finite()
            && self
                .quality
                .is_none_or(|quality| (0.0..=1.0).contains(&quality))
    }
}

/// What is learned about one model over all classes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Output units relative to what the class's models send; USD where there is no output price.
    pub verbosity: Tally,
    /// Seconds to the complete answer.
    pub latency: Sketch,
    /// Seconds to the complete answer over what was expected in its class: the shape of its scatter.
    #[serde(default)]
    pub pace: Sketch,
    /// Seconds to the first token.
    pub ttft: Sketch,
    /// Output tokens per second after the first.
    pub speed: Sketch,
    /// How much slower it is under load, and by the hour of the day.
    #[serde(default)]
    pub tide: Tide,
    /// Change detection on quality and cost.
    #[serde(skip)]
    pub alarm: Alarm,
}

impl Record {
    /// Adds what another record has seen. Alarms are of this process and stay as they are.
    pub fn merge(&mut self, other: &Self, memory: f64) {
        self.verbosity.merge(&other.verbosity, memory);
        self.latency.merge(&other.latency);
        self.pace.merge(&other.pace);
        self.ttft.merge(&other.ttft);
        self.speed.merge(&other.speed);
        self.tide.merge(&other.tide);
    }

    /// Whether a record read from a file can be used.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.verbosity.is_sound()
            && self.tide.is_sound()
            && [&self.latency, &self.pace, &self.ttft, &self.speed]
                .iter()
                .all(|sketch| sketch.is_sound())
    }
}

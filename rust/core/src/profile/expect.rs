//! What a book expects: the numbers a bid is made of.

use super::{Book, Estimate, Request};

/// Output units where nothing is known.
const DEFAULT_OUTPUT: f64 = 256.0;
/// Seconds to a complete answer where nothing is known.
const DEFAULT_LATENCY: f64 = 1.0;
/// Pseudo-outcomes with which a cell leans on its pool (output, latency).
const LEAN: f64 = 4.0;
/// Validity before any outcome, and what that is worth.
const VALIDITY: (f64, f64) = (0.97, 10.0);
/// Relative standard deviation of the cost of a model that has never sent a bill.
const COST_DOUBT: f64 = 0.5;

impl Book {
    /// What is expected of `model` on a task.
    #[must_use]
    pub fn estimate(&self, request: &Request, model: usize) -> Estimate {
        let cell = &self.rows[request.class][model];
        let (quality, variance) =
            self.pool
                .posterior(cell, request.class, model, self.anchors[model]);
        let cost_usd = self.cost(request, model);
        Estimate {
            quality,
            doubt: variance.sqrt(),
            evidence: cell.quality.weight,
            validity: cell.valid.mean_toward(VALIDITY.0, VALIDITY.1),
            cost_usd,
            cost_doubt: COST_DOUBT * cost_usd / (1.0 + self.records[model].verbosity.weight).sqrt(),
            latency_s: self.latency(request.class, model),
        }
    }

    /// Expected cost in USD of one call.
    #[must_use]
    pub fn cost(&self, request: &Request, model: usize) -> f64 {
        let card = &self.cards[model];
        let sent = card.price_in * 1e-6 * request.input_tokens;
        let received = self.output(request.class, model) * card.unit_usd();
        let bound = request
            .output_limit
            .map_or(f64::INFINITY, |limit| card.price_out * 1e-6 * limit);
        let bounded = if card.price_out > 0.0 {
            received.min(bound)
        } else {
            received
        };
        (sent + bounded).max(0.0)
    }

    /// Expected output in units of the model's [`super::Card::unit_usd`].
    fn output(&self, class: usize, model: usize) -> f64 {
        let record = &self.records[model];
        let pooled = if self.cards[model].price_out > 0.0 {
            self.usual_output(class) * record.verbosity.mean_toward(1.0, 2.0)
        } else {
            record.verbosity.mean_toward(0.0, 1e-9)
        };
        self.rows[class][model].output.mean_toward(pooled, LEAN)
    }

    /// Output units that are usual in a class, whichever the model.
    #[must_use]
    pub fn usual_output(&self, class: usize) -> f64 {
        self.class_output[class].mean_toward(DEFAULT_OUTPUT, 1.0)
    }

    /// Expected seconds to the complete answer.
    #[must_use]
    pub fn latency(&self, class: usize, model: usize) -> f64 {
        let pooled = self.records[model]
            .latency
            .mean()
            .unwrap_or(DEFAULT_LATENCY);
        self.rows[class][model].latency.mean_toward(pooled, LEAN)
    }

    /// Quantile `p` of seconds to the complete answer, the model's shape at the cell's scale.
    #[must_use]
    pub fn latency_quantile(&self, class: usize, model: usize, p: f64) -> f64 {
        let expected = self.latency(class, model);
        let sketch = &self.records[model].latency;
        match (sketch.quantile(p), sketch.mean()) {
            (Some(quantile), Some(mean)) if mean > 0.0 => expected * quantile / mean,
            // An exponential tail stands in for a shape that nobody has seen.
            _ => expected * -(1.0 - p).max(1e-6).ln(),
        }
    }

    /// Chance that a complete answer takes longer than `seconds`: the model's shape at the cell's scale.
    #[must_use]
    pub fn later_than(&self, class: usize, model: usize, seconds: f64) -> f64 {
        let expected = self.latency(class, model);
        let sketch = &self.records[model].latency;
        match sketch.mean() {
            Some(mean) if expected > 0.0 && sketch.weight() > 0.0 => {
                sketch.above(seconds * mean / expected)
            }
            _ => (-seconds / expected.max(1e-9)).exp().min(1.0),
        }
    }

    /// Quantile `p` of seconds to the first token, or `None` before any was timed.
    #[must_use]
    pub fn ttft_quantile(&self, model: usize, p: f64) -> Option<f64> {
        self.records[model].ttft.quantile(p)
    }
}

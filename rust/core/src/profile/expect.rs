//! What a book expects: the numbers a bid is made of.

use super::{Book, Estimate, Moment, Request};

/// What is usual where an outcome was seen, in the book that decides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usual {
    /// Output units of the class.
    pub output: f64,
    /// Seconds expected of the cell and of its model over all classes; `None` before any were timed.
    pub latency: Option<(f64, f64)>,
}

/// Output units where nothing is known.
const DEFAULT_OUTPUT: f64 = 256.0;
/// Seconds to a complete answer where nothing is known.
const DEFAULT_LATENCY: f64 = 1.0;
/// Pseudo-outcomes with which a cell leans on its pool (output, latency).
const LEAN: f64 = 4.0;
/// Timed answers that the exponential shape is worth.
const SHAPE: f64 = 2.0;
/// Validity before any outcome, and what that is worth.
const VALIDITY: (f64, f64) = (0.97, 10.0);
/// Relative standard deviation of the cost of a model that has never sent a bill.
const COST_DOUBT: f64 = 0.5;

impl Book {
    /// What is expected of `model` on a task.
    #[must_use]
    pub fn estimate(&self, request: &Request, model: usize) -> Estimate {
        let cell = &self.rows[request.class][model];
        let belief = self.belief(request.class, model);
        let cost_usd = self.cost(request, model);
        let horizon = self.horizon();
        Estimate {
            quality: belief.quality,
            logit: belief.logit,
            doubt: belief.doubt(),
            promise: belief.promise(horizon, horizon * self.share(request.class)),
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

    /// Expected seconds to the complete answer: the cell's, leaning on the model's usual time at the
    /// class's pace.
    #[must_use]
    pub fn latency(&self, class: usize, model: usize) -> f64 {
        let pace = self.class_pace[class].mean_toward(1.0, LEAN);
        let pooled = pace * self.usual_latency(model);
        self.rows[class][model].latency.mean_toward(pooled, LEAN)
    }

    /// By what factor a model is slower than usual at this moment.
    #[must_use]
    pub fn tide(&self, model: usize, moment: &Moment) -> f64 {
        self.records[model].tide.factor(moment)
    }

    /// Seconds that are usual for a model, whatever the class.
    fn usual_latency(&self, model: usize) -> f64 {
        let seen = &self.records[model].latency;
        seen.mean().unwrap_or(DEFAULT_LATENCY)
    }

    /// What an outcome of this cell is measured against.
    #[must_use]
    pub fn usual(&self, class: usize, model: usize) -> Usual {
        let timed = self.records[model].latency.weight() > 0.0;
        Usual {
            output: self.usual_output(class),
            latency: timed.then(|| (self.latency(class, model), self.usual_latency(model))),
        }
    }

    /// Quantile `p` of seconds to the complete answer, the model's shape at the cell's scale.
    #[must_use]
    pub fn latency_quantile(&self, class: usize, model: usize, p: f64) -> f64 {
        let pace = &self.records[model].pace;
        // An exponential tail stands in for a shape that nobody has seen.
        let tail = -(1.0 - p).max(1e-6).ln();
        let shape = match (pace.quantile(p), pace.mean()) {
            (Some(quantile), Some(mean)) if mean > 0.0 => {
                (pace.weight() * quantile / mean + SHAPE * tail) / (pace.weight() + SHAPE)
            }
            _ => tail,
        };
        self.latency(class, model) * shape
    }

    /// Chance that a complete answer takes longer than `seconds`: the model's shape at the cell's scale.
    #[must_use]
    pub fn later_than(&self, class: usize, model: usize, seconds: f64) -> f64 {
        let ratio = seconds / self.latency(class, model).max(1e-9);
        let tail = (-ratio).exp().min(1.0);
        let pace = &self.records[model].pace;
        pace.mean().map_or(tail, |mean| {
            (pace.weight() * pace.above(ratio * mean) + SHAPE * tail) / (pace.weight() + SHAPE)
        })
    }

    /// Quantile `p` of seconds to the first token, or `None` before any was timed.
    #[must_use]
    pub fn ttft_quantile(&self, model: usize, p: f64) -> Option<f64> {
        self.records[model].ttft.quantile(p)
    }
}

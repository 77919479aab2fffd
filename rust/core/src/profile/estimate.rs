//! What is expected of one model on one task: the numbers a bid is made of.

/// What a task asks for, as far as expectations depend on it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Request {
    /// Number of the task class in the book.
    pub class: usize,
    /// Tokens that will be sent.
    pub input_tokens: f64,
    /// The most tokens that may come back, if bounded.
    pub output_limit: Option<f64>,
}

/// Expectations of one model on one task.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// Mean quality, 0..=1, invalid answers counting as 0.
    pub quality: f64,
    /// Standard deviation of that mean: how unsure it is, not how outcomes scatter.
    pub doubt: f64,
    /// The quality's logit.
    pub logit: f64,
    /// How far the index lies above that logit: what finding out is worth ([`super::Belief`]).
    pub promise: f64,
    /// Outcomes of this cell behind the quality.
    pub evidence: f64,
    /// Chance that the answer is valid.
    pub validity: f64,
    /// Mean cost in USD.
    pub cost_usd: f64,
    /// Standard deviation of that mean: how unsure it is.
    pub cost_doubt: f64,
    /// Mean seconds to the complete answer.
    pub latency_s: f64,
}

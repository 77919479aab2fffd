//! What came of each policy.

use serde::Serialize;

/// Points of a curve: quantiles at which times are told, more of them where tails are.
const CURVE: usize = 100;

/// One policy's figures; times are seconds to the accepted answer, money is USD.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Row {
    /// The policy's name.
    pub name: String,
    /// Requests.
    pub races: usize,
    /// Share of requests without an accepted answer; they count as infinitely late.
    pub unanswered: f64,
    /// Half of the requests are faster.
    pub p50_s: f64,
    /// Nine in ten are faster.
    pub p90_s: f64,
    /// 99 in a hundred are faster.
    pub p99_s: f64,
    /// 999 in a thousand are faster.
    pub p999_s: f64,
    /// Mean of the answered ones.
    pub mean_s: f64,
    /// Mean cost of a request.
    pub cost_usd: f64,
    /// Cost over the first policy's, less one.
    pub extra_spend: f64,
    /// Mean quality; a request without answer counts 0.
    pub quality: f64,
    /// Lanes started because another was late, per request.
    pub hedges: f64,
    /// Lanes started, per request.
    pub lanes: f64,
    /// Delay before a hedge at the end of the run, if there is one.
    pub delay_s: Option<f64>,
    /// (quantile, seconds) for a plot.
    pub curve: Vec<(f64, f64)>,
}

/// All policies' figures.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// One row a policy, in the order in which they were given.
    pub policies: Vec<Row>,
}

impl Report {
    /// The report as JSON; a time that is infinite is `null`.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Numbers, names and lists: there is nothing in it that JSON cannot say.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What is summed over one policy's races.
#[derive(Debug, Default)]
pub(super) struct Sums {
    pub(super) times: Vec<f64>,
    pub(super) races: usize,
    pub(super) cost_usd: f64,
    pub(super) quality: f64,
    pub(super) hedges: usize,
    pub(super) lanes: usize,
    pub(super) delay_s: Option<f64>,
}

impl Sums {
    /// The policy's row; its extra spend is filled in later.
    pub(super) fn row(mut self, name: &str) -> Row {
        self.times.sort_unstable_by(f64::total_cmp);
        let count = self.races.max(1) as f64;
        let answered = self.times.len();
        let quantile = |p: f64| quantile(&self.times, self.races, p);
        Row {
            name: name.to_owned(),
            races: self.races,
            unanswered: 1.0 - answered as f64 / count,
            p50_s: quantile(0.5),
            p90_s: quantile(0.9),
            p99_s: quantile(0.99),
            p999_s: quantile(0.999),
            mean_s: self.times.iter().sum::<f64>() / answered.max(1) as f64,
            cost_usd: self.cost_usd / count,
            extra_spend: 0.0,
            quality: self.quality / count,
            hedges: self.hedges as f64 / count,
            lanes: self.lanes as f64 / count,
            delay_s: self.delay_s,
            curve: (0..CURVE).map(place).map(|p| (p, quantile(p))).collect(),
        }
    }
}

/// Quantiles from one half on, each decade of the tail with as many points.
fn place(step: usize) -> f64 {
    1.0 - 0.5 * 10_f64.powf(-2.7 * step as f64 / CURVE as f64)
}

/// The smallest time that a share `p` of all requests does not exceed; infinite where so many had no answer.
fn quantile(sorted: &[f64], count: usize, p: f64) -> f64 {
    let rank = ((p * count as f64).ceil() as usize).max(1) - 1;
    sorted.get(rank).copied().unwrap_or(f64::INFINITY)
}

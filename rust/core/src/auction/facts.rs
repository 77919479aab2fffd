//! An award as JSON: the explanation for programs, plots and traces.
//!
//! ```text
//! {"format": "atomic-award", "version": 1, "id": 7, "task_class": "mail", "winner": "small", "runner_up": "large",
//!  "score": 0.8, "critical_price_usd": 0.01, "exploring": false, "propensity": 1.0,
//!  "weights": {"quality": 1.0, "per_usd": 10.0, "per_s": 0.01},
//!  "plan": {"kind": "hedge", "lanes": ["small", "large"], "starts": [1.0, 0.05]},
//!  "expected": {"quality": 0.85, "cost_usd": 0.001, "latency_s": 1.2},
//!  "bids": [{"model": "small", "quality": 0.8, "doubt": 0.05, "evidence": 40.0, "validity": 0.98, "cost_usd": 0.001,
//!            "latency_s": 1.2, "terms": {"quality": 0.8, "cost": -0.01, "latency": -0.012}, "score": 0.778,
//!            "drawn": 0.778, "would_win": null}],
//!  "filtered": [{"model": "huge", "reason": "its expected cost is above the limit"}],
//!  "counterfactuals": [{"weight": "latency", "side": "below", "at": 0.001, "winner": "large"}],
//!  "happened": [{"model": "small", "valid": true, "quality": 1.0, "cost_usd": 0.0011, "latency_s": 1.1}],
//!  "text": "small wins for class …"}
//! ```
//!
//! `would_win` of a losing bid has `quality_above`, `cost_below_usd` and `latency_below_s`, each null where no value
//! in its range would have done. Readers skip keys that they do not know; a version is raised only where the
//! meaning of a key changes.

use serde_json::{Value, json};

use super::flip::{Flip, Shortfall};
use super::{Bid, Explanation, Seen};

/// The version of the JSON form.
pub const VERSION: u32 = 1;

impl Explanation<'_> {
    /// The JSON form.
    #[must_use]
    pub fn json(&self) -> String {
        let award = self.award;
        let rival = award.runner_up.map(|place| award.bids[place].model);
        let lanes = award.plan.lanes.iter().map(|lane| self.name(*lane));
        let bids = (0..award.bids.len()).map(|place| self.bid(place));
        let (weights, plan) = (&award.weights, &award.plan);
        json!({
            "format": "atomic-award",
            "version": VERSION,
            "id": award.id,
            "task_class": self.class,
            "winner": self.name(award.winning().model),
            "runner_up": rival.map(|model| self.name(model)),
            "score": plan.score,
            "critical_price_usd": award.critical_price(),
            "exploring": award.exploring,
            "propensity": award.propensity(),
            "weights": {"quality": weights.quality, "per_usd": weights.per_usd, "per_s": weights.per_s},
            "plan": {"kind": plan.kind.name(), "lanes": lanes.collect::<Vec<_>>(), "starts": plan.starts},
            "expected": {
                "quality": plan.expected.quality,
                "cost_usd": plan.expected.cost_usd,
                "latency_s": plan.expected.latency_s,
            },
            "bids": bids.collect::<Vec<_>>(),
            "filtered": self.filtered(),
            "counterfactuals": award.flips().iter().map(|flip| self.flip(flip)).collect::<Vec<_>>(),
            "happened": self.seen.iter().map(|seen| self.happened(seen)).collect::<Vec<_>>(),
            "text": self.text(),
        })
        .to_string()
    }

    fn filtered(&self) -> Vec<Value> {
        let told = |(model, bar): &(usize, super::Bar)| json!({"model": self.name(*model), "reason": bar.reason()});
        self.award.barred.iter().map(told).collect()
    }

    fn bid(&self, place: usize) -> Value {
        let Bid {
            model,
            estimate,
            score,
            drawn,
        } = &self.award.bids[place];
        let weights = &self.award.weights;
        json!({
            "model": self.name(*model),
            "quality": estimate.quality,
            "doubt": estimate.doubt,
            "evidence": estimate.evidence,
            "validity": estimate.validity,
            "cost_usd": estimate.cost_usd,
            "latency_s": estimate.latency_s,
            "terms": {
                "quality": weights.quality * estimate.quality,
                "cost": -weights.per_usd * estimate.cost_usd,
                "latency": -weights.per_s * estimate.latency_s,
            },
            "score": score,
            "drawn": drawn,
            "would_win": self.award.shortfall(place).as_ref().map(needs),
        })
    }

    fn flip(&self, flip: &Flip) -> Value {
        json!({
            "weight": flip.weight,
            "side": if flip.above { "above" } else { "below" },
            "at": flip.at,
            "winner": self.name(self.award.bids[flip.winner].model),
        })
    }

    fn happened(&self, seen: &Seen) -> Value {
        json!({
            "model": self.name(seen.model),
            "valid": seen.valid,
            "quality": seen.quality,
            "cost_usd": seen.cost_usd,
            "latency_s": seen.latency_s,
        })
    }
}

fn needs(short: &Shortfall) -> Value {
    json!({
        "quality_above": short.quality_above,
        "cost_below_usd": short.cost_below_usd,
        "latency_below_s": short.latency_below_s,
    })
}

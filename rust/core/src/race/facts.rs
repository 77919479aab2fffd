//! A race for its trace: hashes, lengths, offsets, times and decisions; no text.

use serde_json::{Value, json};

use super::config::Timing;
use super::lane::Lane;
use super::machine::Race;
use super::output::Verdict;
use super::reason::Outcome;

/// The version of the facts' shape; it grows when a key changes its meaning.
const VERSION: u32 = 1;

impl Race {
    /// The race as JSON. Times are nanoseconds as the driver told them; `crc32` is that of the answer's bytes.
    #[must_use]
    pub fn facts(&self) -> String {
        let lanes: Vec<_> = self.lanes.iter().enumerate().map(lane_facts).collect();
        let good: Vec<_> = self.good.clone();
        json!({
            "version": VERSION,
            "verdict": self.verdict.map(Verdict::name),
            "good": good,
            "spent_usd": self.spent,
            "timing": timing_facts(&self.timing),
            "lanes": lanes,
        })
        .to_string()
    }
}

fn lane_facts((id, lane): (usize, &Lane)) -> Value {
    let verdict = lane.referee().and_then(|referee| referee.verdict());
    let failure = lane
        .referee()
        .and_then(|referee| referee.criteria()?.failure());
    json!({
        "lane": id,
        "source": lane.source(),
        "state": lane.state().name(),
        "outcome": lane.outcome().map(Outcome::name),
        "bytes": lane.text().len(),
        "chars": lane.chars(),
        "crc32": crc32fast::hash(lane.text().as_bytes()),
        "prefix": lane.prefix(),
        "released": lane.released(),
        "dead_at": verdict.and_then(|verdict| verdict.dead_at),
        "failed_at": failure.map(|failure| failure.at),
        "score": lane.score(),
        "cost_usd": lane.cost_usd(),
        "chunks": lane.traffic().chunks,
        "received": lane.traffic().bytes,
        "late": lane.traffic().late,
        "timing": lane.referee().map(|_| timing_facts(lane.timing())),
    })
}

fn timing_facts(timing: &Timing) -> Value {
    json!({
        "started": timing.started,
        "opened": timing.opened,
        "first_byte": timing.first_byte,
        "first_token": timing.first_token,
        "last_token": timing.last_token,
        "ended": timing.ended,
    })
}

//! Lanes and policies: who starts, who is stopped, who wins, and why.
//!
//! # Theory
//! A [`Race`] is a machine over [`Input`]s that says [`Output`]s. It owns no socket and no clock: a driver tells it what
//! happened and when, then drains it until [`Output::Wait`], which carries the next deadline. A *lane* is one model's
//! stream. A lane is *good* when its answer is complete, valid, meets the criteria, passed the judge and was
//! accepted by the caller's validators; the race is won by the first *good* lane, not by the first that answers.
//!
//! | lane | means | leaves it by |
//! | --- | --- | --- |
//! | waiting | not started | a trigger, a continuation, or nobody else running → starting |
//! | starting | `Start` was said | `Opened` → open |
//! | open | headers are here | the first token → streaming |
//! | streaming | the answer grows, every byte judged | root closed, finish or end → checking |
//! | checking | complete; answers of the outside are awaited | all yes → good |
//! | good | came through; the join decides | decision → done |
//! | done | has its one outcome | |
//!
//! From any state before good, a lane goes to done by a violation, a failed criterion, a no, a deadline, an error, the
//! budget, or because another lane won. Its [`Outcome`] is said once, when nothing more is expected of its stream.
//!
//! | race | means | leaves it by |
//! | --- | --- | --- |
//! | ready | not begun | `Start` → racing |
//! | racing | no lane is preferred; while candidates wait for checks or for the join's patience, it is *deciding* | gate → committed; join → decided |
//! | committed | one lane alone is shown; the rivals are stopped | it is good → decided; it dies → its continuation, or over |
//! | decided | the winner is known; its stream is read on for its usage, within a bound | → over |
//! | over | `Over` was said | |
//!
//! # Rules
//! - Acceptance is asked before rivals are stopped, unless the caller chose to see text before the decision
//!   (`show: committed`): then the gate stops the rivals, and a refused answer ends in `Interrupted`.
//! - A committed lane is never retracted. When it dies, another continues from exactly what was released, marked by
//!   `Continued`, or the race ends with `Interrupted`. A lane serves as a continuation at most once.
//! - Release trails the checks: what may begin a forbidden match, and the byte that killed a document, are never shown.
//! - An answer under a schema is complete when its root is closed; what follows it in the stream is ignored.
//! - An answer of no bytes is none: its lane ends as truncated.
//! - A turn that ends in tool calls is judged by the calls' schemas. Calls are proposals until the decision.
//! - Where hedges are metered, a lane whose trigger is another's lateness starts only if the outside grants it; a lane that
//!   starts because another *ended* is no hedge and is not asked for.
//! - Questions carry tickets. Past its time a ticket is answered by its configured default; a later answer is recorded.
//!   So is the judge's no to a committed lane.
//! - Nobody waits with nothing running: when the last running lane dies, the first waiting lane starts at once.
//! - Input for a lane that has ended is counted and ignored: it may have been under way.
//!
//! Deadlines are due when the time *reaches* them, and are looked at before the input that came with the time. The outputs
//! do not depend on how bytes were split at one time, except how often `Partial` is said.
//!
//! # Configuration
//! [`Config::from_json`] reads an object; every key but `lanes` may be left out:
//!
//! ```json
//! {"show": "final",
//!  "gate": {"chars": 80, "sentence": true, "judge": false, "hold_ns": 200000000, "settled": false},
//!  "join": {"rule": "best_of", "n": 2, "patience_ns": 300000000},
//!  "acceptance": {"timeout_ns": 1000000000, "default": "fail"},
//!  "judge": {"every_chars": 400, "at_end": true, "timeout_ns": 1000000000, "default": "pass"},
//!  "criteria": {"timeout_ns": 1000000000, "default": "fail"},
//!  "deadlines": {"first_token_ns": 900000000, "total_ns": 2000000000},
//!  "lane_deadlines": {"connect_ns": 300000000, "gap_ns": 500000000},
//!  "drain_ns": 500000000,
//!  "budget": {"extra_requests": 1, "usd": 0.002, "metered": 1.0},
//!  "limits": {"text": 4194304, "held": 1048576, "beside": 16777216, "calls": 1024, "lanes": 65536},
//!  "lanes": [
//!    {"dialect": "openai-chat", "channel": {"tool": "answer"}, "can_continue": false, "cancel": "stops",
//!     "start_usd": 0.0001, "byte_usd": 1e-7, "deadlines": {"total_ns": 1500000000}, "lenient": ["fence", "prose"]},
//!    {"start": [{"late": {"lane": 0, "by_ns": 250000000}}, {"failed": 0}], "can_continue": true}]}
//! ```
//!
//! `join` is `first_valid`, `cascade`, `best_of` (`n`), `quorum` (`k`, `fields`) or `merge` (`enough`). A lane's `start`
//! is one trigger or a list, any of which suffices: `"now"`, `{"after_ns": n}`, `{"late": {"lane": i, "by_ns": n}}`,
//! `{"failed": i}`, `"any_failed"`, `{"refused": i}`; an empty list makes a reserve. Left out it is `now`, in a cascade
//! the failure of the lane before. `deadlines` are the race's own, met by whichever lane is first. `lenient` names what is
//! repaired of the lane's answer before the schema judges it ([`crate::json::lenient`]).

mod arrive;
mod calls;
mod config;
mod decide;
mod drain;
mod ear;
mod end;
mod facts;
mod finish;
mod gate;
mod hear;
mod input;
mod lane;
mod machine;
mod output;
mod quorum;
mod read;
mod read_lanes;
mod reason;
mod referee;
mod settle;
mod show;
mod start;
mod tickets;
mod time;
mod timers;

#[cfg(test)]
mod tests;

pub use config::{
    Bounds, Budget, Cancel, Channel, Config, Deadlines, Gate, Join, Judge, LaneConfig, Patience,
    Show, Timing, Trigger,
};
pub use drain::Ask;
pub use input::{Ending, Input, Misuse};
pub use lane::{Lane, LaneState, Traffic};
pub use machine::Race;
pub use output::{By, LaneId, Output, Stage, Verdict, Why};
pub use reason::{Late, Outcome, StopReason};
pub use referee::{Referee, Rules};

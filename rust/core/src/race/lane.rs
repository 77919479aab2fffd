//! One lane: its place in the table, what it said, and what was made of it.

use std::sync::Arc;

use super::calls::Calls;
use super::config::{Bounds, LaneConfig, Timing};
use super::ear::Ear;
use super::output::LaneId;
use super::reason::{Outcome, StopReason};
use super::referee::{Referee, Rules};
use crate::json::lenient::Repaired;
use crate::schema::Stream;
use crate::wire::{Message, Usage};

/// A lane's place in the module's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LaneState {
    /// Not started.
    Waiting,
    /// Ordered to start.
    Starting,
    /// Headers arrived.
    Open,
    /// Its answer grows.
    Streaming,
    /// Complete; answers of the outside are awaited.
    Checking,
    /// It came through; the join decides.
    Good,
    /// It has its outcome.
    Done,
}

impl LaneState {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Starting => "starting",
            Self::Open => "open",
            Self::Streaming => "streaming",
            Self::Checking => "checking",
            Self::Good => "good",
            Self::Done => "done",
        }
    }

    /// Its stream is listened to for its answer.
    pub(super) const fn is_listening(self) -> bool {
        matches!(self, Self::Starting | Self::Open | Self::Streaming)
    }

    /// It may still become good.
    pub(super) const fn is_running(self) -> bool {
        self.is_listening() || matches!(self, Self::Checking)
    }
}

/// What came over a lane's stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Calls that brought bytes or deltas.
    pub chunks: u64,
    /// Bytes of the body, or of the deltas' text.
    pub bytes: u64,
    /// Of these, bytes that came after the lane had ended.
    pub late: u64,
}

/// A lane. What it said is kept until the race is dropped.
#[derive(Debug)]
pub struct Lane {
    pub(super) source: LaneId,
    pub(super) state: LaneState,
    pub(super) outcome: Option<Outcome>,
    pub(super) detail: String,
    pub(super) timing: Timing,
    pub(super) traffic: Traffic,
    /// The driver was ordered to open its stream, and neither ordered to close it nor told that it ended.
    pub(super) connected: bool,
    /// The budget refused it a start.
    pub(super) denied: bool,
    /// How often a hedge by this lane was refused.
    pub(super) refused: u32,
    /// Its earliest entry among the timers.
    pub(super) armed: u64,
    pub(super) usage: Option<Usage>,
    pub(super) cost_usd: f64,
    /// The cost was told from outside: no estimate any more.
    pub(super) priced: bool,
    /// `None` until it starts: a lane that waits costs next to nothing.
    pub(super) body: Option<Box<Body>>,
}

/// What the judge made of a lane so far.
#[derive(Debug)]
pub(super) struct Judging {
    /// A question to it is open.
    pub(super) asked: bool,
    /// It said yes at a checkpoint.
    pub(super) approved: bool,
    /// Its latest score; 1 before it spoke.
    pub(super) score: f64,
    /// Characters at which it is asked next.
    pub(super) next: u64,
}

/// What a started lane said, and what was made of it.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) ear: Ear,
    pub(super) referee: Referee,
    pub(super) calls: Calls,
    pub(super) answer: String,
    pub(super) chars: u64,
    /// Bytes of the answer that another lane wrote.
    pub(super) prefix: usize,
    /// Bytes of the answer that the caller has seen.
    pub(super) released: usize,
    /// Bytes of everything but the answer.
    pub(super) beside: usize,
    /// When the answer's first character came.
    pub(super) first_char: Option<u64>,
    /// A sentence or line of the answer has ended.
    pub(super) sentence: bool,
    /// Tickets that wait for an answer.
    pub(super) tickets: Vec<u64>,
    pub(super) judging: Judging,
    /// Acceptance was asked.
    pub(super) asked: bool,
    /// Characters at which each custom criterion is asked next: its position, how often, when.
    pub(super) next_custom: Vec<(usize, u64, u64)>,
    /// The value moved since the last `Partial`.
    pub(super) moved: bool,
}

impl Lane {
    pub(super) fn waiting(source: LaneId) -> Self {
        Self {
            source,
            state: LaneState::Waiting,
            outcome: None,
            detail: String::new(),
            timing: Timing::default(),
            traffic: Traffic::default(),
            connected: false,
            denied: false,
            refused: 0,
            armed: u64::MAX,
            usage: None,
            cost_usd: 0.0,
            priced: false,
            body: None,
        }
    }

    /// The configured lane that says how it runs; differs from its own number for a continuation.
    #[must_use]
    pub const fn source(&self) -> LaneId {
        self.source
    }

    /// Its place in the table.
    #[must_use]
    pub const fn state(&self) -> LaneState {
        self.state
    }

    /// What became of it; `None` while that is open.
    #[must_use]
    pub const fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

    /// A few words on the outcome.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The answer so far, a continuation's prefix included.
    #[must_use]
    pub fn text(&self) -> &str {
        self.body.as_ref().map_or("", |body| &body.answer)
    }

    /// Bytes `start..end` of the answer, widened to whole characters and kept inside it.
    #[must_use]
    pub fn slice(&self, start: usize, end: usize) -> &str {
        let text = self.text();
        let end = end.min(text.len());
        let before = (0..=start.min(end))
            .rev()
            .find(|at| text.is_char_boundary(*at));
        let after = (end..=text.len()).find(|at| text.is_char_boundary(*at));
        &text[before.unwrap_or(0)..after.unwrap_or(text.len())]
    }

    /// The answer as a document, for readers of its growing value; `None` without a schema.
    pub fn document(&mut self) -> Option<&mut Stream> {
        self.body.as_mut()?.referee.document()
    }

    /// What was repaired of the answer before the schema judged it; offsets are the answer's.
    #[must_use]
    pub fn repairs(&self) -> &[Repaired] {
        self.judged().map_or(&[], Stream::repairs)
    }

    /// The answer as the schema judged it: repaired, and without what follows its root. `None` if nothing is repaired.
    #[must_use]
    pub fn repaired_text(&self) -> Option<&str> {
        self.judged()?.repaired_text()
    }

    fn judged(&self) -> Option<&Stream> {
        self.body.as_ref()?.referee.judged()
    }

    /// Characters of the answer.
    #[must_use]
    pub fn chars(&self) -> u64 {
        self.body.as_ref().map_or(0, |body| body.chars)
    }

    /// Bytes of the answer that the caller has seen.
    #[must_use]
    pub fn released(&self) -> usize {
        self.body.as_ref().map_or(0, |body| body.released)
    }

    /// Bytes of the answer that another lane wrote.
    #[must_use]
    pub fn prefix(&self) -> usize {
        self.body.as_ref().map_or(0, |body| body.prefix)
    }

    /// Everything heard on its own stream; `None` before it started.
    #[must_use]
    pub fn message(&self) -> Option<&Message> {
        Some(self.body.as_ref()?.ear.message())
    }

    /// The provider's usage, or what was told from outside, whichever came last.
    #[must_use]
    pub const fn usage(&self) -> Option<&Usage> {
        self.usage.as_ref()
    }

    /// What was told from outside, or the estimate from the configured prices.
    #[must_use]
    pub const fn cost_usd(&self) -> f64 {
        self.cost_usd
    }

    /// The schema and the criteria over its answer; `None` before it started.
    #[must_use]
    pub fn referee(&self) -> Option<&Referee> {
        Some(&self.body.as_ref()?.referee)
    }

    /// The criteria's score times the judge's, in 0..=1.
    #[must_use]
    pub fn score(&self) -> f64 {
        let score = |body: &Body| body.referee.score() * body.judging.score;
        self.body.as_deref().map_or(0.0, score)
    }

    /// When what happened.
    #[must_use]
    pub const fn timing(&self) -> &Timing {
        &self.timing
    }

    /// What came over its stream.
    #[must_use]
    pub const fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// Whether it died of what it said; such a lane is not asked to go on.
    pub(super) fn refused(&self) -> bool {
        matches!(self.outcome, Some(Outcome::Stopped(reason)) if reason.by_content())
    }

    /// It was good company until another lane was preferred.
    pub(super) fn lost(&self) -> bool {
        self.outcome == Some(Outcome::Stopped(StopReason::Lost))
    }
}

impl Body {
    pub(super) fn new(
        config: &LaneConfig,
        bounds: &Bounds,
        rules: &Arc<Rules>,
        judge_every: u64,
    ) -> Self {
        let referee = Referee::new(rules, config.lenient);
        Self {
            ear: Ear::new(config.dialect, bounds),
            next_custom: referee.checkpoints(),
            referee,
            calls: Calls::new(rules),
            answer: String::new(),
            chars: 0,
            prefix: 0,
            released: 0,
            beside: 0,
            first_char: None,
            sentence: false,
            tickets: Vec::new(),
            judging: Judging {
                asked: false,
                approved: false,
                score: 1.0,
                next: judge_every,
            },
            asked: false,
            moved: false,
        }
    }

    /// Bytes of the answer that may be shown.
    pub(super) fn safe(&self) -> usize {
        let safe = self.referee.safe().min(self.answer.len());
        (0..=safe)
            .rev()
            .find(|end| self.answer.is_char_boundary(*end))
            .unwrap_or(0)
    }
}

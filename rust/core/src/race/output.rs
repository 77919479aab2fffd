//! What a race says: orders to its driver, questions to the outside, events, and how long to wait.

use std::fmt;

use super::reason::{Late, Outcome, StopReason};

/// A lane's number in its race: its position in the configuration, then continuations in order of start.
pub type LaneId = u32;

/// Who answers a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// The core itself; only in [`Output::Settled`], never in a question.
    Text,
    /// A criterion of the caller's that is code of theirs.
    Criterion,
    /// The judge.
    Judge,
    /// The caller's own validators.
    Acceptance,
}

impl By {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Criterion => "criterion",
            Self::Judge => "judge",
            Self::Acceptance => "acceptance",
        }
    }
}

/// How far a tool call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Its name is known; its arguments grow.
    Proposed,
    /// Its arguments are complete and, where the tool has a schema, valid.
    Whole,
    /// Its lane won: it may be executed.
    Decided,
}

impl Stage {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Whole => "whole",
            Self::Decided => "decided",
        }
    }
}

/// How a race ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// One lane won.
    Won,
    /// The shown lane died and nobody could continue it.
    Interrupted,
    /// Every lane ended and none was good.
    Failed,
    /// A deadline of the race passed.
    Late(Late),
    /// The money was spent.
    Budget,
    /// The caller went away.
    Cancelled,
}

impl Verdict {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Won => "won",
            Self::Interrupted => "interrupted",
            Self::Failed => "failed",
            Self::Late(_) => "late",
            Self::Budget => "budget",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What a race waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It has not been started.
    Unstarted,
    /// Bytes, answers or ends; no deadline is set.
    Input,
    /// A lane whose turn comes.
    Start(LaneId),
    /// A lane's deadline.
    Lane(LaneId, Late),
    /// The race's own deadline.
    Race(Late),
    /// A question's answer.
    Ticket(u64),
    /// The longest time a lane's text may be held back from the caller.
    Hold(LaneId),
    /// Better answers than the ones that came through.
    Patience,
    /// The winner's usage.
    Drain(LaneId),
    /// Nothing: it is over.
    Over,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unstarted => f.write_str("not started"),
            Self::Input => f.write_str("input"),
            Self::Start(lane) => write!(f, "lane {lane} starts"),
            Self::Lane(lane, missed) => {
                write!(f, "lane {lane} {}", StopReason::Late(*missed))
            }
            Self::Race(late) => write!(f, "race {}", StopReason::Late(*late)),
            Self::Ticket(ticket) => write!(f, "ticket {ticket} expires"),
            Self::Hold(lane) => write!(f, "lane {lane} held back"),
            Self::Patience => f.write_str("a better answer"),
            Self::Drain(lane) => write!(f, "lane {lane} usage"),
            Self::Over => f.write_str("over"),
        }
    }
}

/// One thing a race says. Offsets count bytes of a lane's answer from 0; times are nanoseconds.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Order: open this lane's stream.
    Start {
        /// The lane.
        lane: LaneId,
        /// Which lane of the configuration says how; differs from `lane` for a continuation.
        source: LaneId,
        /// The text to be continued; `None` for a lane that begins at the beginning.
        prefix: Option<String>,
    },
    /// Order: close this lane's stream at once.
    Stop {
        /// The lane.
        lane: LaneId,
        /// Why.
        reason: StopReason,
    },
    /// Question: `late` has no token by its time; may `lane` start as its hedge? Answer with `Hedge`. Said only where
    /// hedges are metered; refused, it is said again after twice the wait, as long as `late` is silent.
    Hedge {
        /// The lane that would start.
        lane: LaneId,
        /// The lane that is late.
        late: LaneId,
        /// What the hedge weighs, in requests.
        weight: f64,
    },
    /// Question: may this part of the lane's answer pass? Answer with `Checked` and the ticket.
    Check {
        /// Names the question.
        ticket: u64,
        /// The lane.
        lane: LaneId,
        /// Who is asked.
        by: By,
        /// The name of the criterion that asks; empty for judge and acceptance.
        criterion: String,
        /// Where the part begins.
        start: usize,
        /// Where it ends.
        end: usize,
    },
    /// Event: response headers arrived.
    Opened {
        /// The lane.
        lane: LaneId,
        /// The HTTP status; `None` for a source without one.
        status: Option<u16>,
    },
    /// Event: the lane's first token arrived, be it text, thinking or a tool call.
    FirstToken {
        /// The lane.
        lane: LaneId,
    },
    /// Event: text is released to the caller. The deltas of one lane add up to its answer.
    Text {
        /// The lane.
        lane: LaneId,
        /// The text.
        text: String,
    },
    /// Event: the growing value of the shown lane moved.
    Partial {
        /// The lane.
        lane: LaneId,
    },
    /// Event: a tool call came further.
    ToolCall {
        /// The lane.
        lane: LaneId,
        /// Position among the lane's calls.
        index: usize,
        /// How far.
        stage: Stage,
    },
    /// Event: the lane's document, or a tool call's arguments, can never become valid.
    Violated {
        /// The lane.
        lane: LaneId,
        /// Position of the tool call; `None` where it is the answer itself.
        call: Option<usize>,
        /// The fatal byte.
        at: u64,
    },
    /// Event: a criterion, the judge or acceptance has its answer for a lane.
    Settled {
        /// The lane.
        lane: LaneId,
        /// Who answered.
        by: By,
        /// The criterion's name; empty for judge and acceptance.
        criterion: String,
        /// Yes or no.
        passed: bool,
        /// How much of the answer was known.
        at: usize,
        /// A score in 0..=1, where one was given.
        score: Option<f64>,
        /// The answer came too late, or to a lane that can no longer be retracted: recorded, not enacted.
        late: bool,
    },
    /// Event: this lane alone will be shown; it is never retracted.
    Committed {
        /// The lane.
        lane: LaneId,
    },
    /// Event: the committed lane died; another continues from what was shown.
    Continued {
        /// The dead lane.
        from: LaneId,
        /// The lane that goes on.
        to: LaneId,
        /// Bytes shown so far.
        at: usize,
    },
    /// Event: what was shown of `from` is void, `to` leads now.
    Replaced {
        /// The lane shown before.
        from: LaneId,
        /// The lane shown from here.
        to: LaneId,
    },
    /// Event: the committed lane died and nobody continues it; what was shown is all there is.
    Interrupted {
        /// The lane.
        lane: LaneId,
        /// Why it died.
        reason: StopReason,
    },
    /// Event: the lane's one outcome.
    LaneEnded {
        /// The lane.
        lane: LaneId,
        /// What became of it.
        outcome: Outcome,
        /// A few words without text of the caller's or the model's.
        detail: String,
    },
    /// Event: the race has its winner.
    Decided {
        /// The lane.
        winner: LaneId,
        /// All lanes that are part of the answer, the winner first.
        lanes: Vec<LaneId>,
        /// The rule that decided.
        why: &'static str,
    },
    /// The race is over: the last output but for `Wait`.
    Over {
        /// How it ended.
        verdict: Verdict,
        /// The winner, or the lane whose partial answer is the best there is.
        lane: Option<LaneId>,
    },
    /// Nothing more to say until input comes or time passes: the only end of a drain.
    Wait {
        /// When to come back without input; `None`: not at all.
        until: Option<u64>,
        /// What is waited for.
        why: Why,
    },
}

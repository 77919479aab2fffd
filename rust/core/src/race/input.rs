//! What a race is told, and how telling it can be wrong.

use std::fmt;

use super::output::LaneId;
use crate::wire::{Delta, Usage};

/// One thing that happened.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// The race begins.
    Start,
    /// A lane's response headers arrived.
    Opened {
        /// The lane.
        lane: LaneId,
        /// The HTTP status; `None` for a source without one.
        status: Option<u16>,
    },
    /// Bytes of a lane's body, decompressed.
    Bytes {
        /// The lane.
        lane: LaneId,
        /// The bytes.
        data: &'a [u8],
    },
    /// Deltas of a lane that is no byte stream.
    Deltas {
        /// The lane.
        lane: LaneId,
        /// The deltas.
        deltas: &'a [Delta],
    },
    /// A lane's stream ended by itself.
    Ended {
        /// The lane.
        lane: LaneId,
        /// How.
        how: Ending,
        /// A few words for people; without keys and prompts.
        detail: &'a str,
    },
    /// What a lane cost, counted outside.
    Usage {
        /// The lane.
        lane: LaneId,
        /// The tokens.
        usage: Usage,
        /// Their price in USD; `None` leaves the estimate.
        cost_usd: Option<f64>,
    },
    /// A question's answer.
    Checked {
        /// The question.
        ticket: u64,
        /// Yes or no.
        passed: bool,
        /// A score in 0..=1, where there is one.
        score: Option<f64>,
    },
    /// The answer to [`Output::Hedge`](super::Output::Hedge).
    Hedge {
        /// The lane that was asked for.
        lane: LaneId,
        /// Whether it may start.
        granted: bool,
    },
    /// Nobody waits for the answer any more.
    Cancelled,
    /// Time passed.
    Tick,
}

/// How a stream ended by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The body ended as it should.
    End,
    /// The connection broke inside the body.
    Cut,
    /// No connection in the time allowed for it: late by [`Late::Connect`](super::Late::Connect).
    Unconnected,
    /// No usable answer: refused, reset, TLS, DNS, a status outside 2xx, the driver's own mistake.
    Failed,
}

impl Ending {
    /// The endings by their stable names.
    pub const NAMES: &[(&'static str, Self)] = &[
        ("end", Self::End),
        ("cut", Self::Cut),
        ("unconnected", Self::Unconnected),
        ("failed", Self::Failed),
    ];
}

/// The driver's mistake: a call in the wrong order. The race is as it was before the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misuse {
    /// Outputs are left: poll until `Wait` before the next input.
    Undrained,
    /// `Start` came twice.
    Restarted,
    /// Input before `Start`.
    Unstarted,
    /// No lane has this number.
    NoLane(LaneId),
    /// The lane was not ordered to start.
    LaneWaiting(LaneId),
    /// The lane was opened twice.
    LaneReopened(LaneId),
    /// Content came before `Opened`.
    LaneUnopened(LaneId),
    /// Bytes for a lane that has no dialect, or deltas for one that has.
    WrongSource(LaneId),
    /// No question has this ticket.
    NoTicket(u64),
    /// Nobody asked for a hedge by this lane.
    NoHedge(LaneId),
    /// A score or a cost outside its range.
    OutOfRange(&'static str),
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undrained => {
                f.write_str("outputs are left: poll until Wait before the next input")
            }
            Self::Restarted => f.write_str("the race was already started"),
            Self::Unstarted => f.write_str("the race was not started: call start first"),
            Self::NoLane(lane) => write!(f, "there is no lane {lane}"),
            Self::LaneWaiting(lane) => {
                write!(
                    f,
                    "lane {lane} was not ordered to start: wait for its Start"
                )
            }
            Self::LaneReopened(lane) => write!(f, "lane {lane} was already opened"),
            Self::LaneUnopened(lane) => write!(f, "lane {lane} was not opened: call opened first"),
            Self::WrongSource(lane) => write!(
                f,
                "lane {lane}: bytes are for lanes with a dialect, deltas for lanes without"
            ),
            Self::NoTicket(ticket) => write!(f, "there is no ticket {ticket}"),
            Self::NoHedge(lane) => write!(f, "nobody asked for a hedge by lane {lane}"),
            Self::OutOfRange(what) => write!(f, "{what} is outside its range"),
        }
    }
}

impl std::error::Error for Misuse {}

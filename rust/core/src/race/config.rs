//! What a race is told before it begins. Times are nanoseconds, sizes bytes, money USD.

use super::output::LaneId;
use super::reason::Late;
use crate::json::lenient::Repairs;
use crate::wire::Dialect;

/// What the caller may see before the decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Show {
    /// Nothing.
    #[default]
    Final,
    /// Nothing until one lane has passed the gate, then that lane alone, never retracted.
    Committed,
    /// The leading lane at once; `Replaced` voids it.
    Lead,
}

/// What a lane must have shown, with no criterion failed, before it may be committed: any of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gate {
    /// So many characters.
    pub chars: Option<u64>,
    /// The end of a sentence or line.
    pub sentence: bool,
    /// The judge's yes to a checkpoint.
    pub judge: bool,
    /// So long after its first character.
    pub hold_ns: Option<u64>,
    /// Besides, every criterion that a prefix can meet must be met.
    pub settled: bool,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            chars: None,
            sentence: true,
            judge: false,
            hold_ns: None,
            settled: false,
        }
    }
}

/// When the race has its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Join {
    /// The first good lane wins.
    #[default]
    FirstValid,
    /// As `FirstValid`; lanes without a trigger start when the one before them was not good.
    Cascade,
    /// Of the first `n` good lanes the one with the best score.
    BestOf {
        /// How many to wait for.
        n: usize,
        /// How long to wait for them after the first.
        patience_ns: Option<u64>,
    },
    /// As soon as `k` good lanes agree on each field.
    Quorum {
        /// How many must agree.
        k: usize,
        /// JSON Pointers of the fields; empty: every member of the root.
        fields: Vec<String>,
        /// How long to wait for agreement after the first good lane.
        patience_ns: Option<u64>,
    },
    /// All lanes that come through.
    Merge {
        /// So many suffice; `None`: wait for all.
        enough: Option<usize>,
        /// How long to wait for the rest after the first good lane.
        patience_ns: Option<u64>,
    },
}

/// When a lane starts; a lane has a list of them, and any one suffices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// With the race.
    Now,
    /// So long after the race began.
    After(u64),
    /// When `lane` has no token so long after its start.
    Late {
        /// The lane waited for.
        lane: LaneId,
        /// How long.
        by_ns: u64,
    },
    /// When this lane ended without being good, for whatever reason.
    Failed(LaneId),
    /// When any lane did; each such end starts one waiting lane.
    AnyFailed,
    /// When this lane's answer itself was at fault.
    Refused(LaneId),
}

/// How long things may take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deadlines {
    /// To response headers.
    pub connect: Option<u64>,
    /// To the first byte of the body.
    pub first_byte: Option<u64>,
    /// To the first token.
    pub first_token: Option<u64>,
    /// From one token to the next.
    pub gap: Option<u64>,
    /// To the end.
    pub total: Option<u64>,
}

impl Deadlines {
    /// These, and `other`'s where these say nothing.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            connect: self.connect.or(other.connect),
            first_byte: self.first_byte.or(other.first_byte),
            first_token: self.first_token.or(other.first_token),
            gap: self.gap.or(other.gap),
            total: self.total.or(other.total),
        }
    }
}

/// When something happened, and what is due next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// The order to start.
    pub started: u64,
    /// Response headers.
    pub opened: Option<u64>,
    /// The first byte of the body.
    pub first_byte: Option<u64>,
    /// The first token.
    pub first_token: Option<u64>,
    /// The latest token.
    pub last_token: Option<u64>,
    /// The end.
    pub ended: Option<u64>,
}

impl Timing {
    /// The next deadline that `deadlines` set, and which it is.
    #[must_use]
    pub fn due(&self, deadlines: &Deadlines) -> Option<(u64, Late)> {
        let from_start = |seen: Option<u64>, allowed: Option<u64>, late: Late| {
            let allowed = allowed.filter(|_| seen.is_none())?;
            Some((self.started.saturating_add(allowed), late))
        };
        let gap = self.last_token.zip(deadlines.gap);
        [
            from_start(self.opened, deadlines.connect, Late::Connect),
            from_start(self.first_byte, deadlines.first_byte, Late::FirstByte),
            from_start(self.first_token, deadlines.first_token, Late::FirstToken),
            gap.map(|(last, gap)| (last.saturating_add(gap), Late::Gap)),
            from_start(None, deadlines.total, Late::Total),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Bytes of the body arrived.
    pub fn byte(&mut self, now: u64) {
        self.first_byte.get_or_insert(now);
    }

    /// A token arrived.
    pub fn token(&mut self, now: u64) {
        self.byte(now);
        self.first_token.get_or_insert(now);
        self.last_token = Some(now);
    }
}

/// The judge's checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judge {
    /// Every so many characters of the answer.
    pub every_chars: Option<u64>,
    /// Once the answer is complete.
    pub at_end: bool,
}

/// How long an answer may take, and what silence means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How long; `None`: for ever.
    pub timeout_ns: Option<u64>,
    /// Whether silence is a yes.
    pub default: bool,
}

/// Where in a stream the answer is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Channel {
    /// The text.
    #[default]
    Text,
    /// The arguments of the tool of this name.
    Tool(String),
}

/// What a provider charges for a lane that is stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cancel {
    /// Nothing more: generation stops.
    #[default]
    Stops,
    /// The whole answer, read or not.
    BillsAll,
}

/// One lane.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LaneConfig {
    /// How its bytes are read; `None` for a source of deltas.
    pub dialect: Option<Dialect>,
    /// Where its answer is.
    pub channel: Channel,
    /// When it starts; empty: only as a reserve.
    pub start: Vec<Trigger>,
    /// It can go on from a given beginning of the answer.
    pub can_continue: bool,
    /// Its own deadlines; the race's `lane_deadlines` fill the gaps.
    pub deadlines: Deadlines,
    /// What it is charged when it is stopped.
    pub cancel: Cancel,
    /// Its price as soon as it starts, in USD: the prompt's.
    pub start_usd: f64,
    /// Its price per byte of output, in USD: an estimate from the price per token.
    pub byte_usd: f64,
    /// What is repaired of its answer before the schema judges it; tool calls are read as they are.
    pub lenient: Repairs,
}

/// What a race may spend.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Budget {
    /// Lanes started beyond those that start with the race.
    pub extra_requests: Option<u32>,
    /// Money, in USD.
    pub usd: Option<f64>,
    /// Ask before a lane starts because another is late, by [`Output::Hedge`](super::Output::Hedge): how much such a
    /// hedge weighs, in requests. `None`: hedges start unasked.
    pub metered: Option<f64>,
}

/// Bounds on what is kept. Past one, a lane ends with [`StopReason::Limit`](super::StopReason::Limit).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of one lane's answer.
    pub text: usize,
    /// Bytes of one lane's answer that are held back from the caller after it was committed.
    pub held: usize,
    /// Bytes of everything else a lane says: thinking, commentary, tool calls.
    pub beside: usize,
    /// Tool calls of one lane.
    pub calls: usize,
    /// Lanes, continuations included.
    pub lanes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            text: 4 << 20,
            held: 1 << 20,
            beside: 16 << 20,
            calls: 1024,
            lanes: 65_536,
        }
    }
}

/// A whole race.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// What the caller may see.
    pub show: Show,
    /// When a lane may be committed.
    pub gate: Gate,
    /// When there is an answer.
    pub join: Join,
    /// Whether the caller's validators are asked, and how long.
    pub acceptance: Option<Patience>,
    /// Whether a judge is asked, when, and how long.
    pub judge: Option<(Judge, Patience)>,
    /// How long a custom criterion may take.
    pub criteria: Patience,
    /// The race's own deadlines, met by whichever lane is first.
    pub deadlines: Deadlines,
    /// Deadlines of lanes that set none of their own.
    pub lane_deadlines: Deadlines,
    /// How long to read the winner's stream on for its usage.
    pub drain_ns: u64,
    /// What may be spent.
    pub budget: Budget,
    /// What may be kept.
    pub bounds: Bounds,
    /// The lanes, best first.
    pub lanes: Vec<LaneConfig>,
}

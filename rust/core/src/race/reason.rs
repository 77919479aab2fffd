//! Why a lane is stopped, and what became of it.

use std::fmt;

/// The deadlines a lane or a race can miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Late {
    /// No response headers in time.
    Connect,
    /// Headers, but no byte of the body in time.
    FirstByte,
    /// Bytes, but no token in time; comments that keep a connection alive are no tokens.
    FirstToken,
    /// Too long a silence between two tokens.
    Gap,
    /// The whole took too long.
    Total,
}

/// Why a lane is stopped, or why it ended without being good. The names are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopReason {
    /// No valid document begins like this text, or a tool call's arguments broke their schema.
    SchemaDead,
    /// A criterion failed and cannot be met any more.
    CriterionFailed,
    /// The text repeats itself.
    Repetition,
    /// The model or its provider refuses to answer.
    Refusal,
    /// The judge said no.
    JudgeRefused,
    /// The caller's own validators said no.
    AcceptanceRefused,
    /// Another lane won or committed.
    Lost,
    /// A deadline passed.
    Late(Late),
    /// The money is spent.
    Budget,
    /// The connection, the status or the stream reports an error.
    Error,
    /// The answer ended before its end: cut off, or out of tokens.
    Truncated,
    /// A bound of the race was reached, such as the length of a text.
    Limit,
    /// Nobody waits for the answer any more.
    CallerGone,
    /// The winner's text is complete and the wait for its usage is over.
    Drained,
}

impl StopReason {
    /// Every reason.
    pub const ALL: &[Self] = &[
        Self::SchemaDead,
        Self::CriterionFailed,
        Self::Repetition,
        Self::Refusal,
        Self::JudgeRefused,
        Self::AcceptanceRefused,
        Self::Lost,
        Self::Late(Late::Connect),
        Self::Late(Late::FirstByte),
        Self::Late(Late::FirstToken),
        Self::Late(Late::Gap),
        Self::Late(Late::Total),
        Self::Budget,
        Self::Error,
        Self::Truncated,
        Self::Limit,
        Self::CallerGone,
        Self::Drained,
    ];

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SchemaDead => "schema_dead",
            Self::CriterionFailed => "criterion_failed",
            Self::Repetition => "repetition",
            Self::Refusal => "refusal",
            Self::JudgeRefused => "judge_refused",
            Self::AcceptanceRefused => "acceptance_refused",
            Self::Lost => "lost",
            Self::Late(Late::Connect) => "late_connect",
            Self::Late(Late::FirstByte) => "late_first_byte",
            Self::Late(Late::FirstToken) => "late_first_token",
            Self::Late(Late::Gap) => "late_gap",
            Self::Late(Late::Total) => "late_total",
            Self::Budget => "budget",
            Self::Error => "error",
            Self::Truncated => "truncated",
            Self::Limit => "limit",
            Self::CallerGone => "caller_gone",
            Self::Drained => "drained",
        }
    }

    /// Whether the answer itself was at fault, not the way it travelled: what a cascade reacts to.
    #[must_use]
    pub const fn by_content(self) -> bool {
        matches!(
            self,
            Self::SchemaDead
                | Self::CriterionFailed
                | Self::Repetition
                | Self::Refusal
                | Self::JudgeRefused
                | Self::AcceptanceRefused
                | Self::Truncated
        )
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What became of a lane: each gets exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its answer is the race's.
    Won,
    /// It came through and its answer is part of what is joined.
    Used,
    /// It never started.
    Unused,
    /// It was stopped or ended without being good.
    Stopped(StopReason),
}

impl Outcome {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Won => "won",
            Self::Used => "used",
            Self::Unused => "unused",
            Self::Stopped(reason) => reason.name(),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

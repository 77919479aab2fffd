//! `Output` and its subclasses. The conversion is one long function because it has one arm a subclass.

use atomic_core::race::Output;
use pyo3::prelude::*;

/// One thing a race says; Python matches on the subclasses.
#[pyclass(name = "Output", module = "atomic_ai._core", frozen)]
pub(crate) enum PyOutput {
    Start {
        lane: u32,
        source: u32,
        prefix: Option<String>,
    },
    Stop {
        lane: u32,
        reason: String,
    },
    Check {
        ticket: u64,
        lane: u32,
        by: String,
        criterion: String,
        start: usize,
        end: usize,
    },
    Hedge {
        lane: u32,
        late: u32,
        granted: bool,
        requests: f64,
        hedges: f64,
    },
    Opened {
        lane: u32,
        status: Option<u16>,
    },
    FirstToken {
        lane: u32,
    },
    Text {
        lane: u32,
        text: String,
    },
    Partial {
        lane: u32,
    },
    ToolCall {
        lane: u32,
        index: usize,
        stage: String,
    },
    Violated {
        lane: u32,
        call: Option<usize>,
        at: u64,
    },
    Settled {
        lane: u32,
        by: String,
        criterion: String,
        passed: bool,
        at: usize,
        score: Option<f64>,
        late: bool,
    },
    Committed {
        lane: u32,
    },
    Continued {
        origin: u32,
        to: u32,
        at: usize,
    },
    Replaced {
        origin: u32,
        to: u32,
    },
    Interrupted {
        lane: u32,
        reason: String,
    },
    LaneEnded {
        lane: u32,
        outcome: String,
        detail: String,
    },
    Decided {
        winner: u32,
        lanes: Vec<u32>,
        why: String,
    },
    Over {
        verdict: String,
        lane: Option<u32>,
    },
    Wait {
        until: Option<u64>,
        why: String,
    },
}

impl From<Output> for PyOutput {
    fn from(output: Output) -> Self {
        match output {
            Output::Start {
                lane,
                source,
                prefix,
            } => Self::Start {
                lane,
                source,
                prefix,
            },
            Output::Stop { lane, reason } => Self::Stop {
                lane,
                reason: reason.name().to_owned(),
            },
            Output::Check {
                ticket,
                lane,
                by,
                criterion,
                start,
                end,
            } => Self::Check {
                ticket,
                lane,
                by: by.name().to_owned(),
                criterion,
                start,
                end,
            },
            // The race's glue answers the question and tells the answer: this is the question of a race without meter.
            Output::Hedge { lane, late, weight } => Self::Hedge {
                lane,
                late,
                granted: true,
                requests: 0.0,
                hedges: weight,
            },
            Output::Opened { lane, status } => Self::Opened { lane, status },
            Output::FirstToken { lane } => Self::FirstToken { lane },
            Output::Text { lane, text } => Self::Text { lane, text },
            Output::Partial { lane } => Self::Partial { lane },
            Output::ToolCall { lane, index, stage } => Self::ToolCall {
                lane,
                index,
                stage: stage.name().to_owned(),
            },
            Output::Violated { lane, call, at } => Self::Violated { lane, call, at },
            Output::Settled {
                lane,
                by,
                criterion,
                passed,
                at,
                score,
                late,
            } => Self::Settled {
                lane,
                by: by.name().to_owned(),
                criterion,
                passed,
                at,
                score,
                late,
            },
            Output::Committed { lane } => Self::Committed { lane },
            Output::Continued { from, to, at } => Self::Continued {
                origin: from,
                to,
                at,
            },
            Output::Replaced { from, to } => Self::Replaced { origin: from, to },
            Output::Interrupted { lane, reason } => Self::Interrupted {
                lane,
                reason: reason.name().to_owned(),
            },
            Output::LaneEnded {
                lane,
                outcome,
                detail,
            } => Self::LaneEnded {
                lane,
                outcome: outcome.name().to_owned(),
                detail,
            },
            Output::Decided { winner, lanes, why } => Self::Decided {
                winner,
                lanes,
                why: why.to_owned(),
            },
            Output::Over { verdict, lane } => Self::Over {
                verdict: verdict.name().to_owned(),
                lane,
            },
            Output::Wait { until, why } => Self::Wait {
                until,
                why: why.to_string(),
            },
        }
    }
}

#[pymethods]
impl PyOutput {
    /// What models say is not for logs: names and lanes only.
    fn __repr__(&self) -> String {
        match self.place() {
            (name, Some(lane)) => format!("<Output.{name} of lane {lane}>"),
            (name, None) => format!("<Output.{name}>"),
        }
    }
}

impl PyOutput {
    /// The subclass's name, and the lane it is about.
    const fn place(&self) -> (&'static str, Option<u32>) {
        match self {
            Self::Start { lane, .. } => ("Start", Some(*lane)),
            Self::Stop { lane, .. } => ("Stop", Some(*lane)),
            Self::Check { lane, .. } => ("Check", Some(*lane)),
            Self::Hedge { lane, .. } => ("Hedge", Some(*lane)),
            Self::Opened { lane, .. } => ("Opened", Some(*lane)),
            Self::FirstToken { lane } => ("FirstToken", Some(*lane)),
            Self::Text { lane, .. } => ("Text", Some(*lane)),
            Self::Partial { lane } => ("Partial", Some(*lane)),
            Self::ToolCall { lane, .. } => ("ToolCall", Some(*lane)),
            Self::Violated { lane, .. } => ("Violated", Some(*lane)),
            Self::Settled { lane, .. } => ("Settled", Some(*lane)),
            Self::Committed { lane } => ("Committed", Some(*lane)),
            Self::Continued { to, .. } => ("Continued", Some(*to)),
            Self::Replaced { to, .. } => ("Replaced", Some(*to)),
            Self::Interrupted { lane, .. } => ("Interrupted", Some(*lane)),
            Self::LaneEnded { lane, .. } => ("LaneEnded", Some(*lane)),
            Self::Decided { winner, .. } => ("Decided", Some(*winner)),
            Self::Over { lane, .. } => ("Over", *lane),
            Self::Wait { .. } => ("Wait", None),
        }
    }
}

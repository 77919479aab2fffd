//! Races told step by step; times are plain nanoseconds.

mod checks;
mod commit;
mod config;
mod deadlines;
mod joins;
mod lanes;
mod misuse;
mod money;
mod properties;
mod starts;
mod tools;

use std::sync::Arc;

use super::*;
use crate::criteria::Criteria;
use crate::schema::{CompileOptions, Schema};
use crate::wire::Delta;

/// A race and the clock it is told.
pub(super) struct Rig {
    pub(super) race: Race,
    pub(super) now: u64,
}

pub(super) fn schema(json: &str) -> Arc<Schema> {
    Arc::new(Schema::compile(json, &CompileOptions::default()).expect(json))
}

pub(super) fn criteria(json: &str) -> Arc<Criteria> {
    Arc::new(Criteria::from_json(json.as_bytes()).expect(json))
}

/// `{"n": integer}`, nothing else.
pub(super) const NUMBER: &str = r#"{"type": "object", "properties": {"n": {"type": "integer"}},
    "required": ["n"], "additionalProperties": false}"#;

pub(super) fn typed() -> Rules {
    Rules {
        schema: Some(schema(NUMBER)),
        ..Rules::default()
    }
}

pub(super) fn judged(json: &str) -> Rules {
    Rules {
        criteria: Some(criteria(json)),
        ..Rules::default()
    }
}

pub(super) fn text(text: &str) -> Delta {
    Delta::Text(text.to_owned())
}

pub(super) fn stop() -> Delta {
    Delta::Finish {
        reason: "stop".to_owned(),
    }
}

impl Rig {
    /// A race of lanes of deltas, started at 0. The lanes it starts are open.
    pub(super) fn new(config: &str, rules: Rules) -> (Self, Vec<Output>) {
        let config = Config::from_json(config.as_bytes()).expect(config);
        let mut rig = Self {
            race: Race::new(config, rules),
            now: 0,
        };
        let said = rig.tell(Input::Start);
        rig.open_started(&said);
        (rig, said)
    }

    /// As [`Rig::new`]; what it says while starting does not matter.
    pub(super) fn started(config: &str, rules: Rules) -> Self {
        Self::new(config, rules).0
    }

    /// Tells one thing; what is said, without `Wait`.
    pub(super) fn tell(&mut self, input: Input<'_>) -> Vec<Output> {
        self.race.input(self.now, input).expect("in order");
        self.drain().0
    }

    pub(super) fn drain(&mut self) -> (Vec<Output>, Option<u64>) {
        let mut said = Vec::new();
        loop {
            match self.race.poll() {
                Output::Wait { until, .. } => return (said, until),
                output => said.push(output),
            }
        }
    }

    fn open_started(&mut self, said: &[Output]) {
        for output in said {
            if let Output::Start { lane, .. } = output {
                self.tell(Input::Opened {
                    lane: *lane,
                    status: Some(200),
                });
            }
        }
    }

    /// Tells deltas; lanes that are started by it are opened.
    pub(super) fn say(&mut self, lane: LaneId, deltas: &[Delta]) -> Vec<Output> {
        let said = self.tell(Input::Deltas { lane, deltas });
        self.open_started(&said);
        said
    }

    /// The whole answer of a lane.
    pub(super) fn answer(&mut self, lane: LaneId, whole: &str) -> Vec<Output> {
        self.say(lane, &[text(whole), stop()])
    }

    pub(super) fn end(&mut self, lane: LaneId, how: Ending) -> Vec<Output> {
        let said = self.tell(Input::Ended {
            lane,
            how,
            detail: "",
        });
        self.open_started(&said);
        said
    }

    /// Lets time pass up to `now`.
    pub(super) fn at(&mut self, now: u64) -> Vec<Output> {
        self.now = now;
        let said = self.tell(Input::Tick);
        self.open_started(&said);
        said
    }

    pub(super) fn check(&mut self, ticket: u64, passed: bool) -> Vec<Output> {
        let said = self.tell(Input::Checked {
            ticket,
            passed,
            score: None,
        });
        self.open_started(&said);
        said
    }

    pub(super) fn outcome(&self, lane: LaneId) -> &'static str {
        self.race.lanes()[lane as usize]
            .outcome()
            .map_or("none", Outcome::name)
    }

    pub(super) fn state(&self, lane: LaneId) -> LaneState {
        self.race.lanes()[lane as usize].state()
    }
}

pub(super) fn tickets(said: &[Output]) -> Vec<(u64, LaneId, By)> {
    let checks = said.iter().filter_map(|output| match output {
        Output::Check {
            ticket, lane, by, ..
        } => Some((*ticket, *lane, *by)),
        _ => None,
    });
    checks.collect()
}

pub(super) fn stopped(said: &[Output]) -> Vec<(LaneId, StopReason)> {
    let stops = said.iter().filter_map(|output| match output {
        Output::Stop { lane, reason } => Some((*lane, *reason)),
        _ => None,
    });
    stops.collect()
}

pub(super) fn starts(said: &[Output]) -> Vec<LaneId> {
    let starts = said.iter().filter_map(|output| match output {
        Output::Start { lane, .. } => Some(*lane),
        _ => None,
    });
    starts.collect()
}

pub(super) fn shown(said: &[Output]) -> String {
    let texts = said.iter().filter_map(|output| match output {
        Output::Text { text, .. } => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

pub(super) fn winner(said: &[Output]) -> Option<LaneId> {
    said.iter().find_map(|output| match output {
        Output::Decided { winner, .. } => Some(*winner),
        _ => None,
    })
}

pub(super) fn over(said: &[Output]) -> Option<(Verdict, Option<LaneId>)> {
    said.iter().find_map(|output| match output {
        Output::Over { verdict, lane } => Some((*verdict, *lane)),
        _ => None,
    })
}

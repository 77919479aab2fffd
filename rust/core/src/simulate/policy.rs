//! What is compared: who starts when, and how many hedges there may be.

use crate::race::{
    Bounds, Budget, Config, Deadlines, Gate, Join, LaneConfig, LaneId, Patience, Show, Trigger,
};

use super::world::{Actor, Task};

/// Who starts when.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Plan {
    /// Each lane after the failure of the one before.
    Single,
    /// As `Single`, and each also when the one before has no token after the delay.
    Hedge(Delay),
    /// All at once.
    Race,
}

/// When the running lane is late.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Delay {
    /// After so many seconds.
    Fixed(f64),
    /// At this quantile of its own times so far.
    Quantile(f64),
    /// At the earliest quantile whose hedges cost no more than the allowance's share of the spend.
    Spend,
}

/// A policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Who starts when.
    pub plan: Plan,
    /// Its lanes' models, in order; one may stand there twice.
    pub lanes: Vec<usize>,
    /// Hedges allowed as a share of the window's requests, free ones per window, the window's seconds; `None`: any number.
    pub allowance: Option<(f64, f64, f64)>,
}

/// How often the first lane's model is tried again where every lane failed.
const RESERVES: usize = 3;

const fn ns(seconds: f64) -> u64 {
    (seconds * 1e9) as u64
}

impl Policy {
    /// The models of all lanes, those in reserve too.
    #[must_use]
    pub fn cast(&self) -> Vec<usize> {
        let reserves = std::iter::repeat_n(self.lanes[0], RESERVES);
        self.lanes.iter().copied().chain(reserves).collect()
    }

    /// The race's configuration; the delay and the weight of a hedge are put in before each race.
    #[must_use]
    pub fn config(&self, actors: &[Actor], task: &Task) -> Config {
        let lane = |(place, model): (usize, usize)| LaneConfig {
            start: self.triggers(place),
            start_usd: actors[model].in_usd,
            ..LaneConfig::default()
        };
        let metered = self.allowance.map(|_| 1.0);
        Config {
            show: Show::Final,
            join: Join::FirstValid,
            acceptance: Some(Patience {
                timeout_ns: None,
                default: false,
            }),
            deadlines: Deadlines {
                total: task.deadline_s.map(ns),
                ..Deadlines::default()
            },
            gate: Gate::default(),
            judge: None,
            criteria: Patience {
                timeout_ns: None,
                default: false,
            },
            lane_deadlines: Deadlines::default(),
            bounds: Bounds::default(),
            drain_ns: 0,
            budget: Budget {
                metered,
                ..Budget::default()
            },
            lanes: self.cast().into_iter().enumerate().map(lane).collect(),
        }
    }

    fn triggers(&self, place: usize) -> Vec<Trigger> {
        let before = place.wrapping_sub(1) as LaneId;
        match self.plan {
            _ if place == 0 => vec![Trigger::Now],
            _ if place >= self.lanes.len() => Vec::new(),
            Plan::Race => vec![Trigger::Now],
            Plan::Single => vec![Trigger::Failed(before)],
            Plan::Hedge(delay) => {
                let by_ns = match delay {
                    Delay::Fixed(seconds) => ns(seconds).max(1),
                    Delay::Quantile(_) | Delay::Spend => u64::MAX,
                };
                vec![
                    Trigger::Late {
                        lane: before,
                        by_ns,
                    },
                    Trigger::Failed(before),
                ]
            }
        }
    }
}

//! Who starts, and when.

use std::collections::{BTreeMap, VecDeque};

use super::config::{Judge, LaneConfig, Show, Trigger};
use super::lane::{Body, LaneState};
use super::machine::{Phase, Race};
use super::output::{LaneId, Output};
use super::reason::StopReason;
use super::timers::Key;

/// Which lanes wait for what becomes of another.
#[derive(Debug, Default)]
pub(super) struct Dependents {
    late: BTreeMap<LaneId, Vec<(LaneId, usize)>>,
    failed: BTreeMap<LaneId, Vec<LaneId>>,
    refused: BTreeMap<LaneId, Vec<LaneId>>,
    any_failed: VecDeque<LaneId>,
}

impl Dependents {
    pub(super) fn new(lanes: &[LaneConfig]) -> Self {
        let mut dependents = Self::default();
        for (id, lane) in lanes.iter().enumerate() {
            for (index, trigger) in lane.start.iter().enumerate() {
                dependents.add(id as LaneId, index, *trigger);
            }
        }
        dependents
    }

    fn add(&mut self, id: LaneId, index: usize, trigger: Trigger) {
        match trigger {
            Trigger::Late { lane, .. } => self.late.entry(lane).or_default().push((id, index)),
            Trigger::Failed(lane) => self.failed.entry(lane).or_default().push(id),
            Trigger::Refused(lane) => self.refused.entry(lane).or_default().push(id),
            Trigger::AnyFailed => self.any_failed.push_back(id),
            Trigger::Now | Trigger::After(_) => {}
        }
    }
}

impl Race {
    /// The race begins: lanes that start with it, timers of those that start by the clock.
    pub(super) fn begin(&mut self) {
        self.phase = Phase::Racing;
        self.timing.started = self.now;
        for id in 0..self.lanes.len() {
            let triggers = self.config.lanes[id].start.clone();
            if triggers.contains(&Trigger::Now) {
                self.start(id as LaneId, None);
                continue;
            }
            for (index, trigger) in triggers.iter().enumerate() {
                if matches!(trigger, Trigger::After(_)) {
                    self.arm(Key::Trigger(id as LaneId, index));
                }
            }
        }
        self.arm(Key::Race);
        self.moved = true;
    }

    /// Starts a lane beyond those that start with the race, if it waits and the budget allows it.
    pub(super) fn start_extra(&mut self, id: LaneId) -> bool {
        if self.lane(id).state != LaneState::Waiting || self.lane(id).denied {
            return false;
        }
        if self.extra_left == 0 {
            return self.deny(id);
        }
        let started = self.start(id, None);
        self.extra_left -= u32::from(started);
        started
    }

    /// A trigger's time has come. A hedge is asked for where hedges are metered.
    pub(super) fn trigger(&mut self, id: LaneId, index: usize) {
        let trigger = self.config.lanes[id as usize].start.get(index).copied();
        match (trigger, self.config.budget.metered) {
            (Some(Trigger::Late { lane: late, .. }), Some(weight)) if self.extra_left > 0 => {
                self.asking.insert(id);
                self.say(Output::Hedge {
                    lane: id,
                    late,
                    weight,
                });
            }
            _ => {
                self.start_extra(id);
            }
        }
    }

    /// The answer to [`Output::Hedge`]: the lane starts, or is asked for again later. It may have started meanwhile.
    pub(super) fn hedged(&mut self, id: LaneId, granted: bool) {
        if !self.asking.remove(&id) || self.phase != Phase::Racing {
            return;
        }
        if granted {
            self.start_extra(id);
            return;
        }
        self.lane(id).refused += 1;
        for index in 0..self.config.lanes[id as usize].start.len() {
            self.arm(Key::Trigger(id, index));
        }
    }

    fn deny(&mut self, id: LaneId) -> bool {
        self.lane(id).denied = true;
        false
    }

    /// Orders a lane to start, unless the money is spent.
    pub(super) fn start(&mut self, id: LaneId, prefix: Option<String>) -> bool {
        let source = self.lane(id).source;
        let config = &self.config.lanes[source as usize];
        let cost_usd = self.spent + config.start_usd;
        if self.broke || self.config.budget.usd.is_some_and(|usd| cost_usd > usd) {
            return self.deny(id);
        }
        let never = u64::MAX;
        let judge_every = self
            .config
            .judge
            .and_then(|(Judge { every_chars, .. }, _)| every_chars);
        let body = Body::new(
            config,
            &self.config.bounds,
            &self.rules,
            judge_every.unwrap_or(never),
        );
        let (now, start_usd) = (self.now, config.start_usd);
        let lane = self.lane(id);
        lane.body = Some(Box::new(body));
        lane.state = LaneState::Starting;
        lane.connected = true;
        lane.timing.started = now;
        lane.cost_usd = start_usd;
        self.spent = cost_usd;
        self.running += 1;
        self.started += 1;
        self.say(Output::Start {
            lane: id,
            source,
            prefix,
        });
        self.arm_lane(id);
        for (waiting, index) in self.dependents.late.get(&id).cloned().unwrap_or_default() {
            self.arm(Key::Trigger(waiting, index));
        }
        true
    }

    /// The first waiting lane that the budget allows starts at once; whether there is one.
    pub(super) fn start_next(&mut self) -> bool {
        while let Some(lane) = self.lanes.get(self.next_waiting) {
            let id = self.next_waiting as LaneId;
            if lane.state == LaneState::Waiting && !lane.denied {
                let first = self.started == 0;
                let started = if first {
                    self.start(id, None)
                } else {
                    self.start_extra(id)
                };
                if started {
                    return true;
                }
            }
            self.next_waiting += 1;
        }
        false
    }

    /// A lane ended without being good: who waited for that starts, and what the caller saw of it is dealt with.
    pub(super) fn after_fall(&mut self, id: LaneId, reason: StopReason) {
        self.moved = true;
        match self.phase {
            Phase::Committed(committed) if committed == id => self.go_on_or_interrupt(id, reason),
            Phase::Racing => {
                self.start_dependents(id, reason);
                if self.config.show == Show::Lead && self.shown == Some(id) {
                    self.replace_lead(id);
                }
            }
            _ => {}
        }
    }

    fn start_dependents(&mut self, id: LaneId, reason: StopReason) {
        let mut waiting = self.dependents.failed.remove(&id).unwrap_or_default();
        if reason.by_content() {
            waiting.extend(self.dependents.refused.remove(&id).unwrap_or_default());
        }
        for lane in waiting {
            self.start_extra(lane);
        }
        while let Some(lane) = self.dependents.any_failed.pop_front() {
            if self.start_extra(lane) {
                break;
            }
        }
    }
}

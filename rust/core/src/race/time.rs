//! Deadlines: which are due, and what happens when one is.

use super::config::Trigger;
use super::lane::LaneState;
use super::machine::{Phase, Race};
use super::output::{LaneId, Why};
use super::reason::{Late, StopReason};
use super::timers::Key;

impl Race {
    /// Does what is due by now, the earliest first.
    pub(super) fn fire(&mut self) {
        while let Some((due, key)) = self.timers.peek() {
            if due > self.now {
                return;
            }
            self.timers.pop();
            self.surfaced(key);
            match self.due(key) {
                Some((later, _)) if later > due => self.arm(key),
                Some((_, why)) => {
                    self.expire(key, why);
                    self.settle();
                }
                None => {}
            }
        }
    }

    /// The next deadline that still holds.
    pub(super) fn next_due(&mut self) -> Option<(u64, Why)> {
        loop {
            let (entry, key) = self.timers.peek()?;
            match self.due(key) {
                Some((due, why)) if due <= entry => return Some((due, why)),
                Some(_) => {
                    self.timers.pop();
                    self.surfaced(key);
                    self.arm(key);
                }
                None => {
                    self.timers.pop();
                    self.surfaced(key);
                }
            }
        }
    }

    /// An entry left the timers.
    fn surfaced(&mut self, key: Key) {
        match key {
            Key::Race => self.armed = u64::MAX,
            Key::Lane(lane) => self.lane(lane).armed = u64::MAX,
            _ => {}
        }
    }

    /// Puts `key` among the timers, if something of it is due at all.
    pub(super) fn arm(&mut self, key: Key) {
        let Some((due, _)) = self.due(key) else {
            return;
        };
        let armed = match key {
            Key::Race => &mut self.armed,
            Key::Lane(lane) => &mut self.lanes[lane as usize].armed,
            _ => return self.timers.push(due, key),
        };
        // A later entry stays where it is: it is put right when it surfaces.
        if due < *armed {
            *armed = due;
            self.timers.push(due, key);
        }
    }

    pub(super) fn arm_lane(&mut self, lane: LaneId) {
        self.arm(Key::Lane(lane));
        self.arm(Key::Race);
    }

    /// When `key` is due, and what that means; `None` where it has lapsed.
    fn due(&self, key: Key) -> Option<(u64, Why)> {
        let contested = matches!(self.phase, Phase::Racing | Phase::Committed(_));
        match key {
            Key::Race if contested => self.race_due(),
            Key::Lane(id) => self.lane_due(id),
            Key::Ticket(ticket) => Some((self.tickets.due(ticket)?, Why::Ticket(ticket))),
            Key::Patience if self.phase == Phase::Racing => {
                Some((self.patience_due?, Why::Patience))
            }
            Key::Hold(id) if self.phase == Phase::Racing => {
                let lane = &self.lanes[id as usize];
                let first = lane
                    .body
                    .as_ref()?
                    .first_char
                    .filter(|_| lane.state.is_listening())?;
                Some((
                    first.saturating_add(self.config.gate.hold_ns?),
                    Why::Hold(id),
                ))
            }
            Key::Trigger(id, index) if self.phase == Phase::Racing => {
                Some((self.trigger_due(id, index)?, Why::Start(id)))
            }
            Key::Drain(id) if matches!(self.phase, Phase::Decided(_)) => {
                let drained = self.lanes[id as usize].state != LaneState::Good;
                let decided = self.timing.ended.filter(|_| !drained)?;
                Some((decided.saturating_add(self.config.drain_ns), Why::Drain(id)))
            }
            _ => None,
        }
    }

    fn lane_due(&self, id: LaneId) -> Option<(u64, Why)> {
        let lane = &self.lanes[id as usize];
        let own = self.config.lanes[lane.source as usize].deadlines;
        let deadlines = own.or(self.config.lane_deadlines);
        let due = lane.timing.due(&deadlines);
        let (due, missed) = due.filter(|_| lane.state.is_listening())?;
        Some((due, Why::Lane(id, missed)))
    }

    fn race_due(&self) -> Option<(u64, Why)> {
        let mut deadlines = self.config.deadlines;
        // Complete answers that wait for the outside are no silence.
        if self.checking > 0 || !self.good.is_empty() {
            deadlines.gap = None;
        }
        let (due, late) = self.timing.due(&deadlines)?;
        Some((due, Why::Race(late)))
    }

    fn trigger_due(&self, id: LaneId, index: usize) -> Option<u64> {
        let lane = &self.lanes[id as usize];
        if lane.state != LaneState::Waiting || lane.denied || self.asking.contains(&id) {
            return None;
        }
        match *self.config.lanes[id as usize].start.get(index)? {
            Trigger::After(after) => Some(self.timing.started.saturating_add(after)),
            Trigger::Late { lane: first, by_ns } => {
                let first = &self.lanes[first as usize];
                let silent =
                    first.state != LaneState::Waiting && first.timing.first_token.is_none();
                // Refused, it is asked for again after twice the wait.
                let by_ns = by_ns.saturating_mul(1 << lane.refused.min(63));
                silent.then(|| first.timing.started.saturating_add(by_ns))
            }
            _ => None,
        }
    }

    fn expire(&mut self, key: Key, why: Why) {
        match (key, why) {
            (Key::Race, Why::Race(late)) => self.race_late(late),
            (Key::Lane(lane), Why::Lane(_, missed)) => {
                self.kill(lane, StopReason::Late(missed), String::new());
            }
            (Key::Ticket(ticket), _) => self.expire_ticket(ticket),
            (Key::Patience, _) => self.decide_by_what_there_is("patience"),
            (Key::Hold(lane), _) => self.look_at_gate(lane),
            (Key::Trigger(lane, index), _) => self.trigger(lane, index),
            (Key::Drain(lane), _) => self.conclude(lane, StopReason::Drained),
            _ => {}
        }
    }

    /// A deadline of the race passed: what came through decides, else nobody wins.
    fn race_late(&mut self, late: Late) {
        if !self.good.is_empty() && self.phase == Phase::Racing {
            return self.decide_by_what_there_is("deadline");
        }
        self.give_up(StopReason::Late(late), super::output::Verdict::Late(late));
    }
}

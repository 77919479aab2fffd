//! How lanes end before their time: stopped, dead, or without money.

use super::lane::LaneState;
use super::machine::{Phase, Race};
use super::output::{LaneId, Output};
use super::reason::{Outcome, StopReason};

impl Race {
    /// Ends a lane that cannot become good any more; who waited for that is told by and by.
    pub(super) fn kill(&mut self, id: LaneId, reason: StopReason, detail: String) {
        if !self.lane(id).state.is_running() {
            return;
        }
        self.stop(id, reason, detail);
        self.fallen.push_back((id, reason));
    }

    /// Ends a lane by the referee's word.
    pub(super) fn kill_by_referee(&mut self, id: LaneId, reason: StopReason) {
        let referee = self.lane(id).body.as_ref().map(|body| &body.referee);
        let violation = referee.and_then(|referee| referee.verdict()?.violations.first());
        let failure = referee.and_then(|referee| referee.criteria()?.failure());
        let mut detail = "";
        let keyword;
        if reason == StopReason::SchemaDead {
            keyword = violation.map_or(String::new(), |violation| violation.keyword.to_string());
            detail = &keyword;
            let at = referee
                .and_then(super::referee::Referee::dead_at)
                .unwrap_or(0) as u64;
            self.say(Output::Violated {
                lane: id,
                call: None,
                at,
            });
        } else if let Some((failure, criteria)) = failure.zip(self.rules.criteria.as_ref()) {
            detail = criteria.name(failure.criterion);
        }
        let detail = detail.to_owned();
        self.kill(id, reason, detail);
    }

    /// Ends every lane that runs or came through, but for `kept`.
    pub(super) fn stop_all_but(&mut self, kept: &[LaneId], reason: StopReason) {
        for id in 0..self.lanes.len() {
            let lane = &self.lanes[id];
            let id = id as LaneId;
            if lane.state != LaneState::Waiting
                && lane.state != LaneState::Done
                && !kept.contains(&id)
            {
                self.stop(id, reason, String::new());
            }
        }
    }

    fn stop(&mut self, id: LaneId, reason: StopReason, detail: String) {
        let state = self.lane(id).state;
        self.running -= usize::from(state.is_running());
        if state == LaneState::Good {
            self.good.retain(|good| *good != id);
        }
        self.disconnect(id, reason);
        let tickets = self
            .body(id)
            .map_or_else(Vec::new, |body| std::mem::take(&mut body.tickets));
        for ticket in tickets {
            self.tickets.close(ticket);
        }
        self.end_lane(id, Outcome::Stopped(reason), detail);
    }

    /// Orders the driver to close the lane's stream, if it has one.
    pub(super) fn disconnect(&mut self, id: LaneId, reason: StopReason) {
        if std::mem::take(&mut self.lane(id).connected) {
            self.say(Output::Stop { lane: id, reason });
        }
    }

    /// The lane's one outcome.
    pub(super) fn end_lane(&mut self, id: LaneId, outcome: Outcome, detail: String) {
        let now = self.now;
        let lane = self.lane(id);
        if lane.state == LaneState::Checking {
            self.checking -= 1;
        }
        let lane = self.lane(id);
        lane.state = LaneState::Done;
        lane.outcome = Some(outcome);
        lane.timing.ended = Some(now);
        lane.detail.clone_from(&detail);
        self.say(Output::LaneEnded {
            lane: id,
            outcome,
            detail,
        });
    }

    /// Adds to a lane's estimated price; past the budget every lane that still costs money is stopped.
    pub(super) fn charge(&mut self, id: LaneId, bytes: usize) {
        let byte_usd = self.config.lanes[self.lanes[id as usize].source as usize].byte_usd;
        let lane = self.lane(id);
        if lane.priced || byte_usd == 0.0 {
            return;
        }
        let cost_usd = bytes as f64 * byte_usd;
        lane.cost_usd += cost_usd;
        self.spend(cost_usd);
    }

    /// The price of a lane, told from outside.
    pub(super) fn price(&mut self, id: LaneId, cost_usd: f64) {
        let lane = self.lane(id);
        lane.priced = true;
        let more = cost_usd - std::mem::replace(&mut lane.cost_usd, cost_usd);
        self.spend(more);
    }

    fn spend(&mut self, usd: f64) {
        self.spent += usd;
        let contested = matches!(self.phase, Phase::Racing | Phase::Committed(_));
        if self.broke || !contested || self.config.budget.usd.is_none_or(|most| self.spent <= most)
        {
            return;
        }
        self.broke = true;
        for id in 0..self.lanes.len() {
            if self.lanes[id].state.is_listening() {
                self.kill(id as LaneId, StopReason::Budget, String::new());
            }
        }
    }
}

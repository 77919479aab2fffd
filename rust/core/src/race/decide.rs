//! When a race has its answer, and how it ends.

use super::config::Join;
use super::lane::LaneState;
use super::machine::{Phase, Race};
use super::output::{LaneId, Output, Stage, Verdict};
use super::quorum;
use super::reason::{Outcome, StopReason};
use super::timers::Key;

/// A decision: all lanes of the answer, the winner first, and the rule.
type Decision = (Vec<LaneId>, &'static str);

impl Race {
    /// Looks at what came through and at who still runs.
    pub(super) fn judge_join(&mut self) {
        match self.phase {
            Phase::Committed(id) if self.good.contains(&id) => self.decide((vec![id], "committed")),
            Phase::Racing => {
                self.be_patient();
                if let Some(decision) = self.decision() {
                    self.decide(decision);
                } else if self.running == 0 && !self.start_next() {
                    self.end_of_lanes();
                }
            }
            _ => {}
        }
    }

    /// From the first good lane on, the join waits for others only so long.
    fn be_patient(&mut self) {
        if self.good.is_empty() || self.patience_due.is_some() {
            return;
        }
        let patience = match self.config.join {
            Join::BestOf { patience_ns, .. }
            | Join::Quorum { patience_ns, .. }
            | Join::Merge { patience_ns, .. } => patience_ns,
            Join::FirstValid | Join::Cascade => None,
        };
        if let Some(patience) = patience {
            self.patience_due = Some(self.now.saturating_add(patience));
            self.arm(Key::Patience);
        }
    }

    /// What the join's rule says, if it is satisfied.
    fn decision(&self) -> Option<Decision> {
        let first = *self.good.first()?;
        let count = self.good.len();
        match &self.config.join {
            Join::FirstValid => Some((vec![first], "first_valid")),
            Join::Cascade => Some((vec![first], "cascade")),
            Join::BestOf { n, .. } => {
                let best = self.best_good();
                let unbeatable = self.lanes[best as usize].score() >= 1.0;
                (count >= *n || unbeatable).then(|| (vec![best], "best_of"))
            }
            Join::Quorum { k, fields, .. } => {
                let votes = self.votes(fields);
                votes
                    .reached(*k)
                    .then(|| (self.in_order(votes.leader()), "quorum"))
            }
            Join::Merge { enough, .. } => {
                let reached = enough.is_some_and(|enough| count >= enough);
                reached.then(|| (self.in_order(0), "merge"))
            }
        }
    }

    /// The rule cannot be satisfied any more: what came through decides.
    pub(super) fn decide_by_what_there_is(&mut self, why: &'static str) {
        let lanes = match &self.config.join {
            Join::BestOf { .. } => vec![self.best_good()],
            Join::Quorum { fields, .. } => self.in_order(self.votes(fields).leader()),
            Join::Merge { .. } => self.in_order(0),
            Join::FirstValid | Join::Cascade => self.good.clone(),
        };
        self.decide((lanes, why));
    }

    fn end_of_lanes(&mut self) {
        if self.good.is_empty() {
            let denied = self.broke || self.started == 0;
            let verdict = if denied {
                Verdict::Budget
            } else {
                Verdict::Failed
            };
            let best = self.best_partial();
            self.over(verdict, best);
        } else {
            let merged = matches!(self.config.join, Join::Merge { enough: None, .. });
            self.decide_by_what_there_is(if merged { "merge" } else { "no lane is left" });
        }
    }

    /// The good lane with the best score, the earlier of equals.
    fn best_good(&self) -> LaneId {
        let score = |id: LaneId| self.lanes[id as usize].score();
        let better = |best: LaneId, id: &LaneId| if score(*id) > score(best) { *id } else { best };
        let first = self.good.first().copied().unwrap_or_default();
        self.good.iter().fold(first, better)
    }

    /// All good lanes, the one at `leader` first.
    fn in_order(&self, leader: usize) -> Vec<LaneId> {
        let mut lanes = self.good.clone();
        if leader < lanes.len() {
            lanes[..=leader].rotate_right(1);
        }
        lanes
    }

    fn votes(&self, fields: &[String]) -> quorum::Votes {
        let answers = self.good.iter().map(|id| self.lanes[*id as usize].text());
        quorum::Votes::count(answers, fields)
    }

    /// The race has its answer: the rest lose, the winner is shown whole, its stream is read on for its usage.
    fn decide(&mut self, (lanes, why): Decision) {
        let Some(winner) = lanes.first().copied() else {
            return;
        };
        self.phase = Phase::Decided(winner);
        self.timing.ended = Some(self.now);
        self.stop_all_but(&lanes, StopReason::Lost);
        self.say(Output::Decided {
            winner,
            lanes: lanes.clone(),
            why,
        });
        self.show_winner(winner);
        let calls: Vec<_> = self
            .body(winner)
            .map_or_else(Vec::new, |body| body.calls.proposals().collect());
        for index in calls {
            self.say(Output::ToolCall {
                lane: winner,
                index,
                stage: Stage::Decided,
            });
        }
        self.tell_partial();
        self.draining = lanes.len();
        for id in lanes {
            if self.lane(id).connected && self.config.drain_ns > 0 {
                self.arm(Key::Drain(id));
            } else {
                self.conclude(id, StopReason::Drained);
            }
        }
    }

    /// Nothing more is expected of a lane of the answer.
    pub(super) fn conclude(&mut self, id: LaneId, reason: StopReason) {
        let Phase::Decided(winner) = self.phase else {
            return;
        };
        if self.lane(id).state != LaneState::Good {
            return;
        }
        self.disconnect(id, reason);
        let outcome = if id == winner {
            Outcome::Won
        } else {
            Outcome::Used
        };
        self.end_lane(id, outcome, String::new());
        self.draining -= 1;
        if self.draining == 0 {
            self.over(Verdict::Won, Some(winner));
        }
    }

    /// Nobody waits any more.
    pub(super) fn cancel(&mut self) {
        match self.phase {
            Phase::Racing | Phase::Committed(_) => {
                self.give_up(StopReason::CallerGone, Verdict::Cancelled);
            }
            Phase::Decided(_) => {
                for id in 0..self.lanes.len() {
                    self.conclude(id as LaneId, StopReason::CallerGone);
                }
            }
            Phase::Ready | Phase::Over => {}
        }
    }

    /// Every lane is stopped and nobody wins.
    pub(super) fn give_up(&mut self, reason: StopReason, verdict: Verdict) {
        let committed = match self.phase {
            Phase::Committed(id) => Some(id),
            _ => None,
        };
        self.stop_all_but(&[], reason);
        if let Some(lane) = committed.filter(|_| verdict != Verdict::Cancelled) {
            self.say(Output::Interrupted { lane, reason });
        }
        let best = committed.or_else(|| self.best_partial());
        self.over(verdict, best);
    }

    /// The race is over: lanes that never started have their outcome too.
    pub(super) fn over(&mut self, verdict: Verdict, lane: Option<LaneId>) {
        self.phase = Phase::Over;
        self.verdict = Some(verdict);
        self.timing.ended.get_or_insert(self.now);
        self.timers.clear();
        self.fallen.clear();
        for id in 0..self.lanes.len() {
            if self.lanes[id].state == LaneState::Waiting {
                let detail = if self.lanes[id].denied {
                    "the budget"
                } else {
                    ""
                };
                self.end_lane(id as LaneId, Outcome::Unused, detail.to_owned());
            }
        }
        self.say(Output::Over { verdict, lane });
    }

    /// The lane whose partial answer is the best there is: a whole one that was refused, else the longest viable one.
    fn best_partial(&self) -> Option<LaneId> {
        let rank = |id: usize| {
            let lane = &self.lanes[id];
            let refused = [StopReason::AcceptanceRefused, StopReason::JudgeRefused];
            let whole = refused
                .iter()
                .any(|reason| lane.outcome == Some(Outcome::Stopped(*reason)));
            (whole, lane.body.as_ref().map_or(0, |body| body.safe()))
        };
        let mut best: Option<((bool, usize), LaneId)> = None;
        for id in 0..self.lanes.len() {
            let rank = rank(id);
            if rank.1 > 0 && best.is_none_or(|(most, _)| rank > most) {
                best = Some((rank, id as LaneId));
            }
        }
        best.map(|(_, id)| id)
    }
}

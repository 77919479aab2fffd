//! What the caller sees, and when: commit, lead, release, and what happens when the shown lane dies.

use super::config::Show;
use super::lane::{Lane, LaneState};
use super::machine::{Phase, Race};
use super::output::{LaneId, Output, Verdict};
use super::reason::StopReason;

impl Race {
    /// Commits a lane that has passed the gate.
    pub(super) fn look_at_gate(&mut self, id: LaneId) {
        if self.config.show != Show::Committed || self.phase != Phase::Racing {
            return;
        }
        let lane = &self.lanes[id as usize];
        let now = self.now;
        let open = lane
            .body
            .as_ref()
            .is_some_and(|body| self.config.gate.is_open(body, now));
        if open && lane.state.is_listening() {
            self.commit(id);
            self.release(id);
        }
    }

    /// This lane alone from here on: the rivals lose, those that wait stay as reserves.
    fn commit(&mut self, id: LaneId) {
        self.phase = Phase::Committed(id);
        self.shown = Some(id);
        self.stop_all_but(&[id], StopReason::Lost);
        self.say(Output::Committed { lane: id });
    }

    /// The first lane that says something leads, until it dies.
    pub(super) fn lead(&mut self, id: LaneId) {
        if self.config.show == Show::Lead && self.shown.is_none() {
            self.show(id);
        }
    }

    fn show(&mut self, id: LaneId) {
        self.shown = Some(id);
        if let Some(from) = self.void.take().filter(|from| *from != id) {
            self.say(Output::Replaced { from, to: id });
        }
    }

    /// The leading lane died: the one that has said most leads, or the next that says something.
    pub(super) fn replace_lead(&mut self, dead: LaneId) {
        self.shown = None;
        if self.lanes[dead as usize].released() > 0 {
            self.void = Some(dead);
        }
        let mut best: Option<(usize, LaneId)> = None;
        for (id, lane) in self.lanes.iter().enumerate() {
            let length = lane.text().len();
            let better = best.is_none_or(|(most, _)| length > most);
            if lane.state != LaneState::Done && length > 0 && better {
                best = Some((length, id as LaneId));
            }
        }
        if let Some((_, id)) = best {
            self.show(id);
            self.release(id);
        }
    }

    /// Shows the winner, whole.
    pub(super) fn show_winner(&mut self, id: LaneId) {
        match self.config.show {
            Show::Lead => {
                self.void = self.shown.filter(|shown| *shown != id).or(self.void);
                self.show(id);
            }
            Show::Committed if self.shown != Some(id) => {
                self.shown = Some(id);
                self.say(Output::Committed { lane: id });
            }
            _ => self.shown = Some(id),
        }
        self.release(id);
    }

    /// Releases what may be shown of a lane, if it is the one that is shown.
    pub(super) fn release(&mut self, id: LaneId) {
        if self.shown != Some(id) {
            return;
        }
        let held_bound = self.config.bounds.held;
        let committed = self.phase == Phase::Committed(id);
        let Some(body) = self.body(id) else { return };
        let safe = body.safe();
        if safe > body.released {
            let text = body.answer[body.released..safe].to_owned();
            body.released = safe;
            self.say(Output::Text { lane: id, text });
        } else if committed && body.answer.len() - body.released > held_bound {
            self.kill(
                id,
                StopReason::Limit,
                format!("more than {held_bound} bytes held back"),
            );
        }
    }

    /// Says once an input that the shown value moved; not while something of its text is held back.
    pub(super) fn tell_partial(&mut self) {
        let Some(id) = self.shown else { return };
        let alive = self.lanes[id as usize].outcome.is_none();
        let Some(body) = self.body(id).filter(|_| alive) else {
            return;
        };
        let visible = body.referee.has_schema() && body.released == body.answer.len();
        if visible && std::mem::take(&mut body.moved) {
            self.say(Output::Partial { lane: id });
        }
    }

    /// The committed lane died: another goes on from exactly what was shown, or the race is over.
    pub(super) fn go_on_or_interrupt(&mut self, dead: LaneId, reason: StopReason) {
        let ends = matches!(reason, StopReason::AcceptanceRefused | StopReason::Limit);
        let prefix = self.lanes[dead as usize].text();
        let prefix = prefix[..self.lanes[dead as usize].released()].to_owned();
        if !ends {
            while let Some(id) = self.continuer(dead, prefix.is_empty()) {
                if self.go_on(dead, id, &prefix) {
                    return;
                }
            }
        }
        self.say(Output::Interrupted { lane: dead, reason });
        self.over(Verdict::Interrupted, Some(dead));
    }

    /// Who goes on: a reserve, else a rival that merely lost, else the dead lane's own model if its answer was not at
    /// fault. From an empty beginning everybody can go on.
    fn continuer(&mut self, dead: LaneId, from_nothing: bool) -> Option<LaneId> {
        if self.extra_left == 0 || self.lanes.len() >= self.config.bounds.lanes {
            return None;
        }
        let able = |lane: &Lane| {
            let config = &self.config.lanes[lane.source as usize];
            (from_nothing || config.can_continue)
                && !lane.denied
                && !self.continued.contains(&lane.source)
        };
        let place = |wanted: &dyn Fn(LaneId, &Lane) -> bool| {
            let all = self
                .lanes
                .iter()
                .enumerate()
                .map(|(id, lane)| (id as LaneId, lane));
            all.filter(|(_, lane)| able(lane))
                .find(|(id, lane)| wanted(*id, lane))
                .map(|(id, _)| id)
        };
        place(&|_, lane| lane.state == LaneState::Waiting)
            .or_else(|| place(&|_, lane| lane.lost()))
            .or_else(|| place(&|id, lane| id == dead && !lane.refused()))
    }

    /// Starts a continuation by the configuration of lane `like`; false where the budget refuses it.
    fn go_on(&mut self, dead: LaneId, like: LaneId, prefix: &str) -> bool {
        let source = self.lanes[like as usize].source;
        self.continued.insert(source);
        let mut to = like;
        if self.lanes[like as usize].state != LaneState::Waiting {
            to = self.lanes.len() as LaneId;
            self.lanes.push(Lane::waiting(source));
        }
        self.phase = Phase::Committed(to);
        let given = Some(prefix)
            .filter(|prefix| !prefix.is_empty())
            .map(str::to_owned);
        // Events before orders: who reads them in order knows what the start is for.
        let said = self.queue.len();
        if !self.start(to, given) {
            self.phase = Phase::Committed(dead);
            return false;
        }
        let start = self.queue.split_off(said);
        self.say(Output::Continued {
            from: dead,
            to,
            at: prefix.len(),
        });
        self.queue.extend(start);
        self.extra_left -= 1;
        self.shown = Some(to);
        let now = self.now;
        if let Some(body) = self.body(to) {
            body.referee.feed(prefix, &mut Vec::new());
            prefix.clone_into(&mut body.answer);
            body.chars = prefix.chars().count() as u64;
            body.prefix = prefix.len();
            body.released = prefix.len();
            body.first_char = Some(now);
        }
        true
    }
}

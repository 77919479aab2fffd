//! What arrives over a lane's stream: headers, bytes, deltas, its end.

use super::input::Ending;
use super::lane::LaneState;
use super::machine::Race;
use super::output::{LaneId, Output};
use super::reason::{Late, StopReason};
use crate::wire::{Delta, WireError};

impl Race {
    pub(super) fn opened(&mut self, id: LaneId, status: Option<u16>) {
        let now = self.now;
        let lane = self.lane(id);
        if lane.state != LaneState::Starting {
            return;
        }
        lane.timing.opened = Some(now);
        lane.state = LaneState::Open;
        self.timing.opened.get_or_insert(now);
        self.say(Output::Opened { lane: id, status });
        match status {
            Some(status) if !(200..300).contains(&status) => {
                self.kill(id, StopReason::Error, format!("status {status}"));
            }
            _ => self.arm_lane(id),
        }
    }

    pub(super) fn bytes(&mut self, id: LaneId, data: &[u8]) {
        if !self.arrive(id, data.len()) {
            return;
        }
        let mut heard = std::mem::take(&mut self.heard);
        let fed = self
            .body(id)
            .map_or(Ok(()), |body| body.ear.feed(data, &mut heard));
        self.hear_all(id, &heard);
        heard.clear();
        self.heard = heard;
        if let Err(error) = fed {
            self.misheard(id, error);
        }
    }

    pub(super) fn deltas(&mut self, id: LaneId, deltas: &[Delta]) {
        let size = deltas.iter().filter_map(Delta::text).map(str::len).sum();
        if !self.arrive(id, size) {
            return;
        }
        for delta in deltas {
            if let Some(body) = self.body(id) {
                body.ear.note(delta);
            }
            self.hear(id, delta);
            self.settle();
        }
    }

    /// Counts what arrived; whether anybody listens to it.
    fn arrive(&mut self, id: LaneId, size: usize) -> bool {
        let now = self.now;
        let lane = self.lane(id);
        lane.traffic.chunks += 1;
        lane.traffic.bytes += size as u64;
        if lane.state == LaneState::Done {
            lane.traffic.late += size as u64;
            return false;
        }
        if size > 0 {
            lane.timing.byte(now);
            self.timing.byte(now);
        }
        true
    }

    /// Each delta has its consequences before the next is heard, however many came at once.
    fn hear_all(&mut self, id: LaneId, deltas: &[Delta]) {
        for delta in deltas {
            self.hear(id, delta);
            self.settle();
        }
    }

    /// A body that is no stream of its dialect. A lane whose answer is complete has nothing to lose by it.
    fn misheard(&mut self, id: LaneId, error: WireError) {
        let state = self.lane(id).state;
        if state.is_listening() {
            let limit = matches!(error, WireError::Limit { .. });
            let reason = if limit {
                StopReason::Limit
            } else {
                StopReason::Error
            };
            self.kill(id, reason, error.to_string());
        } else if state == LaneState::Good {
            self.conclude(id, StopReason::Drained);
        }
    }

    pub(super) fn ended(&mut self, id: LaneId, how: Ending, detail: &str) {
        self.lane(id).connected = false;
        if self.lane(id).state.is_listening() && matches!(how, Ending::End | Ending::Cut) {
            let mut heard = Vec::new();
            let finished = self
                .body(id)
                .map_or(Ok(()), |body| body.ear.finish(&mut heard));
            if how == Ending::Cut {
                heard.retain(|delta| *delta != Delta::Truncated);
            }
            self.hear_all(id, &heard);
            if let Err(error) = finished {
                self.misheard(id, error);
            }
        }
        match (self.lane(id).state, how) {
            (LaneState::Good, _) => self.conclude(id, StopReason::Drained),
            (state, Ending::End) if state.is_listening() => self.complete(id),
            (state, Ending::Cut) if state.is_listening() => {
                let detail = if detail.is_empty() {
                    "the connection broke"
                } else {
                    detail
                };
                self.kill(id, StopReason::Error, detail.to_owned());
            }
            (state, Ending::Failed) if state.is_listening() => {
                self.kill(id, StopReason::Error, detail.to_owned());
            }
            (state, Ending::Unconnected) if state.is_listening() => {
                self.kill(id, StopReason::Late(Late::Connect), detail.to_owned());
            }
            _ => {}
        }
    }
}

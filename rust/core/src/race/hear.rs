//! What a lane says: each delta to its channel, the answer to the referee, in pieces that end where something is decided.

use super::calls::Heard;
use super::config::{Channel, Show};
use super::finish;
use super::gate::{bytes_of, sentence_end};
use super::lane::LaneState;
use super::machine::{Phase, Race};
use super::output::{By, LaneId, Output, Stage};
use super::reason::StopReason;
use super::referee::{End, Ruling};
use super::timers::Key;
use crate::wire::{Delta, ProviderFault};

impl Race {
    pub(super) fn hear(&mut self, id: LaneId, delta: &Delta) {
        if let Delta::Usage(usage) = delta {
            self.lane(id).usage = Some(*usage);
        }
        if !self.lane(id).state.is_listening() {
            return;
        }
        match delta {
            Delta::Text(text) if self.channel(id) == &Channel::Text => {
                self.token(id, text);
                self.answer(id, text);
            }
            Delta::Text(text) | Delta::Reasoning(text) => {
                self.token(id, text);
                self.aside(id, text.len());
            }
            Delta::Refusal(text) => self.refused(id, text),
            Delta::ToolCall {
                index,
                name,
                arguments,
                ..
            } => {
                self.token(id, "{");
                self.call(id, *index, name.as_deref(), arguments);
            }
            Delta::Finish { reason } => self.finished(id, reason),
            Delta::Error(fault) => self.failed(id, fault),
            Delta::Truncated => {
                let detail = "the stream ended before its end was announced";
                self.kill(id, StopReason::Truncated, detail.to_owned());
            }
            Delta::Usage(_) | Delta::Other { .. } => {}
        }
    }

    fn refused(&mut self, id: LaneId, text: &str) {
        self.token(id, text);
        if !text.is_empty() {
            self.kill(id, StopReason::Refusal, String::new());
        }
    }

    /// Of a provider's error only its kind is told: messages have been seen to quote keys and prompts.
    fn failed(&mut self, id: LaneId, fault: &ProviderFault) {
        let kind = fault.kind.as_deref().or(fault.code.as_deref());
        let detail = kind.unwrap_or("an error inside the stream");
        self.kill(id, StopReason::Error, detail.to_owned());
    }

    fn channel(&self, id: LaneId) -> &Channel {
        let source = self.lanes[id as usize].source;
        &self.config.lanes[source as usize].channel
    }

    /// A token came: time, first token, money.
    fn token(&mut self, id: LaneId, text: &str) {
        if text.is_empty() {
            return;
        }
        let now = self.now;
        let lane = self.lane(id);
        let first = lane.timing.first_token.is_none();
        lane.timing.token(now);
        lane.state = LaneState::Streaming;
        self.timing.token(now);
        self.arm_lane(id);
        if first {
            self.say(Output::FirstToken { lane: id });
        }
    }

    /// Counts what is not the answer.
    fn aside(&mut self, id: LaneId, size: usize) {
        let bound = self.config.bounds.beside;
        let Some(body) = self.body(id) else { return };
        body.beside = body.beside.saturating_add(size);
        if body.beside > bound {
            self.kill(
                id,
                StopReason::Limit,
                format!("more than {bound} bytes beside the answer"),
            );
        }
        self.charge(id, size);
    }

    fn finished(&mut self, id: LaneId, word: &str) {
        match finish::fault(word) {
            Some(reason) => self.kill(id, reason, "by the provider's word".to_owned()),
            None => self.complete(id),
        }
    }

    /// A tool call begins or grows.
    fn call(&mut self, id: LaneId, index: usize, name: Option<&str>, arguments: &str) {
        let bound = self.config.bounds.calls;
        let channel = self.channel(id).clone();
        let Some(body) = self.body(id) else { return };
        if !body.calls.reach(index, bound) {
            return self.kill(
                id,
                StopReason::Limit,
                format!("more than {bound} tool calls"),
            );
        }
        let mut heard = Heard::Nothing;
        let mut early = String::new();
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            (heard, early) = body.calls.name(index, name, &channel);
        }
        match heard {
            Heard::Proposed => self.say(Output::ToolCall {
                lane: id,
                index,
                stage: Stage::Proposed,
            }),
            Heard::Unknown => {
                return self.kill(
                    id,
                    StopReason::SchemaDead,
                    "a call of a tool that was not offered".to_owned(),
                );
            }
            _ => {}
        }
        for part in [early.as_str(), arguments] {
            self.arguments(id, index, part);
        }
    }

    fn arguments(&mut self, id: LaneId, index: usize, text: &str) {
        let Some(body) = self.body(id).filter(|_| !text.is_empty()) else {
            return;
        };
        match body.calls.arguments(index, text) {
            Heard::Answer => return self.answer(id, text),
            Heard::Dead(at) => {
                self.say(Output::Violated {
                    lane: id,
                    call: Some(index),
                    at,
                });
                return self.kill(
                    id,
                    StopReason::SchemaDead,
                    "arguments of a tool call".to_owned(),
                );
            }
            Heard::Limit => {
                return self.kill(id, StopReason::Limit, "arguments of a tool call".to_owned());
            }
            _ => {}
        }
        if body.calls.became_whole(index, false) {
            self.say(Output::ToolCall {
                lane: id,
                index,
                stage: Stage::Whole,
            });
        }
        self.aside(id, text.len());
    }

    /// More of the answer. It is read in pieces that end where something may be decided, so that nothing depends on
    /// how it was split.
    pub(super) fn answer(&mut self, id: LaneId, text: &str) {
        let mut rest = text;
        while !rest.is_empty() && self.lanes[id as usize].state.is_listening() {
            let Some(end) = self.piece_end(id, rest) else {
                let bound = self.config.bounds.text;
                return self.kill(
                    id,
                    StopReason::Limit,
                    format!("more than {bound} bytes of answer"),
                );
            };
            let (piece, more) = rest.split_at(end);
            rest = more;
            self.take(id, piece);
        }
    }

    /// Bytes of `text` up to the next place at which something may be decided; `None` where no character fits any more.
    fn piece_end(&self, id: LaneId, text: &str) -> Option<usize> {
        let body = self.lanes[id as usize].body.as_ref()?;
        let room = self.config.bounds.text.saturating_sub(body.answer.len());
        let mut end = if text.len() <= room {
            text.len()
        } else {
            (1..=room).rev().find(|end| text.is_char_boundary(*end))?
        };
        let uncommitted = self.phase == Phase::Racing;
        if self.config.show == Show::Committed && uncommitted {
            end = end.min(self.config.gate.next(body, text, self.now));
        }
        let customs = body.next_custom.iter().map(|(_, _, next)| *next);
        let judge = Some(body.judging.next).filter(|next| uncommitted && *next != u64::MAX);
        let next = customs.chain(judge).min();
        let chars = next.map(|next| next.saturating_sub(body.chars).max(1));
        Some(chars.map_or(end, |chars| end.min(bytes_of(chars, text))))
    }

    /// One piece of the answer: judged, kept, shown.
    fn take(&mut self, id: LaneId, piece: &str) {
        let now = self.now;
        let mut settled = std::mem::take(&mut self.settled);
        settled.clear();
        let Some(body) = self.body(id) else { return };
        let ruling = body.referee.feed(piece, &mut settled);
        let taken = &piece[..ruling.upto];
        let before = body.answer.chars().next_back();
        body.sentence = body.sentence || sentence_end(before, taken).is_some();
        body.answer.push_str(taken);
        body.chars += taken.chars().count() as u64;
        body.moved = true;
        let first = body.first_char.is_none();
        body.first_char.get_or_insert(now);
        if first && self.config.show == Show::Committed {
            self.arm(Key::Hold(id));
        }
        self.lead(id);
        self.tell_settled(id, &settled);
        self.settled = settled;
        self.charge(id, piece.len());
        self.release(id);
        self.rule(id, ruling);
    }

    fn rule(&mut self, id: LaneId, ruling: Ruling) {
        match ruling.end {
            End::Dead(reason) => self.kill_by_referee(id, reason),
            End::Closed => self.complete(id),
            End::Open => {
                self.look_at_checkpoints(id);
                self.look_at_gate(id);
            }
        }
    }

    pub(super) fn tell_settled(&mut self, id: LaneId, settled: &[crate::criteria::Settled]) {
        for settled in settled {
            let criteria = self.rules.criteria.as_ref();
            let criterion = criteria
                .map_or("", |criteria| criteria.name(settled.criterion))
                .to_owned();
            self.say(Output::Settled {
                lane: id,
                by: By::Text,
                criterion,
                passed: settled.met,
                at: settled.at,
                score: None,
                late: false,
            });
        }
    }
}

//! From a complete answer to a good one: the questions to the outside.

use super::config::Patience;
use super::lane::LaneState;
use super::machine::{Phase, Race};
use super::output::{By, LaneId, Output, Stage};
use super::reason::StopReason;
use super::tickets::{Found, Ticket};
use super::timers::Key;

impl Race {
    /// The answer is complete: what a prefix could not decide is decided, then the outside is asked.
    pub(super) fn complete(&mut self, id: LaneId) {
        let Some(body) = self.body(id) else { return };
        if let Some((call, at)) = body.calls.finish() {
            self.say(Output::Violated {
                lane: id,
                call: Some(call),
                at,
            });
            return self.kill(
                id,
                StopReason::SchemaDead,
                "arguments of a tool call".to_owned(),
            );
        }
        let calls: Vec<_> = body.calls.proposals().collect();
        for index in &calls {
            let whole = self
                .body(id)
                .is_some_and(|body| body.calls.became_whole(*index, true));
            if whole {
                self.say(Output::ToolCall {
                    lane: id,
                    index: *index,
                    stage: Stage::Whole,
                });
            }
        }
        if calls.is_empty() && self.lane(id).text().is_empty() {
            return self.kill(id, StopReason::Truncated, "an empty answer".to_owned());
        }
        // A turn that ends in tool calls is judged by the calls' schemas.
        if calls.is_empty() && !self.finish_answer(id) {
            return;
        }
        self.release(id);
        self.lane(id).state = LaneState::Checking;
        self.checking += 1;
        if calls.is_empty() {
            self.ask_at_end(id);
        }
        self.advance(id);
    }

    /// The end of the answer for schema and criteria; false where it was the end of the lane too.
    fn finish_answer(&mut self, id: LaneId) -> bool {
        let mut settled = std::mem::take(&mut self.settled);
        settled.clear();
        let fault = self
            .body(id)
            .and_then(|body| body.referee.finish(&mut settled));
        self.tell_settled(id, &settled);
        self.settled = settled;
        let Some(reason) = fault else {
            return true;
        };
        self.release(id);
        self.kill_by_referee(id, reason);
        false
    }

    fn ask_at_end(&mut self, id: LaneId) {
        let unanswered = self
            .body(id)
            .map_or_else(Vec::new, |body| body.referee.unanswered());
        for criterion in unanswered {
            self.ask(id, By::Criterion, Some(criterion), self.config.criteria);
        }
        if let Some((_, patience)) = self.config.judge.filter(|(judge, _)| judge.at_end) {
            self.ask(id, By::Judge, None, patience);
        }
    }

    fn ask(&mut self, id: LaneId, by: By, criterion: Option<usize>, patience: Patience) {
        let due = patience
            .timeout_ns
            .map(|timeout| self.now.saturating_add(timeout));
        let end = self.lanes[id as usize].text().len();
        let ticket = Ticket {
            lane: id,
            by,
            criterion,
            end,
            due,
            default: patience.default,
        };
        let ticket = self.tickets.open(ticket);
        if let Some(body) = self.body(id) {
            body.tickets.push(ticket);
        }
        self.arm(Key::Ticket(ticket));
        let criterion = self.criterion_name(criterion);
        self.say(Output::Check {
            ticket,
            lane: id,
            by,
            criterion,
            start: 0,
            end,
        });
    }

    fn criterion_name(&self, criterion: Option<usize>) -> String {
        let criteria = self.rules.criteria.as_ref().zip(criterion);
        criteria.map_or(String::new(), |(criteria, index)| {
            criteria.name(index).to_owned()
        })
    }

    /// Judge and custom criteria are asked at intervals while the answer grows. A checkpoint is left out while the
    /// question before it is open.
    pub(super) fn look_at_checkpoints(&mut self, id: LaneId) {
        let (uncommitted, judge) = (self.phase == Phase::Racing, self.config.judge);
        let patience = self.config.criteria;
        let Some(body) = self.body(id) else { return };
        let chars = body.chars;
        let mut asking = Vec::new();
        for (criterion, every, next) in &mut body.next_custom {
            if chars >= *next {
                *next = chars.saturating_add(*every);
                asking.push(*criterion);
            }
        }
        let judging = chars >= body.judging.next && uncommitted;
        if let Some((judge, patience)) = judge.filter(|_| judging) {
            body.judging.next = chars.saturating_add(judge.every_chars.unwrap_or(u64::MAX));
            if !std::mem::replace(&mut body.judging.asked, true) {
                self.ask(id, By::Judge, None, patience);
            }
        }
        for criterion in asking {
            if !self.is_asked(id, criterion) {
                self.ask(id, By::Criterion, Some(criterion), patience);
            }
        }
    }

    fn is_asked(&self, id: LaneId, criterion: usize) -> bool {
        let tickets = self.lanes[id as usize]
            .body
            .iter()
            .flat_map(|body| &body.tickets);
        let mut asked = tickets.filter_map(|ticket| self.tickets.get(*ticket));
        asked.any(|ticket| ticket.criterion == Some(criterion))
    }

    /// An answer from outside.
    pub(super) fn checked(&mut self, number: u64, passed: bool, score: Option<f64>) {
        match self.tickets.take(number) {
            Found::Open(ticket) => self.enact(number, &ticket, passed, score),
            Found::Closed(ticket) => self.tell_answer(&ticket, passed, score, true),
            Found::Forgotten => {}
        }
    }

    /// Nobody answered in time: the configured default does.
    pub(super) fn expire_ticket(&mut self, number: u64) {
        if let Some(ticket) = self.tickets.close(number) {
            self.enact(number, &ticket, ticket.default, None);
        }
    }

    fn enact(&mut self, number: u64, ticket: &Ticket, passed: bool, score: Option<f64>) {
        let id = ticket.lane;
        if let Some(body) = self.body(id) {
            body.tickets.retain(|open| *open != number);
        }
        // A lane the caller has seen is not retracted for an opinion; acceptance is more than that.
        let too_late = !passed && ticket.by != By::Acceptance && self.phase == Phase::Committed(id);
        self.tell_answer(ticket, passed, score, too_late);
        match ticket.by {
            By::Judge => self.judged(id, passed, score, too_late),
            By::Criterion | By::Text => self.criterion_answered(ticket, passed, score, too_late),
            By::Acceptance if passed => self.good(id),
            By::Acceptance => self.kill(id, StopReason::AcceptanceRefused, String::new()),
        }
        self.advance(id);
    }

    fn tell_answer(&mut self, ticket: &Ticket, passed: bool, score: Option<f64>, too_late: bool) {
        let criterion = self.criterion_name(ticket.criterion);
        self.say(Output::Settled {
            lane: ticket.lane,
            by: ticket.by,
            criterion,
            passed,
            at: ticket.end,
            score,
            late: too_late,
        });
    }

    fn judged(&mut self, id: LaneId, passed: bool, score: Option<f64>, too_late: bool) {
        let Some(body) = self.body(id) else { return };
        body.judging.asked = false;
        body.judging.score = score.unwrap_or(f64::from(u8::from(passed)));
        body.judging.approved |= passed;
        if passed {
            self.look_at_gate(id);
        } else if !too_late {
            self.kill(id, StopReason::JudgeRefused, String::new());
        }
    }

    fn criterion_answered(
        &mut self,
        ticket: &Ticket,
        passed: bool,
        score: Option<f64>,
        too_late: bool,
    ) {
        let criterion = ticket.criterion.unwrap_or(usize::MAX);
        let Some(criteria) = self
            .body(ticket.lane)
            .and_then(|body| body.referee.criteria_mut())
        else {
            return;
        };
        if too_late || criteria.answer(criterion, passed, score).is_err() {
            return;
        }
        if let Some(failure) = criteria.failure() {
            self.kill(
                ticket.lane,
                super::referee::reason(failure.fault),
                String::new(),
            );
        }
    }

    /// A complete answer whose questions are answered is put to acceptance, and is good where nobody objects.
    fn advance(&mut self, id: LaneId) {
        if self.lane(id).state != LaneState::Checking {
            return;
        }
        let Some(body) = self.body(id).filter(|body| body.tickets.is_empty()) else {
            return;
        };
        let asked = std::mem::replace(&mut body.asked, true);
        match self.config.acceptance {
            Some(patience) if !asked => self.ask(id, By::Acceptance, None, patience),
            Some(_) => {}
            None => self.good(id),
        }
    }

    /// The lane came through.
    fn good(&mut self, id: LaneId) {
        if self.lane(id).state != LaneState::Checking {
            return;
        }
        self.lane(id).state = LaneState::Good;
        self.checking -= 1;
        self.running -= 1;
        self.good.push(id);
        self.moved = true;
    }
}

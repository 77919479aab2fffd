//! Questions to the outside, their expiry, and the ones whose answer comes too late.

use std::collections::BTreeMap;

use super::output::{By, LaneId};

/// Closed questions that are remembered, so that a late answer can be recorded.
const REMEMBERED: usize = 1024;

/// A question.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket {
    pub(super) lane: LaneId,
    pub(super) by: By,
    /// The criterion that asks.
    pub(super) criterion: Option<usize>,
    /// Bytes of the answer it is about.
    pub(super) end: usize,
    pub(super) due: Option<u64>,
    /// Whether silence is a yes.
    pub(super) default: bool,
}

/// All questions of a race.
#[derive(Debug, Default)]
pub(super) struct Tickets {
    next: u64,
    open: BTreeMap<u64, Ticket>,
    closed: BTreeMap<u64, Ticket>,
}

/// What a ticket's number stands for.
pub(super) enum Found {
    /// A question that waits for its answer; it is closed now.
    Open(Ticket),
    /// A question that was closed before.
    Closed(Ticket),
    /// A question closed long ago, or none at all.
    Forgotten,
}

impl Tickets {
    pub(super) fn open(&mut self, ticket: Ticket) -> u64 {
        let number = self.next;
        self.next += 1;
        self.open.insert(number, ticket);
        number
    }

    /// Whether there ever was a question of this number.
    pub(super) fn has_issued(&self, number: u64) -> bool {
        number < self.next
    }

    /// The open question of this number.
    pub(super) fn get(&self, number: u64) -> Option<&Ticket> {
        self.open.get(&number)
    }

    pub(super) fn due(&self, number: u64) -> Option<u64> {
        self.open.get(&number)?.due
    }

    /// The question of this number, closed by this call if it was open.
    pub(super) fn take(&mut self, number: u64) -> Found {
        if let Some(ticket) = self.close(number) {
            return Found::Open(ticket);
        }
        match self.closed.get(&number) {
            Some(ticket) => Found::Closed(*ticket),
            None => Found::Forgotten,
        }
    }

    /// Closes a question: its answer will be late.
    pub(super) fn close(&mut self, number: u64) -> Option<Ticket> {
        let ticket = self.open.remove(&number)?;
        self.closed.insert(number, ticket);
        if self.closed.len() > REMEMBERED {
            self.closed.pop_first();
        }
        Some(ticket)
    }
}

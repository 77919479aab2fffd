//! What is due when. Entries are checked when they surface: a deadline that moved is put back, one that lapsed is dropped.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::output::LaneId;

/// What can be due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// A deadline of the race.
    Race,
    /// A deadline of a lane.
    Lane(LaneId),
    /// A ticket's expiry.
    Ticket(u64),
    /// The end of the join's patience.
    Patience,
    /// A lane's text was held back long enough.
    Hold(LaneId),
    /// A trigger, by its position in the lane's list.
    Trigger(LaneId, usize),
    /// The winner's usage was waited for long enough.
    Drain(LaneId),
}

/// Keys by time; at one time in the order of [`Key`].
#[derive(Debug, Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Reverse<(u64, Key)>>,
}

impl Timers {
    pub(super) fn push(&mut self, due: u64, key: Key) {
        self.heap.push(Reverse((due, key)));
    }

    /// The earliest entry.
    pub(super) fn peek(&self) -> Option<(u64, Key)> {
        self.heap.peek().map(|Reverse(entry)| *entry)
    }

    pub(super) fn pop(&mut self) {
        self.heap.pop();
    }

    pub(super) fn clear(&mut self) {
        self.heap.clear();
    }
}

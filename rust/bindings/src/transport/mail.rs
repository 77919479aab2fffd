//! What an exchange has brought and nobody has taken yet; or, once it is attached, where it goes instead.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use atomic_core::race::{Ending, Input, LaneId};
use atomic_transport::{Failure, Head, Listener};
use bytes::Bytes;

use super::bell::{Ringer, next_id};
use crate::race::relay::SharedRace;

/// Bytes that wait for Python before the socket is no longer read.
pub(super) const MAIL_BYTES: usize = 64 * 1024;

/// One exchange's letters to one event loop.
pub(crate) struct Mail {
    pub(super) id: u64,
    ringer: Arc<Ringer>,
    state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) head: Option<Head>,
    chunks: VecDeque<Bytes>,
    waiting: usize,
    pub(super) received: u64,
    pub(super) end: Option<Result<(), Failure>>,
    /// Where the body runs, instead of waiting here.
    race: Option<(Arc<SharedRace>, LaneId)>,
    /// The loop knows that there is something.
    posted: bool,
    /// Nobody takes anything any more.
    closed: bool,
}

impl Mail {
    pub(super) fn new(ringer: &Arc<Ringer>) -> Self {
        Self {
            id: next_id(),
            ringer: Arc::clone(ringer),
            state: Mutex::default(),
        }
    }

    /// Letters are put in and taken out whole, so that a poisoned lock guards a whole state.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bytes that wait, and whether there was no room for more.
    pub(super) fn take(&self) -> (VecDeque<Bytes>, bool) {
        let mut state = self.state();
        state.posted = false;
        let full = state.waiting >= MAIL_BYTES;
        state.waiting = 0;
        (std::mem::take(&mut state.chunks), full)
    }

    /// From here on the body runs into a lane of a race; what waits goes first.
    pub(super) fn attach(&self, race: Arc<SharedRace>, lane: LaneId) {
        let mut state = self.state();
        for data in std::mem::take(&mut state.chunks) {
            race.hear(Input::Bytes { lane, data: &data });
        }
        state.waiting = 0;
        state.posted = false;
        match state.end {
            Some(Ok(())) => race.hear(ended(lane)),
            Some(Err(_)) => {}
            None => state.race = Some((race, lane)),
        }
        if state.end.is_some() {
            self.post(&mut state);
        }
    }

    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.chunks.clear();
        state.race = None;
    }

    fn post(&self, state: &mut State) {
        if !state.posted && !state.closed {
            state.posted = true;
            self.ringer.post(self.id);
        }
    }
}

/// The reactor's hand in the mail.
pub(super) struct Posting(pub(super) Arc<Mail>);

impl Listener for Posting {
    fn head(&mut self, head: Head) {
        let mut state = self.0.state();
        state.head = Some(head);
        self.0.post(&mut state);
    }

    fn body(&mut self, data: Bytes) {
        let mut state = self.0.state();
        state.received += data.len() as u64;
        if let Some((race, lane)) = &state.race {
            race.hear(Input::Bytes {
                lane: *lane,
                data: &data,
            });
        } else if !state.closed && !data.is_empty() {
            state.waiting += data.len();
            state.chunks.push_back(data);
            self.0.post(&mut state);
        }
    }

    fn has_room(&mut self) -> bool {
        let state = self.0.state();
        match &state.race {
            Some((race, _)) => race.has_room(),
            None => state.waiting < MAIL_BYTES,
        }
    }

    fn end(&mut self, how: Result<(), Failure>) {
        let mut state = self.0.state();
        if let Some((race, lane)) = state.race.take()
            && how.is_ok()
        {
            race.hear(ended(lane));
        }
        state.end = Some(how);
        self.0.post(&mut state);
    }
}

const fn ended(lane: LaneId) -> Input<'static> {
    Input::Ended {
        lane,
        how: Ending::End,
        detail: "",
    }
}

//! What an exchange has brought and nobody has taken yet; or, once it runs into a race, where it goes instead.

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
    way: Way,
    /// The loop knows that there is something.
    posted: bool,
    /// Nobody takes anything any more.
    closed: bool,
}

/// Where the body goes.
#[derive(Default)]
enum Way {
    /// It waits here for Python.
    #[default]
    Here,
    /// Into a lane of a race, if the head is that of a stream; else it waits here.
    Aimed(Aim),
    /// Into a lane of a race.
    Race(Arc<SharedRace>, LaneId),
}

/// What an exchange is sent for, where it is known beforehand.
pub(super) struct Aim {
    pub(super) race: Arc<SharedRace>,
    pub(super) lane: LaneId,
    /// The content types that can hold a stream.
    pub(super) streams: Arc<[String]>,
}

impl Aim {
    /// Whether an answer with this head may run into the race; what else it may mean is Python's to find out.
    fn takes(&self, head: &Head) -> bool {
        let text = |name: &str| {
            head.headers
                .get(name)
                .map_or(Ok(""), |value| value.to_str())
        };
        let (Ok(kind), Ok(encoding)) = (text("content-type"), text("content-encoding")) else {
            return false;
        };
        let kind = kind.split(';').next().unwrap_or_default().trim();
        head.status.is_success()
            && encoding.trim().is_empty()
            && (kind.is_empty()
                || self
                    .streams
                    .iter()
                    .any(|known| known.eq_ignore_ascii_case(kind)))
    }
}

/// Whether a head tells of the caller's rate, which Python keeps account of for all its calls.
fn tells_of_rate(head: &Head) -> bool {
    let mut names = head.headers.keys();
    names.any(|name| name.as_str().contains("ratelimit") || name == "retry-after")
}

impl Mail {
    pub(super) fn new(ringer: &Arc<Ringer>, aim: Option<Aim>) -> Self {
        let way = aim.map_or(Way::Here, Way::Aimed);
        Self {
            id: next_id(),
            ringer: Arc::clone(ringer),
            state: Mutex::new(State {
                way,
                ..State::default()
            }),
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
            None => state.way = Way::Race(race, lane),
        }
        if state.end.is_some() {
            self.post(&mut state);
        }
    }

    /// Whether the body runs, or ran, into a race, and how it ended. The bell tells of what comes after this.
    pub(super) fn standing(&self) -> (bool, Option<Result<(), Failure>>) {
        let mut state = self.state();
        state.posted = false;
        (matches!(state.way, Way::Race(..)), state.end.clone())
    }

    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.chunks.clear();
        state.way = Way::Here;
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
        let mut told = true;
        if let Way::Aimed(aim) = std::mem::take(&mut state.way)
            && aim.takes(&head)
        {
            let (lane, status) = (aim.lane, Some(head.status.as_u16()));
            aim.race.hear(Input::Opened { lane, status });
            told = tells_of_rate(&head);
            state.way = Way::Race(aim.race, lane);
        }
        state.head = Some(head);
        if told {
            self.0.post(&mut state);
        }
    }

    fn body(&mut self, data: Bytes) {
        let mut state = self.0.state();
        state.received += data.len() as u64;
        if let Way::Race(race, lane) = &state.way {
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
        match &state.way {
            Way::Race(race, _) => race.has_room(),
            Way::Here | Way::Aimed(_) => state.waiting < MAIL_BYTES,
        }
    }

    fn end(&mut self, how: Result<(), Failure>) {
        let mut state = self.0.state();
        if let Way::Race(race, lane) = &state.way
            && how.is_ok()
        {
            race.hear(ended(*lane));
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

//! Reading in rounds: where nobody is in a hurry, sockets are read together, and the system is asked less often.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::limits::{CROWD, ROUND};

/// How many exchanges run, and how many of them are in a hurry.
#[derive(Debug, Default)]
pub(crate) struct Round {
    running: AtomicUsize,
    hurried: AtomicUsize,
    /// Somebody outside has something to do that does not wait.
    called: Mutex<bool>,
    bell: Condvar,
}

impl Round {
    /// Called before the thread waits for sockets: lets more of them become ready first.
    ///
    /// Without this each wake-up of the thread serves a socket or two at a cost that would serve dozens.
    pub(crate) fn rest(&self) {
        if !self.rests() {
            return;
        }
        let called = self.called.lock().unwrap_or_else(PoisonError::into_inner);
        let rested = self
            .bell
            .wait_timeout_while(called, ROUND, |called| !*called);
        *rested.unwrap_or_else(PoisonError::into_inner).0 = false;
    }

    /// Whether there is enough to read together, and nobody in a hurry.
    fn rests(&self) -> bool {
        self.running.load(Ordering::Acquire) >= CROWD && self.hurried.load(Ordering::Acquire) == 0
    }

    /// Ends the rest that is under way, or spares the next one.
    pub(crate) fn interrupt(&self) {
        if !self.rests() {
            return;
        }
        *self.called.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.bell.notify_one();
    }
}

/// One exchange's part in the round, for as long as it runs.
#[derive(Debug)]
pub(crate) struct Pace {
    round: Arc<Round>,
    patient: bool,
}

impl Pace {
    pub(crate) fn new(round: &Arc<Round>, patient: bool) -> Self {
        round.running.fetch_add(1, Ordering::AcqRel);
        if !patient {
            round.interrupt();
            round.hurried.fetch_add(1, Ordering::AcqRel);
        }
        Self {
            round: Arc::clone(round),
            patient,
        }
    }
}

impl Drop for Pace {
    fn drop(&mut self) {
        if !self.patient {
            self.round.hurried.fetch_sub(1, Ordering::AcqRel);
        }
        self.round.running.fetch_sub(1, Ordering::AcqRel);
    }
}

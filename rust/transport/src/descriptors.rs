//! Which descriptors the transport holds: what a forked child has to close.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// The open sockets of one reactor, by number. Only the child of a fork reads it.
#[derive(Debug, Default)]
pub(crate) struct Descriptors(Mutex<BTreeSet<i32>>);

impl Descriptors {
    pub(crate) fn insert(&self, descriptor: i32) {
        self.held(|open| open.insert(descriptor));
    }

    pub(crate) fn remove(&self, descriptor: i32) {
        self.held(|open| open.remove(&descriptor));
    }

    pub(crate) fn all(&self) -> Vec<i32> {
        self.held(|open| open.iter().copied().collect())
    }

    /// Nothing in here panics half-way, so that a poisoned lock guards a whole set.
    fn held<T>(&self, look: impl FnOnce(&mut BTreeSet<i32>) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

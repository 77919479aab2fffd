//! One string on its way.

use super::literals::Walk;

/// Where a string that is arriving stands in its language.
#[derive(Clone, Debug)]
pub struct StringState {
    /// Code points so far; not counted further than a length constraint needs.
    pub(super) length: u64,
    pub(super) place: Place,
    /// What killed it, once it is dead.
    pub(super) death: Option<Death>,
    /// The text so far, where a check at the close needs it.
    pub(super) kept: String,
    /// The text outgrew what may be kept.
    pub(super) outgrown: bool,
}

/// The place in the engine that walks the language.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// Nothing to walk.
    Anywhere,
    /// In a finite set.
    Walk(Walk),
}

/// Which engine found that there is no way on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Death {
    /// No string of the finite set goes on like this.
    Literals,
    /// Longer than allowed.
    Length,
}

impl StringState {
    /// Whether no continuation is accepted any more.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.death.is_some()
    }
}

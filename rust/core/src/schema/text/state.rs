//! One string on its way.

use super::literals::Walk;
use super::regular::{Loss, Spot};

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
    /// In automata.
    Spots(Spots),
}

/// Where the automata stand; without an allocation while there is one.
#[derive(Clone, Debug)]
pub(super) enum Spots {
    One(Spot),
    Many(Vec<Spot>),
}

/// Which engine found that there is no way on.
#[derive(Clone, Debug)]
pub(super) enum Death {
    /// No string of the finite set goes on like this.
    Literals,
    /// Longer than allowed.
    Length,
    /// No way on in the automata.
    Regular(Loss),
    /// A check of a format knows that no continuation has it.
    Format(usize),
}

impl StringState {
    /// Whether no continuation is accepted any more.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.death.is_some()
    }
}

impl Spots {
    pub(super) fn new(mut spots: Vec<Spot>) -> Spots {
        match (spots.pop(), spots.is_empty()) {
            (Some(only), true) => Spots::One(only),
            (last, _) => {
                spots.extend(last);
                Spots::Many(spots)
            }
        }
    }

    pub(super) fn get(&self) -> &[Spot] {
        match self {
            Spots::One(spot) => std::slice::from_ref(spot),
            Spots::Many(spots) => spots,
        }
    }

    pub(super) fn get_mut(&mut self) -> &mut [Spot] {
        match self {
            Spots::One(spot) => std::slice::from_mut(spot),
            Spots::Many(spots) => spots,
        }
    }
}

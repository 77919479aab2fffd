//! Regular languages of strings as automata over scalar values.
//!
//! A pattern becomes an [`Nfa`] whose every state can still reach acceptance, so that "some state is left" means
//! "some continuation is accepted". A conjunction of such automata and complements becomes a [`Dfa`], the
//! product of their subset constructions, trimmed the same way, as long as it stays within the budget.
//! Past it, each automaton runs by itself ([`Simulation`]): a conjunction without a common
//! continuation is then found dead late, never early.

mod alphabet;
mod dfa;
mod lengths;
mod nfa;
mod simulation;
mod subset;

pub(super) use dfa::{DEAD, Dfa};
pub(super) use lengths::Window;
pub(super) use nfa::Nfa;
pub(super) use simulation::Simulation;
pub(super) use subset::{Budget, Part, determinise};

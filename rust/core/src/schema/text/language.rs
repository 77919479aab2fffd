//! The compiled conjunction and how it is stepped.

use std::sync::Arc;

use super::automaton::{Dfa, Window};
use super::blame::Blame;
use super::constraint::TextLimits;
use super::deferred::Deferred;
use super::literals::Literals;
use super::regular::{Loss, Regular, Spot};
use super::state::{Death, Place, Spots, StringState};
use super::{Answer, Life};
use crate::json::Limit;

/// The strings that satisfy all members of a conjunction.
#[derive(Debug)]
pub struct StringLanguage {
    engine: Engine,
    min: u64,
    max: u64,
    deferred: Vec<Deferred>,
    limits: TextLimits,
    blame: Blame,
    /// What every string starts from.
    initial: StringState,
}

/// What walks the text.
#[derive(Debug)]
pub(super) enum Engine {
    /// Any text.
    Any,
    /// One of finitely many.
    Finite(Literals),
    /// What automata accept, each within its bounds on the length.
    Regular {
        automata: Arc<Regular>,
        windows: Vec<Option<Window>>,
    },
}

impl StringLanguage {
    pub(super) fn new(
        engine: Engine,
        (min, max): (u64, u64),
        deferred: Vec<Deferred>,
        limits: TextLimits,
        blame: Blame,
    ) -> StringLanguage {
        let death = (min > max).then_some(Death::Length);
        let initial = initial(&engine, death, blame.parts.len());
        StringLanguage {
            engine,
            min,
            max,
            deferred,
            limits,
            blame,
            initial,
        }
    }

    /// A string that has just begun.
    #[must_use]
    pub fn start(&self) -> StringState {
        self.initial.clone()
    }

    /// One character on. A dead string stays dead.
    pub fn step(&self, state: &mut StringState, c: char) -> Life {
        let mut buffer = [0; 4];
        match self.step_str(state, c.encode_utf8(&mut buffer)) {
            Ok(()) => Life::Alive,
            Err(_) => Life::Dead,
        }
    }

    /// A piece of text on.
    ///
    /// # Errors
    /// The byte offset in `text` of the first character after which nothing can be accepted; what
    /// follows it is not looked at. A string that was dead already dies at 0.
    pub fn step_str(&self, state: &mut StringState, text: &str) -> Result<(), usize> {
        if state.is_dead() {
            return if text.is_empty() { Ok(()) } else { Err(0) };
        }
        let walked = match (&self.engine, &mut state.place) {
            (Engine::Finite(set), Place::Walk(walk)) => {
                set.step_str(walk, text).map_err(|at| (at, Death::Literals))
            }
            (Engine::Regular { automata, windows }, Place::Spots(spots)) => self.run(
                automata,
                windows,
                (spots.get_mut(), &mut state.length),
                text,
            ),
            _ => self
                .count(&mut state.length, text)
                .map_err(|at| (at, Death::Length)),
        };
        let end = walked.as_ref().map_or_else(|(at, _)| *at, |()| text.len());
        // A check may find what was walked dead, too, and then earlier.
        let (at, death) = match self.keep(state, &text[..end]).and(walked) {
            Ok(()) => return Ok(()),
            Err(death) => death,
        };
        state.death = Some(death);
        Err(at)
    }

    /// Whether a whole string is accepted, `ascii` saying whether it is nothing else; `false` where a bound ran out.
    #[must_use]
    pub(crate) fn accepts_whole(&self, text: &str, ascii: bool) -> bool {
        let length = || {
            if ascii {
                text.len() as u64
            } else {
                text.chars().count() as u64
            }
        };
        let single = match &self.engine {
            Engine::Regular { automata, .. } => automata.single(),
            _ => None,
        };
        let walked = match (&self.engine, single) {
            _ if !self.deferred.is_empty() => return self.accepts_slowly(text),
            (Engine::Any, _) => true,
            (Engine::Finite(set), _) => set.contains(text),
            (_, Some(dfa)) => dfa.matches(text),
            _ => return self.accepts_slowly(text),
        };
        let bounded = self.min > 0 || self.max < u64::MAX;
        walked && (!bounded || (self.min..=self.max).contains(&length()))
    }

    fn accepts_slowly(&self, text: &str) -> bool {
        let mut state = self.start();
        self.step_str(&mut state, text).is_ok() && self.accepts(&state) == Answer::Yes
    }

    fn run(
        &self,
        automata: &Regular,
        windows: &[Option<Window>],
        (spots, length): (&mut [Spot], &mut u64),
        text: &str,
    ) -> Result<(), (usize, Death)> {
        if let (Some(dfa), [Spot::State(state)]) = (automata.single(), &mut *spots) {
            return walk(
                dfa,
                windows.first().and_then(Option::as_ref),
                (state, length),
                text,
            )
            .map_err(|(at, lost)| (at, death(dfa, *state, &text[at..], lost)));
        }
        for (at, c) in text.char_indices() {
            *length = length.saturating_add(1);
            if *length > self.max {
                return Err((at, Death::Length));
            }
            let stepped = automata.step(spots, windows, c, *length);
            stepped.map_err(|loss| (at, Death::Regular(loss)))?;
        }
        Ok(())
    }

    fn count(&self, length: &mut u64, text: &str) -> Result<(), usize> {
        if self.max == u64::MAX && *length >= self.min {
            return Ok(());
        }
        let left = self.max - *length;
        let more = text.chars().count() as u64;
        if more <= left {
            *length += more;
            return Ok(());
        }
        let fatal = usize::try_from(left)
            .ok()
            .and_then(|left| text.char_indices().nth(left));
        Err(fatal.map_or(0, |(at, _)| at))
    }

    /// Keeps the text for the checks at the close, and asks those that can tell before.
    fn keep(&self, state: &mut StringState, text: &str) -> Result<(), (usize, Death)> {
        if self.deferred.is_empty() || state.outgrown {
            return Ok(());
        }
        if state.kept.len() + text.len() > self.limits.kept_bytes {
            state.outgrown = true;
            state.kept = String::new();
        } else {
            let before = state.kept.len();
            state.kept.push_str(text);
            for check in &self.deferred {
                if let Some(at) = check.dies_at(&state.kept, before) {
                    return Err((at - before, Death::Format(check.member)));
                }
            }
        }
        Ok(())
    }

    /// Whether a scalar value from `low` to `high` (inclusive) can come next: for a character of
    /// which only the first bytes or the first hex digits are known.
    #[must_use]
    pub fn alive_in(&self, state: &StringState, low: u32, high: u32) -> bool {
        if state.is_dead() || state.length >= self.max {
            return false;
        }
        match (&self.engine, &state.place) {
            (Engine::Finite(set), Place::Walk(walk)) => set.alive_in(*walk, low, high),
            (Engine::Regular { automata, windows }, Place::Spots(spots)) => {
                automata.alive_in(spots.get(), windows, state.length, (low, high))
            }
            _ => true,
        }
    }

    /// The verdict if the string ended now.
    #[must_use]
    pub fn accepts(&self, state: &StringState) -> Answer {
        if state.is_dead() || state.length < self.min || !self.engine_accepts(state) {
            return Answer::No;
        }
        let mut verdict = Answer::Yes;
        for check in &self.deferred {
            match self.decide(check, state) {
                Answer::No => return Answer::No,
                Answer::Limit => verdict = Answer::Limit,
                Answer::Yes => {}
            }
        }
        verdict
    }

    fn engine_accepts(&self, state: &StringState) -> bool {
        match (&self.engine, &state.place) {
            (Engine::Finite(set), Place::Walk(walk)) => set.accepts(*walk),
            (Engine::Regular { automata, .. }, Place::Spots(spots)) => {
                automata.accepts(spots.get())
            }
            _ => true,
        }
    }

    /// The bound that an undecided string has reached.
    #[must_use]
    pub fn limit(&self, state: &StringState) -> Limit {
        if state.outgrown {
            let (name, bound) = ("pattern_bytes", self.limits.kept_bytes as u64);
            return Limit { name, bound };
        }
        let (name, bound) = ("pattern_steps", self.limits.backtrack_steps);
        Limit { name, bound }
    }

    fn decide(&self, check: &Deferred, state: &StringState) -> Answer {
        if state.outgrown {
            Answer::Limit
        } else {
            check.answer(&state.kept, self.limits)
        }
    }

    /// The members that the string violates: when it is dead, those that no continuation can
    /// satisfy; otherwise those that it violates if it ends now. Indices into the list compiled.
    #[must_use]
    pub fn failing(&self, state: &StringState) -> Vec<usize> {
        if let Some(death) = &state.death {
            return self.blame.of(death, state.length >= self.max);
        }
        let mut failing = Vec::new();
        if state.length < self.min {
            failing.extend(&self.blame.shorter);
        }
        match (&self.engine, &state.place) {
            (Engine::Regular { automata, .. }, Place::Spots(spots)) => {
                failing.extend(self.blame.members(&automata.refusing(spots.get())));
            }
            _ if !self.engine_accepts(state) => failing.extend(&self.blame.literals),
            _ => {}
        }
        let refused = |check: &&Deferred| self.decide(check, state) == Answer::No;
        failing.extend(
            self.deferred
                .iter()
                .filter(refused)
                .map(|check| check.member),
        );
        failing.sort_unstable();
        failing.dedup();
        failing
    }

    /// Whether every continuation, the empty one included, is accepted.
    #[must_use]
    pub fn certain(&self, state: &StringState) -> bool {
        let universal = match (&self.engine, &state.place) {
            (Engine::Any, _) => true,
            (Engine::Regular { automata, .. }, Place::Spots(spots)) => {
                automata.is_universal(spots.get())
            }
            _ => false,
        };
        let free = universal && self.deferred.is_empty() && !state.is_dead();
        free && self.max == u64::MAX && state.length >= self.min
    }

    pub(super) fn deferred(&self) -> &[Deferred] {
        &self.deferred
    }

    /// Whether one engine walks all members that are not deferred.
    pub(super) fn is_joint(&self) -> bool {
        match &self.engine {
            Engine::Regular { automata, .. } => automata.is_exact(),
            Engine::Any | Engine::Finite(_) => true,
        }
    }

    /// No string at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start().is_dead()
    }

    /// Every string.
    #[must_use]
    pub fn is_universal(&self) -> bool {
        self.certain(&self.start())
    }

    /// The finite set that the language has been reduced to, if it is one.
    #[must_use]
    pub fn literals(&self) -> Option<&Literals> {
        match &self.engine {
            Engine::Finite(set) => Some(set),
            _ => None,
        }
    }

    /// The strings of [`StringLanguage::literals`] that are still possible, as a range of indices.
    #[must_use]
    pub fn possible(&self, state: &StringState) -> Option<std::ops::Range<usize>> {
        match state.place {
            Place::Walk(walk) if !state.is_dead() => Some(Literals::range(walk)),
            _ => None,
        }
    }
}

/// Walks one automaton; on death, the byte offset, and whether the automaton itself is lost.
fn walk(
    dfa: &Dfa,
    window: Option<&Window>,
    (state, length): (&mut u32, &mut u64),
    text: &str,
) -> Result<(), (usize, bool)> {
    if let Some(window) = window.filter(|window| !window.is_roomy(*length, text.len())) {
        return dfa.run_within(window, (state, length), text);
    }
    if window.is_some() {
        *length += text.chars().count() as u64;
    }
    dfa.run(state, text).map_err(|at| (at, true))
}

/// The state before the first character.
fn initial(engine: &Engine, death: Option<Death>, parts: usize) -> StringState {
    let (place, lost) = match engine {
        Engine::Any => (Place::Anywhere, None),
        Engine::Finite(set) if set.strings().is_empty() => (Place::Anywhere, Some(Death::Literals)),
        Engine::Finite(set) => (Place::Walk(set.start()), None),
        Engine::Regular { automata, windows } => {
            let spots = automata.start();
            let all = || Death::Regular(Loss::Parts((0..parts).collect()));
            let lost = (!automata.alive(&spots, windows, 0)).then(all);
            (Place::Spots(Spots::new(spots)), lost)
        }
    };
    let death = lost.or(death);
    StringState {
        length: 0,
        place,
        death,
        kept: String::new(),
        outgrown: false,
    }
}

/// Why a single automaton died at the first character of a text.
fn death(dfa: &Dfa, state: u32, text: &str, lost: bool) -> Death {
    let first = text.chars().next().filter(|_| lost);
    Death::Regular(first.map_or(Loss::Length, |c| Loss::Parts(dfa.lost(state, c))))
}

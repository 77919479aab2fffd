//! The compiled conjunction and how it is stepped.

use std::sync::Arc;

use super::constraint::{Constraint, Member, TextLimits};
use super::literals::Literals;
use super::pattern::Pattern;
use super::state::{Death, Place, StringState};
use super::{Answer, Life};

/// The strings that satisfy all members of a conjunction.
#[derive(Debug)]
pub struct StringLanguage {
    engine: Engine,
    min: u64,
    max: u64,
    deferred: Vec<Deferred>,
    limits: TextLimits,
    /// Indices of the members that each kind of failure is blamed on.
    blame: Blame,
}

/// What walks the text.
#[derive(Debug)]
pub(super) enum Engine {
    /// Any text.
    Any,
    /// One of finitely many.
    Finite(Literals),
}

/// A check that needs the whole text.
#[derive(Debug)]
pub(super) struct Deferred {
    member: usize,
    negated: bool,
    check: Check,
}

#[derive(Debug)]
enum Check {
    Literals(Arc<Literals>),
    Pattern(Arc<Pattern>),
}

impl Deferred {
    /// None of these strings.
    pub(super) fn literals(member: usize, literals: Arc<Literals>) -> Deferred {
        Deferred {
            member,
            negated: true,
            check: Check::Literals(literals),
        }
    }

    /// This pattern, or its opposite.
    pub(super) fn pattern(member: usize, negated: bool, pattern: Arc<Pattern>) -> Deferred {
        Deferred {
            member,
            negated,
            check: Check::Pattern(pattern),
        }
    }

    pub(super) fn answer(&self, text: &str, limits: TextLimits) -> Answer {
        let answer = match &self.check {
            Check::Literals(literals) => literals.contains(text).into(),
            Check::Pattern(pattern) => pattern.search(text, limits.backtrack_steps),
        };
        if self.negated {
            answer.opposite()
        } else {
            answer
        }
    }
}

/// Which members a failure is blamed on.
#[derive(Debug, Default)]
struct Blame {
    literals: Vec<usize>,
    shorter: Vec<usize>,
    longer: Vec<usize>,
}

impl Blame {
    fn of(members: &[Member]) -> Blame {
        let mut blame = Blame::default();
        for (index, member) in members.iter().enumerate() {
            let list = match (&member.constraint, member.negated) {
                (Constraint::Literals(_), false) => &mut blame.literals,
                (Constraint::MinLength(_), false) | (Constraint::MaxLength(_), true) => {
                    &mut blame.shorter
                }
                (Constraint::MaxLength(_), false) | (Constraint::MinLength(_), true) => {
                    &mut blame.longer
                }
                _ => continue,
            };
            list.push(index);
        }
        blame
    }
}

impl StringLanguage {
    pub(super) fn new(
        engine: Engine,
        (min, max): (u64, u64),
        deferred: Vec<Deferred>,
        limits: TextLimits,
        members: &[Member],
    ) -> StringLanguage {
        StringLanguage {
            engine,
            min,
            max,
            deferred,
            limits,
            blame: Blame::of(members),
        }
    }

    /// A string that has just begun.
    #[must_use]
    pub fn start(&self) -> StringState {
        let (place, empty) = match &self.engine {
            Engine::Any => (Place::Anywhere, false),
            Engine::Finite(set) => (Place::Walk(set.start()), set.strings().is_empty()),
        };
        let death = match (empty, self.min > self.max) {
            (true, _) => Some(Death::Literals),
            (false, true) => Some(Death::Length),
            (false, false) => None,
        };
        StringState {
            length: 0,
            place,
            death,
            kept: String::new(),
            outgrown: false,
        }
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
        if let (Engine::Finite(set), Place::Walk(walk)) = (&self.engine, &mut state.place) {
            if let Err(at) = set.step_str(walk, text) {
                state.death = Some(Death::Literals);
                return Err(at);
            }
        }
        if let Err(at) = self.count(state, text) {
            state.death = Some(Death::Length);
            return Err(at);
        }
        self.keep(state, text);
        Ok(())
    }

    fn count(&self, state: &mut StringState, text: &str) -> Result<(), usize> {
        if self.max == u64::MAX && state.length >= self.min {
            return Ok(());
        }
        let left = self.max - state.length;
        let length = text.chars().count() as u64;
        if length <= left {
            state.length += length;
            return Ok(());
        }
        let fatal = usize::try_from(left)
            .ok()
            .and_then(|left| text.char_indices().nth(left));
        Err(fatal.map_or(0, |(at, _)| at))
    }

    fn keep(&self, state: &mut StringState, text: &str) {
        if self.deferred.is_empty() || state.outgrown {
            return;
        }
        if state.kept.len() + text.len() > self.limits.kept_bytes {
            state.outgrown = true;
            state.kept = String::new();
        } else {
            state.kept.push_str(text);
        }
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
            _ => true,
        }
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
        match state.death {
            Some(Death::Literals) => return self.blame.literals.clone(),
            Some(Death::Length) => return self.blame.longer.clone(),
            None => {}
        }
        let mut failing = Vec::new();
        if state.length < self.min {
            failing.extend(&self.blame.shorter);
        }
        if !self.engine_accepts(state) {
            failing.extend(&self.blame.literals);
        }
        let refused = |check: &&Deferred| self.decide(check, state) == Answer::No;
        failing.extend(
            self.deferred
                .iter()
                .filter(refused)
                .map(|check| check.member),
        );
        failing.sort_unstable();
        failing
    }

    /// Whether every continuation, the empty one included, is accepted.
    #[must_use]
    pub fn certain(&self, state: &StringState) -> bool {
        let free = matches!(self.engine, Engine::Any) && self.deferred.is_empty();
        free && !state.is_dead() && self.max == u64::MAX && state.length >= self.min
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
            Engine::Any => None,
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

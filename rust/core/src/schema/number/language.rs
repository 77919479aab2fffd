//! The compiled conjunction and how it is stepped.

use super::decimal::Decimal;
use super::divisor::Divisor;
use super::finite::Finite;
use super::liveness;
use super::member::{Exponents, NumberConstraint, NumberMember};
use super::range::Range;
use super::state::{NumberState, Phase};
use super::verdict::{compare, is_integer};
use crate::json::{Form, WholeNumber};
use crate::schema::text::{Answer, Life};

/// The numbers that satisfy all members of a conjunction.
#[derive(Debug)]
pub struct NumberLanguage {
    pub(super) members: Vec<NumberMember>,
    pub(super) exponents: Exponents,
    /// Magnitudes within the bounds: above zero, below zero.
    pub(super) sides: [Range; 2],
    /// Zero is accepted.
    pub(super) zero: bool,
    /// An integer is asked for.
    pub(super) integer: bool,
    /// An integer without point and exponent is asked for.
    pub(super) lexical: bool,
    /// One a `multipleOf`, in the members' order, negated ones included.
    pub(super) divisors: Vec<Divisor>,
    /// Which of the divisors must divide.
    pub(super) required: Vec<usize>,
    /// What every accepted number is a multiple of, where it is known and there is such a thing.
    pub(super) step: Option<Step>,
    pub(super) finite: Option<Finite>,
    pub(super) excluded: Vec<Decimal>,
    /// Most digits of a number that any member compares with, and one.
    pub(super) keep: usize,
    /// Whole magnitudes of each side that are accepted as they stand.
    pub(super) quick: [Option<(u64, u64)>; 2],
    /// Magnitudes of each side between which everything is accepted, whole or not.
    pub(super) dense: [Option<(u64, u64)>; 2],
    /// Sides on which every prefix can be scaled into the range by an exponent.
    pub(super) reachable: [bool; 2],
    /// What every number starts from; dead if none is accepted.
    pub(super) initial: NumberState,
}

/// A common multiple of the divisors.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) value: Decimal,
    pub(super) divisor: Divisor,
}

impl NumberLanguage {
    pub(super) fn side(&self, negative: bool) -> &Range {
        &self.sides[usize::from(negative)]
    }

    /// Neither an exponent nor, for lexical integers, a point is reckoned with.
    pub(super) fn plain_only(&self) -> bool {
        self.lexical || self.exponents == Exponents::Unexpected
    }

    /// A number that has not begun.
    #[must_use]
    pub fn start(&self) -> NumberState {
        self.initial.clone()
    }

    /// One byte on. A byte that the grammar has no place for is death, too; a dead number stays dead.
    pub fn step(&self, state: &mut NumberState, byte: u8) -> Life {
        if state.dead {
            return Life::Dead;
        }
        let exponent = (state.phase, state.exponent.value);
        let written = matches!(byte, b'.' | b'e' | b'E') && self.lexical;
        let alive = !written
            && state.push(byte, self.keep, &self.divisors)
            && (exponent == (Phase::Exponent, state.exponent.value)
                || self.quickly_viable(state)
                || liveness::viable(self, state));
        state.dead = !alive;
        if alive { Life::Alive } else { Life::Dead }
    }

    /// Several bytes on.
    ///
    /// # Errors
    /// The offset of the first byte after which nothing can be accepted; what follows it is not looked at.
    pub fn step_bytes(&self, state: &mut NumberState, bytes: &[u8]) -> Result<(), usize> {
        for (at, &byte) in bytes.iter().enumerate() {
            if self.step(state, byte) == Life::Dead {
                return Err(at);
            }
        }
        Ok(())
    }

    fn quickly_viable(&self, state: &NumberState) -> bool {
        if self.members.is_empty() {
            return true;
        }
        let reachable = !state.phase.is_scaled() && self.reachable[usize::from(state.negative)];
        reachable || state.phase == Phase::Whole && self.quickly_accepted(state)
    }

    fn quickly_accepted(&self, state: &NumberState) -> bool {
        let head = state.significand.head;
        state.significand.is_short()
            && self.quick[usize::from(state.negative)]
                .is_some_and(|(low, high)| low <= head && head <= high)
    }

    /// The verdict if the number ended now.
    #[must_use]
    pub fn accepts(&self, state: &NumberState) -> Answer {
        if state.dead || !state.phase.may_end() {
            return Answer::No;
        }
        if state.phase == Phase::Whole && self.quickly_accepted(state) {
            return Answer::Yes;
        }
        (0..self.members.len())
            .all(|index| self.member_accepts(index, state))
            .into()
    }

    /// Whether a whole number is accepted, without asking at each byte whether there is a way on.
    #[must_use]
    pub(crate) fn accepts_whole(&self, number: &WholeNumber<'_>) -> bool {
        let within = |range: Option<(u64, u64)>, from: u64, to: u64| {
            range.is_some_and(|(low, high)| low <= from && to <= high)
        };
        let side = usize::from(number.negative);
        let quickly = match (number.form, number.magnitude) {
            (Form::Whole, Some(0)) => self.zero,
            (Form::Whole, Some(head)) => within(self.quick[side], head, head),
            (Form::Fraction, Some(head)) => within(self.dense[side], head, head + 1),
            _ => false,
        };
        quickly || self.accepts_text(number.text)
    }

    fn accepts_text(&self, bytes: &[u8]) -> bool {
        let mut state = NumberState::new(false);
        let read = bytes
            .iter()
            .all(|&byte| state.push(byte, self.keep, &self.divisors));
        let unexpected = self.exponents == Exponents::Unexpected && state.phase.is_scaled();
        read && !unexpected && self.accepts(&state) == Answer::Yes
    }

    /// The members that the number violates if it ends now; for a dead number whose own members
    /// would all still have a way on, all of them. Indices into the list compiled.
    #[must_use]
    pub fn failing(&self, state: &NumberState) -> Vec<usize> {
        let failing = |index: &usize| !self.member_accepts(*index, state);
        let all = 0..self.members.len();
        let list: Vec<usize> = all.clone().filter(failing).collect();
        if list.is_empty() && state.dead {
            all.collect()
        } else {
            list
        }
    }

    fn member_accepts(&self, index: usize, state: &NumberState) -> bool {
        use NumberConstraint as C;
        let member = &self.members[index];
        let yes = match &member.constraint {
            C::Integer => is_integer(state),
            C::LexicalInteger => matches!(state.phase, Phase::Zero | Phase::Whole),
            C::Minimum(value) => compare(state, value).is_ge(),
            C::ExclusiveMinimum(value) => compare(state, value).is_gt(),
            C::Maximum(value) => compare(state, value).is_le(),
            C::ExclusiveMaximum(value) => compare(state, value).is_lt(),
            C::OneOf(values) => values
                .binary_search_by(|value| compare(state, value).reverse())
                .is_ok(),
            C::MultipleOf(_) => self.is_multiple(index, state),
        };
        yes != member.negated
    }

    fn is_multiple(&self, member: usize, state: &NumberState) -> bool {
        let significand = &state.significand;
        if significand.count == 0 {
            return true;
        }
        let earlier = &self.members[..member];
        let divides = |m: &&NumberMember| matches!(m.constraint, NumberConstraint::MultipleOf(_));
        let index = earlier.iter().filter(divides).count();
        let residues = significand.residues(&self.divisors);
        let exponent = state.scaled_point() - significand.significant as i64;
        let least = self.divisors[index].threshold(&residues[index]);
        least.is_some_and(|least| exponent >= least)
    }

    /// Whether every continuation is accepted.
    #[must_use]
    pub fn certain(&self, state: &NumberState) -> bool {
        let dense = self.members.iter().all(|member| {
            let sized = NumberConstraint::is_bound(&member.constraint);
            sized && !state.dead
        });
        let whole = |negative| {
            let range = self.side(negative);
            range.low.value.is_zero() && range.high.is_none()
        };
        let negative = state.phase == Phase::Start || state.negative;
        let positive = state.phase == Phase::Start || !state.negative;
        dense && self.zero && (!negative || whole(true)) && (!positive || whole(false))
    }

    /// No number at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.initial.is_dead()
    }

    /// Every number.
    #[must_use]
    pub fn is_universal(&self) -> bool {
        self.certain(&NumberState::new(false))
    }
}

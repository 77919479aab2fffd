//! The compiled conjunction and how it is stepped.

use std::cmp::Ordering;

use super::decimal::Decimal;
use super::divisor::{Divisor, least_common_multiple};
use super::finite::Finite;
use super::liveness;
use super::member::{DivisorError, Exponents, NumberConstraint, NumberMember};
use super::range::{Bound, Range};
use super::state::{NumberState, Phase};
use crate::schema::text::{Answer, Life};

/// The numbers that satisfy all members of a conjunction.
#[derive(Debug)]
pub struct NumberLanguage {
    members: Vec<NumberMember>,
    exponents: Exponents,
    /// Magnitudes within the bounds: above zero, below zero.
    sides: [Range; 2],
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
    keep: usize,
    /// Whole magnitudes of each side that are accepted as they stand.
    quick: [Option<(u64, u64)>; 2],
    /// Sides on which every prefix can be scaled into the range by an exponent.
    reachable: [bool; 2],
}

/// A common multiple of the divisors.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) value: Decimal,
    pub(super) divisor: Divisor,
}

impl NumberLanguage {
    /// The numbers that satisfy all members.
    ///
    /// # Errors
    /// [`DivisorError`]: a `multipleOf` that is not positive or has too many digits.
    pub fn compile(
        members: &[NumberMember],
        exponents: Exponents,
    ) -> Result<NumberLanguage, DivisorError> {
        let mut language = NumberLanguage {
            members: members.iter().map(sorted).collect(),
            exponents,
            sides: [full(), full()],
            zero: true,
            integer: false,
            lexical: false,
            divisors: Vec::new(),
            required: Vec::new(),
            step: None,
            finite: None,
            excluded: Vec::new(),
            keep: 0,
            quick: [None, None],
            reachable: [false, false],
        };
        let mut finite: Option<Vec<Decimal>> = None;
        for (index, member) in members.iter().enumerate() {
            language.add(index, member, &mut finite)?;
        }
        language.finish(finite);
        Ok(language)
    }

    fn add(
        &mut self,
        index: usize,
        member: &NumberMember,
        finite: &mut Option<Vec<Decimal>>,
    ) -> Result<(), DivisorError> {
        use NumberConstraint as C;
        match (&member.constraint, member.negated) {
            (C::Integer, false) => self.integer = true,
            (C::LexicalInteger, false) => (self.integer, self.lexical) = (true, true),
            (C::Minimum(value), false) | (C::ExclusiveMaximum(value), true) => {
                self.at_least(Bound::closed(value.clone()));
            }
            (C::ExclusiveMinimum(value), false) | (C::Maximum(value), true) => {
                self.at_least(Bound::open(value.clone()));
            }
            (C::Maximum(value), false) | (C::ExclusiveMinimum(value), true) => {
                self.at_most(Bound::closed(value.clone()));
            }
            (C::ExclusiveMaximum(value), false) | (C::Minimum(value), true) => {
                self.at_most(Bound::open(value.clone()));
            }
            (C::MultipleOf(value), negated) => {
                let divisor = Divisor::new(value).ok_or(DivisorError { member: index })?;
                if !negated {
                    self.required.push(self.divisors.len());
                }
                self.divisors.push(divisor);
            }
            (C::OneOf(values), false) => match finite {
                None => *finite = Some(values.clone()),
                Some(known) => {
                    let mut values = values.clone();
                    values.sort();
                    known.retain(|value| values.binary_search(value).is_ok());
                }
            },
            (C::OneOf(values), true) => self.excluded.extend(values.iter().cloned()),
            // What is no integer is dense: it is decided when the number ends.
            (C::Integer | C::LexicalInteger, true) => {}
        }
        Ok(())
    }

    fn at_least(&mut self, low: Bound) {
        let (zero, magnitude) = (Decimal::zero(), low.value.magnitude());
        let [above, below] = &mut self.sides;
        if low.value.is_negative() {
            let high = Bound {
                value: magnitude,
                closed: low.closed,
            };
            *below = below.intersect(&Range {
                low: Bound::open(zero),
                high: Some(high),
            });
        } else {
            self.zero &= low.value.is_zero() && low.closed;
            *below = nothing();
            *above = above.intersect(&Range { low, high: None });
        }
    }

    fn at_most(&mut self, high: Bound) {
        let (zero, magnitude) = (Decimal::zero(), high.value.magnitude());
        let [above, below] = &mut self.sides;
        if high.value.is_negative() || high.value.is_zero() {
            self.zero &= high.value.is_zero() && high.closed;
            *above = nothing();
            let low = Bound {
                value: magnitude,
                closed: high.closed,
            };
            *below = below.intersect(&Range { low, high: None });
        } else {
            *above = above.intersect(&Range {
                low: Bound::open(zero),
                high: Some(high),
            });
        }
    }

    fn finish(&mut self, finite: Option<Vec<Decimal>>) {
        self.excluded.sort();
        self.excluded.dedup();
        if let Some(mut values) = finite {
            values.retain(|value| self.members.iter().all(|m| decide(m, value)));
            self.finite = Some(Finite::new(values));
        }
        let finite_zero = self.finite.as_ref().is_none_or(Finite::has_zero);
        self.zero &= finite_zero && self.members.iter().all(|m| decide(m, &Decimal::zero()));
        self.step = self.common_step();
        self.keep = self.members.iter().map(longest).max().unwrap_or(0) + 1;
        self.quick = [self.quick_side(false), self.quick_side(true)];
        self.reachable = [self.is_reachable(false), self.is_reachable(true)];
    }

    /// The common multiple of all that divides; a part of it where the whole is too large.
    fn common_step(&self) -> Option<Step> {
        let divisor = |member: &NumberMember| match (&member.constraint, member.negated) {
            (NumberConstraint::MultipleOf(value), false) => Some(value.clone()),
            _ => None,
        };
        let one = self.integer.then(|| Decimal::from(1));
        let values: Vec<Decimal> = self.members.iter().filter_map(divisor).chain(one).collect();
        let value = least_common_multiple(&values).or_else(|| values.first().cloned())?;
        Some(Step {
            divisor: Divisor::new(&value)?,
            value,
        })
    }

    /// Upward there is a multiple of everything, downward any digits fit under any bound.
    fn is_reachable(&self, negative: bool) -> bool {
        let range = self.side(negative);
        let down = range.low.value.is_zero() && self.step.is_none();
        let free = self.finite.is_none() && !self.plain_only();
        free && !range.is_empty() && (range.high.is_none() || down)
    }

    /// The whole magnitudes that satisfy everything by size alone.
    fn quick_side(&self, negative: bool) -> Option<(u64, u64)> {
        let sized = |member: &NumberMember| match (&member.constraint, member.negated) {
            (NumberConstraint::Integer | NumberConstraint::LexicalInteger, negated) => !negated,
            (NumberConstraint::MultipleOf(_) | NumberConstraint::OneOf(_), _) => false,
            _ => true,
        };
        let range = self.side(negative);
        if !self.members.iter().all(sized) || range.is_empty() {
            return None;
        }
        let low = if range.low.value.is_zero() {
            1
        } else {
            range.low.value.to_u64()?
        };
        let high = match &range.high {
            None => u64::MAX,
            Some(high) => high.value.to_u64()? - u64::from(!high.closed),
        };
        Some((
            low + u64::from(!range.low.closed && !range.low.value.is_zero()),
            high,
        ))
    }

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
        NumberState::new(!liveness::viable(self, &NumberState::new(false)))
    }

    /// One byte on. A byte that the grammar has no place for is death, too; a dead number stays dead.
    pub fn step(&self, state: &mut NumberState, byte: u8) -> Life {
        if state.dead {
            return Life::Dead;
        }
        let written = matches!(byte, b'.' | b'e' | b'E') && self.lexical;
        let alive = !written
            && state.push(byte, self.keep, &self.divisors)
            && (self.quickly_viable(state) || liveness::viable(self, state));
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

    /// The verdict on a whole number, without asking at each byte whether there is a way on.
    #[must_use]
    pub fn accepts_whole(&self, bytes: &[u8]) -> Answer {
        let mut state = NumberState::new(false);
        let read = bytes
            .iter()
            .all(|&byte| state.push(byte, self.keep, &self.divisors));
        let unexpected = self.exponents == Exponents::Unexpected && state.phase.is_scaled();
        if read && !unexpected {
            self.accepts(&state)
        } else {
            Answer::No
        }
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
        self.start().dead
    }

    /// Every number.
    #[must_use]
    pub fn is_universal(&self) -> bool {
        self.certain(&NumberState::new(false))
    }
}

fn full() -> Range {
    Range {
        low: Bound::open(Decimal::zero()),
        high: None,
    }
}

fn nothing() -> Range {
    let zero = || Bound::open(Decimal::zero());
    Range {
        low: zero(),
        high: Some(zero()),
    }
}

/// The member with its values in order, to be searched.
fn sorted(member: &NumberMember) -> NumberMember {
    let mut member = member.clone();
    if let NumberConstraint::OneOf(values) = &mut member.constraint {
        values.sort();
    }
    member
}

/// The most digits that a member compares with.
fn longest(member: &NumberMember) -> usize {
    use NumberConstraint as C;
    match &member.constraint {
        C::Integer | C::LexicalInteger | C::MultipleOf(_) => 0,
        C::Minimum(value)
        | C::Maximum(value)
        | C::ExclusiveMinimum(value)
        | C::ExclusiveMaximum(value) => value.digits().len(),
        C::OneOf(values) => values
            .iter()
            .map(|value| value.digits().len())
            .max()
            .unwrap_or(0),
    }
}

/// A member's verdict on a finished number; its values are in order.
fn decide(member: &NumberMember, value: &Decimal) -> bool {
    use NumberConstraint as C;
    if member.negated && member.constraint == C::LexicalInteger {
        // Every value can be written with an exponent.
        return true;
    }
    let yes = match &member.constraint {
        C::Integer | C::LexicalInteger => value.is_integer(),
        C::Minimum(bound) => value >= bound,
        C::ExclusiveMinimum(bound) => value > bound,
        C::Maximum(bound) => value <= bound,
        C::ExclusiveMaximum(bound) => value < bound,
        C::OneOf(values) => values.binary_search(value).is_ok(),
        C::MultipleOf(by) => Divisor::new(by).is_some_and(|by| by.divides(value)),
    };
    yes != member.negated
}

fn is_integer(state: &NumberState) -> bool {
    let significant = state.significand.significant as i64;
    significant == 0 || state.scaled_point() >= significant
}

/// Compares the number as it stands with a value.
fn compare(state: &NumberState, value: &Decimal) -> Ordering {
    let zero = state.significand.count == 0;
    if zero || value.is_zero() || state.negative != value.is_negative() {
        let sign = |zero: bool, negative: bool| i8::from(!zero) * if negative { -1 } else { 1 };
        return sign(zero, state.negative).cmp(&sign(value.is_zero(), value.is_negative()));
    }
    let points = state.scaled_point().cmp(&value.point());
    let magnitudes = points.then_with(|| {
        let digits = state.significand.digits();
        liveness::compare(&digits, state.significand.truncated, value.digits())
    });
    if state.negative {
        magnitudes.reverse()
    } else {
        magnitudes
    }
}

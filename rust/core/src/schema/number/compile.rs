//! From constraints to a language of numbers.

use super::decimal::Decimal;
use super::divisor::{Divisor, least_common_multiple};
use super::finite::Finite;
use super::language::{NumberLanguage, Step};
use super::liveness;
use super::member::{DivisorError, Exponents, NumberConstraint, NumberMember};
use super::range::{Bound, Range};
use super::state::NumberState;
use super::verdict::decide;

/// Most values left out that liveness reckons with; more are left to the verdict.
const MAX_EXCLUDED: usize = 1_000;
/// Most digits of a number in a schema that instances are compared with.
const MAX_DIGITS: usize = 1_000;

impl NumberLanguage {
    /// The numbers that satisfy all members.
    ///
    /// # Errors
    /// [`DivisorError`]: a `multipleOf` that is not positive, or a number with too many digits.
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
            dense: [None, None],
            reachable: [false, false],
            initial: NumberState::new(false),
        };
        let mut finite: Option<Vec<Decimal>> = None;
        for (index, member) in members.iter().enumerate() {
            language.add(index, member, &mut finite)?;
        }
        language.finish(finite);
        let alive = liveness::viable(&language, &language.initial);
        language.initial = NumberState::new(!alive);
        Ok(language)
    }

    fn add(
        &mut self,
        index: usize,
        member: &NumberMember,
        finite: &mut Option<Vec<Decimal>>,
    ) -> Result<(), DivisorError> {
        use NumberConstraint as C;
        if longest(member) > MAX_DIGITS {
            return Err(DivisorError { member: index });
        }
        match (&member.constraint, member.negated) {
            (C::Integer, false) => self.integer = true,
            (C::LexicalInteger, false) => (self.integer, self.lexical) = (true, true),
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
            _ => self.bound(member),
        }
        Ok(())
    }

    fn bound(&mut self, member: &NumberMember) {
        use NumberConstraint as C;
        match (&member.constraint, member.negated) {
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
            _ => {}
        }
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
        if self.excluded.len() > MAX_EXCLUDED {
            self.excluded.clear();
        }
        if let Some(mut values) = finite {
            values.retain(|value| self.members.iter().all(|m| decide(m, value)));
            self.finite = Some(Finite::new(values));
        }
        let finite_zero = self.finite.as_ref().is_none_or(Finite::has_zero);
        self.zero &= finite_zero && self.members.iter().all(|m| decide(m, &Decimal::zero()));
        self.step = self.common_step();
        self.keep = self.members.iter().map(longest).max().unwrap_or(0) + 1;
        self.quick = [self.quick_side(false), self.quick_side(true)];
        self.dense = [self.dense_side(false), self.dense_side(true)];
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

    /// The magnitudes that satisfy everything, where nothing but size is asked.
    fn dense_side(&self, negative: bool) -> Option<(u64, u64)> {
        let (low, high) = self.quick[usize::from(negative)]?;
        let sized = self
            .members
            .iter()
            .all(|member| NumberConstraint::is_bound(&member.constraint));
        let from_zero = self.zero && self.side(negative).low.value.is_zero();
        sized.then_some((if from_zero { 0 } else { low }, high))
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

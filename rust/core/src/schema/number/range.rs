//! An interval of magnitudes: what bounds leave on one side of zero.

use std::cmp::Ordering;

use super::big::Big;
use super::decimal::Decimal;

/// Most decimal digits that an interval is expanded to; past it, liveness weakens to "alive".
const MAX_EXPANSION: i64 = 1 << 10;

/// One end of an interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bound {
    pub value: Decimal,
    /// The end itself belongs to the interval.
    pub closed: bool,
}

/// The magnitudes above zero that are within the bounds.
#[derive(Clone, Debug)]
pub(super) struct Range {
    pub low: Bound,
    /// `None`: without end.
    pub high: Option<Bound>,
}

impl Bound {
    pub(super) fn closed(value: Decimal) -> Bound {
        Bound {
            value,
            closed: true,
        }
    }

    pub(super) fn open(value: Decimal) -> Bound {
        Bound {
            value,
            closed: false,
        }
    }

    /// The tighter of two lower ends.
    pub(super) fn later(self, other: Bound) -> Bound {
        let order = self.value.cmp(&other.value);
        let other_is_tighter = order.is_lt() || order.is_eq() && self.closed;
        if other_is_tighter { other } else { self }
    }

    /// The tighter of two upper ends.
    pub(super) fn sooner(self, other: Bound) -> Bound {
        let order = self.value.cmp(&other.value);
        let other_is_tighter = order.is_gt() || order.is_eq() && self.closed;
        if other_is_tighter { other } else { self }
    }
}

impl Range {
    /// Whether no magnitude is left, before divisors are asked.
    pub(super) fn is_empty(&self) -> bool {
        let Some(high) = &self.high else { return false };
        match self.low.value.cmp(&high.value) {
            Ordering::Less => false,
            Ordering::Greater => true,
            Ordering::Equal => !(self.low.closed && high.closed),
        }
    }

    /// Whether the magnitude lies within.
    pub(super) fn contains(&self, magnitude: &Decimal) -> bool {
        let above = match magnitude.cmp(&self.low.value) {
            Ordering::Less => false,
            Ordering::Equal => self.low.closed,
            Ordering::Greater => true,
        };
        above
            && self
                .high
                .as_ref()
                .is_none_or(|high| match magnitude.cmp(&high.value) {
                    Ordering::Less => true,
                    Ordering::Equal => high.closed,
                    Ordering::Greater => false,
                })
    }

    /// What both allow.
    pub(super) fn intersect(&self, other: &Range) -> Range {
        let high = match (self.high.clone(), other.high.clone()) {
            (Some(one), Some(two)) => Some(one.sooner(two)),
            (one, two) => one.or(two),
        };
        Range {
            low: self.low.clone().later(other.low.clone()),
            high,
        }
    }

    /// Whether more than `count` numbers lie within: multiples of `step`, or any decimals.
    ///
    /// Says yes where the numbers are too long to be sure.
    pub(super) fn holds_more_than(&self, count: usize, step: Option<&Decimal>) -> bool {
        if self.is_empty() {
            return false;
        }
        let Some(high) = &self.high else { return true };
        match step {
            // Between two different decimals there are infinitely many.
            None => self.low.value != high.value || count == 0,
            Some(step) => self.holds_multiples(high, count, step),
        }
    }

    /// The greatest multiple within is the high end less its remainder; `count` steps below it must
    /// still be within.
    fn holds_multiples(&self, high: &Bound, count: usize, step: &Decimal) -> bool {
        let low = &self.low;
        let lowest = if low.value.is_zero() {
            i64::MAX
        } else {
            low.value.exponent()
        };
        let unit = high.value.exponent().min(step.exponent()).min(lowest);
        if high.value.point().max(step.point()) - unit > MAX_EXPANSION || count > 1 << 20 {
            return true;
        }
        let modulus = expanded(step, unit);
        let zeros = (high.value.exponent() - unit) as usize;
        let mut below = Big::remainder(high.value.digits(), zeros, &modulus);
        if below.is_zero() && !high.closed {
            below = modulus.clone();
        }
        let mut reach = modulus;
        reach.scale(count as u32, 0);
        reach.add(&below);
        reach.add(&expanded(&low.value, unit));
        if !low.closed {
            reach.add(&Big::from_digits(&[1], 0));
        }
        reach <= expanded(&high.value, unit)
    }
}

/// The value counted in units of 10^`unit`.
fn expanded(value: &Decimal, unit: i64) -> Big {
    let zeros = if value.is_zero() {
        0
    } else {
        (value.exponent() - unit) as usize
    };
    Big::from_digits(value.digits(), zeros)
}

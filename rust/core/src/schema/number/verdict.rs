//! What members say of a number that has ended.

use std::cmp::Ordering;

use super::decimal::Decimal;
use super::divisor::Divisor;
use super::liveness;
use super::member::{NumberConstraint, NumberMember};
use super::state::NumberState;

/// A member's verdict on a finished number; its values are in order.
pub(super) fn decide(member: &NumberMember, value: &Decimal) -> bool {
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

pub(super) fn is_integer(state: &NumberState) -> bool {
    let significant = state.significand.significant as i64;
    significant == 0 || state.scaled_point() >= significant
}

/// Compares the number as it stands with a value.
pub(super) fn compare(state: &NumberState, value: &Decimal) -> Ordering {
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

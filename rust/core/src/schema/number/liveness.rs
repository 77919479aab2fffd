//! Whether a prefix of a number can still become one that the language accepts.
//!
//! Three kinds of prefix, by what their continuations can be:
//!
//! | prefix | values |
//! | --- | --- |
//! | no significant digit yet (``, `-`, `0.00`) | every number of the sign, zero included |
//! | significant digits d₁…dₙ, no exponent yet | ± 0.d₁…dₙ… × 10^p for *every* p: an exponent may follow |
//! | an exponent has begun | ± 0.d₁…dₙ × 10^p for the p that the exponent's digits can reach |
//!
//! Numbers of the second kind are intervals [0.d₁…dₙ, 0.d₁…dₙ + ulp) × 10^p, one for each p; of the third
//! kind single points. Both are checked against the bounds on the magnitude and the divisors' common multiple.

use std::cmp::Ordering;

use super::decimal::Decimal;
use super::exponents::{FAR, Reachable};
use super::language::NumberLanguage;
use super::range::{Bound, Range};
use super::state::{NumberState, Phase};

/// Most decades that are searched for a multiple; past it, liveness weakens to "alive".
const MAX_DECADES: usize = 64;

/// Whether some continuation is accepted.
pub(super) fn viable(language: &NumberLanguage, state: &NumberState) -> bool {
    let anything = |negative| holds_any(language, negative, points(language, state));
    match state.phase {
        Phase::Start => language.zero || anything(false) || anything(true),
        _ if state.significand.count == 0 && state.phase.is_scaled() => language.zero,
        _ if state.significand.count == 0 => language.zero || anything(state.negative),
        _ if state.phase.is_scaled() => scales(language, state, Reachable::of(state)),
        _ => continues(language, state),
    }
}

/// The points (see [`Decimal`]) that the prefix can still end with.
fn points(language: &NumberLanguage, state: &NumberState) -> (i64, i64) {
    if !language.plain_only() {
        return (i64::MIN, i64::MAX);
    }
    match state.phase {
        Phase::Start | Phase::Minus => (i64::MIN, i64::MAX),
        // Without a fraction, `0` stays 0.
        Phase::Zero if language.lexical => (i64::MIN, i64::MIN),
        Phase::Zero => (i64::MIN, 0),
        Phase::Whole => (state.point, i64::MAX),
        _ if state.significand.count == 0 => (i64::MIN, state.point),
        _ => (state.point, state.point),
    }
}

fn holds_any(language: &NumberLanguage, negative: bool, points: (i64, i64)) -> bool {
    if let Some(finite) = &language.finite {
        return finite.continues(negative, &[], points);
    }
    if points.1 == i64::MIN {
        return false;
    }
    let range = language.side(negative);
    if points.1 == i64::MAX {
        return holds(language, negative, range);
    }
    let below = Bound::open(Decimal::from_digits(false, &[1], points.1 + 1));
    let capped = Range {
        low: Bound::open(Decimal::zero()),
        high: Some(below),
    };
    holds(language, negative, &range.intersect(&capped))
}

/// Whether the range holds a number that is not left out.
fn holds(language: &NumberLanguage, negative: bool, range: &Range) -> bool {
    let left_out = |value: &&Decimal| {
        value.is_negative() == negative
            && !value.is_zero()
            && range.contains(&value.magnitude())
            && language
                .step
                .as_ref()
                .is_none_or(|step| step.divisor.divides(value))
    };
    let count = language.excluded.iter().filter(left_out).count();
    range.holds_more_than(count, language.step.as_ref().map(|step| &step.value))
}

/// A prefix with significant digits and no exponent yet.
fn continues(language: &NumberLanguage, state: &NumberState) -> bool {
    let digits = state.significand.digits();
    let points = points(language, state);
    if let Some(finite) = &language.finite {
        return !state.significand.truncated && finite.continues(state.negative, &digits, points);
    }
    let range = language.side(state.negative);
    if range.is_empty() {
        return false;
    }
    let Some(high) = range.high.as_ref().map(|high| high.value.point()) else {
        // Far enough up there is a multiple of everything; only a fraction without an exponent
        // cannot go there.
        return points.1 == i64::MAX || in_decade(language, state, &digits, points.0);
    };
    match &language.step {
        None => in_dense(language, state, &digits, points),
        Some(step) => {
            // A multiple up to the high end has no more digits than this.
            let most = high - step.value.exponent();
            if state.significand.count as i64 > most && points.1 == i64::MAX && points.0 == i64::MIN
            {
                return scales(language, state, Reachable::All);
            }
            // Zero has no decade of its own: only the step bounds how small a multiple is.
            let low = &range.low.value;
            let from = if low.is_zero() { i64::MIN } else { low.point() };
            let least = from.max(step.value.point());
            let low = least.max(points.0);
            in_decades(language, state, &digits, (low, high.min(points.1)))
        }
    }
}

/// Without divisors, the decades at the low end decide: above it and below the high end, a whole
/// decade fits.
fn in_dense(
    language: &NumberLanguage,
    state: &NumberState,
    digits: &[u8],
    points: (i64, i64),
) -> bool {
    let low = &language.side(state.negative).low.value;
    let candidates = match (points.0 == i64::MIN, low.is_zero()) {
        // An exponent can move the digits as far down as need be.
        (true, true) => return true,
        (true, false) => [low.point(), low.point() + 1],
        (false, true) => [points.0, points.0],
        (false, false) => [low.point().max(points.0), (low.point() + 1).max(points.0)],
    };
    let within = |point: &i64| *point <= points.1;
    candidates
        .iter()
        .filter(|p| within(p))
        .any(|&point| in_decade(language, state, digits, point))
}

fn in_decades(
    language: &NumberLanguage,
    state: &NumberState,
    digits: &[u8],
    (low, high): (i64, i64),
) -> bool {
    let mut tried = 0;
    let mut point = high;
    while point >= low {
        if tried == MAX_DECADES || in_decade(language, state, digits, point) {
            return true;
        }
        tried += 1;
        point -= 1;
    }
    false
}

/// Whether a number ± 0.d₁…dₙ… × 10^`point` is accepted.
fn in_decade(language: &NumberLanguage, state: &NumberState, digits: &[u8], point: i64) -> bool {
    let from = Decimal::from_digits(false, digits, point);
    let mut after = digits.to_vec();
    let carried = increment(&mut after);
    let to = Decimal::from_digits(false, &after, point + i64::from(carried));
    // What was not kept makes the number greater than what was.
    let low = if state.significand.truncated {
        Bound::open(from)
    } else {
        Bound::closed(from)
    };
    let decade = Range {
        low,
        high: Some(Bound::open(to)),
    };
    let both = language.side(state.negative).intersect(&decade);
    holds(language, state.negative, &both)
}

/// One unit in the last place more; says whether a digit came in front.
fn increment(digits: &mut Vec<u8>) -> bool {
    for digit in digits.iter_mut().rev() {
        if *digit < 9 {
            *digit += 1;
            return false;
        }
        *digit = 0;
    }
    digits.insert(0, 1);
    true
}

/// Fixed digits, and the exponents that can still be reached.
fn scales(language: &NumberLanguage, state: &NumberState, exponents: Reachable) -> bool {
    let digits = state.significand.digits();
    let kept = digits.len().min(state.significand.significant as usize);
    let digits = &digits[..kept];
    if let Some(finite) = &language.finite {
        let exact = !state.significand.truncated;
        return exact && finite.scales(state.negative, digits, state.point, exponents);
    }
    let Some((low, high)) = scaled_points(language, state, digits) else {
        return false;
    };
    let origin = i128::from(state.point);
    let left_out: Vec<i128> = language
        .excluded
        .iter()
        .filter(|value| value.is_negative() == state.negative && value.digits() == digits)
        .map(|value| i128::from(value.point()) - origin)
        .collect();
    exponents.reaches(low - origin, high - origin, &left_out)
}

/// The points at which the digits are within the bounds and a multiple of every divisor: an
/// interval, because larger is always a multiple again.
fn scaled_points(
    language: &NumberLanguage,
    state: &NumberState,
    digits: &[u8],
) -> Option<(i128, i128)> {
    let range = language.side(state.negative);
    let significand = &state.significand;
    let mut low = -FAR;
    if !range.low.value.is_zero() {
        let reached = match compare(digits, significand.truncated, range.low.value.digits()) {
            Ordering::Less => false,
            Ordering::Equal => range.low.closed,
            Ordering::Greater => true,
        };
        low = i128::from(range.low.value.point()) + i128::from(!reached);
    }
    let mut high = FAR;
    if let Some(bound) = &range.high {
        let within = match compare(digits, significand.truncated, bound.value.digits()) {
            Ordering::Less => true,
            Ordering::Equal => bound.closed,
            Ordering::Greater => false,
        };
        high = i128::from(bound.value.point()) - i128::from(!within);
    }
    let length = significand.significant as i64;
    if language.integer {
        low = low.max(i128::from(length));
    }
    let residues = significand.residues(&language.divisors);
    for (index, divisor) in language.divisors.iter().enumerate() {
        if language.required.contains(&index) {
            let least = divisor.threshold(&residues[index])?;
            low = low.max(i128::from(least) + i128::from(length));
        }
    }
    Some((low, high))
}

/// Compares 0.d₁d₂… of one list of digits, of which more may follow, with that of another.
pub(super) fn compare(digits: &[u8], more: bool, other: &[u8]) -> Ordering {
    let width = digits.len().max(other.len());
    let padded = |list: &[u8], index: usize| list.get(index).copied().unwrap_or(0);
    let difference = (0..width)
        .map(|index| padded(digits, index).cmp(&padded(other, index)))
        .find(|order| order.is_ne());
    let rest = if more {
        Ordering::Greater
    } else {
        Ordering::Equal
    };
    difference.unwrap_or(rest)
}

//! A finite set of numbers, asked for those that a prefix can still become.

use super::decimal::Decimal;
use super::exponents::Reachable;

/// A finite set, sorted by sign, then by digits.
#[derive(Clone, Debug)]
pub(super) struct Finite {
    sorted: Vec<Decimal>,
}

impl Finite {
    pub(super) fn new(mut values: Vec<Decimal>) -> Finite {
        let key = |value: &Decimal| (value.is_negative(), value.point());
        values.sort_by(|a, b| a.digits().cmp(b.digits()).then_with(|| key(a).cmp(&key(b))));
        values.dedup();
        Finite { sorted: values }
    }

    /// The values other than zero whose digits begin with these.
    fn beginning<'s>(&'s self, digits: &'s [u8]) -> impl Iterator<Item = &'s Decimal> {
        let from = self.sorted.partition_point(|value| value.digits() < digits);
        let begins = move |value: &&Decimal| value.digits().starts_with(digits);
        self.sorted[from..]
            .iter()
            .take_while(begins)
            .filter(|value| !value.is_zero())
    }

    pub(super) fn has_zero(&self) -> bool {
        self.sorted.first().is_some_and(Decimal::is_zero)
    }

    /// Whether a value of this sign begins with the digits (trailing zeros included), its point
    /// within the bounds.
    pub(super) fn continues(&self, negative: bool, digits: &[u8], points: (i64, i64)) -> bool {
        let zeros = digits.iter().rev().take_while(|&&d| d == 0).count();
        let stripped = &digits[..digits.len() - zeros];
        let goes_on = |value: &Decimal| {
            let rest = &value.digits()[stripped.len()..];
            rest.iter().take(zeros).all(|&d| d == 0)
        };
        let within = |value: &Decimal| (points.0..=points.1).contains(&value.point());
        self.beginning(stripped)
            .any(|value| value.is_negative() == negative && within(value) && goes_on(value))
    }

    /// Whether a value has exactly these digits (no trailing zeros) and a point that `exponents` can
    /// move `point` to.
    pub(super) fn scales(
        &self,
        negative: bool,
        digits: &[u8],
        point: i64,
        exponents: Reachable,
    ) -> bool {
        self.beginning(digits)
            .take_while(|value| value.digits().len() == digits.len())
            .any(|value| {
                let exponent = i128::from(value.point()) - i128::from(point);
                value.is_negative() == negative && exponents.reaches(exponent, exponent, &[])
            })
    }
}

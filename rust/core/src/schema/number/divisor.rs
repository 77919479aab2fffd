//! What `multipleOf` divides by.
//!
//! A divisor is m × 10^f with an integer m that does not end in 0, and a number is n × 10^e with such an n. The
//! quotient n/m × 10^(e−f) can be an integer only if e ≥ f (otherwise n would have to end in 0), and then
//! exactly if m divides n × 10^(e−f). Once it does, it does for every larger e. So a significand n has one *threshold*: the
//! least exponent at which it is a multiple, or none. Remainders are taken digit by digit; nothing is expanded.

use super::big::Big;
use super::decimal::Decimal;

/// Most significant digits of a divisor.
const MAX_DIGITS: usize = 512;

/// A positive number to divide by.
#[derive(Clone, Debug)]
pub(super) struct Divisor {
    modulus: Modulus,
    exponent: i64,
}

#[derive(Clone, Debug)]
enum Modulus {
    Small(u64),
    Big(Big),
}

/// The remainder of a significand that grows digit by digit.
#[derive(Clone, Debug)]
pub(super) struct Residue {
    /// Of all digits so far.
    current: Part,
    /// Of the digits up to the last one that is not 0.
    significant: Part,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Small(u64),
    Big(Big),
}

impl Divisor {
    /// A divisor; `None` unless it is positive and within the limit of digits.
    pub(super) fn new(value: &Decimal) -> Option<Divisor> {
        if value.is_negative() || value.is_zero() || value.digits().len() > MAX_DIGITS {
            return None;
        }
        let small = value.digits().iter().try_fold(0u64, |number, &digit| {
            number.checked_mul(10)?.checked_add(u64::from(digit))
        });
        let modulus = match small {
            Some(small) => Modulus::Small(small),
            None => Modulus::Big(Big::from_digits(value.digits(), 0)),
        };
        Some(Divisor {
            modulus,
            exponent: value.exponent(),
        })
    }

    /// The remainder of no digits.
    pub(super) fn residue(&self) -> Residue {
        let zero = match self.modulus {
            Modulus::Small(_) => Part::Small(0),
            Modulus::Big(_) => Part::Big(Big::zero()),
        };
        Residue {
            current: zero.clone(),
            significant: zero,
        }
    }

    /// The remainder with one more digit.
    pub(super) fn push(&self, residue: &mut Residue, digit: u8) {
        self.advance(&mut residue.current, digit);
        if digit != 0 {
            residue.significant.clone_from(&residue.current);
        }
    }

    fn advance(&self, part: &mut Part, digit: u8) {
        match (&self.modulus, part) {
            (Modulus::Small(modulus), Part::Small(rest)) => {
                let next = u128::from(*rest) * 10 + u128::from(digit);
                *rest = (next % u128::from(*modulus)) as u64;
            }
            (Modulus::Big(modulus), Part::Big(rest)) => rest.push_digit(digit, modulus),
            // A residue comes from its own divisor.
            _ => {}
        }
    }

    /// The least exponent e at which the significand × 10^e is a multiple; none: it never is.
    pub(super) fn threshold(&self, residue: &Residue) -> Option<i64> {
        let bits = match &self.modulus {
            Modulus::Small(_) => 64,
            Modulus::Big(modulus) => modulus.bits(),
        };
        let mut rest = residue.significant.clone();
        // Tens can cancel at most the twos and fives of the modulus, of which it has fewer than bits.
        for zeros in 0..=bits as i64 {
            if rest.is_zero() {
                return Some(self.exponent + zeros);
            }
            self.advance(&mut rest, 0);
        }
        None
    }

    /// Whether a number is a multiple.
    pub(super) fn divides(&self, value: &Decimal) -> bool {
        let mut residue = self.residue();
        for &digit in value.digits() {
            self.push(&mut residue, digit);
        }
        value.is_zero()
            || self
                .threshold(&residue)
                .is_some_and(|least| value.exponent() >= least)
    }
}

impl Part {
    fn is_zero(&self) -> bool {
        match self {
            Part::Small(rest) => *rest == 0,
            Part::Big(rest) => rest.is_zero(),
        }
    }
}

/// The least common multiple of positive decimals, where it is small enough to be worth knowing.
pub(super) fn least_common_multiple(values: &[Decimal]) -> Option<Decimal> {
    let unit = values.iter().map(Decimal::exponent).min()?;
    let mut lcm = 1u128;
    for value in values {
        let number = value.shifted(-unit).to_i128()?.unsigned_abs();
        lcm = lcm.checked_mul(number / gcd(lcm, number))?;
    }
    let digits: Vec<u8> = lcm.to_string().bytes().map(|b| b - b'0').collect();
    Some(Decimal::from_digits(
        false,
        &digits,
        digits.len() as i64 + unit,
    ))
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).expect(text)
    }

    fn divides(divisor: &str, value: &str) -> bool {
        Divisor::new(&decimal(divisor))
            .expect(divisor)
            .divides(&decimal(value))
    }

    #[test]
    fn multiples_are_exact() {
        let big = "340282366920938463463374607431768211457";
        for (divisor, value) in [
            ("0.01", "19.99"),
            ("0.01", "4.35"),
            ("1e-8", "12391239123"),
            ("5", "1e400"),
            ("0.0001", "0.0075"),
            ("2", "-4"),
            ("3", "0"),
            ("1e3", "5e3"),
            ("8", "1e3"),
            (big, "340282366920938463463374607431768211457"),
            (big, "340282366920938463463374607431768211457e9"),
        ] {
            assert!(divides(divisor, value), "{value} / {divisor}");
        }
        for (divisor, value) in [
            ("0.01", "0.0075"),
            ("3", "1e400"),
            ("8", "1e2"),
            ("1e3", "500"),
            ("0.123456789", "1e308"),
            (big, "340282366920938463463374607431768211456"),
        ] {
            assert!(!divides(divisor, value), "{value} / {divisor}");
        }
    }

    #[test]
    fn common_multiples() {
        let lcm = |values: &[&str]| {
            least_common_multiple(&values.iter().map(|v| decimal(v)).collect::<Vec<_>>())
        };
        assert_eq!(lcm(&["4", "6"]), Some(decimal("12")));
        assert_eq!(lcm(&["1", "0.123456789"]), Some(decimal("123456789")));
        assert_eq!(lcm(&["1.5", "1"]), Some(decimal("3")));
        assert_eq!(lcm(&["1", "1e-400"]), None);
    }
}

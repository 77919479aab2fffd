//! Which exponents the digits of an exponent can still become.

use super::state::{NumberState, Phase};

/// Beyond every exponent that is kept, with room to multiply by ten.
pub(super) const FAR: i128 = 1 << 100;

/// A set of exponents: all of them, or those that begin with what has been written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reachable {
    /// Any integer.
    All,
    /// ± `value`, and ± every number whose digits begin with those of `value`.
    Prefixed { negative: bool, value: i64 },
}

impl Reachable {
    /// The exponents that a number in its exponent can still end with.
    pub(super) fn of(state: &NumberState) -> Reachable {
        let exponent = state.exponent;
        match state.phase {
            Phase::MarkSign | Phase::Exponent => Reachable::Prefixed {
                negative: exponent.negative,
                value: exponent.value,
            },
            _ => Reachable::All,
        }
    }

    /// Whether more exponents from `low` to `high` can be reached than those to be left out.
    pub(super) fn reaches(self, low: i128, high: i128, left_out: &[i128]) -> bool {
        let within = |&&x: &&i128| low <= x && x <= high && self.count(x, x) > 0;
        self.count(low, high) > left_out.iter().filter(within).count() as i128
    }

    fn count(self, low: i128, high: i128) -> i128 {
        let overlap = |from: i128, to: i128| (high.min(to) - low.max(from) + 1).max(0);
        match self {
            Reachable::All => overlap(-FAR, FAR),
            Reachable::Prefixed {
                negative: true,
                value,
            } => Reachable::Prefixed {
                negative: false,
                value,
            }
            .count(-high, -low),
            Reachable::Prefixed { value: 0, .. } => overlap(0, FAR),
            Reachable::Prefixed { value, .. } => {
                let (mut from, mut width, mut total) = (i128::from(value), 1i128, 0i128);
                while from <= high {
                    total += overlap(from, from + width - 1);
                    from *= 10;
                    width *= 10;
                }
                total
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_enumeration() {
        for value in 0..40i64 {
            for negative in [false, true] {
                for low in -130..130i128 {
                    for high in [low, low + 3, low + 40] {
                        let begins = |x: i128| {
                            let sign = x == 0 || negative == (x < 0);
                            let text = x.unsigned_abs().to_string();
                            sign && (value == 0 || text.starts_with(&value.to_string()))
                        };
                        let expected = (low..=high).any(begins);
                        let reachable = Reachable::Prefixed { negative, value };
                        assert_eq!(
                            reachable.reaches(low, high, &[]),
                            expected,
                            "{value} {low} {high}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_left_out_does_not_count() {
        let reachable = Reachable::Prefixed {
            negative: false,
            value: 1,
        };
        assert!(!reachable.reaches(0, 9, &[1]));
        assert!(reachable.reaches(0, 10, &[1]));
        assert!(!reachable.reaches(0, 10, &[1, 10]));
        assert!(!Reachable::All.reaches(5, 4, &[]));
    }
}

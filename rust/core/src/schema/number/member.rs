//! What a schema can ask of a number.

use std::fmt;

use super::decimal::Decimal;

/// One thing asked of a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NumberConstraint {
    /// A number without a fractional part, however it is written (`1.0`, `10e-1`).
    Integer,
    /// A number written without `.` and exponent: an integer by draft 4.
    LexicalInteger,
    /// At least this.
    Minimum(Decimal),
    /// More than this.
    ExclusiveMinimum(Decimal),
    /// At most this.
    Maximum(Decimal),
    /// Less than this.
    ExclusiveMaximum(Decimal),
    /// An integer times this.
    MultipleOf(Decimal),
    /// One of these (`enum`, `const`).
    OneOf(Vec<Decimal>),
}

impl NumberConstraint {
    /// A bound on the number's size.
    pub(super) fn is_bound(&self) -> bool {
        matches!(
            self,
            Self::Minimum(_)
                | Self::ExclusiveMinimum(_)
                | Self::Maximum(_)
                | Self::ExclusiveMaximum(_)
        )
    }
}

/// A constraint, or its opposite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberMember {
    /// What is asked.
    pub constraint: NumberConstraint,
    /// The number must *not* satisfy it.
    pub negated: bool,
}

impl From<NumberConstraint> for NumberMember {
    fn from(constraint: NumberConstraint) -> NumberMember {
        NumberMember {
            constraint,
            negated: false,
        }
    }
}

impl NumberMember {
    /// The opposite of a constraint.
    #[must_use]
    pub fn not(constraint: NumberConstraint) -> NumberMember {
        NumberMember {
            constraint,
            negated: true,
        }
    }
}

/// Whether an exponent is expected to follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Exponents {
    /// `500` may become `500e-1`: no viable prefix is ever killed.
    #[default]
    Exact,
    /// Nobody is expected to write an exponent: `500` is dead under a maximum of 50. A number that does
    /// have one is then refused although it is valid; ask for this by name only.
    Unexpected,
}

/// A divisor that is not positive, or a number past the limit of digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DivisorError {
    /// Which member, by its index in the list given.
    pub member: usize,
}

impl fmt::Display for DivisorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("multipleOf that is not positive, or a number with too many digits")
    }
}

impl std::error::Error for DivisorError {}

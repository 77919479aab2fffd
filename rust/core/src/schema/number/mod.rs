//! The languages of numbers: what `type: integer`, bounds, `multipleOf`, `enum` and `const` allow
//! together, stepped byte by byte, over exact decimals.
//!
//! A [`Decimal`] is a sign, significant digits and an exponent, never expanded: `1e400` is one
//! digit. A [`NumberLanguage`] knows for every prefix of a JSON number which values it can still become:
//! `500` is alive under an integer maximum of 50, because `500e-1` is 50; `51` is not.
#![allow(
    clippy::cast_possible_wrap,
    reason = "digits are counted, and no text is as long as the sign bit"
)]

mod big;
mod compile;
mod decimal;
mod divisor;
mod exponents;
mod finite;
mod language;
mod liveness;
mod member;
mod range;
mod state;
mod verdict;

pub use decimal::{Decimal, DecimalError};
pub use language::NumberLanguage;
pub use member::{DivisorError, Exponents, NumberConstraint, NumberMember};
pub use state::NumberState;

#[cfg(test)]
mod tests;

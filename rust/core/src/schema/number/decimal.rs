//! Exact decimal numbers in canonical form.

use std::cmp::Ordering;
use std::fmt;

/// Most significant digits that a decimal keeps.
const MAX_DIGITS: usize = 1 << 20;
/// Exponents are kept within this distance of zero, far beyond what digits can shift them by.
pub(super) const MAX_EXPONENT: i64 = 1 << 56;

/// An exact decimal number: ± 0.d₁d₂d₃… × 10^`point`, without leading or trailing zeros.
///
/// The form is canonical (`1`, `1.0` and `10e-1` are the same), so equality and hash are those of the number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    negative: bool,
    /// Values 0 to 9; none for zero.
    digits: Box<[u8]>,
    /// Where the decimal point stands, counted from before the first digit; 0 for zero.
    point: i64,
}

/// Why a text is no decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecimalError {
    /// It does not follow the grammar of JSON numbers.
    Syntax,
    /// It has more significant digits, or a larger exponent, than the limit.
    Limit,
}

impl fmt::Display for DecimalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DecimalError::Syntax => "not a JSON number",
            DecimalError::Limit => "number with too many digits or too large an exponent",
        })
    }
}

impl std::error::Error for DecimalError {}

/// The parts of a JSON number's text.
struct Parts<'t> {
    negative: bool,
    whole: &'t str,
    fraction: &'t str,
    exponent: &'t str,
}

fn split(text: &str) -> Option<Parts<'_>> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (mantissa, negative) = match mantissa.strip_prefix('-') {
        Some(rest) => (rest, true),
        None => (mantissa, false),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let unsigned = exponent.map(|e| e.strip_prefix(['+', '-']).unwrap_or(e));
    let whole_fits = digits(whole) && (whole == "0" || !whole.starts_with('0'));
    let fits = whole_fits && fraction.is_none_or(digits) && unsigned.is_none_or(digits);
    fits.then_some(Parts {
        negative,
        whole,
        fraction: fraction.unwrap_or(""),
        exponent: exponent.unwrap_or("0"),
    })
}

/// An exponent's value, held at [`MAX_EXPONENT`] where it is larger.
fn exponent_value(text: &str) -> i64 {
    let (digits, sign) = match text.strip_prefix('-') {
        Some(digits) => (digits, -1),
        None => (text.strip_prefix('+').unwrap_or(text), 1),
    };
    let mut value = 0i64;
    for digit in digits.bytes() {
        value = (value * 10 + i64::from(digit - b'0')).min(MAX_EXPONENT);
    }
    sign * value
}

impl Decimal {
    /// Reads a JSON number.
    ///
    /// # Errors
    /// [`DecimalError::Syntax`] for any other text; [`DecimalError::Limit`] past a million significant
    /// digits or an exponent past 2⁵⁶.
    pub fn parse(text: &str) -> Result<Decimal, DecimalError> {
        let parts = split(text).ok_or(DecimalError::Syntax)?;
        let all = || parts.whole.bytes().chain(parts.fraction.bytes());
        let leading = all().take_while(|&b| b == b'0').count();
        let total = parts.whole.len() + parts.fraction.len();
        if leading == total {
            return Ok(Decimal::zero());
        }
        let trailing = all().rev().take_while(|&b| b == b'0').count();
        let count = total - leading - trailing;
        let exponent = exponent_value(parts.exponent);
        if count > MAX_DIGITS || exponent.abs() == MAX_EXPONENT {
            return Err(DecimalError::Limit);
        }
        let digits = all().skip(leading).take(count).map(|b| b - b'0').collect();
        let point = exponent + parts.whole.len() as i64 - leading as i64;
        Ok(Decimal {
            negative: parts.negative,
            digits,
            point,
        })
    }

    /// Zero.
    #[must_use]
    pub fn zero() -> Decimal {
        Decimal {
            negative: false,
            digits: Box::default(),
            point: 0,
        }
    }

    /// The number ± 0.d₁d₂… × 10^`point` of these digits (0 to 9).
    pub(super) fn from_digits(negative: bool, digits: &[u8], point: i64) -> Decimal {
        let leading = digits.iter().take_while(|&&d| d == 0).count();
        let trailing = digits.iter().rev().take_while(|&&d| d == 0).count();
        if leading == digits.len() {
            return Decimal::zero();
        }
        let kept = &digits[leading..digits.len() - trailing];
        Decimal {
            negative,
            digits: kept.into(),
            point: point - leading as i64,
        }
    }

    /// Below zero.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.negative
    }

    /// Zero, of either sign.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// Without a fractional part.
    #[must_use]
    pub fn is_integer(&self) -> bool {
        self.exponent() >= 0
    }

    /// The significant digits, 0 to 9, without leading or trailing zeros.
    pub(super) fn digits(&self) -> &[u8] {
        &self.digits
    }

    /// Where the decimal point stands, counted from before the first digit.
    pub(super) fn point(&self) -> i64 {
        self.point
    }

    /// The power of ten that the last significant digit counts.
    pub(super) fn exponent(&self) -> i64 {
        self.point - self.digits.len() as i64
    }

    /// The number × 10^`places`.
    pub(super) fn shifted(&self, places: i64) -> Decimal {
        let point = if self.is_zero() {
            0
        } else {
            self.point.saturating_add(places)
        };
        Decimal {
            point,
            ..self.clone()
        }
    }

    /// The number without its sign.
    pub(super) fn magnitude(&self) -> Decimal {
        Decimal {
            negative: false,
            ..self.clone()
        }
    }

    /// The value as an unsigned integer, where it is one and fits.
    #[must_use]
    pub fn to_u64(&self) -> Option<u64> {
        u64::try_from(self.to_i128()?).ok()
    }

    /// The value as an integer, where it is one and fits.
    #[must_use]
    pub fn to_i128(&self) -> Option<i128> {
        if !self.is_integer() || self.point > 39 {
            return None;
        }
        let zeros = std::iter::repeat_n(&0, self.exponent().max(0) as usize);
        let mut value = 0i128;
        for &digit in self.digits.iter().chain(zeros) {
            value = value.checked_mul(10)?.checked_add(i128::from(digit))?;
        }
        Some(if self.negative { -value } else { value })
    }

    /// Compares the sizes, without regard to sign.
    pub(super) fn compare_magnitude(&self, other: &Decimal) -> Ordering {
        match (self.is_zero(), other.is_zero()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            // Digits are fractions of one: a longer list that begins with the other is greater.
            (false, false) => self
                .point
                .cmp(&other.point)
                .then_with(|| self.digits.cmp(&other.digits)),
        }
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Decimal) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.compare_magnitude(other),
            (true, true) => other.compare_magnitude(self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Decimal) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<i64> for Decimal {
    fn from(value: i64) -> Decimal {
        let digits: Vec<u8> = value
            .unsigned_abs()
            .to_string()
            .bytes()
            .map(|b| b - b'0')
            .collect();
        Decimal::from_digits(value < 0, &digits, digits.len() as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).expect(text)
    }

    #[test]
    fn equal_numbers_have_one_form() {
        for text in ["1", "1.0", "10e-1", "0.1e1", "1E+0", "100e-02"] {
            assert_eq!(decimal(text), decimal("1"), "{text}");
        }
        for text in ["0", "-0", "0.0", "0e400", "-0.00E-9"] {
            assert_eq!(decimal(text), Decimal::zero(), "{text}");
        }
        assert_ne!(decimal("1e400"), decimal("1e401"));
        assert_ne!(decimal("9007199254740993"), decimal("9007199254740992"));
    }

    #[test]
    fn order_is_that_of_the_numbers() {
        let sorted = [
            "-1e400", "-10", "-9.5", "-0.1", "0", "1e-400", "0.1", "0.11", "1", "9", "10",
        ];
        for pair in sorted.windows(2) {
            assert!(decimal(pair[0]) < decimal(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn knows_integers() {
        for (text, value) in [
            ("15", 15),
            ("1.5e1", 15),
            ("-0", 0),
            ("-120e-1", -12),
            ("1e3", 1000),
        ] {
            assert_eq!(decimal(text).to_i128(), Some(value), "{text}");
        }
        for text in ["1.5", "1e-1", "1e400", "-2e-400"] {
            assert_eq!(decimal(text).to_i128(), None, "{text}");
        }
        assert!(decimal("1e400").is_integer());
        assert_eq!(decimal("-1").to_u64(), None);
    }

    #[test]
    fn refuses_what_is_no_number() {
        for text in [
            "", "-", "01", "1.", ".5", "1e", "1e+", "+1", "0x1", " 1", "1 ", "--1", "1.e1",
        ] {
            assert_eq!(Decimal::parse(text), Err(DecimalError::Syntax), "{text}");
        }
        assert_eq!(
            Decimal::parse("1e99999999999999999999"),
            Err(DecimalError::Limit)
        );
        assert_eq!(decimal("0e99999999999999999999"), Decimal::zero());
    }
}

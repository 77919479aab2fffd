//! Tokens that lie whole in the chunk, handed over at once.

use super::super::scan;
use super::super::sink::{Between, Halt, Sink};
use super::{State, Tokenizer};

impl Tokenizer {
    /// Hands over a string or number that lies whole and plain in the chunk; whether it was taken.
    pub(super) fn whole<S: Sink>(&mut self, rest: &[u8], sink: &mut S) -> Result<bool, Halt> {
        let length = match rest[0] {
            b'"' => match plain_string(&rest[1..]) {
                Some((text, _)) if sink.string(text, self.at)? => text.len() + 2,
                _ => return Ok(false),
            },
            b'-' | b'0'..=b'9' => match whole_number(rest) {
                Some(WholeNumber { text, .. })
                    if text.len() <= self.limits.number as usize
                        && sink.digits(text, self.at)? =>
                {
                    text.len()
                }
                _ => return Ok(false),
            },
            _ => return Ok(false),
        };
        self.at += length as u64;
        self.state = self.ended();
        Ok(true)
    }

    /// Hands over a key that lies whole and plain in the chunk; whether it was taken.
    pub(super) fn whole_key<S: Sink>(&mut self, rest: &[u8], sink: &mut S) -> Result<bool, Halt> {
        match plain_string(&rest[1..]) {
            Some((text, _)) if sink.member(text, self.at)? => {
                self.at += text.len() as u64 + 2;
                self.state = State::Between(Between::Colon);
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}

/// The text of a string that goes on with the first byte and ends in the chunk without an escape; whether it is ASCII.
pub(crate) fn plain_string(rest: &[u8]) -> Option<(&str, bool)> {
    let (length, ascii) = scan::text_run(rest);
    if rest.get(length) != Some(&b'"') {
        return None;
    }
    let text = std::str::from_utf8(&rest[..length]).ok()?;
    Some((text, ascii))
}

/// A number that lies whole in the chunk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WholeNumber<'t> {
    /// How it is written.
    pub text: &'t [u8],
    /// It has a minus.
    pub negative: bool,
    /// The digits before the point as a number, if they are few.
    pub magnitude: Option<u64>,
    /// What follows those digits.
    pub form: Form,
}

/// What follows the digits before a number's point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Nothing.
    Whole,
    /// A fraction.
    Fraction,
    /// An exponent, with or without a fraction.
    Scaled,
}

/// Digits that certainly fit a machine word.
const WORD_DIGITS: usize = 18;

/// The number that begins with the first byte, if a byte after it in the chunk certainly ends it.
pub(crate) fn whole_number(rest: &[u8]) -> Option<WholeNumber<'_>> {
    let negative = rest[0] == b'-';
    let start = usize::from(negative);
    let (mut end, magnitude) = digits(rest, start)?;
    if rest[start] == b'0' && end > start + 1 {
        return None;
    }
    let magnitude = (end - start <= WORD_DIGITS).then_some(magnitude);
    let mut form = Form::Whole;
    if *rest.get(end)? == b'.' {
        (end, _) = digits(rest, end + 1)?;
        form = Form::Fraction;
    }
    if matches!(*rest.get(end)?, b'e' | b'E') {
        let sign = matches!(*rest.get(end + 1)?, b'+' | b'-');
        (end, _) = digits(rest, end + 1 + usize::from(sign))?;
        form = Form::Scaled;
    }
    let ends = matches!(
        *rest.get(end)?,
        b',' | b']' | b'}' | b' ' | b'\n' | b'\r' | b'\t'
    );
    ends.then(|| WholeNumber {
        text: &rest[..end],
        negative,
        magnitude,
        form,
    })
}

/// Where digits end that begin here, if there are any, and what they are worth, wrapped around where they are many.
fn digits(rest: &[u8], start: usize) -> Option<(usize, u64)> {
    let (mut at, mut worth) = (start, 0_u64);
    while let Some(&byte) = rest.get(at).filter(|byte| byte.is_ascii_digit()) {
        worth = worth.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
        at += 1;
    }
    (at > start).then_some((at, worth))
}

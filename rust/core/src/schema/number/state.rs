//! One number on its way: the grammar of JSON numbers and what it has said so far.

use super::decimal::MAX_EXPONENT;
use super::divisor::{Divisor, Residue};

/// Digits that fit the machine word of a significand.
const HEAD_DIGITS: u64 = 18;

/// Where the text of a number stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing yet.
    Start,
    /// `-`
    Minus,
    /// `0`, where only `.`, an exponent or the end may follow.
    Zero,
    /// Digits before the point.
    Whole,
    /// `.`
    Dot,
    /// Digits after the point.
    Fraction,
    /// `e`
    Mark,
    /// `e+` or `e-`
    MarkSign,
    /// Digits of the exponent.
    Exponent,
}

impl Phase {
    /// The phase after one more byte; `None` where the grammar has none.
    fn next(self, byte: u8) -> Option<Phase> {
        match (self, byte) {
            (Phase::Start, b'-') => Some(Phase::Minus),
            (Phase::Start | Phase::Minus, b'0') => Some(Phase::Zero),
            (Phase::Start | Phase::Minus | Phase::Whole, b'0'..=b'9') => Some(Phase::Whole),
            (Phase::Zero | Phase::Whole, b'.') => Some(Phase::Dot),
            (Phase::Dot | Phase::Fraction, b'0'..=b'9') => Some(Phase::Fraction),
            (Phase::Zero | Phase::Whole | Phase::Fraction, b'e' | b'E') => Some(Phase::Mark),
            (Phase::Mark, b'+' | b'-') => Some(Phase::MarkSign),
            (Phase::Mark | Phase::MarkSign | Phase::Exponent, b'0'..=b'9') => Some(Phase::Exponent),
            _ => None,
        }
    }

    /// Whether a number may end here.
    pub(super) fn may_end(self) -> bool {
        matches!(
            self,
            Phase::Zero | Phase::Whole | Phase::Fraction | Phase::Exponent
        )
    }

    /// Whether the exponent has begun.
    pub(super) fn is_scaled(self) -> bool {
        matches!(self, Phase::Mark | Phase::MarkSign | Phase::Exponent)
    }
}

/// Where a number that is arriving stands.
#[derive(Clone, Debug)]
pub struct NumberState {
    pub(super) phase: Phase,
    pub(super) negative: bool,
    pub(super) significand: Significand,
    /// Where the decimal point stands, counted from before the first significant digit, without
    /// the exponent.
    pub(super) point: i64,
    pub(super) exponent: ExponentPrefix,
    pub(super) dead: bool,
}

/// The digits of an exponent so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ExponentPrefix {
    pub(super) negative: bool,
    /// Held at [`MAX_EXPONENT`] where it is larger.
    pub(super) value: i64,
}

/// The digits from the first that is not 0, in bounded memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Significand {
    /// The digits as a number, while they are few.
    pub(super) head: u64,
    /// How many digits there are, trailing zeros included.
    pub(super) count: u64,
    /// How many there are up to the last that is not 0.
    pub(super) significant: u64,
    /// The digits, as far as they are kept, once they are more than `head` holds.
    spill: Vec<u8>,
    /// A digit that is not 0 was not kept.
    pub(super) truncated: bool,
    /// One a divisor, once the digits are more than `head` holds.
    residues: Vec<Residue>,
}

impl NumberState {
    pub(super) fn new(dead: bool) -> NumberState {
        NumberState {
            phase: Phase::Start,
            negative: false,
            significand: Significand::default(),
            point: 0,
            exponent: ExponentPrefix::default(),
            dead,
        }
    }

    /// Whether no continuation is accepted any more.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.dead
    }

    /// Takes one byte in; says whether the grammar has a place for it.
    pub(super) fn push(&mut self, byte: u8, keep: usize, divisors: &[Divisor]) -> bool {
        let Some(phase) = self.phase.next(byte) else {
            return false;
        };
        self.phase = phase;
        match phase {
            Phase::Minus => self.negative = true,
            Phase::MarkSign => self.exponent.negative = byte == b'-',
            Phase::Exponent => self.exponent.push(byte - b'0'),
            Phase::Whole | Phase::Fraction => self.push_digit(byte - b'0', keep, divisors),
            _ => {}
        }
        true
    }

    fn push_digit(&mut self, digit: u8, keep: usize, divisors: &[Divisor]) {
        let whole = self.phase == Phase::Whole;
        if digit == 0 && self.significand.count == 0 {
            // A zero between the point and the first significant digit.
            self.point -= 1;
            return;
        }
        if whole {
            self.point += 1;
        }
        self.significand.push(digit, keep, divisors);
    }

    /// The decimal point with the exponent applied.
    pub(super) fn scaled_point(&self) -> i64 {
        let exponent = self.exponent.value;
        self.point
            + if self.exponent.negative {
                -exponent
            } else {
                exponent
            }
    }
}

impl ExponentPrefix {
    fn push(&mut self, digit: u8) {
        self.value = (self.value * 10 + i64::from(digit)).min(MAX_EXPONENT);
    }
}

impl Significand {
    fn push(&mut self, digit: u8, keep: usize, divisors: &[Divisor]) {
        if self.count < HEAD_DIGITS {
            self.head = self.head * 10 + u64::from(digit);
        } else {
            if self.count == HEAD_DIGITS {
                self.spill(divisors);
            }
            if self.spill.len() < keep {
                self.spill.push(digit);
            } else {
                self.truncated |= digit != 0;
            }
            for (divisor, residue) in divisors.iter().zip(&mut self.residues) {
                divisor.push(residue, digit);
            }
        }
        self.count += 1;
        if digit != 0 {
            self.significant = self.count;
        }
    }

    fn spill(&mut self, divisors: &[Divisor]) {
        self.spill = self.head_digits();
        self.residues = self.head_residues(divisors);
    }

    fn head_digits(&self) -> Vec<u8> {
        let mut digits = vec![0; self.count.min(HEAD_DIGITS) as usize];
        let mut rest = self.head;
        for digit in digits.iter_mut().rev() {
            *digit = (rest % 10) as u8;
            rest /= 10;
        }
        digits
    }

    fn head_residues(&self, divisors: &[Divisor]) -> Vec<Residue> {
        let digits = self.head_digits();
        let residue = |divisor: &Divisor| {
            let mut residue = divisor.residue();
            for &digit in &digits {
                divisor.push(&mut residue, digit);
            }
            residue
        };
        divisors.iter().map(residue).collect()
    }

    /// Whether `head` holds all digits.
    pub(super) fn is_short(&self) -> bool {
        self.count <= HEAD_DIGITS
    }

    /// The digits that are kept, trailing zeros included.
    pub(super) fn digits(&self) -> Vec<u8> {
        if self.is_short() {
            self.head_digits()
        } else {
            self.spill.clone()
        }
    }

    /// One remainder a divisor.
    pub(super) fn residues(&self, divisors: &[Divisor]) -> Vec<Residue> {
        if self.is_short() {
            self.head_residues(divisors)
        } else {
            self.residues.clone()
        }
    }
}

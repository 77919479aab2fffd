//! Unsigned integers of any size, as far as liveness needs them: built from decimal digits, added, compared, and taken
//! modulo another.

use std::cmp::Ordering;

const BASE: u64 = 1_000_000_000;
const DIGITS_A_LIMB: usize = 9;

/// An unsigned integer: limbs of nine decimal digits, lowest first, without zero limbs on top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Big {
    limbs: Vec<u32>,
}

impl Big {
    pub(super) fn zero() -> Big {
        Big { limbs: Vec::new() }
    }

    pub(super) fn is_zero(&self) -> bool {
        self.limbs.is_empty()
    }

    /// The integer of these decimal digits (0 to 9), highest first, followed by `zeros` zeros.
    pub(super) fn from_digits(digits: &[u8], zeros: usize) -> Big {
        let all: Vec<u8> = digits
            .iter()
            .copied()
            .chain(std::iter::repeat_n(0, zeros))
            .collect();
        let limb = |chunk: &[u8]| chunk.iter().fold(0, |value, &d| value * 10 + u32::from(d));
        let mut big = Big {
            limbs: all.rchunks(DIGITS_A_LIMB).map(limb).collect(),
        };
        big.trim();
        big
    }

    fn trim(&mut self) {
        while self.limbs.last() == Some(&0) {
            self.limbs.pop();
        }
    }

    /// `self × factor + addend`.
    pub(super) fn scale(&mut self, factor: u32, addend: u32) {
        let mut carry = u64::from(addend);
        for limb in &mut self.limbs {
            carry += u64::from(*limb) * u64::from(factor);
            *limb = (carry % BASE) as u32;
            carry /= BASE;
        }
        while carry > 0 {
            self.limbs.push((carry % BASE) as u32);
            carry /= BASE;
        }
        self.trim();
    }

    pub(super) fn add(&mut self, other: &Big) {
        let longest = self.limbs.len().max(other.limbs.len());
        self.limbs.resize(longest, 0);
        let mut carry = 0;
        for (index, limb) in self.limbs.iter_mut().enumerate() {
            carry += u64::from(*limb) + u64::from(other.limbs.get(index).copied().unwrap_or(0));
            *limb = (carry % BASE) as u32;
            carry /= BASE;
        }
        if carry > 0 {
            self.limbs.push(carry as u32);
        }
    }

    /// `self − other`, where that is not negative; otherwise nothing happens and it says so.
    pub(super) fn subtract(&mut self, other: &Big) -> bool {
        if *self < *other {
            return false;
        }
        let mut borrow = 0;
        for (index, limb) in self.limbs.iter_mut().enumerate() {
            let less = u64::from(other.limbs.get(index).copied().unwrap_or(0)) + borrow;
            borrow = u64::from(u64::from(*limb) < less);
            *limb = (u64::from(*limb) + borrow * BASE - less) as u32;
        }
        self.trim();
        true
    }

    /// `(self × 10 + digit) mod modulus`, for a `self` below the modulus.
    pub(super) fn push_digit(&mut self, digit: u8, modulus: &Big) {
        self.scale(10, u32::from(digit));
        while self.subtract(modulus) {}
    }

    /// The remainder of the digits, followed by `zeros` zeros, by the modulus.
    pub(super) fn remainder(digits: &[u8], zeros: usize, modulus: &Big) -> Big {
        let mut rest = Big::zero();
        for &digit in digits.iter().chain(std::iter::repeat_n(&0, zeros)) {
            rest.push_digit(digit, modulus);
        }
        rest
    }

    /// An upper bound of the number of bits.
    pub(super) fn bits(&self) -> usize {
        self.limbs.len() * 30
    }
}

impl Ord for Big {
    fn cmp(&self, other: &Big) -> Ordering {
        let lengths = self.limbs.len().cmp(&other.limbs.len());
        lengths.then_with(|| self.limbs.iter().rev().cmp(other.limbs.iter().rev()))
    }
}

impl PartialOrd for Big {
    fn partial_cmp(&self, other: &Big) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn big(value: u128) -> Big {
        let digits: Vec<u8> = value.to_string().bytes().map(|b| b - b'0').collect();
        Big::from_digits(&digits, 0)
    }

    proptest! {
        #[test]
        fn agrees_with_machine_integers(a in any::<u64>(), b in 1..u64::MAX, zeros in 0usize..12) {
            let (x, y) = (u128::from(a), u128::from(b));
            let mut sum = big(x);
            sum.add(&big(y));
            prop_assert_eq!(&sum, &big(x + y));
            prop_assert!(sum.subtract(&big(y)));
            prop_assert_eq!(&sum, &big(x));
            prop_assert_eq!(big(x).cmp(&big(y)), x.cmp(&y));
            let digits: Vec<u8> = a.to_string().bytes().map(|b| b - b'0').collect();
            let shifted = x * 10u128.pow(zeros as u32);
            prop_assert_eq!(Big::from_digits(&digits, zeros), big(shifted));
            prop_assert_eq!(Big::remainder(&digits, zeros, &big(y)), big(shifted % y));
            let mut scaled = big(x);
            scaled.scale(7, 3);
            prop_assert_eq!(scaled, big(x * 7 + 3));
        }
    }
}

//! UTF-8 sequences in the making: which scalar values can still come of them.

use std::ops::RangeInclusive;

/// The scalar values that an unfinished sequence or escape can still become: at most two ranges.
///
/// Ranges may span the surrogate gap; no scalar value lies in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scalars {
    ranges: [(u32, u32); 2],
    count: usize,
}

impl Scalars {
    /// Every scalar value.
    pub const ALL: Self = Self {
        ranges: [(0, 0x0010_FFFF), (0, 0)],
        count: 1,
    };

    /// The union of two ranges given as bounds, both included; an inverted range is empty.
    #[must_use]
    pub fn new(first: (u32, u32), second: (u32, u32)) -> Self {
        let mut scalars = Self {
            ranges: [(0, 0); 2],
            count: 0,
        };
        for range in [first, second] {
            if range.0 <= range.1 {
                scalars.ranges[scalars.count] = range;
                scalars.count += 1;
            }
        }
        scalars
    }

    /// Whether no scalar value is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The ranges.
    pub fn ranges(&self) -> impl Iterator<Item = RangeInclusive<u32>> + '_ {
        self.ranges[..self.count]
            .iter()
            .map(|&(low, high)| low..=high)
    }
}

/// What a prefix of a UTF-8 sequence can become (Unicode 15, table 3-7); empty if nothing.
///
/// `prefix` has one to three bytes and is not yet complete.
fn completions(prefix: &[u8]) -> Scalars {
    let (length, floor, ceiling) = match prefix[0] {
        0xC2..=0xDF => (2, 0x80, 0x7FF),
        0xE0 => (3, 0x800, 0xFFF),
        0xED => (3, 0xD000, 0xD7FF),
        0xE1..=0xEF => (3, 0x1000, 0xFFFF),
        0xF0..=0xF4 => (4, 0x1_0000, 0x10_FFFF),
        _ => return Scalars::new((1, 0), (1, 0)),
    };
    let mut low = u32::from(prefix[0]) & (0x7F >> length);
    for byte in &prefix[1..] {
        if byte & 0xC0 != 0x80 {
            return Scalars::new((1, 0), (1, 0));
        }
        low = low << 6 | u32::from(byte & 0x3F);
    }
    let open = 6 * (length - prefix.len());
    let low = low << open;
    let high = low | ((1 << open) - 1);
    Scalars::new((low.max(floor), high.min(ceiling)), (1, 0))
}

/// A sequence cut by the end of a chunk.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pending {
    bytes: [u8; 4],
    length: usize,
}

/// What a byte makes of a pending sequence.
pub(super) enum Grown {
    /// Still unfinished.
    Partial(Scalars),
    /// Complete.
    Scalar(char),
    /// No UTF-8.
    Invalid,
}

impl Pending {
    /// Whether no sequence is pending.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Takes the next byte. After `Scalar` or `Invalid` nothing is pending.
    pub fn push(&mut self, byte: u8) -> Grown {
        self.bytes[self.length] = byte;
        self.length += 1;
        let sequence = &self.bytes[..self.length];
        if let Some(scalar) = std::str::from_utf8(sequence)
            .ok()
            .and_then(|text| text.chars().next())
        {
            self.length = 0;
            return Grown::Scalar(scalar);
        }
        let left = if self.length < 4 {
            completions(sequence)
        } else {
            Scalars::new((1, 0), (1, 0))
        };
        if left.is_empty() {
            self.length = 0;
            return Grown::Invalid;
        }
        Grown::Partial(left)
    }
}

/// The index of the first byte of `scalar`'s UTF-8 form after which `alive` denies every completion.
///
/// For a scalar that is refused as a whole: the last byte, if no earlier one decides.
pub fn fatal_byte(scalar: char, alive: impl Fn(&Scalars) -> bool) -> u64 {
    let mut buffer = [0; 4];
    let bytes = scalar.encode_utf8(&mut buffer).as_bytes();
    let last = bytes.len() - 1;
    (1..=last)
        .find(|&end| !alive(&completions(&bytes[..end])))
        .map_or(last, |end| end - 1) as u64
}

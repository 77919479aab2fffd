//! Runs of bytes that need no thought, eight at a time.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// A bit in each byte that is zero. Bits above the lowest one set may be wrong: only the lowest counts.
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGHS
}

/// A bit in each byte of `word` that ends a run of string text: `"`, `\`, a control. Only the lowest counts.
fn stops(word: u64) -> u64 {
    let quote = zeros(word ^ (ONES * b'"' as u64));
    let slash = zeros(word ^ (ONES * b'\\' as u64));
    let control = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
    quote | slash | control
}

/// The length of the run at the start of `bytes` without `"`, `\` and controls, and whether it is all ASCII.
pub(super) fn text_run(bytes: &[u8]) -> (usize, bool) {
    let mut high = 0;
    let mut length = 0;
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        let word = u64::from_le_bytes(*word);
        let found = stops(word);
        if found != 0 {
            let inside = (found.trailing_zeros() / 8) as usize;
            let mask = if inside == 0 {
                0
            } else {
                u64::MAX >> (64 - 8 * inside)
            };
            return (length + inside, (high | (word & mask)) & HIGHS == 0);
        }
        high |= word;
        length += 8;
    }
    for &byte in rest {
        if matches!(byte, b'"' | b'\\' | 0..=0x1F) {
            break;
        }
        high |= u64::from(byte);
        length += 1;
    }
    (length, high & HIGHS == 0)
}

/// The length of the white space at the start of `bytes`.
pub(super) fn blank_run(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .position(|byte| !matches!(byte, b' ' | b'\n' | b'\t' | b'\r'))
        .unwrap_or(bytes.len())
}

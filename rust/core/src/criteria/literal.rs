//! Finding a literal in a growing text: Knuth, Morris and Pratt's automaton, skipping by `memchr`.

use memchr::memchr;

/// A compiled literal.
#[derive(Debug)]
pub(super) struct Literal {
    needle: Box<[u8]>,
    /// `fall[k]`: the longest proper prefix of the needle that is a suffix of its first `k` bytes.
    fall: Box<[usize]>,
}

impl Literal {
    /// Compiles a literal; `None` where it is empty.
    pub(super) fn new(text: &str) -> Option<Self> {
        let needle = text.as_bytes();
        let mut fall = vec![0; needle.len() + 1];
        let mut matched = 0;
        for (at, byte) in needle.iter().enumerate().skip(1) {
            while matched > 0 && needle[matched] != *byte {
                matched = fall[matched];
            }
            matched += usize::from(needle[matched] == *byte);
            fall[at + 1] = matched;
        }
        (!needle.is_empty()).then(|| Self {
            needle: needle.into(),
            fall: fall.into(),
        })
    }

    /// Steps over `bytes` from `matched` bytes of the needle; the position after the first match, where there is one.
    pub(super) fn step(&self, matched: &mut usize, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < bytes.len() {
            if *matched == 0 {
                at += memchr(self.needle[0], &bytes[at..])?;
            }
            let byte = bytes[at];
            while *matched > 0 && self.needle[*matched] != byte {
                *matched = self.fall[*matched];
            }
            *matched += usize::from(self.needle[*matched] == byte);
            at += 1;
            if *matched == self.needle.len() {
                *matched = 0;
                return Some(at);
            }
        }
        None
    }

    pub(super) fn len(&self) -> usize {
        self.needle.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_match_that_begins_inside_a_failed_one() {
        let literal = Literal::new("aabaac").unwrap();
        let mut matched = 0;
        assert_eq!(literal.step(&mut matched, b"xaabaabaacx"), Some(10));
    }

    #[test]
    fn keeps_the_part_of_the_needle_across_pieces() {
        let literal = Literal::new("secret").unwrap();
        let mut matched = 0;
        assert_eq!(literal.step(&mut matched, b"a sec"), None);
        assert_eq!(matched, 3);
        assert_eq!(literal.step(&mut matched, b"ret"), Some(3));
    }

    #[test]
    fn an_empty_literal_is_none() {
        assert!(Literal::new("").is_none());
    }
}

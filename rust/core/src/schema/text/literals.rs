//! A finite set of strings, walked from the front.
//!
//! The set is a sorted list; where a walk stands is the range of strings that begin with what has
//! arrived. A step narrows the range by binary search, so nothing but the list is built.

use std::ops::Range;

/// Strings that are looked through one by one: mostly their lengths tell them apart.
const FEW: usize = 8;

/// A sorted set of strings.
#[derive(Debug, Default)]
pub struct Literals {
    sorted: Vec<Box<str>>,
}

/// Where a walk through a set stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Walk {
    first: usize,
    end: usize,
    /// Bytes walked so far.
    depth: usize,
}

impl Literals {
    /// The set of these strings.
    #[must_use]
    pub fn new(mut strings: Vec<Box<str>>) -> Literals {
        strings.sort_unstable();
        strings.dedup();
        Literals { sorted: strings }
    }

    /// The strings, sorted by code point.
    #[must_use]
    pub fn strings(&self) -> &[Box<str>] {
        &self.sorted
    }

    /// Whether the string is one of them.
    #[must_use]
    pub fn contains(&self, text: &str) -> bool {
        if self.sorted.len() <= FEW {
            return self.sorted.iter().any(|known| **known == *text);
        }
        self.sorted
            .binary_search_by(|known| (**known).cmp(text))
            .is_ok()
    }

    pub(super) fn start(&self) -> Walk {
        Walk {
            first: 0,
            end: self.sorted.len(),
            depth: 0,
        }
    }

    /// The strings that are still possible, as a range of [`Literals::strings`].
    pub(super) fn range(walk: Walk) -> Range<usize> {
        walk.first..walk.end
    }

    /// The walk one character on, if a string goes on with it.
    pub(super) fn step(&self, walk: Walk, c: char) -> Option<Walk> {
        let mut buffer = [0; 4];
        let next = c.encode_utf8(&mut buffer).as_bytes();
        self.narrow(walk, next)
    }

    /// The walk through the text, or the byte offset of the first character that no string has.
    pub(super) fn step_str(&self, walk: &mut Walk, text: &str) -> Result<(), usize> {
        if let Some(next) = self.narrow(*walk, text.as_bytes()) {
            *walk = next;
            return Ok(());
        }
        for (at, c) in text.char_indices() {
            *walk = self.step(*walk, c).ok_or(at)?;
        }
        Ok(())
    }

    fn narrow(&self, walk: Walk, next: &[u8]) -> Option<Walk> {
        let depth = walk.depth + next.len();
        let slice = |text: &str| -> Range<usize> { walk.depth..depth.min(text.len()) };
        let range = &self.sorted[walk.first..walk.end];
        if let [only] = range {
            let same = only.as_bytes().get(walk.depth..depth) == Some(next);
            return same.then_some(Walk { depth, ..walk });
        }
        let before = range.partition_point(|text| &text.as_bytes()[slice(text)] < next);
        let same = range[before..].partition_point(|text| &text.as_bytes()[slice(text)] == next);
        let first = walk.first + before;
        (same > 0).then_some(Walk {
            first,
            end: first + same,
            depth,
        })
    }

    /// Whether the walk stands at the end of a string.
    pub(super) fn accepts(&self, walk: Walk) -> bool {
        self.sorted[walk.first..walk.end]
            .first()
            .is_some_and(|text| text.len() == walk.depth)
    }

    /// Whether a string goes on with a scalar value from `low` to `high`.
    pub(super) fn alive_in(&self, walk: Walk, low: u32, high: u32) -> bool {
        let next = |text: &str| text[walk.depth..].chars().next().map(u32::from);
        let range = &self.sorted[walk.first..walk.end];
        // An ended string comes first and has no next character, which sorts below every other.
        let before = range.partition_point(|text| next(text).is_none_or(|c| c < low));
        range
            .get(before)
            .and_then(|text| next(text))
            .is_some_and(|c| c <= high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(strings: &[&str]) -> Literals {
        Literals::new(strings.iter().map(|&s| s.into()).collect())
    }

    #[test]
    fn narrows_to_the_strings_that_begin_so() {
        let set = set(&["red", "green", "grey", "gré", "", "blue"]);
        let mut walk = set.start();
        assert!(set.accepts(walk));
        assert_eq!(set.step_str(&mut walk, "gr"), Ok(()));
        assert_eq!(Literals::range(walk).len(), 3);
        assert!(set.alive_in(walk, u32::from('f'), 0xff));
        assert!(!set.alive_in(walk, u32::from('f'), 0xe8));
        assert_eq!(set.step_str(&mut walk, "ée"), Err(2));
    }

    #[test]
    fn dies_at_the_first_character_that_no_string_has() {
        let set = set(&["red", "green"]);
        assert_eq!(set.step_str(&mut set.start(), "gree\""), Err(4));
        assert_eq!(set.step_str(&mut set.start(), "redd"), Err(3));
    }
}

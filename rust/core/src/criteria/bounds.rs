//! `chars`, `words`, `lines`: lengths between bounds.

use serde_json::Value;

use super::fields::{Fields, Malformed};

/// What is counted. A word (between white space) and a line (between line feeds) count from their first character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Chars,
    Words,
    Lines,
}

/// `{"words": {"min": n, "max": m}}`, either bound alone too.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    unit: Unit,
    min: u64,
    max: Option<u64>,
}

impl Bounds {
    pub(super) fn read(unit: Unit, value: &Value, place: &str) -> Result<Self, Malformed> {
        let mut fields = Fields::of(value, place)?;
        let (min, max) = (fields.u64("min")?, fields.u64("max")?);
        fields.done()?;
        if min.is_none() && max.is_none() {
            return Err(Malformed::new(place, "needs min or max"));
        }
        let min = min.unwrap_or(0);
        if max.is_some_and(|max| max < min) {
            return Err(Malformed::new(place, "max is less than min"));
        }
        Ok(Self { unit, min, max })
    }

    pub(super) fn probe(self) -> Probe {
        Probe {
            bounds: self,
            count: 0,
            inside: false,
        }
    }
}

/// The count in one text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probe {
    bounds: Bounds,
    count: u64,
    /// Inside a word or line.
    inside: bool,
}

impl Probe {
    pub(super) fn feed(&mut self, text: &str, offset: usize) -> Option<(bool, usize)> {
        if self.bounds.max.is_none() && self.bounds.min <= self.count {
            return Some((true, offset));
        }
        if self.bounds.unit == Unit::Chars && self.is_far(text.len()) {
            self.count += text.chars().count() as u64;
            return None;
        }
        for (at, char) in text.char_indices() {
            if !self.counts(char) {
                continue;
            }
            self.count += 1;
            let end = offset + at + char.len_utf8();
            if self.bounds.max.is_some_and(|max| self.count > max) {
                return Some((false, end));
            }
            if self.bounds.max.is_none() && self.count >= self.bounds.min {
                return Some((true, end));
            }
        }
        None
    }

    /// Whether `more` characters decide nothing.
    fn is_far(&self, more: usize) -> bool {
        let next = self
            .bounds
            .max
            .unwrap_or_else(|| self.bounds.min.saturating_sub(1));
        self.count + more as u64 <= next
    }

    /// Whether `char` is the first of what is counted.
    fn counts(&mut self, char: char) -> bool {
        let parts = match self.bounds.unit {
            Unit::Chars => return true,
            Unit::Words => char.is_whitespace(),
            Unit::Lines => char == '\n',
        };
        match self.bounds.unit {
            // An empty line counts too.
            Unit::Lines => !std::mem::replace(&mut self.inside, !parts),
            _ => !std::mem::replace(&mut self.inside, !parts) && !parts,
        }
    }

    pub(super) fn finish(self) -> bool {
        let max = self.bounds.max.unwrap_or(u64::MAX);
        (self.bounds.min..=max).contains(&self.count)
    }
}

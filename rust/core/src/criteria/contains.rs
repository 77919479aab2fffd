//! `contains`: a literal or pattern must occur, once or a given number of times.

use serde_json::Value;

use super::fields::Malformed;
use super::needle::{Needle, Scan};
use super::pattern::Scratch;

/// `{"contains": "text" | {"text" | "regex": …, "ignore_case": bool, "times": n}}`; matches do not overlap.
#[derive(Clone, Debug)]
pub(super) struct Contains {
    needle: Needle,
    times: u64,
}

impl Contains {
    pub(super) fn read(value: &Value, place: &str) -> Result<Self, Malformed> {
        let (needle, times) = Needle::read(value, place, |fields| fields.positive("times"))?;
        Ok(Self {
            needle,
            times: times.unwrap_or(1),
        })
    }

    pub(super) fn probe(&self) -> Probe {
        Probe {
            scan: self.needle.scan(),
            criterion: self.clone(),
            found: 0,
        }
    }
}

/// The search in one text.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    criterion: Contains,
    scan: Scan,
    found: u64,
}

impl Probe {
    /// Where the last match needed ends.
    pub(super) fn feed(
        &mut self,
        text: &str,
        offset: usize,
        scratch: &mut Scratch,
    ) -> Option<(bool, usize)> {
        let mut at = 0;
        loop {
            let needle = &self.criterion.needle;
            let found = self.scan.feed(needle, &text[at..], offset + at, scratch)?;
            at = found.end - offset;
            self.found += 1;
            if self.found == self.criterion.times {
                return Some((true, found.end));
            }
        }
    }

    pub(super) fn finish(&mut self, scratch: &mut Scratch) -> bool {
        let last = self.scan.finish(&self.criterion.needle, scratch);
        self.found + u64::from(last.is_some()) >= self.criterion.times
    }

    /// Where what may become a match begins: for a reader who must not see one.
    pub(super) fn hold(&self) -> Option<usize> {
        self.scan.hold()
    }
}

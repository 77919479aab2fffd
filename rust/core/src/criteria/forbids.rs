//! `forbids`: a literal or pattern must not occur.

use serde_json::Value;

use super::fields::Malformed;
use super::needle::{Needle, Scan};
use super::pattern::Scratch;

/// `{"forbids": "text" | {"text" | "regex": …, "ignore_case": bool}}`
#[derive(Clone, Debug)]
pub(super) struct Forbids {
    needle: Needle,
}

impl Forbids {
    pub(super) fn read(value: &Value, place: &str) -> Result<Self, Malformed> {
        let (needle, ()) = Needle::read(value, place, |_| Ok(()))?;
        Ok(Self { needle })
    }

    pub(super) fn probe(&self) -> Probe {
        Probe {
            scan: self.needle.scan(),
            needle: self.needle.clone(),
            found: None,
        }
    }
}

/// The search in one text.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    needle: Needle,
    scan: Scan,
    /// Where the match begins.
    found: Option<usize>,
}

impl Probe {
    /// Where the first match ends.
    pub(super) fn feed(
        &mut self,
        text: &str,
        offset: usize,
        scratch: &mut Scratch,
    ) -> Option<(bool, usize)> {
        let found = self.scan.feed(&self.needle, text, offset, scratch)?;
        self.found = Some(found.start);
        Some((false, found.end))
    }

    pub(super) fn finish(&mut self, scratch: &mut Scratch) -> bool {
        self.found = self.found.or(self.scan.finish(&self.needle, scratch));
        self.found.is_none()
    }

    /// Where the match, or what may become one, begins.
    pub(super) fn hold(&self) -> Option<usize> {
        self.found.or_else(|| self.scan.hold())
    }
}

//! Newline-delimited JSON: a value a line.

use memchr::memchr;

use super::{Limits, WireError};

/// A splitter of one stream into lines.
#[derive(Clone, Debug)]
pub(super) struct Splitter {
    limits: Limits,
    line: Vec<u8>,
    line_at: u64,
}

impl Splitter {
    /// A splitter of what begins at `offset` of the body.
    pub(super) const fn new(limits: Limits, offset: u64) -> Self {
        Self {
            limits,
            line: Vec::new(),
            line_at: offset,
        }
    }

    /// Takes the next bytes and hands over each line they complete, with its offset. Blank lines
    /// are dropped.
    pub(super) fn feed(
        &mut self,
        chunk: &[u8],
        on: &mut impl FnMut(&[u8], u64) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        let mut rest = chunk;
        while let Some(length) = memchr(b'\n', rest) {
            self.check(length)?;
            let at = self.line_at;
            self.line_at += (self.line.len() + length + 1) as u64;
            if self.line.is_empty() {
                hand_over(&rest[..length], at, on)?;
            } else {
                let mut line = std::mem::take(&mut self.line);
                line.extend_from_slice(&rest[..length]);
                hand_over(&line, at, on)?;
            }
            rest = &rest[length + 1..];
        }
        self.check(rest.len())?;
        self.line.extend_from_slice(rest);
        Ok(())
    }

    /// Ends the stream: the last line, if it lacks its end, and its offset.
    pub(super) fn finish(&mut self) -> Option<(Vec<u8>, u64)> {
        let line = std::mem::take(&mut self.line);
        (!line.trim_ascii().is_empty()).then_some((line, self.line_at))
    }

    fn check(&self, more: usize) -> Result<(), WireError> {
        if self.line.len() + more <= self.limits.line {
            return Ok(());
        }
        let bound = self.limits.line as u64;
        Err(WireError::Limit {
            limit: "line",
            bound,
            offset: self.line_at + bound,
        })
    }
}

fn hand_over(
    line: &[u8],
    at: u64,
    on: &mut impl FnMut(&[u8], u64) -> Result<(), WireError>,
) -> Result<(), WireError> {
    let value = line.trim_ascii();
    if value.is_empty() {
        Ok(())
    } else {
        on(value, at)
    }
}

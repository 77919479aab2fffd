//! `repetition`: a model that has fallen into a loop.
//!
//! # Theory
//! A text repeats with period `p` over a *run* of bytes that each equal the byte `p` before them. The criterion fails
//! at the first byte at which some period's run is long enough. A run of that length always covers one of the
//! *anchors*, windows that stand at regular distances; so it suffices to look at each anchor for the periods at which
//! it occurs before, and to follow those few periods byte by byte until they break. Ordinary text has none.

use memchr::memmem;
use serde_json::Value;

use super::fields::{Fields, Malformed};

const TIMES: usize = 4;
const PERIOD: usize = 256;
const SPAN: usize = 160;
/// Bytes of an anchor that tell ordinary text apart.
const ANCHOR: usize = 16;

/// `{"repetition": true}` or `{"repetition": {"times": n, "period": bytes, "span": bytes}}`.
///
/// Fails when the text ends in a passage of at most `period` bytes that has come `times` times in a row, all of it
/// at least `span` bytes long, so that rules and table borders pass.
#[derive(Clone, Copy, Debug)]
pub(super) struct Repetition {
    times: usize,
    period: usize,
    span: usize,
}

impl Repetition {
    pub(super) fn read(value: &Value, place: &str) -> Result<Self, Malformed> {
        let mut repetition = Self {
            times: TIMES,
            period: PERIOD,
            span: SPAN,
        };
        if value == &Value::Bool(true) {
            return Ok(repetition);
        }
        let mut fields = Fields::of(value, place)?;
        repetition.times = fields.size("times")?.unwrap_or(TIMES);
        repetition.period = fields.size("period")?.unwrap_or(PERIOD);
        repetition.span = fields.size("span")?.unwrap_or(SPAN);
        if !(2..=64).contains(&repetition.times) {
            return Err(fields.error("times", "expected 2 to 64"));
        }
        if !(1..=4096).contains(&repetition.period) {
            return Err(fields.error("period", "expected 1 to 4096"));
        }
        if repetition.span > 1 << 16 {
            return Err(fields.error("span", "expected at most 65536"));
        }
        fields.done()?;
        Ok(repetition)
    }

    pub(super) fn probe(self) -> Probe {
        let shortest = (1..=self.period)
            .map(|period| self.run(period))
            .min()
            .unwrap_or(1);
        let anchor = shortest.div_ceil(2).min(ANCHOR);
        Probe {
            criterion: self,
            past: Vec::new(),
            live: Vec::new(),
            anchor,
            // The shortest run that counts is as long as this distance and an anchor, but for one byte.
            distance: shortest + 1 - anchor,
            until_anchor: anchor,
        }
    }

    /// Bytes that must equal those one period before them.
    fn run(self, period: usize) -> usize {
        ((self.times - 1) * period).max(self.span.saturating_sub(period))
    }

    /// Bytes of the past that a run and its first period take.
    fn past(self) -> usize {
        (self.times * self.period).max(self.span)
    }
}

/// The search in one text.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    criterion: Repetition,
    /// The latest bytes.
    past: Vec<u8>,
    /// Periods that have not broken, and their runs.
    live: Vec<(usize, usize)>,
    anchor: usize,
    distance: usize,
    /// Bytes up to the end of the next anchor.
    until_anchor: usize,
}

impl Probe {
    pub(super) fn feed(&mut self, text: &str, offset: usize) -> Option<(bool, usize)> {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let quiet = self.live.is_empty();
            let length = if quiet {
                self.until_anchor.min(bytes.len() - at)
            } else {
                1
            };
            if self.step(&bytes[at..at + length]) {
                // A passage is judged whole characters at a time.
                let end = (at + length..=text.len()).find(|end| text.is_char_boundary(*end));
                return Some((false, offset + end.unwrap_or(text.len())));
            }
            at += length;
        }
        None
    }

    /// Reads bytes up to the end of the next anchor, one at a time while a period lives; whether a run is long enough.
    fn step(&mut self, bytes: &[u8]) -> bool {
        self.past.extend_from_slice(bytes);
        self.until_anchor -= bytes.len();
        let mut looping = self.follow();
        if self.until_anchor == 0 {
            self.until_anchor = self.distance;
            looping |= self.look_back();
        }
        let kept = self.criterion.past() + self.anchor;
        if self.past.len() >= 2 * kept {
            self.past.drain(..self.past.len() - kept);
        }
        looping
    }

    /// Goes on with the living periods by the latest byte.
    fn follow(&mut self) -> bool {
        let Self {
            live,
            past,
            criterion,
            ..
        } = self;
        let last = past.len() - 1;
        live.retain_mut(|(period, run)| {
            *run += 1;
            past[last] == past[last - *period]
        });
        live.iter()
            .any(|(period, run)| *run >= criterion.run(*period))
    }

    /// Finds the periods at which the anchor that has just ended occurs before.
    fn look_back(&mut self) -> bool {
        let start = self.past.len() - self.anchor;
        let earliest = start.saturating_sub(self.criterion.period);
        let finder = memmem::Finder::new(&self.past[start..]);
        let mut from = earliest;
        let mut looping = false;
        while let Some(found) = finder.find(&self.past[from..self.past.len() - 1]) {
            let period = start - (from + found);
            from += found + 1;
            if self.live.iter().any(|(live, _)| *live == period) {
                continue;
            }
            let run = self.run_so_far(period);
            looping |= run >= self.criterion.run(period);
            self.live.push((period, run));
        }
        looping
    }

    fn run_so_far(&self, period: usize) -> usize {
        let latest = self.past[period..].iter().rev();
        let before = self.past[..self.past.len() - period].iter().rev();
        latest
            .zip(before)
            .take_while(|(latest, before)| latest == before)
            .count()
    }
}

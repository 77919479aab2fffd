//! `repetition`: a model that has fallen into a loop.

use serde_json::Value;

use super::fields::{Fields, Malformed};

const TIMES: u64 = 4;
const PERIOD: usize = 256;
const SPAN: u64 = 160;

/// `{"repetition": true}` or `{"repetition": {"times": n, "period": bytes, "span": bytes}}`.
///
/// Fails when the text ends in a passage of at most `period` bytes that has come `times` times in a row, all of it
/// at least `span` bytes long, so that rules and table borders pass.
#[derive(Clone, Copy, Debug)]
pub(super) struct Repetition {
    times: u64,
    period: usize,
    span: u64,
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
        repetition.times = fields.u64("times")?.unwrap_or(TIMES);
        repetition.period = fields.size("period")?.unwrap_or(PERIOD);
        repetition.span = fields.u64("span")?.unwrap_or(SPAN);
        if !(2..=1_000_000).contains(&repetition.times) {
            return Err(fields.error("times", "expected 2 to 1000000"));
        }
        if !(1..=4096).contains(&repetition.period) {
            return Err(fields.error("period", "expected 1 to 4096"));
        }
        fields.done()?;
        Ok(repetition)
    }

    pub(super) fn probe(self) -> Probe {
        Probe {
            criterion: self,
            past: Vec::with_capacity(2 * self.period),
            runs: vec![0; self.period].into(),
        }
    }

    /// Bytes that must equal those one period before them.
    fn run(self, period: usize) -> u64 {
        let period = period as u64;
        ((self.times - 1) * period).max(self.span.saturating_sub(period))
    }
}

/// The search in one text: for each period, how many of the latest bytes equal those one period before.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    criterion: Repetition,
    /// At least the latest `period` bytes, at most twice as many.
    past: Vec<u8>,
    /// `runs[k]` belongs to the period `runs.len() - k`, so that it lies beside the byte it compares with.
    runs: Box<[u32]>,
}

impl Probe {
    pub(super) fn feed(&mut self, text: &str, offset: usize) -> Option<(bool, usize)> {
        for (at, byte) in text.bytes().enumerate() {
            if self.step(byte) {
                // A passage is judged whole characters at a time.
                let end = (at + 1..=text.len()).find(|end| text.is_char_boundary(*end));
                return Some((false, offset + end.unwrap_or(text.len())));
            }
        }
        None
    }

    fn step(&mut self, byte: u8) -> bool {
        let most = self.criterion.period;
        let known = self.past.len().min(most);
        let runs = &mut self.runs[most - known..];
        let past = &self.past[self.past.len() - known..];
        let mut longest = 0;
        for (run, before) in runs.iter_mut().zip(past) {
            *run = if *before == byte {
                run.saturating_add(1)
            } else {
                0
            };
            longest = longest.max(*run);
        }
        if self.past.len() == 2 * most {
            self.past.drain(..most);
        }
        self.past.push(byte);
        // No period needs less than the shortest of all runs that are needed.
        u64::from(longest) >= self.least() && self.looping()
    }

    fn least(&self) -> u64 {
        let Repetition {
            times,
            period,
            span,
        } = self.criterion;
        (times - 1).max(span.saturating_sub(period as u64))
    }

    fn looping(&self) -> bool {
        let most = self.runs.len();
        let enough = |(at, run): (usize, &u32)| u64::from(*run) >= self.criterion.run(most - at);
        self.runs.iter().enumerate().any(enough)
    }
}

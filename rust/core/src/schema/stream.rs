//! One document on its way.

use std::sync::Arc;

use super::compiled::{Compiled, Schema};
use super::documents::hasher;
use super::message;
use super::options::{Duplicates, StreamOptions, Trailing};
use super::run::{Death, Run};
use super::verdict::{State, Verdict, Violation, offset_of};
use crate::json::{
    self, Container, Growing, Halt, Journal, Kind, Limit, PathSegment, Scalars, Sink, Step,
    Tokenizer, Value,
};

/// Judges one growing document; see [`crate::schema`].
#[derive(Debug)]
pub struct Stream {
    schema: Arc<Schema>,
    options: StreamOptions,
    tokenizer: Tokenizer,
    run: Run,
    /// What was read and not yet looked at, if the value is kept.
    journal: Option<Journal>,
    growing: Growing,
    in_key: bool,
    /// Where the last of repeated keys counts: the text so far, to be judged when it is whole.
    put_off: Option<Vec<u8>>,
    verdict: Verdict,
    limit: Option<Limit>,
}

impl Stream {
    /// A document about to be read.
    #[must_use]
    pub fn new(schema: Arc<Schema>, options: StreamOptions) -> Self {
        let last_counts = schema.compiled.duplicates == Duplicates::Last;
        let mut stream = Self {
            tokenizer: Tokenizer::new(options.limits),
            run: if last_counts {
                Run::idle(&schema.compiled)
            } else {
                Run::new(0, &schema.compiled)
            },
            put_off: last_counts.then(Vec::new),
            journal: options.value.then(Journal::default),
            growing: Growing::new(hasher(schema.compiled.seed)),
            in_key: false,
            verdict: Verdict::default(),
            limit: None,
            options,
            schema,
        };
        if !stream.schema.is_satisfiable() {
            stream.die_unborn();
        }
        stream
    }

    /// Reads a chunk, split anywhere. Once the document is invalid, or a bound was reached, nothing more is read.
    pub fn feed(&mut self, chunk: &[u8]) -> State {
        if self.verdict.state == State::Invalid || self.limit.is_some() {
            return self.verdict.state;
        }
        let before = self.tokenizer.offset();
        let read = match self.options.trailing {
            Trailing::Violation => self.read(|tokenizer, judge| tokenizer.feed(chunk, judge)),
            Trailing::Ignore => self.read(|tokenizer, judge| tokenizer.feed_root(chunk, judge)),
        };
        if let Some(text) = &mut self.put_off {
            text.extend_from_slice(&chunk[..(self.tokenizer.offset() - before) as usize]);
        }
        self.conclude(read)
    }

    /// The text has ended.
    pub fn finish(&mut self) -> State {
        if self.verdict.state == State::Invalid || self.limit.is_some() {
            return self.verdict.state;
        }
        let read = self.read(|tokenizer, judge| tokenizer.finish(judge));
        self.conclude(read)
    }

    /// What is known so far.
    #[must_use]
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// The bound that was reached, if one was: the document is not judged any further.
    #[must_use]
    pub fn limit(&self) -> Option<Limit> {
        self.limit
    }

    /// Bytes read so far; with [`Trailing::Ignore`], once complete, up to the end of the root.
    #[must_use]
    pub fn consumed(&self) -> u64 {
        self.tokenizer.offset()
    }

    /// A copy of the value so far, open strings as far as they go; none before it began or if it is not kept.
    pub fn value(&mut self) -> Option<Value> {
        self.grow();
        self.growing.snapshot()
    }

    /// What a path points to so far: a closed value or the open string; none if it is not there yet.
    pub fn value_at(&mut self, path: &[PathSegment]) -> Option<Value> {
        self.grow();
        self.growing.get(path)
    }

    /// What was read and not yet taken, for readers that build a value of their own.
    ///
    /// A reader that clears it takes it from [`Stream::value`].
    pub fn journal(&mut self) -> Option<&mut Journal> {
        self.journal.as_mut()
    }

    fn grow(&mut self) {
        if let Some(journal) = &mut self.journal {
            self.growing.read(journal);
        }
    }

    fn read(&mut self, read: impl FnOnce(&mut Tokenizer, &mut Judge<'_>) -> Step) -> Step {
        let mut judge = Judge {
            schema: &self.schema.compiled,
            run: &mut self.run,
            journal: self.journal.as_mut(),
            in_key: &mut self.in_key,
        };
        read(&mut self.tokenizer, &mut judge)
    }

    fn conclude(&mut self, read: Step) -> State {
        match read {
            Ok(()) if self.tokenizer.is_complete() => self.complete(),
            Ok(()) => {}
            Err(Halt::Limit(limit)) => self.limit = Some(limit),
            Err(halt @ Halt::Syntax { at, .. }) => {
                let path = self.run.path(self.run.depth().saturating_sub(1)).into();
                self.die(offset_of(at), Violation::of_syntax(halt, path));
            }
            Err(Halt::Sink) => self.judge_death(),
        }
        self.verdict.state
    }

    /// The root is closed: it is valid, unless it has yet to be judged.
    fn complete(&mut self) {
        self.verdict.state = State::Complete;
        let Some(text) = self.put_off.take() else {
            return;
        };
        let seed = hasher(self.schema.compiled.seed);
        // It has been read once, within the same limits.
        let Ok(value) = json::parse(&text, self.options.limits, &seed) else {
            return;
        };
        let mut judged = Self::judging(&self.schema, &value.to_string());
        if judged.verdict.state == State::Complete {
            return;
        }
        let end = offset_of(text.trim_ascii_end().len() as u64)
            - i64::from(!matches!(value, Value::Number(_)));
        judged.verdict.dead_at = judged.verdict.dead_at.map(|_| end);
        for violation in &mut judged.verdict.violations {
            violation.offset = end;
        }
        (self.verdict, self.limit) = (judged.verdict, judged.limit);
    }

    /// A whole text without repeated keys, judged at once.
    fn judging(schema: &Arc<Schema>, text: &str) -> Self {
        let mut stream = Self::new(Arc::clone(schema), StreamOptions::default());
        stream.put_off = None;
        stream.run = Run::new(0, &schema.compiled);
        stream.feed(text.as_bytes());
        stream.finish();
        stream
    }

    /// The run stopped the reading: for a death, or for a bound.
    fn judge_death(&mut self) {
        let compiled = &self.schema.compiled;
        match (self.run.limit(), self.run.death()) {
            (Some(limit), _) => self.limit = Some(limit),
            (None, Some(Death::Rule(blame))) => {
                let path = self.run.path(blame.depth as usize);
                let offset = offset_of(self.run.now());
                self.die(
                    offset,
                    Some(message::violation(compiled, blame, path, offset)),
                );
            }
            (None, Some(Death::Duplicate { depth })) => {
                let offset = offset_of(self.run.now());
                let path = self.run.path(depth as usize).into();
                self.die(offset, Some(Violation::of_duplicate(offset, path)));
            }
            (None, None) => {}
        }
    }

    fn die_unborn(&mut self) {
        let blame = self.run.unborn(&self.schema.compiled);
        let violation = message::violation(&self.schema.compiled, blame, String::new(), -1);
        self.die(-1, Some(violation));
    }

    fn die(&mut self, at: i64, violation: Option<Violation>) {
        self.verdict.state = State::Invalid;
        self.verdict.dead_at = Some(at);
        self.verdict.violations.extend(violation);
    }
}

/// The tokenizer's listener: the run judges, the journal writes down what was not fatal.
struct Judge<'a> {
    schema: &'a Compiled,
    run: &'a mut Run,
    journal: Option<&'a mut Journal>,
    in_key: &'a mut bool,
}

impl Judge<'_> {
    /// Goes on unless the document is dead; then the journal is told too.
    fn go_on(&mut self, note: impl FnOnce(&mut Journal) -> Step) -> Step {
        if self.run.is_over() {
            return Err(Halt::Sink);
        }
        self.journal.as_deref_mut().map_or(Ok(()), note)
    }
}

impl Sink for Judge<'_> {
    fn string(&mut self, run: &str, at: u64) -> Result<bool, Halt> {
        if !self.run.quick_string(self.schema, run) {
            return Ok(false);
        }
        self.journal
            .as_deref_mut()
            .map_or(Ok(true), |journal| journal.string(run, at))
    }

    fn member(&mut self, run: &str, at: u64) -> Result<bool, Halt> {
        if !self.run.quick_key(self.schema, run) {
            return Ok(false);
        }
        self.journal
            .as_deref_mut()
            .map_or(Ok(true), |journal| journal.member(run, at))
    }

    fn digits(&mut self, run: &[u8], at: u64) -> Result<bool, Halt> {
        if !self.run.quick_number(self.schema, run) {
            return Ok(false);
        }
        self.journal
            .as_deref_mut()
            .map_or(Ok(true), |journal| journal.digits(run, at))
    }

    fn begin(&mut self, kind: Kind, at: u64) -> Step {
        self.run.begin(self.schema, kind, at);
        self.go_on(|journal| journal.begin(kind, at))
    }

    fn literal_end(&mut self, at: u64) -> Step {
        self.run.literal_end(self.schema, at);
        self.go_on(|journal| journal.literal_end(at))
    }

    fn close(&mut self, container: Container, at: u64) -> Step {
        self.run.close(self.schema, container, at);
        self.go_on(|journal| journal.close(container, at))
    }

    fn comma(&mut self, container: Container, at: u64) -> Step {
        self.run.comma(self.schema, at);
        self.go_on(|journal| journal.comma(container, at))
    }

    fn key(&mut self, at: u64) -> Step {
        *self.in_key = true;
        self.run.key(self.schema, at);
        self.go_on(|journal| journal.key(at))
    }

    fn text(&mut self, run: &str, at: u64) -> Step {
        if *self.in_key {
            self.run.key_text(self.schema, run, at);
        } else {
            self.run.text(self.schema, run, at);
        }
        self.go_on(|journal| journal.text(run, at))
    }

    fn partial(&mut self, among: &Scalars, at: u64) -> Step {
        if *self.in_key {
            self.run.key_partial(self.schema, among, at);
        } else {
            self.run.text_partial(self.schema, among, at);
        }
        self.go_on(|journal| journal.partial(among, at))
    }

    fn scalar(&mut self, scalar: char, at: u64) -> Step {
        if *self.in_key {
            self.run.key_char(self.schema, scalar, at, false);
        } else {
            self.run.text_char(self.schema, scalar, at);
        }
        self.go_on(|journal| journal.scalar(scalar, at))
    }

    fn text_end(&mut self, at: u64) -> Step {
        if *self.in_key {
            *self.in_key = false;
            self.run.key_end(self.schema, at);
        } else {
            self.run.text_end(self.schema, at);
        }
        self.go_on(|journal| journal.text_end(at))
    }

    fn number(&mut self, run: &[u8], at: u64) -> Step {
        self.run.number(self.schema, run, at);
        self.go_on(|journal| journal.number(run, at))
    }

    fn number_end(&mut self, at: u64) -> Step {
        self.run.number_end(self.schema, at);
        self.go_on(|journal| journal.number_end(at))
    }
}

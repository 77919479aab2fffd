//! One document on its way.

use std::sync::Arc;

use super::compiled::Schema;
use super::documents::hasher;
use super::judge::Judge;
use super::late::{Late, LateJudge};
use super::lenient::{Origin, Reading};
use super::lines::Lines;
use super::message;
use super::options::{Duplicates, StreamOptions, Trailing, Violations};
use super::run::{Death, Run};
use super::verdict::{State, Verdict, Violation};
use crate::json::{
    Growing, Halt, Journal, Limit, Path, PathSegment, Selection, Sink, Step, Tokenizer, Value,
};

/// Judges one growing document; see [`crate::schema`].
#[derive(Debug)]
pub struct Stream {
    pub(super) schema: Arc<Schema>,
    pub(super) options: StreamOptions,
    pub(super) tokenizer: Tokenizer,
    run: Run,
    /// What was read and not yet looked at, if the value is kept.
    journal: Option<Journal>,
    growing: Growing,
    in_key: bool,
    /// What is put off where the last of repeated keys counts.
    late: Option<Box<Late>>,
    pub(super) verdict: Verdict,
    pub(super) limit: Option<Limit>,
    /// Nothing more is read: the text is no JSON from here on, or all that was asked for is known.
    halted: bool,
    /// What repairs the text on its way, if something does.
    pub(super) reading: Option<Box<Reading>>,
    /// Where the tokenizer's offsets lie in the original.
    pub(super) origin: Origin,
    /// The lines read, if violations say theirs.
    lines: Option<Lines>,
}

impl Stream {
    /// A document about to be read.
    #[must_use]
    pub fn new(schema: Arc<Schema>, options: StreamOptions) -> Self {
        let last_counts = schema.compiled.duplicates == Duplicates::Last;
        let mut stream = Self {
            tokenizer: Tokenizer::new(options.limits),
            run: judging(&schema, options),
            late: last_counts.then(|| Box::new(Late::new(hasher(schema.compiled.seed)))),
            journal: options.value.then(Journal::default),
            growing: Growing::new(hasher(schema.compiled.seed)),
            in_key: false,
            verdict: Verdict::default(),
            limit: None,
            halted: false,
            reading: Reading::new(&schema, options),
            origin: Origin::default(),
            lines: options.positions.then(Lines::default),
            options,
            schema,
        };
        if !stream.schema.is_satisfiable() {
            stream.die_unborn();
        }
        stream
    }

    /// Reads a chunk, split anywhere. Once the document is invalid, or a bound was reached, nothing more is read.
    ///
    /// (With [`Violations::All`] an invalid document is read on for further violations.)
    pub fn feed(&mut self, chunk: &[u8]) -> State {
        if self.is_over() {
            return self.verdict.state;
        }
        let (start, told) = (self.consumed(), self.verdict.violations.len());
        if self.reading.is_some() {
            self.feed_lenient(chunk);
        } else {
            self.feed_strict(chunk);
        }
        if let Some(lines) = &mut self.lines {
            lines.locate(&mut self.verdict.violations[told..], chunk, start);
        }
        self.verdict.state
    }

    /// The text has ended.
    pub fn finish(&mut self) -> State {
        if self.is_over() {
            return self.verdict.state;
        }
        let (end, told) = (self.consumed(), self.verdict.violations.len());
        self.finish_lenient();
        if !self.is_over() {
            let read = self.read(Text::End);
            self.conclude(read);
        }
        self.halted |= self.verdict.state == State::Invalid;
        if let Some(lines) = &mut self.lines {
            lines.locate(&mut self.verdict.violations[told..], &[], end);
        }
        self.verdict.state
    }

    /// Whether nothing more is read.
    pub(super) fn is_over(&self) -> bool {
        let dead = self.verdict.state == State::Invalid;
        self.halted
            || self.limit.is_some()
            || (dead && self.options.violations == Violations::First)
    }

    /// Reads strict JSON text.
    pub(super) fn feed_strict(&mut self, chunk: &[u8]) {
        let read = self.read(match self.options.trailing {
            Trailing::Violation => Text::Chunk(chunk),
            Trailing::Ignore => Text::Root(chunk),
        });
        self.conclude(read);
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
        match &self.reading {
            None => self.tokenizer.offset(),
            Some(reading) => reading.consumed(),
        }
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

    /// Keeps a journal, whether or not the value is kept. Before the first byte.
    pub fn keep_journal(&mut self) {
        self.journal.get_or_insert_default();
    }

    /// A selection of values of this document, to be told what [`Stream::journal`] has from here on.
    pub fn selection(&mut self, path: Path) -> Selection {
        self.keep_journal();
        Selection::new(path, hasher(self.schema.compiled.seed))
    }

    fn grow(&mut self) {
        if let Some(journal) = &mut self.journal {
            self.growing.read(journal);
        }
    }

    fn read(&mut self, text: Text<'_>) -> Step {
        let judge = Judge {
            schema: &self.schema.compiled,
            run: &mut self.run,
            journal: self.journal.as_mut(),
            in_key: &mut self.in_key,
        };
        match &mut self.late {
            None => text.read(&mut self.tokenizer, judge),
            Some(late) => text.read(&mut self.tokenizer, LateJudge { judge, late }),
        }
    }

    fn conclude(&mut self, read: Step) {
        self.tell_found();
        match read {
            Ok(()) if self.tokenizer.is_complete() => self.complete(),
            Ok(()) => {}
            Err(Halt::Limit(limit)) => self.limit = Some(limit),
            Err(halt @ Halt::Syntax { at, .. }) => {
                let path = self.run.path(self.run.depth().saturating_sub(1)).into();
                let at = self.origin.of(at);
                self.halted = true;
                self.die(at, Violation::of_syntax(halt, at, path));
            }
            Err(Halt::Sink) => self.judge_death(),
        }
    }

    /// The root is closed: it is valid, unless it was read on after its death.
    fn complete(&mut self) {
        if self.verdict.state != State::Invalid {
            self.verdict.state = State::Complete;
        }
    }

    /// The run stopped the reading: for a death, or for a bound.
    fn judge_death(&mut self) {
        let compiled = &self.schema.compiled;
        match (self.run.limit(), self.run.death()) {
            (Some(limit), _) => self.limit = Some(limit),
            // It was read on: what was found is told already.
            _ if self.options.violations != Violations::First => {}
            (None, Some(Death::Rule(blame))) => {
                let path = self.run.path(blame.depth as usize);
                let offset = self.origin.of(self.run.now());
                let causes = self.run.take_causes();
                let violation = message::violation(compiled, blame, path, &causes, offset);
                self.die(offset, Some(violation));
            }
            (None, Some(Death::Duplicate { depth })) => {
                let offset = self.origin.of(self.run.now());
                let path = self.run.path(depth as usize).into();
                self.die(offset, Some(Violation::of_duplicate(offset, path)));
            }
            (None, None) => {}
        }
    }

    fn die_unborn(&mut self) {
        let blame = self.run.unborn(&self.schema.compiled);
        let violation = message::violation(&self.schema.compiled, blame, String::new(), &[], -1);
        self.halted = true;
        self.die(-1, Some(violation));
    }

    /// Takes over what the run has found where it reads on after a death.
    fn tell_found(&mut self) {
        for found in self.run.take_found() {
            let offset = self.origin.of(found.at);
            let violation = match found.death {
                Death::Rule(blame) => {
                    let compiled = &self.schema.compiled;
                    message::violation(compiled, blame, found.path, &found.causes, offset)
                }
                Death::Duplicate { .. } => Violation::of_duplicate(offset, found.path.into()),
            };
            self.die(offset, Some(violation));
        }
        self.halted |= self.run.has_enough();
    }

    fn die(&mut self, at: i64, violation: Option<Violation>) {
        self.verdict.state = State::Invalid;
        self.verdict.dead_at.get_or_insert(at);
        self.verdict.violations.extend(violation);
    }
}

/// A run over a document about to be read.
fn judging(schema: &Schema, options: StreamOptions) -> Run {
    let run = Run::new(0, &schema.compiled);
    match options.violations {
        Violations::First => run,
        Violations::All { at_most } => run.reading_on(at_most),
    }
}

/// What the tokenizer is to read.
enum Text<'t> {
    /// A chunk, all of it.
    Chunk(&'t [u8]),
    /// A chunk, up to the root's end.
    Root(&'t [u8]),
    /// The end.
    End,
}

impl Text<'_> {
    fn read(self, tokenizer: &mut Tokenizer, mut sink: impl Sink) -> Step {
        match self {
            Self::Chunk(chunk) => tokenizer.feed(chunk, &mut sink),
            Self::Root(chunk) => tokenizer.feed_root(chunk, &mut sink),
            Self::End => tokenizer.finish(&mut sink),
        }
    }
}

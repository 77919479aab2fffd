//! Judging where the last of repeated keys counts.
//!
//! A member's value may be replaced until its object closes, and an object inside it with it: nothing inside an object is
//! certain before the outermost object around it closes. Certain at once is what lies outside of objects (a root array,
//! its scalars and counts), that a value is an object at all, and the names of the outermost object's own members, since a
//! name that was there stays there. So the outermost object is opened and its keys are tried as they come; what it holds
//! is built, and judged member by member, the last of each name, at the byte that closes it. Memory is O(that object).

use super::judge::Judge;
use crate::json::{Container, Growing, Halt, Journal, Kind, Scalars, Sink, Step, Value};

/// The outermost object being read, if one is.
#[derive(Debug)]
pub(super) struct Late {
    journal: Journal,
    hasher: ahash::RandomState,
    /// Containers open from the outermost object on; none outside.
    depth: u32,
    in_key: bool,
}

impl Late {
    pub fn new(hasher: ahash::RandomState) -> Self {
        Self {
            journal: Journal::default(),
            hasher,
            depth: 0,
            in_key: false,
        }
    }
}

/// Judges outside of objects as ever, and each outermost object when it closes.
pub(super) struct LateJudge<'a, 'l> {
    pub judge: Judge<'a>,
    pub late: &'l mut Late,
}

impl LateJudge<'_, '_> {
    fn is_outside(&self) -> bool {
        self.late.depth == 0
    }

    /// Whether a key of the outermost object is being read.
    fn tries(&self) -> bool {
        self.late.in_key && self.late.depth == 1
    }

    /// Writes down a step inside the outermost object, and goes on unless the document is dead.
    fn note(&mut self, step: impl Fn(&mut Journal) -> Step) -> Step {
        step(&mut self.late.journal)?;
        self.judge.go_on(step)
    }

    /// The outermost object is whole: its members are judged, the last of each name.
    fn replay(&mut self, at: u64) {
        let mut growing = Growing::new(self.late.hasher.clone());
        growing.read(&mut self.late.journal);
        if let Some(Value::Object(object)) = growing.into_root() {
            for (place, (name, value)) in object.iter().enumerate() {
                if place > 0 {
                    self.judge.run.comma(self.judge.schema, at);
                }
                self.member(name, value, at);
            }
        }
        self.end(Container::Object, at);
    }

    fn member(&mut self, name: &str, value: &Value, at: u64) {
        if self.judge.run.is_over() {
            return;
        }
        let (run, schema) = (&mut *self.judge.run, self.judge.schema);
        run.key(schema, at);
        for scalar in name.chars() {
            run.key_char(schema, scalar, at, false);
        }
        run.key_end(schema, at);
        self.value(value, at);
    }

    fn value(&mut self, value: &Value, at: u64) {
        if self.judge.run.is_over() {
            return;
        }
        let (run, schema) = (&mut *self.judge.run, self.judge.schema);
        run.begin(schema, kind(value), at);
        match value {
            Value::Null | Value::Bool(_) => run.literal_end(schema, at),
            Value::Number(digits) => {
                run.number(schema, digits.as_bytes(), at);
                run.number_end(schema, at);
            }
            Value::String(text) => {
                for scalar in text.chars() {
                    run.text_char(schema, scalar, at);
                }
                run.text_end(schema, at);
            }
            Value::Array(items) => {
                for (place, item) in items.iter().enumerate() {
                    if place > 0 {
                        self.judge.run.comma(schema, at);
                    }
                    self.value(item, at);
                }
                self.end(Container::Array, at);
            }
            Value::Object(object) => {
                for (place, (name, member)) in object.iter().enumerate() {
                    if place > 0 {
                        self.judge.run.comma(schema, at);
                    }
                    self.member(name, member, at);
                }
                self.end(Container::Object, at);
            }
        }
    }

    fn end(&mut self, container: Container, at: u64) {
        if !self.judge.run.is_over() {
            self.judge.run.close(self.judge.schema, container, at);
        }
    }
}

fn kind(value: &Value) -> Kind {
    match value {
        Value::Null => Kind::Null,
        Value::Bool(true) => Kind::True,
        Value::Bool(false) => Kind::False,
        Value::Number(_) => Kind::Number,
        Value::String(_) => Kind::String,
        Value::Array(_) => Kind::Array,
        Value::Object(_) => Kind::Object,
    }
}

impl Sink for LateJudge<'_, '_> {
    const WHOLE: bool = true;

    fn string(&mut self, run: &str, at: u64) -> Result<bool, Halt> {
        if self.is_outside() {
            return Ok(false);
        }
        self.note(|journal| journal.string(run, at).map(|_| ()))?;
        Ok(true)
    }

    fn digits(&mut self, run: &[u8], at: u64) -> Result<bool, Halt> {
        if self.is_outside() {
            return Ok(false);
        }
        self.note(|journal| journal.digits(run, at).map(|_| ()))?;
        Ok(true)
    }

    fn begin(&mut self, kind: Kind, at: u64) -> Step {
        let outside = self.is_outside();
        if kind == Kind::Object || (kind == Kind::Array && !outside) {
            self.late.depth += 1;
        }
        match (outside, kind) {
            (true, Kind::Object) => {
                self.late.journal.begin(kind, at)?;
                self.judge.begin(kind, at)
            }
            (true, _) => self.judge.begin(kind, at),
            (false, _) => self.note(|journal| journal.begin(kind, at)),
        }
    }

    fn literal_end(&mut self, at: u64) -> Step {
        if self.is_outside() {
            return self.judge.literal_end(at);
        }
        self.note(|journal| journal.literal_end(at))
    }

    fn close(&mut self, container: Container, at: u64) -> Step {
        if self.is_outside() {
            return self.judge.close(container, at);
        }
        self.late.depth -= 1;
        self.late.journal.close(container, at)?;
        if self.is_outside() {
            self.replay(at);
        }
        self.judge.go_on(|journal| journal.close(container, at))
    }

    fn comma(&mut self, container: Container, at: u64) -> Step {
        if self.is_outside() {
            return self.judge.comma(container, at);
        }
        self.note(|journal| journal.comma(container, at))
    }

    fn key(&mut self, at: u64) -> Step {
        self.late.in_key = true;
        if self.tries() {
            self.judge.run.key(self.judge.schema, at);
        }
        self.note(|journal| journal.key(at))
    }

    fn text(&mut self, run: &str, at: u64) -> Step {
        if self.is_outside() {
            return self.judge.text(run, at);
        }
        if self.tries() {
            self.judge.run.key_text(self.judge.schema, run, at);
        }
        self.note(|journal| journal.text(run, at))
    }

    fn partial(&mut self, among: &Scalars, at: u64) -> Step {
        if self.is_outside() {
            return self.judge.partial(among, at);
        }
        if self.tries() {
            self.judge.run.key_partial(self.judge.schema, among, at);
        }
        self.note(|journal| journal.partial(among, at))
    }

    fn scalar(&mut self, scalar: char, at: u64) -> Step {
        if self.is_outside() {
            return self.judge.scalar(scalar, at);
        }
        if self.tries() {
            self.judge
                .run
                .key_char(self.judge.schema, scalar, at, false);
        }
        self.note(|journal| journal.scalar(scalar, at))
    }

    fn text_end(&mut self, at: u64) -> Step {
        if self.is_outside() {
            return self.judge.text_end(at);
        }
        if self.tries() {
            self.judge.run.key_tried(self.judge.schema, at);
        }
        self.late.in_key = false;
        self.note(|journal| journal.text_end(at))
    }

    fn number(&mut self, run: &[u8], at: u64) -> Step {
        if self.is_outside() {
            return self.judge.number(run, at);
        }
        self.note(|journal| journal.number(run, at))
    }

    fn number_end(&mut self, at: u64) -> Step {
        if self.is_outside() {
            return self.judge.number_end(at);
        }
        self.note(|journal| journal.number_end(at))
    }
}

//! What a stream's tokenizer tells: the run judges it, the journal keeps it.

use super::compiled::Compiled;
use super::run::Run;
use crate::json::{Ahead, Between, Container, Halt, Journal, Kind, Scalars, Sink, Step};

/// The tokenizer's listener: the run judges, the journal writes down what was not fatal.
pub(super) struct Judge<'a> {
    pub schema: &'a Compiled,
    pub run: &'a mut Run,
    pub journal: Option<&'a mut Journal>,
    pub in_key: &'a mut bool,
}

impl Judge<'_> {
    /// Goes on unless the document is dead; then the journal is told too.
    pub fn go_on(&mut self, note: impl FnOnce(&mut Journal) -> Step) -> Step {
        if self.run.is_over() {
            return Err(Halt::Sink);
        }
        self.journal.as_deref_mut().map_or(Ok(()), note)
    }
}

impl Sink for Judge<'_> {
    fn stride(&mut self, from: Between, ahead: Ahead<'_>) -> (usize, Between) {
        self.run
            .stride(self.schema, from, ahead, self.journal.as_deref_mut())
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

//! Lenient reading in front of a stream: see [`crate::json::lenient`].

use std::ops::ControlFlow;

use super::compiled::Schema;
use super::options::{StreamOptions, Trailing};
use super::run::Run;
use super::stream::Stream;
use super::verdict::offset_of;
use crate::json::lenient::{Filter, Piece, Repaired, Roots};
use crate::json::{Halt, Kind};

/// What repairs a stream's text on its way.
#[derive(Debug)]
pub(super) struct Reading {
    filter: Filter,
    /// Where the reading of the original ended, if it did before its end.
    ended: Option<u64>,
    /// The repaired text, if the value is kept.
    text: Option<Vec<u8>>,
}

/// Where the piece being read lies in the original.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    /// Its offset in what the tokenizer reads.
    read: u64,
    /// Its offset in the original.
    original: u64,
    /// Whether it stands there byte for byte.
    verbatim: bool,
}

impl Default for Origin {
    /// What is read is the original.
    fn default() -> Self {
        Self {
            read: 0,
            original: 0,
            verbatim: true,
        }
    }
}

impl Origin {
    /// Where a byte of the piece lies in the original.
    pub fn of(self, at: u64) -> i64 {
        offset_of(if self.verbatim {
            self.original + at.saturating_sub(self.read)
        } else {
            self.original
        })
    }
}

impl Reading {
    /// What repairs as the options ask; nothing if they ask for nothing.
    pub fn new(schema: &Schema, options: StreamOptions) -> Option<Box<Self>> {
        if options.lenient.is_empty() {
            return None;
        }
        Some(Box::new(Self {
            filter: Filter::new(options.lenient, roots(schema), options.limits),
            ended: None,
            text: options.value.then(Vec::new),
        }))
    }

    /// Bytes of the original read.
    pub fn consumed(&self) -> u64 {
        self.ended.unwrap_or_else(|| self.filter.offset())
    }
}

/// The values that a document may be.
fn roots(schema: &Schema) -> Roots {
    let may_be = |kind| {
        let mut run = Run::new(0, &schema.compiled);
        run.begin(&schema.compiled, kind, 0);
        !run.is_over()
    };
    Roots {
        object: may_be(Kind::Object),
        array: may_be(Kind::Array),
        string: may_be(Kind::String),
        number: may_be(Kind::Number),
        literal: [Kind::Null, Kind::True, Kind::False]
            .into_iter()
            .any(may_be),
    }
}

impl Stream {
    /// What was repaired so far, in the order in which it was decided; offsets are the original's.
    #[must_use]
    pub fn repairs(&self) -> &[Repaired] {
        self.reading
            .as_ref()
            .map_or(&[], |reading| reading.filter.repairs())
    }

    /// The repaired text as it was judged; none if nothing is to be repaired, or the value is not kept.
    #[must_use]
    pub fn repaired_text(&self) -> Option<&str> {
        // A sequence that is cut, or was refused, is at the end.
        let text = self.reading.as_ref()?.text.as_deref()?;
        Some(match std::str::from_utf8(text) {
            Ok(text) => text,
            Err(error) => std::str::from_utf8(&text[..error.valid_up_to()]).unwrap_or_default(),
        })
    }

    pub(super) fn feed_lenient(&mut self, chunk: &[u8]) {
        if !self.has_its_root() {
            self.filtered(|filter, reader| filter.feed(chunk, reader));
        }
    }

    /// Whether the root is all that is to be read, and is there.
    fn has_its_root(&self) -> bool {
        self.options.trailing == Trailing::Ignore && self.tokenizer.is_complete()
    }

    /// Repairs the end, if that is asked for.
    pub(super) fn finish_lenient(&mut self) {
        if self.reading.is_some() && !self.has_its_root() {
            self.filtered(|filter, reader| filter.finish(reader));
            let end = self.consumed();
            self.origin = Origin {
                read: self.tokenizer.offset(),
                original: end,
                verbatim: false,
            };
        }
    }

    fn filtered(
        &mut self,
        run: impl FnOnce(&mut Filter, &mut dyn FnMut(Piece<'_>) -> ControlFlow<()>) -> Result<(), Halt>,
    ) {
        let Some(mut reading) = self.reading.take() else {
            return;
        };
        let Reading {
            filter,
            ended,
            text,
        } = &mut *reading;
        let halt = run(filter, &mut |piece| self.piece(piece, ended, text.as_mut()));
        if let Err(Halt::Limit(limit)) = halt {
            self.limit = Some(limit);
        }
        self.reading = Some(reading);
    }

    /// Reads a piece of repaired text.
    fn piece(
        &mut self,
        piece: Piece<'_>,
        ended: &mut Option<u64>,
        text: Option<&mut Vec<u8>>,
    ) -> ControlFlow<()> {
        let before = self.tokenizer.offset();
        self.origin = Origin {
            read: before,
            original: piece.at,
            verbatim: piece.verbatim,
        };
        self.feed_strict(piece.text);
        let read = self.tokenizer.offset() - before;
        if let Some(text) = text {
            text.extend_from_slice(&piece.text[..read as usize]);
        }
        if self.is_over() || self.has_its_root() {
            *ended = Some(piece.at + if piece.verbatim { read } else { 0 });
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}

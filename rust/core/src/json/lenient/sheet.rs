//! What a filter writes: runs of the original as they stand, and text put in.

use std::ops::ControlFlow;

use crate::json::sink::Halt;

/// A piece of repaired text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'t> {
    /// The text.
    pub text: &'t [u8],
    /// Where it belongs in the original: its first byte if it stands there, else the byte that decided on it.
    pub at: u64,
    /// Whether the original has it so: then byte `i` of it lies at `at + i`.
    pub verbatim: bool,
}

/// Who reads the repaired text; asked to break, the filter stops.
pub type Reader<'r> = dyn FnMut(Piece<'_>) -> ControlFlow<()> + 'r;

/// Collects a chunk's verbatim bytes into runs.
pub(super) struct Sheet<'s, 'r> {
    pub chunk: &'s [u8],
    /// Offset of the chunk in the original.
    base: u64,
    from: usize,
    upto: usize,
    reader: &'s mut Reader<'r>,
}

impl<'s, 'r> Sheet<'s, 'r> {
    pub fn new(chunk: &'s [u8], base: u64, reader: &'s mut Reader<'r>) -> Self {
        Self {
            chunk,
            base,
            from: 0,
            upto: 0,
            reader,
        }
    }

    /// Bytes of the chunk that stand as they are.
    pub fn keep(&mut self, from: usize, upto: usize) -> Result<(), Halt> {
        if self.upto != from {
            self.flush()?;
            self.from = from;
        }
        self.upto = upto;
        Ok(())
    }

    /// Text put in at an offset of the original.
    pub fn put(&mut self, text: &[u8], at: u64) -> Result<(), Halt> {
        self.flush()?;
        self.write(text, at, false)
    }

    /// Hands over what was kept.
    pub fn flush(&mut self) -> Result<(), Halt> {
        let run: &'s [u8] = &self.chunk[self.from..self.upto];
        let at = self.base + self.from as u64;
        self.from = self.upto;
        self.write(run, at, true)
    }

    fn write(&mut self, text: &[u8], at: u64, verbatim: bool) -> Result<(), Halt> {
        if text.is_empty() {
            return Ok(());
        }
        match (self.reader)(Piece { text, at, verbatim }) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Halt::Sink),
        }
    }
}

//! The machine; see the module's table.

use super::places::{Place, is_blank};
use super::repair::{Repair, Repaired, Repairs, Roots};
use super::sheet::{Reader, Sheet};
use crate::json::sink::{Container, Halt, Limit};
use crate::json::tokenizer::Limits;

/// Bytes that may wait for a decision: a key, its comma and colon.
const HELD: usize = 1 << 16;
/// Repairs of one text.
const REPAIRS: usize = 1 << 16;
/// A byte that no JSON text has between tokens: where it is put, the tokenizer refuses.
pub(super) const REFUSED: &[u8] = &[1];

/// The parts of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// What stands before the root.
    Before,
    /// The root.
    Root,
    /// What stands after it.
    After,
}

/// A resumable repairer of JSON text; see [`crate::json::lenient`].
#[derive(Clone, Debug)]
pub struct Filter {
    pub(super) lenient: Repairs,
    pub(super) roots: Roots,
    pub(super) limits: Limits,
    pub(super) place: Place,
    /// Where a comment leads back to.
    pub(super) beneath: Place,
    pub(super) open: Vec<Container>,
    /// Offset of the byte being read.
    pub(super) at: u64,
    /// Nothing but white space was read, of the text or inside its fence.
    pub(super) fresh: bool,
    /// Where the token, fence or prose at hand begins.
    pub(super) began: u64,
    /// Prose was reported: before the root, or after it.
    pub(super) told_prose: bool,
    pub(super) told_fence: bool,
    pub(super) part: Part,
    /// What waits for a decision, if something does.
    pub(super) held: Option<Vec<u8>>,
    /// Where the comma that waits stands.
    pub(super) comma: Option<u64>,
    pub(super) found: Vec<Repaired>,
    /// The root's repaired text without white space, if copies of it are looked for.
    pub(super) copy: Option<Vec<u8>>,
    /// The copy being read, and how far it agrees.
    pub(super) again: Option<(Box<Self>, usize)>,
}

impl Filter {
    /// A filter at the start of a text; `roots` are the values that a document may be.
    #[must_use]
    pub fn new(lenient: Repairs, roots: Roots, limits: Limits) -> Self {
        Self {
            lenient,
            roots,
            limits,
            place: Place::Before,
            beneath: Place::Before,
            open: Vec::new(),
            at: 0,
            fresh: true,
            began: 0,
            told_prose: false,
            told_fence: false,
            part: Part::Before,
            held: None,
            comma: None,
            found: Vec::new(),
            copy: lenient.has(Repair::Repeat).then(Vec::new),
            again: None,
        }
    }

    /// Bytes of the original read so far.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.at
    }

    /// The repairs made so far, in the order of their decisions.
    #[must_use]
    pub fn repairs(&self) -> &[Repaired] {
        &self.found
    }

    /// Reads a chunk, split anywhere, and hands its repaired text on. After an error nothing more may be fed.
    ///
    /// # Errors
    /// [`Halt::Sink`] if the reader breaks, [`Halt::Limit`] past a bound.
    pub fn feed(&mut self, chunk: &[u8], reader: &mut Reader<'_>) -> Result<(), Halt> {
        let room = self.limits.bytes.saturating_sub(self.at);
        let over = chunk.len() as u64 > room;
        let chunk = if over { &chunk[..room as usize] } else { chunk };
        let mut sheet = Sheet::new(chunk, self.at, reader);
        let mut next = 0;
        while next < chunk.len() {
            let read = self.step(next, &mut sheet)?;
            next += read;
            self.at += read as u64;
        }
        sheet.flush()?;
        if over {
            return Err(limit("bytes", self.limits.bytes));
        }
        Ok(())
    }

    /// The text has ended.
    ///
    /// # Errors
    /// As [`Filter::feed`].
    pub fn finish(&mut self, reader: &mut Reader<'_>) -> Result<(), Halt> {
        let mut sheet = Sheet::new(&[], self.at, reader);
        self.end(&mut sheet)?;
        sheet.flush()
    }

    /// Reads bytes of the chunk from `next` on: how many, and none if only the place changed.
    pub(super) fn step(&mut self, next: usize, sheet: &mut Sheet<'_, '_>) -> Result<usize, Halt> {
        let byte = sheet.chunk[next];
        match self.place {
            Place::Before => self.before(byte, next, sheet),
            Place::Ticks(ticks) => self.ticks(ticks, byte, sheet),
            Place::Info => Ok(self.info(byte)),
            Place::InfoAfter => Ok(self.info_after(byte)),
            Place::Bracket(bracket) => self.bracket(bracket, byte, sheet),
            Place::Minus => self.minus(byte, sheet),
            Place::Lead(word, read) => self.lead(word, read, byte, sheet),
            Place::Text { key, quote, inside } => self.text(key, quote, inside, next, sheet),
            Place::Name => self.name(byte, next, sheet),
            Place::Literal(word, read) => self.literal(word, read, byte, next, sheet),
            Place::Number(digits) => self.number(digits, byte, next, sheet),
            Place::Slash => self.slash(byte, sheet),
            Place::Line => Ok(self.line(byte)),
            Place::Block { star } => Ok(self.block(star, byte)),
            Place::After => self.after(byte, next, sheet),
            Place::Again => self.copied(byte, sheet),
            Place::Rest => Ok(1),
            Place::Value { .. } | Place::Key { .. } | Place::Colon | Place::Comma => {
                self.between(byte, next, sheet)
            }
        }
    }

    /// Between the tokens of the root.
    fn between(&mut self, byte: u8, next: usize, sheet: &mut Sheet<'_, '_>) -> Result<usize, Halt> {
        if is_blank(byte) {
            return self.blank(next, sheet);
        }
        if self.comment(byte, sheet)? {
            return Ok(1);
        }
        if let Some(at) = self.comma.take() {
            let closes = matches!(byte, b']' | b'}') && self.closes(byte);
            if closes && self.has(Repair::TrailingCommas) {
                self.tell(Repair::TrailingCommas, at, sheet)?;
                self.held = None;
                self.place = Place::Comma;
            }
        }
        match self.place {
            Place::Value { first } => self.value(byte, first, next, sheet),
            Place::Key { first } => self.key(byte, first, next, sheet),
            Place::Colon => {
                self.keep(next, next + 1, sheet)?;
                if byte == b':' {
                    self.place = Place::Value { first: false };
                    return Ok(1);
                }
                self.release(sheet)?;
                refuse(sheet)
            }
            _ => self.after_value(byte, next, sheet),
        }
    }

    fn after_value(
        &mut self,
        byte: u8,
        next: usize,
        sheet: &mut Sheet<'_, '_>,
    ) -> Result<usize, Halt> {
        match byte {
            b',' => {
                self.place = match self.open.last() {
                    Some(Container::Object) => Place::Key { first: false },
                    _ => Place::Value { first: false },
                };
                if self.has(Repair::TrailingCommas) || self.has(Repair::CutShort) {
                    self.hold();
                    self.comma = Some(self.at);
                }
                self.keep(next, next + 1, sheet)?;
                Ok(1)
            }
            _ if self.closes(byte) => self.close(next, sheet),
            _ => {
                self.keep(next, next + 1, sheet)?;
                refuse(sheet)
            }
        }
    }

    /// Whether a byte closes the innermost container.
    fn closes(&self, byte: u8) -> bool {
        match self.open.last() {
            Some(Container::Array) => byte == b']',
            Some(Container::Object) => byte == b'}',
            None => false,
        }
    }

    pub(super) fn close(&mut self, next: usize, sheet: &mut Sheet<'_, '_>) -> Result<usize, Halt> {
        self.keep(next, next + 1, sheet)?;
        self.open.pop();
        self.ended(sheet)?;
        Ok(1)
    }

    /// A value has ended. What follows the root is looked at only if the reader goes on.
    pub(super) fn ended(&mut self, sheet: &mut Sheet<'_, '_>) -> Result<(), Halt> {
        if self.open.is_empty() {
            self.place = Place::After;
            self.part = Part::After;
            self.told_prose = false;
            return sheet.flush();
        }
        self.place = Place::Comma;
        Ok(())
    }

    pub(super) fn has(&self, repair: Repair) -> bool {
        self.lenient.has(repair)
    }

    /// White space between tokens is handed on, unless something waits: then it is of no use.
    pub(super) fn blank(&mut self, next: usize, sheet: &mut Sheet<'_, '_>) -> Result<usize, Halt> {
        if self.held.is_none() {
            sheet.keep(next, next + 1)?;
        }
        Ok(1)
    }

    /// Bytes of the chunk that belong to the document as they stand.
    pub(super) fn keep(
        &mut self,
        from: usize,
        upto: usize,
        sheet: &mut Sheet<'_, '_>,
    ) -> Result<(), Halt> {
        if self.held.is_some() {
            return self.wait(&sheet.chunk[from..upto], sheet);
        }
        if let Some(copy) = self.copy.as_mut().filter(|_| self.part != Part::After) {
            copy.extend_from_slice(&sheet.chunk[from..upto]);
        }
        sheet.keep(from, upto)
    }

    /// Text that belongs to the document though it does not stand there.
    pub(super) fn put(&mut self, text: &[u8], sheet: &mut Sheet<'_, '_>) -> Result<(), Halt> {
        if self.held.is_some() {
            return self.wait(text, sheet);
        }
        if let Some(copy) = self.copy.as_mut().filter(|_| self.part != Part::After) {
            copy.extend_from_slice(text);
        }
        sheet.put(text, self.at)
    }

    fn wait(&mut self, text: &[u8], sheet: &mut Sheet<'_, '_>) -> Result<(), Halt> {
        let held = self.held.get_or_insert_default();
        if held.len() + text.len() > HELD {
            sheet.flush()?;
            return Err(limit("held", HELD as u64));
        }
        held.extend_from_slice(text);
        Ok(())
    }

    /// From here on, what is read waits.
    pub(super) fn hold(&mut self) {
        self.held.get_or_insert_default();
    }

    /// What waits is handed on.
    pub(super) fn release(&mut self, sheet: &mut Sheet<'_, '_>) -> Result<(), Halt> {
        match self.held.take() {
            Some(held) => self.put(&held, sheet),
            None => Ok(()),
        }
    }

    /// Reports a repair, if the reader still reads.
    pub(super) fn tell(
        &mut self,
        repair: Repair,
        at: u64,
        sheet: &mut Sheet<'_, '_>,
    ) -> Result<(), Halt> {
        sheet.flush()?;
        if self.found.len() >= REPAIRS {
            return Err(limit("repairs", REPAIRS as u64));
        }
        self.found.push(Repaired { repair, at });
        Ok(())
    }
}

/// What was handed on last is no JSON: the reader says so.
pub(super) fn refuse(sheet: &mut Sheet<'_, '_>) -> Result<usize, Halt> {
    sheet.flush()?;
    Ok(1)
}

/// A bound was reached.
fn limit(name: &'static str, bound: u64) -> Halt {
    Halt::Limit(Limit { name, bound })
}

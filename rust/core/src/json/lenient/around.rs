//! What stands around the root: fences, prose, copies.

use std::ops::ControlFlow;

use super::filter::{Filter, Part, REFUSED, refuse};
use super::places::{Place, Word, is_blank, is_name};
use super::repair::Repair;
use super::sheet::Sheet;
use crate::json::number::Digits;
use crate::json::sink::{Container, Halt};

impl Filter {
    /// A byte before the root.
    pub(super) fn before(
        &mut self,
        byte: u8,
        next: usize,
        sheet: &mut Sheet<'_, '_>,
    ) -> Result<usize, Halt> {
        if is_blank(byte) {
            return self.blank(next, sheet);
        }
        self.began = self.at;
        if byte == b'`' && self.has(Repair::Fence) {
            self.place = Place::Ticks(1);
            return Ok(1);
        }
        if !self.has(Repair::Prose) {
            if self.comment(byte, sheet)? {
                return Ok(1);
            }
            self.place = Place::Value { first: false };
            return Ok(0);
        }
        match byte {
            b'{' if self.roots.object || self.fresh => self.place = Place::Bracket(byte),
            b'[' if self.roots.array || self.fresh => self.place = Place::Bracket(byte),
            _ if self.fresh => return self.scalar(byte, sheet),
            _ => self.prose(self.at, sheet)?,
        }
        Ok(1)
    }

    /// The first byte of the text, or of its fence: a scalar's, or prose.
    fn scalar(&mut self, byte: u8, sheet: &mut Sheet<'_, '_>) -> Result<usize, Halt> {
        let literal = Word::beginning(byte, self.has(Repair::PythonLiterals));
        match (byte, literal) {
            (b'"', _) => self.place = Place::Value { first: false },
            (b'\'', _) if self.roots.string && self.has(Repair::SingleQuotes) => {
                self.place = Place::Value { first: false };
            }
            (b'0'..=b'9', _) if self.roots.number => self.place = Place::Value { first: false },
            (b'-', _) if self.roots.number => {
                self.place = Place::Minus;
                return Ok(1);
            }
            (_, Some(word)) if self.roots.literal => self.place = Place::Lead(word, 0),
            _ => {
                self.prose(self.at, sheet)?;
                return Ok(1);
            }
        }
        Ok(0)
    }

    /// There is prose before the root, from `at` on.
    fn prose(&mut self, at: u64, sheet: &mut Sheet<'_, '_>) -> Result<(), Halt> {
        if !self.told_prose {
            self.tell(Repair::Prose, at, sheet)?;
            self.told_prose = true;
        }
        self.fresh = false;
        self.place = Place::Before;
        Ok(())
    }

    /// The byte after a bracket that may begin the root.
    pub(super) fn bracket(
        &mut self,
        bracket: u8,
        byte: u8,
        sheet: &mut Sheet<'_, '_>,
    ) -> Result<usize, Halt> {
        if is_blank(byte) {
            return Ok(1);
        }
        let either = (byte == b'\'' && self.has(Repair::SingleQuotes))
            || (matches!(byte, b'/' | b'#') && self.has(Repair::Comments));
        let begins = either
            || match (bracket, byte) {
                (b'{', b'"' | b'}') | (b'[', b']' | b'[' | b'{' | b'"' | b'-' | b'0'..=b'9') => {
                    true
                }
                (b'{', _) => is_name(byte) && self.has(Repair::UnquotedKeys),
                _ => Word::beginning(byte, self.has(Repair::PythonLiterals)).is_some(),
            };
        if begins {
            self.begin(bracket, sheet)?;
        } else {
            self.prose(self.began, sheet)?;
        }
        Ok(0)
    }

    /// The root begins with this bracket.
    pub(super) fn begin(&mut self, bracket: u8, sheet: &mut Sheet<'_, '_>) -> Result<(), Halt> {
        self.part = Part::Root;
        self.put(&[bracket], sheet)?;
        self.enter(if bracket == b'{' {
            Container::Object
        } else {
            Container::Array
        });
        Ok(())
    }

    /// The byte after a minus that may begin the root.
    pub(super) fn minus(&mut self, byte: u8, sheet: &mut Sheet<'_, '_>) -> Result<usize, Halt> {
        if !byte.is_ascii_digit() {
            self.prose(self.began, sheet)?;
            return Ok(0);
        }
        self.part = Part::Root;
        self.put(b"-", sheet)?;
        self.place = Place::Number(Digits::first(b'-'));
        Ok(0)
    }

    /// A byte of a word that may be the root, or the one after it.
    pub(super) fn lead(
        &mut self,
        word: Word,
        read: usize,
        byte: u8,
        sheet: &mut Sheet<'_, '_>,
    ) -> Result<usize, Halt> {
        match word.written.get(read) {
            Some(&expected) if byte == expected => {
                self.place = Place::Lead(word, read + 1);
                Ok(1)
            }
            None if !is_name(byte) => {
                self.be_literal(word, sheet)?;
                Ok(0)
            }
            _ => {
                self.prose(self.began, sheet)?;
                Ok(0)
            }
        }
    }

    /// The root is this literal.
    pub(super) fn be_literal(&mut self, word: Word, sheet: &mut Sheet<'_, '_>) -> Result<(), Halt> {
        if !word.is_json() {
            self.tell(Repair::PythonLiterals, self.began, sheet)?;
        }
        self.part = Part::Root;
        self.put(word.json, sheet)?;
        self.ended(sheet)
    }

    /// The byte after so many backticks.
    pub(super) fn ticks(
        &mut self,
        ticks: u8,
        byte: u8,
        sheet: &mut Sheet<'_, '_>,
    ) -> Result<usize, Halt> {
        if byte == b'`' {
            self.place = Place::Ticks(ticks.saturating_add(1));
            return Ok(1);
        }
        match (ticks >= 3, self.part == Part::After) {
            (true, closed) => {
                self.fence(sheet)?;
                self.place = if closed {
                    Place::InfoAfter
                } else {
                    Place::Info
                };
            }
            (false, true) if self.has(Repair::Prose) => self.rest(self.began, sheet)?,
            (false, false) if self.has(Repair::Prose) => self.prose(self.began, sheet)?,
            _ => {
                sheet.put(b"`", self.at)?;
                return refuse(sheet);
            }
        }
        Ok(0)
    }

    /// Reports the fence, once.
    pub(super) fn fence(&mut self, sheet: &mut Sheet<'_, '_>) -> Result<(), Halt> {
        if !self.told_fence {
            self.tell(Repair::Fence, self.began, sheet)?;
            self.told_fence = true;
        }
        Ok(())
    }

    /// A byte in the line of an opening fence, which models end with the document itself at times.
    pub(super) fn info(&mut self, byte: u8) -> usize {
        if !matches!(byte, b'\n' | b'{' | b'[') {
            return 1;
        }
        self.fresh = true;
        self.place = Place::Before;
        usize::from(byte == b'\n')
    }

    /// A byte in the word after a fence behind the root.
    pub(super) fn info_after(&mut self, byte: u8) -> usize {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'.') {
            return 1;
        }
        self.place = Place::After;
        0
    }

    /// A byte after the root.
    pub(super) fn after(
        &mut self,
        byte: u8,
        next: usize,
        sheet: &mut Sheet<'_, '_>,
    ) -> Result<usize, Halt> {
        if is_blank(byte) {
            return self.blank(next, sheet);
        }
        self.began = self.at;
        if byte == b'`' && self.has(Repair::Fence) {
            self.place = Place::Ticks(1);
            return Ok(1);
        }
        if !self.has(Repair::Prose) && self.comment(byte, sheet)? {
            return Ok(1);
        }
        if self.has(Repair::Repeat) {
            let inside = self
                .lenient
                .without(&[Repair::Fence, Repair::Prose, Repair::CutShort]);
            let copy = Self::new(inside, self.roots, self.limits);
            self.again = Some((Box::new(copy), 0));
            self.place = Place::Again;
            return Ok(0);
        }
        if self.has(Repair::Prose) {
            self.rest(self.at, sheet)?;
            return Ok(1);
        }
        self.keep(next, next + 1, sheet)?;
        refuse(sheet)
    }

    /// There is prose after the root, from `at` on.
    pub(super) fn rest(&mut self, at: u64, sheet: &mut Sheet<'_, '_>) -> Result<(), Halt> {
        self.place = Place::Rest;
        self.tell(Repair::Prose, at, sheet)
    }

    /// A byte of what may be the root's text once more.
    pub(super) fn copied(&mut self, byte: u8, sheet: &mut Sheet<'_, '_>) -> Result<usize, Halt> {
        let (Some((mut copy, agreed)), Some(root)) = (self.again.take(), &self.copy) else {
            return Ok(1);
        };
        let mut read = 0;
        while read == 0 && copy.part != Part::After {
            read = copy.step(
                0,
                &mut Sheet::new(&[byte], 0, &mut |_| ControlFlow::Continue(())),
            )?;
        }
        let fresh = copy.copy.as_mut().map(std::mem::take).unwrap_or_default();
        let same = root[agreed..].starts_with(&fresh);
        let agreed = agreed + fresh.len();
        if same && copy.part != Part::After {
            self.again = Some((copy, agreed));
            return Ok(1);
        }
        if same && agreed == root.len() {
            self.tell(Repair::Repeat, self.began, sheet)?;
            self.place = Place::After;
            return Ok(read);
        }
        if self.has(Repair::Prose) {
            self.rest(self.began, sheet)?;
            return Ok(1);
        }
        sheet.put(REFUSED, self.at)?;
        refuse(sheet)
    }
}

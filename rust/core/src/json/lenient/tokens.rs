//! Values, keys, strings, names, literals, numbers and comments.

use super::filter::{Filter, Part, REFUSED, refuse};
use super::places::{Inside, Place, Word, is_blank, is_name};
use super::repair::Repair;
use super::sheet::Sheet;
use crate::json::number::Digits;
use crate::json::sink::{Container, Halt};

impl Filter {
    /// The first byte of a value, or the end of an empty array.
    pub(super) fn value(
        &mut self,
        byte: u8,
        first: bool,
        next: usize,
        sheet: &mut Sheet<'_, '_>,
    ) -> Result<usize, Halt> {
        self.part = Part::Root;
        if byte == b'-' && self.has(Repair::CutShort) {
            self.hold();
        } else {
            self.release(sheet)?;
        }
        if byte == b']' && first {
            return self.close(next, sheet);
        }
        if byte == b'\'' && self.has(Repair::SingleQuotes) {
            self.tell(Repair::SingleQuotes, self.at, sheet)?;
            self.put(b"\"", sheet)?;
            self.place = text(false, byte);
            return Ok(1);
        }
        if let Some(word) = Word::beginning(byte, self.has(Repair::PythonLiterals)) {
            return self.literal(word, 0, byte, next, sheet);
        }
        self.keep(next, next + 1, sheet)?;
        match byte {
            b'{' => self.enter(Container::Object),
            b'[' => self.enter(Container::Array),
            b'"' => self.place = text(false, byte),
            b'-' | b'0'..=b'9' => self.place = Place::Number(Digits::first(byte)),
            _ => return refuse(sheet),
        }
        Ok(1)
    }

    /// A container has been opened.
    pub(super) fn enter(&mut self, container: Container) {
        self.open.push(container);
        self.place = match container {
            Container::Object => Place::Key { first: true },
            Container::Array => Place::Value { first: true },
        };
    }

    /// The first byte of a key, or the end of an empty object.
    pub(super) fn key(
        &mut self,
        byte: u8,
        first: bool,
        next: usize,
        sheet: &mut Sheet<'_, '_>,
    ) -> Result<usize, Halt> {
        if byte == b'}' && first {
            return self.close(next, sheet);
        }
        let single = byte == b'\'' && self.has(Repair::SingleQuotes);
        let name = is_name(byte) && self.has(Repair::UnquotedKeys);
        if (byte == b'"' || single || name) && self.has(Repair::CutShort) {
            self.hold();
        } else {
            self.release(sheet)?;
        }
        if single {
            self.tell(Repair::SingleQuotes, self.at, sheet)?;
            self.put(b"\"", sheet)?;
            self.place = text(true, byte);
            return Ok(1);
        }
        if name {
            self.tell(Repair::UnquotedKeys, self.at, sheet)?;
            self.put(b"\"", sheet)?;
            self.place = Place::Name;
            return Ok(0);
        }
        self.keep(next, next + 1, sheet)?;
        if byte != b'"' {
            return refuse(sheet);
        }
        self.place = text(true, byte);
        Ok(1)
    }

    /// A byte of an unquoted key, or the one after it.
    pub(super) fn name(
        &mut self,
        byte: u8,
        next: usize,
        sheet: &mut Sheet<'_, '_>,
    ) -> Result<usize, Halt> {
        if is_name(byte) || byte == b'-' {
            self.keep(next, next + 1, sheet)?;
            return Ok(1);
        }
        self.put(b"\"", sheet)?;
        self.place = Place::Colon;
        Ok(0)
    }

    /// Bytes of a string or key.
    pub(super) fn text(
        &mut self,
        key: bool,
        quote: u8,
        inside: Inside,
        next: usize,
        sheet: &mut Sheet<'_, '_>,
    ) -> Result<usize, Halt> {
        let byte = sheet.chunk[next];
        let (inside, read) = match inside {
            Inside::Plain => return self.plain(key, quote, next, sheet),
            Inside::Escape => self.escaped(key, byte, next, sheet)?,
            Inside::Hex { left, value, low } => self.hex((left, value, low), byte, next, sheet)?,
            Inside::High if byte == b'\\' => {
                self.keep(next, next + 1, sheet)?;
                (Inside::HighEscape, 1)
            }
            Inside::HighEscape if byte == b'u' => {
                self.keep(next, next + 1, sheet)?;
                let (left, value) = (4, 0);
                let low = true;
                (Inside::Hex { left, value, low }, 1)
            }
            Inside::Sequence(left) if byte & 0xC0 == 0x80 => {
                self.keep(next, next + 1, sheet)?;
                match left {
                    1 => self.whole(1, sheet)?,
                    _ => (Inside::Sequence(left - 1), 1),
                }
            }
            // No JSON: what waits goes on, and the tokenizer refuses.
            Inside::HighEscape => {
                self.keep(next, next + 1, sheet)?;
                self.whole(1, sheet)?
            }
            Inside::High | Inside::Sequence(_) => self.whole(0, sheet)?,
        };
        self.place = Place::Text { key, quote, inside };
        Ok(read)
    }

    /// What waits of a value's string is whole.
    fn whole(&mut self, read: usize, sheet: &mut Sheet<'_, '_>) -> Result<(Inside, usize), Halt> {
        // A key waits for its value in any case, and goes on there.
        if !self.in_held_key() {
            self.release(sheet)?;
        }
        Ok((Inside::Plain, read))
    }

    fn in_held_key(&self) -> bool {
        matches!(self.place, Place::Text { key: true, .. }) && self.has(Repair::CutShort)
    }

    /// Whether what is unfinished inside a string waits, as the text may be cut there.
    fn waits_inside(&self) -> bool {
        self.has(Repair::CutShort) && !self.in_held_key()
    }

    /// A run of a string or key, and the byte that ends it.
    fn plain(
        &mut self,
        key: bool,
        quote: u8,
        next: usize,
        sheet: &mut Sheet<'_, '_>,
    ) -> Result<usize, Halt> {
        let waits = self.waits_inside();
        let rest = &sheet.chunk[next..];
        let ends = |&byte: &u8| matches!(byte, b'"' | b'\\' | b'\'') || (waits && byte >= 0x80);
        let run = rest.iter().position(ends).unwrap_or(rest.len());
        if run > 0 {
            self.keep(next, next + run, sheet)?;
            return Ok(run);
        }
        let inside = match rest[0] {
            byte if byte == quote => {
                if quote == b'"' {
                    self.keep(next, next + 1, sheet)?;
                } else {
                    self.put(b"\"", sheet)?;
                }
                if key {
                    self.place = Place::Colon;
                } else {
                    self.ended(sheet)?;
                }
                return Ok(1);
            }
            b'"' => {
                self.put(b"\\\"", sheet)?;
                Inside::Plain
            }
            b'\'' => {
                self.keep(next, next + 1, sheet)?;
                Inside::Plain
            }
            b'\\' => {
                if waits {
                    self.hold();
                }
                self.keep(next, next + 1, sheet)?;
                Inside::Escape
            }
            lead => {
                let left = match lead {
                    0xC0..=0xDF => 1,
                    0xE0..=0xEF => 2,
                    0xF0..=0xF7 => 3,
                    _ => 0,
                };
                if left > 0 {
                    self.hold();
                }
                self.keep(next, next + 1, sheet)?;
                if left > 0 {
                    Inside::Sequence(left)
                } else {
                    Inside::Plain
                }
            }
        };
        self.place = Place::Text { key, quote, inside };
        Ok(1)
    }

    /// The byte after a backslash.
    fn escaped(
        &mut self,
        key: bool,
        byte: u8,
        next: usize,
        sheet: &mut Sheet<'_, '_>,
    ) -> Result<(Inside, usize), Halt> {
        if byte == b'\'' && self.has(Repair::SingleQuotes) {
            // Inside a copy of the root no offsets are counted.
            let at = self.at.saturating_sub(1);
            self.tell(Repair::SingleQuotes, at, sheet)?;
            self.put(b"u0027", sheet)?;
            return self.whole(1, sheet);
        }
        self.keep(next, next + 1, sheet)?;
        if byte == b'u' && !key && self.has(Repair::CutShort) {
            let (left, value, low) = (4, 0, false);
            return Ok((Inside::Hex { left, value, low }, 1));
        }
        self.whole(1, sheet)
    }

    /// A digit of `\u` that waits.
    fn hex(
        &mut self,
        (left, value, low): (u8, u16, bool),
        byte: u8,
        next: usize,
        sheet: &mut Sheet<'_, '_>,
    ) -> Result<(Inside, usize), Halt> {
        let Some(digit) = char::from(byte).to_digit(16) else {
            return self.whole(0, sheet);
        };
        self.keep(next, next + 1, sheet)?;
        let (left, value) = (left - 1, value << 4 | digit as u16);
        match left {
            0 if !low && matches!(value, 0xD800..=0xDBFF) => Ok((Inside::High, 1)),
            0 => self.whole(1, sheet),
            _ => Ok((Inside::Hex { left, value, low }, 1)),
        }
    }

    /// A byte of a literal.
    pub(super) fn literal(
        &mut self,
        word: Word,
        read: usize,
        byte: u8,
        next: usize,
        sheet: &mut Sheet<'_, '_>,
    ) -> Result<usize, Halt> {
        if word.written[read] != byte {
            self.put(REFUSED, sheet)?;
            return refuse(sheet);
        }
        if read == 0 && !word.is_json() {
            self.tell(Repair::PythonLiterals, self.at, sheet)?;
        }
        if word.json.get(read) == Some(&byte) {
            self.keep(next, next + 1, sheet)?;
        } else {
            self.put(&word.json[read..=read], sheet)?;
        }
        self.place = Place::Literal(word, read + 1);
        if read + 1 == word.written.len() {
            self.ended(sheet)?;
        }
        Ok(1)
    }

    /// A byte of a number, or the one after it.
    pub(super) fn number(
        &mut self,
        digits: Digits,
        byte: u8,
        next: usize,
        sheet: &mut Sheet<'_, '_>,
    ) -> Result<usize, Halt> {
        let Some(digits) = digits.push(byte) else {
            self.release(sheet)?;
            if self.open.is_empty() && !is_blank(byte) {
                sheet.put(b" ", self.at)?;
            }
            self.ended(sheet)?;
            return Ok(0);
        };
        if !digits.may_end() && self.has(Repair::CutShort) {
            self.hold();
        }
        self.keep(next, next + 1, sheet)?;
        if digits.may_end() {
            self.release(sheet)?;
        }
        self.place = Place::Number(digits);
        Ok(1)
    }

    /// Whether a byte begins a comment, or may.
    pub(super) fn comment(&mut self, byte: u8, sheet: &mut Sheet<'_, '_>) -> Result<bool, Halt> {
        if !self.has(Repair::Comments) || !matches!(byte, b'/' | b'#') {
            return Ok(false);
        }
        self.beneath = self.place;
        self.began = self.at;
        self.place = Place::Slash;
        if byte == b'#' {
            self.place = Place::Line;
            self.comment_begins(sheet)?;
        }
        Ok(true)
    }

    /// It is a comment: a space in its stead, or the token before it would not end.
    fn comment_begins(&mut self, sheet: &mut Sheet<'_, '_>) -> Result<(), Halt> {
        if self.held.is_none() {
            sheet.put(b" ", self.at)?;
        }
        self.tell(Repair::Comments, self.began, sheet)
    }

    /// The byte after a slash.
    pub(super) fn slash(&mut self, byte: u8, sheet: &mut Sheet<'_, '_>) -> Result<usize, Halt> {
        self.place = match byte {
            b'/' => Place::Line,
            b'*' => Place::Block { star: false },
            _ => {
                self.release(sheet)?;
                sheet.put(b"/", self.at)?;
                return refuse(sheet);
            }
        };
        self.comment_begins(sheet)?;
        Ok(1)
    }

    /// A byte of a comment to the line's end.
    pub(super) fn line(&mut self, byte: u8) -> usize {
        if byte == b'\n' {
            self.place = self.beneath;
        }
        1
    }

    /// A byte of a comment to `*/`.
    pub(super) fn block(&mut self, star: bool, byte: u8) -> usize {
        self.place = match byte {
            b'/' if star => self.beneath,
            _ => Place::Block { star: byte == b'*' },
        };
        1
    }
}

/// At the beginning of a string or key.
pub(super) const fn text(key: bool, quote: u8) -> Place {
    let inside = Inside::Plain;
    Place::Text { key, quote, inside }
}

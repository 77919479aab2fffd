//! The end of the text, wherever it comes.

use super::filter::{Filter, Part, REFUSED};
use super::places::Place;
use super::repair::Repair;
use super::sheet::Sheet;
use crate::json::sink::{Container, Halt};

impl Filter {
    /// The text has ended.
    pub(super) fn end(&mut self, sheet: &mut Sheet<'_, '_>) -> Result<(), Halt> {
        match self.place {
            Place::Line | Place::Block { .. } => self.place = self.beneath,
            Place::Slash if self.has(Repair::CutShort) => self.place = self.beneath,
            Place::Slash => return sheet.put(b"/", self.at),
            _ => {}
        }
        match self.place {
            Place::Ticks(ticks) => self.end_ticks(ticks, sheet),
            Place::Again => self.end_copy(sheet),
            Place::Bracket(bracket) if self.has(Repair::CutShort) => {
                self.begin(bracket, sheet)?;
                self.cut(sheet)
            }
            Place::Lead(word, read) if read == word.written.len() => self.be_literal(word, sheet),
            Place::Lead(word, _) if self.has(Repair::CutShort) => {
                self.tell(Repair::CutShort, self.at, sheet)?;
                self.be_literal(word, sheet)
            }
            Place::Number(_) if self.open.is_empty() && self.held.is_none() => Ok(()),
            _ if self.part == Part::Root && self.has(Repair::CutShort) => self.cut(sheet),
            _ => Ok(()),
        }
    }

    /// The text ends with backticks.
    fn end_ticks(&mut self, ticks: u8, sheet: &mut Sheet<'_, '_>) -> Result<(), Halt> {
        if ticks >= 3 {
            return self.fence(sheet);
        }
        if self.part == Part::After && self.has(Repair::Prose) {
            return self.rest(self.began, sheet);
        }
        if self.part == Part::After && self.has(Repair::CutShort) {
            return self.tell(Repair::CutShort, self.at, sheet);
        }
        sheet.put(b"`", self.at)
    }

    /// The text ends in what may have become the root's once more.
    fn end_copy(&mut self, sheet: &mut Sheet<'_, '_>) -> Result<(), Halt> {
        let root = self.copy.as_ref().map_or(0, Vec::len);
        if self
            .again
            .as_ref()
            .is_some_and(|&(_, agreed)| agreed == root)
        {
            // A number has no end of its own.
            return self.tell(Repair::Repeat, self.began, sheet);
        }
        if self.has(Repair::CutShort) {
            return self.tell(Repair::CutShort, self.at, sheet);
        }
        if self.has(Repair::Prose) {
            return self.rest(self.began, sheet);
        }
        sheet.put(REFUSED, self.at)
    }

    /// Closes what is open; what waits is dropped.
    fn cut(&mut self, sheet: &mut Sheet<'_, '_>) -> Result<(), Halt> {
        self.tell(Repair::CutShort, self.at, sheet)?;
        self.held = None;
        match self.place {
            Place::Text { key: false, .. } => self.put(b"\"", sheet)?,
            Place::Literal(word, read) => self.put(&word.json[read..], sheet)?,
            _ => {}
        }
        while let Some(container) = self.open.pop() {
            let closing: &[u8] = match container {
                Container::Array => b"]",
                Container::Object => b"}",
            };
            self.put(closing, sheet)?;
        }
        self.place = Place::After;
        self.part = Part::After;
        Ok(())
    }
}

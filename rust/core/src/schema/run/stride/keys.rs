//! Keys at a stride.

use crate::json::{Between, Op, plain_string};
use crate::schema::options::Duplicates;
use crate::schema::shape::{Name, ObjectShape};

use super::place::{Child, Member, other_slot};
use super::{COMPARED, Stride};

impl<'s> Stride<'_, 's> {
    pub(super) fn key(&mut self, byte: u8, first: bool) -> Option<Between> {
        match byte {
            b'"' => {}
            b'}' if first => return self.close(),
            _ => return None,
        }
        let length = match self.here.object {
            None => self.other_key(Child::Nothing)?,
            Some(shape) => self.key_of(shape)?,
        };
        self.at += length + 2;
        self.here.count += 1;
        Some(Between::Colon)
    }

    /// A key in a shape; its length.
    fn key_of(&mut self, shape: &'s ObjectShape) -> Option<usize> {
        let members = &self.here.members;
        let named_freely = shape.name_language.is_none() && shape.name_nodes.is_empty();
        if !members.is_roomy(shape, self.here.count) || !named_freely {
            return None;
        }
        let text = &self.text[self.at + 1..];
        let likely = members.likely(shape).filter(|(_, name)| begins(text, name));
        let found = match likely {
            Some((at, _)) => Some(at),
            None => shape.find(plain_string(text)?.0),
        };
        if let Some(at) = found {
            return self.listed_key(shape, at);
        }
        let slot = other_slot(shape).filter(|slot| slot.forbidden.is_none())?;
        self.other_key(Child::of(slot))
    }

    fn listed_key(&mut self, shape: &'s ObjectShape, at: usize) -> Option<usize> {
        let name = &shape.names[at];
        if name.slot.forbidden.is_some() || self.here.members.has(at) {
            return None;
        }
        self.here.members.see(shape, at);
        self.here.member = Member::Named(at);
        self.here.child = Child::of(&name.slot);
        self.note(Op::Key(name.text.len() as u32), &name.text);
        Some(name.text.len())
    }

    /// A key that no shape lists.
    fn other_key(&mut self, child: Child) -> Option<usize> {
        let text = self.text;
        let (name, _) = plain_string(&text[self.at + 1..])?;
        let (start, end) = (self.at + 1, self.at + 1 + name.len());
        if self.schema.duplicates == Duplicates::Violation && !self.is_new(name, (start, end)) {
            return None;
        }
        self.here.member = Member::Other(start, end);
        self.here.child = child;
        self.note(Op::Key(name.len() as u32), name);
        Some(name.len())
    }

    /// Whether a name is new here, as far as that is cheap to say; it is noted then.
    fn is_new(&mut self, name: &str, place: (usize, usize)) -> bool {
        if self.outer.is_empty() {
            return !self.names.note(name, self.schema.seed);
        }
        let known = &self.others[self.here.others..];
        let same = |&(start, end): &(usize, usize)| self.text[start..end] == *name.as_bytes();
        if known.len() >= COMPARED || known.iter().any(same) {
            return false;
        }
        self.others.push(place);
        true
    }
}

/// Whether a text begins with a name and the quote after it. The name needs no escape.
fn begins(text: &[u8], name: &Name) -> bool {
    let name = name.text.as_bytes();
    text.get(name.len()) == Some(&b'"') && text[..name.len()] == *name
}

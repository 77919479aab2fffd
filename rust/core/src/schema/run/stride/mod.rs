//! Whole tokens at a stride: the common case, judged on the slice without a frame, a goal or a cell.
//!
//! Where one shape at most has a say in the innermost container (`Sole`), what follows is mostly what the shape asks
//! for. A stride reads it token by token, as long as each lies whole in the chunk and nothing is against it, deeper
//! containers included. It keeps a [`Place`] a container. Nothing is decided here against a document: at the first
//! token that is cut, escaped, refused or asked for in a way that needs care, the stride ends *before* it, its places
//! become frames as if they had been entered the careful way, and that way reads on and finds the byte.
//!
//! Each byte is so read twice at most, and each container becomes a frame once at most.

mod entry;
mod keys;
mod place;
mod scalars;

use crate::json::{Between, Container, Journal, Limits, Op};
use crate::schema::compiled::Compiled;
use crate::schema::types::TypeSet;

use super::keys::SeenNames;
use super::sole::Asked;
use place::{Place, Within};

/// Names beyond its shape that a place compares one by one; past it, it becomes a frame, which hashes them.
const COMPARED: usize = 16;

/// A stretch of whole tokens.
struct Stride<'a, 's> {
    schema: &'s Compiled,
    journal: Option<&'a mut Journal>,
    limits: Limits,
    /// Containers around the outermost place.
    around: usize,
    text: &'a [u8],
    /// The first byte that was not taken.
    at: usize,
    /// The places around the innermost; the outermost of all is a frame's, or the root.
    outer: Vec<Place<'s>>,
    here: Place<'s>,
    /// Where the keys lie that no shape lists, of all places that are no frame's.
    others: Vec<(usize, usize)>,
    /// The names of the frame that the outermost place is.
    names: SeenNames,
}

impl<'s> Stride<'_, 's> {
    /// Goes on as long as it can; what comes next.
    fn go(&mut self, from: Between) -> Between {
        let mut next = from;
        while next != Between::End
            && let Some(byte) = self.skip_blanks()
        {
            let then = match next {
                Between::Value { first } => self.value(byte, first),
                Between::Key { first } => self.key(byte, first),
                Between::Colon => self.colon(byte),
                Between::Comma => self.comma(byte),
                Between::End => None,
            };
            match then {
                Some(then) => next = then,
                None => break,
            }
        }
        next
    }

    /// The first byte that is no white space.
    fn skip_blanks(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.get(self.at)?;
            if !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    fn value(&mut self, byte: u8, first: bool) -> Option<Between> {
        match byte {
            b'"' => self.string(),
            b'{' => self.open(Container::Object),
            b'[' => self.open(Container::Array),
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.literal("true", TypeSet::TRUE, Op::Bool(true)),
            b'f' => self.literal("false", TypeSet::FALSE, Op::Bool(false)),
            b'n' => self.literal("null", TypeSet::NULL, Op::Null),
            b']' if first => self.close(),
            _ => None,
        }
    }

    fn colon(&mut self, byte: u8) -> Option<Between> {
        (byte == b':').then(|| {
            self.at += 1;
            Between::Value { first: false }
        })
    }

    fn comma(&mut self, byte: u8) -> Option<Between> {
        let then = match (byte, self.here.within) {
            (b',', Within::Array) => Between::Value { first: false },
            (b',', Within::Object) => Between::Key { first: false },
            (b']', Within::Array) | (b'}', Within::Object) => return self.close(),
            _ => return None,
        };
        if self.here.is_full() {
            return None;
        }
        self.at += 1;
        Some(then)
    }

    fn open(&mut self, container: Container) -> Option<Between> {
        let depth = self.around + self.outer.len();
        let inner = Place::of(self.here.asked(self.schema), container, self.others.len())
            .filter(|_| depth < self.limits.depth as usize)?;
        self.here.count_item();
        self.outer.push(std::mem::replace(&mut self.here, inner));
        self.note(Op::Open(container), "");
        self.at += 1;
        Some(match container {
            Container::Array => Between::Value { first: true },
            Container::Object => Between::Key { first: true },
        })
    }

    /// The end of the innermost container, unless it is a frame's.
    fn close(&mut self) -> Option<Between> {
        if !self.here.may_end() {
            return None;
        }
        let around = self.outer.pop()?;
        let closed = std::mem::replace(&mut self.here, around);
        self.others.truncate(closed.others);
        self.note(Op::Close, "");
        self.at += 1;
        Some(if self.here.within == Within::Nothing {
            Between::End
        } else {
            Between::Comma
        })
    }

    /// A scalar of so many bytes is taken.
    fn take(&mut self, bytes: usize, op: Op, text: &str) -> Between {
        self.note(op, text);
        self.at += bytes;
        self.here.count_item();
        Between::Comma
    }

    fn note(&mut self, op: Op, text: &str) {
        if let Some(journal) = self.journal.as_deref_mut() {
            journal.note(op, text);
        }
    }

    /// What is asked of a scalar that comes next; none if it is no scalar's place.
    fn asked_of_scalar(&self) -> Option<Asked<'s>> {
        match self.here.asked(self.schema) {
            Asked::More => None,
            _ if self.here.within == Within::Nothing => None,
            asked => Some(asked),
        }
    }
}

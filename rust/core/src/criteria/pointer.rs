//! `pointer`: a value inside a JSON text, compared as soon as it closes.

use std::cmp::Ordering;
use std::sync::Arc;

use serde_json::Value;

use super::fields::{Fields, Malformed};
use crate::json::{Container, Halt, Kind, Limits, Scalars, Sink, Step, Tokenizer};

/// Bytes of a compared value's text; a longer one fails.
const VALUE_LIMIT: usize = 1 << 20;

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Is {
    Exists,
    Absent,
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
    Among,
}

const COMPARISONS: &[(&str, Is)] = &[
    ("exists", Is::Exists),
    ("absent", Is::Absent),
    ("==", Is::Equal),
    ("!=", Is::Unequal),
    ("<", Is::Less),
    ("<=", Is::AtMost),
    (">", Is::More),
    (">=", Is::AtLeast),
    ("in", Is::Among),
];

/// `{"pointer": {"at": "/a/0", "is": ">=", "value": 3}}`.
///
/// `is` is a comparison, `in` (the value is a list), `exists` (the default) or `absent`. Numbers compare by value, strings
/// by code point, others only for equality. Of a duplicate key the first value counts. A text that is no JSON fails.
#[derive(Clone, Debug)]
pub(super) struct Pointer(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    segments: Box<[String]>,
    is: Is,
    value: Value,
}

impl Pointer {
    pub(super) fn read(value: &Value, place: &str) -> Result<Self, Malformed> {
        let mut fields = Fields::of(value, place)?;
        let at = fields.str("at")?;
        let at = fields.need("at", at)?;
        let segments =
            segments(at).ok_or_else(|| fields.error("at", "JSON Pointers begin with /"))?;
        let is = fields.word("is", COMPARISONS)?.unwrap_or(Is::Exists);
        let value = fields.raw("value");
        let needs_value = !matches!(is, Is::Exists | Is::Absent);
        if needs_value != value.is_some() {
            let what = if needs_value {
                "is missing"
            } else {
                "has nothing to be compared with"
            };
            return Err(fields.error("value", what));
        }
        let value = value.cloned().unwrap_or_default();
        if is == Is::Among && !value.is_array() {
            return Err(fields.error("value", "expected a list"));
        }
        fields.done()?;
        Ok(Self(Arc::new(Compiled {
            segments,
            is,
            value,
        })))
    }

    pub(super) fn probe(&self) -> Probe {
        Probe {
            tokenizer: Tokenizer::new(Limits::default()),
            walk: Walk {
                pointer: self.clone(),
                open: Vec::new(),
                key: String::new(),
                began: None,
                ended: None,
            },
            kept: String::new(),
        }
    }
}

/// The unescaped segments of a JSON Pointer (RFC 6901).
fn segments(pointer: &str) -> Option<Box<[String]>> {
    if pointer.is_empty() {
        return Some(Box::default());
    }
    let segments = pointer.strip_prefix('/')?.split('/');
    Some(
        segments
            .map(|segment| segment.replace("~1", "/").replace("~0", "~"))
            .collect(),
    )
}

impl Compiled {
    fn holds(&self, actual: &Value) -> bool {
        let order = || compare(actual, &self.value);
        match self.is {
            Is::Exists => true,
            Is::Absent => false,
            Is::Equal => equal(actual, &self.value),
            Is::Unequal => !equal(actual, &self.value),
            Is::Less => order() == Some(Ordering::Less),
            Is::AtMost => order().is_some_and(Ordering::is_le),
            Is::More => order() == Some(Ordering::Greater),
            Is::AtLeast => order().is_some_and(Ordering::is_ge),
            Is::Among => self
                .value
                .as_array()
                .is_some_and(|all| all.iter().any(|one| equal(actual, one))),
        }
    }
}

fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        (Value::Number(left), Value::Number(right)) => match (left.as_i128(), right.as_i128()) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
        },
        _ => None,
    }
}

fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(_), Value::Number(_)) => compare(left, right) == Some(Ordering::Equal),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            let same = |(key, value)| right.get(key).is_some_and(|other| equal(value, other));
            left.len() == right.len() && left.iter().all(same)
        }
        _ => left == right,
    }
}

/// The search in one text.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    tokenizer: Tokenizer,
    walk: Walk,
    /// The text from the value's first byte on.
    kept: String,
}

impl Probe {
    pub(super) fn feed(&mut self, text: &str, offset: usize) -> Option<(bool, usize)> {
        let began = self.walk.began;
        let read = self.tokenizer.feed_root(text.as_bytes(), &mut self.walk);
        match (began, self.walk.began) {
            (Some(_), _) => self.kept.push_str(text),
            (None, Some(at)) => self.kept.push_str(&text[at as usize - offset..]),
            (None, None) => {}
        }
        let end = self.walk.ended.map(|(_, known)| known as usize);
        match read {
            Err(Halt::Sink) => Some((self.verdict(), end?)),
            Err(_) => {
                let at = (self.tokenizer.offset() as usize).max(offset) - offset;
                let end = (at + 1..=text.len()).find(|end| text.is_char_boundary(*end));
                Some((false, offset + end.unwrap_or(text.len())))
            }
            Ok(()) if self.tokenizer.is_complete() => {
                Some((self.verdict(), self.tokenizer.offset() as usize))
            }
            Ok(()) if self.kept.len() > VALUE_LIMIT => Some((false, offset + text.len())),
            Ok(()) => None,
        }
    }

    pub(super) fn finish(&mut self) -> bool {
        match self.tokenizer.finish(&mut self.walk) {
            Ok(()) | Err(Halt::Sink) => self.verdict(),
            Err(_) => false,
        }
    }

    /// The comparison, once the value or the whole text is closed.
    fn verdict(&self) -> bool {
        let pointer = &self.walk.pointer.0;
        let Some((began, (ended, _))) = self.walk.began.zip(self.walk.ended) else {
            return pointer.is == Is::Absent;
        };
        if matches!(pointer.is, Is::Exists | Is::Absent) {
            return pointer.is == Is::Exists;
        }
        let text = &self.kept[..(ended - began) as usize];
        serde_json::from_str(text).is_ok_and(|value| pointer.holds(&value))
    }
}

/// An open container.
#[derive(Clone, Copy, Debug)]
struct Frame {
    /// The pointer leads into it, or through it.
    on_path: bool,
    array: bool,
    index: usize,
}

/// Where in the document the tokenizer is, seen from the pointer.
#[derive(Clone, Debug)]
struct Walk {
    pointer: Pointer,
    open: Vec<Frame>,
    /// The key last read, as far as it is of use.
    key: String,
    began: Option<u64>,
    /// The byte after the value, and the byte after the one that made its end known.
    ended: Option<(u64, u64)>,
}

impl Walk {
    /// Whether the value that begins now lies on the pointer's path.
    fn on_path(&self) -> bool {
        let Some(depth) = self.open.len().checked_sub(1) else {
            return true;
        };
        let frame = self.open[depth];
        let Some(segment) = self.pointer.0.segments.get(depth).filter(|_| frame.on_path) else {
            return false;
        };
        if frame.array {
            *segment == frame.index.to_string()
        } else {
            *segment == self.key
        }
    }

    fn is_target(&self) -> bool {
        self.began.is_some() && self.open.len() == self.pointer.0.segments.len()
    }

    /// A value ends before the byte at `end`; that is known after the byte before `known`.
    fn end(&mut self, end: u64, known: u64) -> Step {
        if self.is_target() {
            self.ended = Some((end, known));
            return Err(Halt::Sink);
        }
        Ok(())
    }

    fn push_key(&mut self, text: &str) {
        let longest = self.pointer.0.segments.iter().map(String::len).max();
        if self.began.is_none() && self.key.len() <= longest.unwrap_or(0) {
            self.key.push_str(text);
        }
    }
}

impl Sink for Walk {
    fn begin(&mut self, kind: Kind, at: u64) -> Step {
        let on_path = self.began.is_none() && self.on_path();
        if on_path && self.open.len() == self.pointer.0.segments.len() {
            self.began = Some(at);
            if matches!(self.pointer.0.is, Is::Exists | Is::Absent) {
                self.ended = Some((at, at + 1));
                return Err(Halt::Sink);
            }
        }
        if matches!(kind, Kind::Array | Kind::Object) {
            self.open.push(Frame {
                on_path,
                array: kind == Kind::Array,
                index: 0,
            });
        }
        Ok(())
    }

    fn literal_end(&mut self, at: u64) -> Step {
        self.end(at + 1, at + 1)
    }

    fn close(&mut self, _container: Container, at: u64) -> Step {
        self.open.pop();
        self.end(at + 1, at + 1)
    }

    fn comma(&mut self, _container: Container, _at: u64) -> Step {
        if let Some(frame) = self.open.last_mut() {
            frame.index += 1;
        }
        Ok(())
    }

    fn key(&mut self, _at: u64) -> Step {
        self.key.clear();
        Ok(())
    }

    fn text(&mut self, run: &str, _at: u64) -> Step {
        self.push_key(run);
        Ok(())
    }

    fn partial(&mut self, _among: &Scalars, _at: u64) -> Step {
        Ok(())
    }

    fn scalar(&mut self, scalar: char, _at: u64) -> Step {
        self.push_key(scalar.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn text_end(&mut self, at: u64) -> Step {
        self.end(at + 1, at + 1)
    }

    fn number(&mut self, _run: &[u8], _at: u64) -> Step {
        Ok(())
    }

    fn number_end(&mut self, at: u64) -> Step {
        self.end(at, at + 1)
    }
}

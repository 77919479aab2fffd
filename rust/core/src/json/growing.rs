//! A value that grows with its journal.

use ahash::RandomState;

use super::journal::{Journal, Mark, Op};
use super::sink::Container;
use super::value::{Object, Value};

/// A step from a container to a value inside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathSegment {
    /// A member's name.
    Key(Box<str>),
    /// An item's place.
    Index(usize),
}

/// An open container and the name its next member will have.
#[derive(Clone, Debug)]
enum Open {
    Array(Vec<Value>),
    Object { object: Object, key: Box<str> },
}

/// Builds a [`Value`] from the operations of a [`Journal`], each once.
///
/// While containers are open they are held on a stack, and [`Growing::root`] is the value only once it is closed;
/// [`Growing::snapshot`] copies what is there at any time.
#[derive(Clone, Debug)]
pub struct Growing {
    stack: Vec<Open>,
    text: Option<String>,
    root: Option<Value>,
    hasher: RandomState,
}

impl Growing {
    /// Nothing yet; objects are indexed with this hasher.
    #[must_use]
    pub fn new(hasher: RandomState) -> Self {
        Self {
            stack: Vec::new(),
            text: None,
            root: None,
            hasher,
        }
    }

    /// Reads a journal to its end and clears it.
    pub fn read(&mut self, journal: &mut Journal) {
        for (op, text) in journal.entries(Mark::default()) {
            self.apply(op, text);
        }
        journal.clear();
    }

    /// The root, once it is closed.
    #[must_use]
    pub fn root(&self) -> Option<&Value> {
        self.root.as_ref()
    }

    /// The root, once it is closed, leaving nothing.
    #[must_use]
    pub fn into_root(self) -> Option<Value> {
        self.root
    }

    /// A copy of the value so far, open strings as far as they go; nothing before the root began.
    #[must_use]
    pub fn snapshot(&self) -> Option<Value> {
        let open_text = self.text.as_ref().map(|text| Value::String(text.clone()));
        let partial = self
            .stack
            .iter()
            .rev()
            .fold(open_text, |inner, open| Some(open.with(inner)));
        partial.or_else(|| self.root.clone())
    }

    /// What a path of keys and indices points to so far: a closed value, or the text of the open string.
    #[must_use]
    pub fn get(&self, path: &[PathSegment]) -> Option<Value> {
        if let Some(root) = &self.root {
            return descend(root, path).cloned();
        }
        for (depth, open) in self.stack.iter().enumerate() {
            let Some(segment) = path.get(depth) else {
                break;
            };
            if let Some(closed) = open.closed(segment) {
                return descend(closed, &path[depth + 1..]).cloned();
            }
            if !open.leads_to(segment) {
                return None;
            }
        }
        let inner = self
            .stack
            .get(path.len()..)
            .filter(|_| path.len() <= self.stack.len())?;
        let text = self.text.as_ref().map(|text| Value::String(text.clone()));
        inner
            .iter()
            .rev()
            .fold(text, |value, open| Some(open.with(value)))
    }

    pub(super) fn apply(&mut self, op: Op, text: &str) {
        match op {
            Op::Open(Container::Array) => self.stack.push(Open::Array(Vec::new())),
            Op::Open(Container::Object) => {
                let object = Object::new(self.hasher.clone());
                self.stack.push(Open::Object {
                    object,
                    key: Box::default(),
                });
            }
            Op::Close => {
                if let Some(open) = self.stack.pop() {
                    self.place(open.into_value());
                }
            }
            Op::Key(_) => {
                if let Some(Open::Object { key, .. }) = self.stack.last_mut() {
                    *key = text.into();
                }
            }
            Op::String(_) => self.place(Value::String(text.to_owned())),
            Op::StringBegin => self.text = Some(String::new()),
            Op::StringPart(_) => self.text.get_or_insert_default().push_str(text),
            Op::StringEnd => {
                let text = self.text.take().unwrap_or_default();
                self.place(Value::String(text));
            }
            Op::Number(_) => self.place(Value::Number(text.into())),
            Op::Null => self.place(Value::Null),
            Op::Bool(truth) => self.place(Value::Bool(truth)),
        }
    }

    fn place(&mut self, value: Value) {
        match self.stack.last_mut() {
            None => self.root = Some(value),
            Some(Open::Array(items)) => items.push(value),
            Some(Open::Object { object, key }) => {
                object.insert(std::mem::take(key), value);
            }
        }
    }
}

impl Open {
    fn into_value(self) -> Value {
        match self {
            Self::Array(items) => Value::Array(items),
            Self::Object { object, .. } => Value::Object(object),
        }
    }

    /// A copy, with what is open inside put in its place.
    fn with(&self, inner: Option<Value>) -> Value {
        let mut copy = self.clone();
        match (&mut copy, inner) {
            (_, None) => {}
            (Self::Array(items), Some(value)) => items.push(value),
            (Self::Object { object, key }, Some(value)) => {
                object.insert(std::mem::take(key), value);
            }
        }
        copy.into_value()
    }

    fn closed(&self, segment: &PathSegment) -> Option<&Value> {
        match (self, segment) {
            (Self::Array(items), PathSegment::Index(index)) => items.get(*index),
            (Self::Object { object, .. }, PathSegment::Key(name)) => object.get(name),
            _ => None,
        }
    }

    /// Whether the value that is open inside this container is the segment's.
    fn leads_to(&self, segment: &PathSegment) -> bool {
        match (self, segment) {
            (Self::Array(items), PathSegment::Index(index)) => items.len() == *index,
            (Self::Object { key, .. }, PathSegment::Key(name)) => key == name,
            _ => false,
        }
    }
}

fn descend<'v>(value: &'v Value, path: &[PathSegment]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, segment| match segment {
        PathSegment::Key(name) => value.get(name),
        PathSegment::Index(index) => value.as_array()?.get(*index),
    })
}

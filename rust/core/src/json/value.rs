//! JSON values as trees. Numbers keep their text, objects their order.

use ahash::RandomState;
use hashbrown::HashTable;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it was written.
    Number(Box<str>),
    /// A string, decoded.
    String(String),
    /// An array.
    Array(Vec<Value>),
    /// An object.
    Object(Object),
}

impl Value {
    /// The member of this name, if this is an object that has one.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.as_object()?.get(key)
    }

    /// The members, if this is an object.
    #[must_use]
    pub fn as_object(&self) -> Option<&Object> {
        if let Self::Object(object) = self {
            Some(object)
        } else {
            None
        }
    }

    /// The items, if this is an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Value]> {
        if let Self::Array(items) = self {
            Some(items)
        } else {
            None
        }
    }

    /// The text, if this is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// The number as a float, nearest to what was written; infinite where it is too large.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        if let Self::Number(text) = self {
            text.parse().ok()
        } else {
            None
        }
    }

    /// The truth value, if this is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(truth) = self {
            Some(*truth)
        } else {
            None
        }
    }

    /// What a JSON Pointer (RFC 6901) points to.
    #[must_use]
    pub fn pointer(&self, pointer: &str) -> Option<&Value> {
        if pointer.is_empty() {
            return Some(self);
        }
        pointer
            .strip_prefix('/')?
            .split('/')
            .try_fold(self, |value, segment| match value {
                Self::Object(object) if segment.contains('~') => {
                    object.get(&segment.replace("~1", "/").replace("~0", "~"))
                }
                Self::Object(object) => object.get(segment),
                Self::Array(items) => {
                    let plain = segment == "0" || !segment.starts_with(['0', '+']);
                    items.get(segment.parse::<usize>().ok().filter(|_| plain)?)
                }
                _ => None,
            })
    }
}

/// Members from which an index pays.
const INDEXED: usize = 16;

/// An object: members in order of first appearance, each name once, found in constant time.
#[derive(Clone, Debug)]
pub struct Object {
    members: Vec<(Box<str>, Value)>,
    index: HashTable<u32>,
    hasher: RandomState,
}

impl Object {
    /// An empty object whose index is seeded by the caller.
    #[must_use]
    pub fn new(hasher: RandomState) -> Self {
        Self {
            members: Vec::new(),
            index: HashTable::new(),
            hasher,
        }
    }

    /// The number of members.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The members in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.members.iter().map(|(name, value)| (&**name, value))
    }

    /// The member of this name.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.position(key).map(|at| &self.members[at].1)
    }

    /// Sets a member and returns its place; a name that is there keeps its place.
    pub fn insert(&mut self, key: Box<str>, value: Value) -> usize {
        if let Some(at) = self.position(&key) {
            self.members[at].1 = value;
            return at;
        }
        let at = self.members.len();
        self.members.push((key, value));
        if at + 1 == INDEXED {
            (0..=at).for_each(|member| self.add_to_index(member));
        } else if at >= INDEXED {
            self.add_to_index(at);
        }
        at
    }

    fn add_to_index(&mut self, at: usize) {
        let Self {
            members,
            index,
            hasher,
        } = self;
        let hash = hasher.hash_one(&members[at].0);
        index.insert_unique(hash, at as u32, |&other| {
            hasher.hash_one(&members[other as usize].0)
        });
    }

    fn position(&self, key: &str) -> Option<usize> {
        if self.members.len() < INDEXED {
            return self.members.iter().position(|(name, _)| &**name == key);
        }
        let found = self.index.find(self.hasher.hash_one(key), |&at| {
            &*self.members[at as usize].0 == key
        });
        found.map(|&at| at as usize)
    }
}

/// Members are compared by name, in any order; numbers as they were written.
impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self
                .iter()
                .all(|(name, value)| other.get(name) == Some(value))
    }
}

/// The value as compact JSON.
impl std::fmt::Display for Value {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => out.write_str("null"),
            Self::Bool(truth) => write!(out, "{truth}"),
            Self::Number(text) => out.write_str(text),
            Self::String(text) => write_text(out, text),
            Self::Array(items) => {
                out.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    write!(out, "{}{item}", if at > 0 { "," } else { "" })?;
                }
                out.write_str("]")
            }
            Self::Object(members) => {
                out.write_str("{")?;
                for (at, (name, value)) in members.iter().enumerate() {
                    out.write_str(if at > 0 { "," } else { "" })?;
                    write_text(out, name)?;
                    write!(out, ":{value}")?;
                }
                out.write_str("}")
            }
        }
    }
}

fn write_text(out: &mut std::fmt::Formatter<'_>, text: &str) -> std::fmt::Result {
    use std::fmt::Write;
    out.write_str("\"")?;
    for scalar in text.chars() {
        match scalar {
            '"' | '\\' => write!(out, "\\{scalar}")?,
            '\n' => out.write_str("\\n")?,
            '\0'..='\x1F' => write!(out, "\\u{:04x}", u32::from(scalar))?,
            _ => out.write_char(scalar)?,
        }
    }
    out.write_str("\"")
}

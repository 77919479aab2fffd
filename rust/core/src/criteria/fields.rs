//! Strict reading of JSON descriptions: every key is known or refused, every error names its place.

use std::fmt;

use serde_json::{Map, Value};

/// A description that cannot be used, and where. Holds no value of the description, only its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// JSON Pointer to the place; empty for the root.
    pub place: String,
    /// What is wrong there and what would be right.
    pub what: String,
}

impl Malformed {
    /// An error at `place`.
    #[must_use]
    pub fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            what: what.into(),
        }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.place.is_empty() {
            "/"
        } else {
            &self.place
        };
        write!(f, "{place}: {}", self.what)
    }
}

impl std::error::Error for Malformed {}

/// Parses a description's bytes.
///
/// # Errors
/// [`Malformed`] at the root, with line and column, where the bytes are not JSON.
pub(crate) fn parse(json: &[u8]) -> Result<Value, Malformed> {
    serde_json::from_slice(json).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Malformed::new("", format!("not JSON at line {line}, column {column}"))
    })
}

/// `place` and one more segment, escaped as RFC 6901 wants it.
pub(crate) fn join(place: &str, segment: &str) -> String {
    format!("{place}/{}", segment.replace('~', "~0").replace('/', "~1"))
}

/// The fields of one object; each is asked for once, and [`Fields::done`] refuses the rest.
pub(crate) struct Fields<'a> {
    map: &'a Map<String, Value>,
    place: String,
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    pub(crate) fn of(value: &'a Value, place: &str) -> Result<Self, Malformed> {
        let map = value
            .as_object()
            .ok_or_else(|| Malformed::new(place, "expected an object"))?;
        Ok(Self {
            map,
            place: place.to_owned(),
            known: Vec::new(),
        })
    }

    pub(crate) fn place(&self, key: &str) -> String {
        join(&self.place, key)
    }

    pub(crate) fn error(&self, key: &str, what: impl Into<String>) -> Malformed {
        Malformed::new(self.place(key), what)
    }

    /// The field as it stands; `null` is absent.
    pub(crate) fn take(&mut self, key: &'static str) -> Option<&'a Value> {
        self.known.push(key);
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// The field with `null` kept.
    pub(crate) fn raw(&mut self, key: &'static str) -> Option<&'a Value> {
        self.known.push(key);
        self.map.get(key)
    }

    fn typed<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, Malformed> {
        match self.take(key) {
            None => Ok(None),
            Some(value) => read(value)
                .map(Some)
                .ok_or_else(|| self.error(key, format!("expected {expected}"))),
        }
    }

    pub(crate) fn u64(&mut self, key: &'static str) -> Result<Option<u64>, Malformed> {
        self.typed(key, "a whole number of at least 0", Value::as_u64)
    }

    pub(crate) fn size(&mut self, key: &'static str) -> Result<Option<usize>, Malformed> {
        self.typed(key, "a whole number of at least 0", |value| {
            value
                .as_u64()
                .and_then(|number| usize::try_from(number).ok())
        })
    }

    /// A whole number of at least 1: lengths of time and counts that mean nothing at 0.
    pub(crate) fn positive(&mut self, key: &'static str) -> Result<Option<u64>, Malformed> {
        self.typed(key, "a whole number of at least 1", |value| {
            value.as_u64().filter(|number| *number > 0)
        })
    }

    /// A finite number of at least 0.
    pub(crate) fn amount(&mut self, key: &'static str) -> Result<Option<f64>, Malformed> {
        self.typed(key, "a finite number of at least 0", |value| {
            value
                .as_f64()
                .filter(|number| number.is_finite() && *number >= 0.0)
        })
    }

    pub(crate) fn bool(&mut self, key: &'static str) -> Result<Option<bool>, Malformed> {
        self.typed(key, "true or false", Value::as_bool)
    }

    pub(crate) fn str(&mut self, key: &'static str) -> Result<Option<&'a str>, Malformed> {
        self.typed(key, "a string", Value::as_str)
    }

    pub(crate) fn list(&mut self, key: &'static str) -> Result<Option<&'a [Value]>, Malformed> {
        self.typed(key, "a list", |value| value.as_array().map(Vec::as_slice))
    }

    pub(crate) fn strings(&mut self, key: &'static str) -> Result<Option<Vec<&'a str>>, Malformed> {
        self.typed(key, "a list of strings", |value| {
            value.as_array()?.iter().map(Value::as_str).collect()
        })
    }

    /// The field must be there.
    pub(crate) fn need<T>(&self, key: &str, found: Option<T>) -> Result<T, Malformed> {
        found.ok_or_else(|| self.error(key, "is missing"))
    }

    /// One of several words.
    pub(crate) fn word<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&'static str, T)],
    ) -> Result<Option<T>, Malformed> {
        let Some(word) = self.str(key)? else {
            return Ok(None);
        };
        let found = words.iter().find(|(name, _)| *name == word);
        let names: Vec<_> = words.iter().map(|(name, _)| *name).collect();
        found
            .map(|(_, value)| Some(*value))
            .ok_or_else(|| self.error(key, format!("expected one of {}", names.join(", "))))
    }

    /// Refuses every key that was not asked for.
    pub(crate) fn done(self) -> Result<(), Malformed> {
        let unknown = self
            .map
            .keys()
            .find(|key| !self.known.contains(&key.as_str()));
        match unknown {
            None => Ok(()),
            Some(key) => Err(self.error(
                key,
                format!("unknown key; known are {}", self.known.join(", ")),
            )),
        }
    }
}

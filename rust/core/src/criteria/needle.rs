//! What `contains`, `forbids` and `refusal` look for: a literal or a pattern.

use std::sync::Arc;

use serde_json::Value;

use super::fields::{Fields, Malformed};
use super::literal::Literal;
use super::pattern::{Found, Pattern, Scratch, Threads};

/// A compiled literal or pattern; immutable and shared.
#[derive(Clone, Debug)]
pub(super) enum Needle {
    Literal(Arc<Literal>),
    Pattern(Arc<Pattern>),
}

impl Needle {
    /// Reads a string, or an object with `text` or `regex` and `ignore_case`; `more` reads further keys of it.
    pub(super) fn read<T: Default>(
        value: &Value,
        place: &str,
        more: impl FnOnce(&mut Fields) -> Result<T, Malformed>,
    ) -> Result<(Self, T), Malformed> {
        if let Some(text) = value.as_str() {
            let literal = Self::literal(text, false);
            return match literal {
                Ok(needle) => Ok((needle, T::default())),
                Err(what) => Err(Malformed::new(place, what)),
            };
        }
        let mut fields = Fields::of(value, place)?;
        let ignore_case = fields.bool("ignore_case")?.unwrap_or(false);
        let (text, regex) = (fields.str("text")?, fields.str("regex")?);
        let needle = match (text, regex) {
            (Some(text), None) => {
                Self::literal(text, ignore_case).map_err(|what| fields.error("text", what))
            }
            (None, Some(regex)) => {
                Self::pattern(regex, ignore_case).map_err(|what| fields.error("regex", what))
            }
            _ => Err(Malformed::new(place, "needs either text or regex")),
        }?;
        let more = more(&mut fields)?;
        fields.done()?;
        Ok((needle, more))
    }

    fn literal(text: &str, ignore_case: bool) -> Result<Self, String> {
        if ignore_case {
            return Self::pattern(&regex_syntax::escape(text), true);
        }
        Literal::new(text)
            .map(|literal| Self::Literal(Arc::new(literal)))
            .ok_or_else(|| "the text is empty".to_owned())
    }

    pub(super) fn pattern(pattern: &str, ignore_case: bool) -> Result<Self, String> {
        let flagged = format!("(?i:{pattern})");
        let pattern = if ignore_case { &flagged } else { pattern };
        Ok(Self::Pattern(Arc::new(Pattern::new(pattern)?)))
    }

    pub(super) fn scan(&self) -> Scan {
        match self {
            Self::Literal(_) => Scan::Literal { matched: 0, end: 0 },
            Self::Pattern(_) => Scan::Pattern(Threads::default()),
        }
    }
}

/// The search in one growing text.
#[derive(Clone, Debug)]
pub(super) enum Scan {
    Literal { matched: usize, end: usize },
    Pattern(Threads),
}

impl Scan {
    /// Reads `text`, whose first byte lies at `offset`, up to the first match.
    pub(super) fn feed(
        &mut self,
        needle: &Needle,
        text: &str,
        offset: usize,
        scratch: &mut Scratch,
    ) -> Option<Found> {
        match (self, needle) {
            (Self::Literal { matched, end }, Needle::Literal(literal)) => {
                let found = literal.step(matched, text.as_bytes());
                *end = offset + found.unwrap_or(text.len());
                found.map(|_| Found {
                    start: *end - literal.len(),
                    end: *end,
                })
            }
            (Self::Pattern(threads), Needle::Pattern(pattern)) => {
                threads.feed(pattern, text, offset, scratch)
            }
            // A scan is made by its own needle and never meets another.
            _ => None,
        }
    }

    /// The end of the text; where a match begins that needed it.
    pub(super) fn finish(&mut self, needle: &Needle, scratch: &mut Scratch) -> Option<usize> {
        match (self, needle) {
            (Self::Pattern(threads), Needle::Pattern(pattern)) => threads.finish(pattern, scratch),
            _ => None,
        }
    }

    /// Where the longest suffix begins that may become a match; `None` where none does.
    pub(super) fn hold(&self) -> Option<usize> {
        match self {
            Self::Literal { matched: 0, .. } => None,
            Self::Literal { matched, end } => Some(end - matched),
            Self::Pattern(threads) => threads.start(),
        }
    }
}

//! A whole text at once.

use ahash::RandomState;

use super::growing::Growing;
use super::journal::Journal;
use super::sink::{Halt, Syntax};
use super::tokenizer::{Limits, Tokenizer};
use super::value::Value;

/// Why a text has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// What stopped the reading: never [`Halt::Sink`].
    pub halt: Halt,
    /// The offset it stopped at.
    pub at: u64,
}

impl std::fmt::Display for ParseError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.halt {
            Halt::Limit(limit) => write!(
                out,
                "more than {} {} (at byte {})",
                limit.bound, limit.name, self.at
            ),
            Halt::Syntax { what, at } => write!(out, "{} at byte {at}", what.message()),
            Halt::Sink => write!(out, "{} at byte {}", Syntax::Value.message(), self.at),
        }
    }
}

impl std::error::Error for ParseError {}

/// The value of a whole JSON text; of duplicate keys the last counts.
///
/// # Errors
/// If the text is not JSON or passes a bound.
pub fn parse(text: &[u8], limits: Limits, hasher: &RandomState) -> Result<Value, ParseError> {
    let mut tokenizer = Tokenizer::new(limits);
    let mut journal = Journal::default();
    let read = tokenizer
        .feed(text, &mut journal)
        .and_then(|()| tokenizer.finish(&mut journal));
    let at = tokenizer.offset();
    read.map_err(|halt| ParseError { halt, at })?;
    let mut growing = Growing::new(hasher.clone());
    growing.read(&mut journal);
    growing.into_root().ok_or(ParseError {
        halt: Halt::Syntax {
            what: Syntax::End,
            at,
        },
        at,
    })
}

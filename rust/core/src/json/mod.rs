//! A push tokenizer for JSON text that arrives in pieces, and the growing value.
//!
//! # Theory
//! A [`Tokenizer`] is a machine over bytes. Its state is a place in the grammar of RFC 8259, a stack with one
//! entry an open container, and what it holds of an unfinished token: at most three bytes of a UTF-8 sequence,
//! or an escape. It keeps no text. What it reads it tells a [`Sink`] at once, so that a verdict can fall at any
//! byte; what it tells does not depend on how the bytes were split, but for the number of [`Sink::text`] and
//! [`Sink::number`] calls that tell one token.
//!
//! | state | byte | told |
//! | --- | --- | --- |
//! | before a value | `{ [ " - 0‥9 t f n` | [`Sink::begin`] |
//! | in a string or key | any but `" \` and controls | [`Sink::text`] in runs, [`Sink::partial`] inside a UTF-8 sequence |
//! | in an escape | its next byte | [`Sink::partial`], at its end [`Sink::scalar`] |
//! | in a string or key | `"` | [`Sink::text_end`] |
//! | in a number | a byte that continues it | [`Sink::number`] |
//! | in a number | any other, or the end | [`Sink::number_end`], then that byte is read again |
//! | in a container | `,` `}` `]` | [`Sink::comma`], [`Sink::close`] |
//! | after the root | white space | nothing; anything else is refused |
//!
//! Decisions where RFC 8259 leaves a choice: no byte order mark; no lone surrogate (a text that is no sequence
//! of Unicode scalar values is refused at the byte that makes it so); numbers of any size; duplicate keys are the
//! reader's business, not the tokenizer's.
//!
//! [`Journal`] writes the tokens down compactly, and [`Growing`] turns a journal into a [`Value`]: a reader that
//! looks at the value rarely pays for it rarely, and each byte once.

mod escape;
mod growing;
mod journal;
pub mod lenient;
mod number;
mod parse;
mod scan;
mod select;
mod sink;
mod tokenizer;
mod utf8;
mod value;

#[cfg(test)]
mod tests;

pub use growing::{Growing, PathSegment};
pub use journal::{Journal, Mark, Op};
pub use parse::{ParseError, parse};
pub use select::{Path, PathError, Selected, Selection};
pub use sink::{Ahead, Between, Container, Halt, Kind, Limit, Sink, Step, Syntax};
pub(crate) use tokenizer::{Form, WholeNumber, plain_string, whole_number};
pub use tokenizer::{Limits, Tokenizer};
pub use utf8::{Scalars, fatal_byte};
pub use value::{Object, Value};

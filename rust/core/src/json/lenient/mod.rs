//! Lenient reading: what models write around and instead of JSON, repaired on the way to the tokenizer.
//!
//! # Theory
//! A [`Filter`] stands in front of a [`super::Tokenizer`]. It knows the grammar as far as it must to tell what needs
//! repair, hands strict JSON text on in [`Piece`]s as early as it is certain of it, and reports each repair with its
//! offset in the original. What is not JSON and not repaired goes on as it is, for the tokenizer to refuse at its byte.
//!
//! The repaired text is a function of the original, and that of a beginning is a beginning of that of the whole: so a
//! verdict on the repaired text that is final is final for the original, and no original is given up whose repaired text
//! could still become valid. What a repair may yet take back is not handed on before that is decided: with
//! [`Repair::TrailingCommas`] a comma waits for the byte after it; with [`Repair::CutShort`] a key waits for its value
//! to begin, and the tail of an escape, of a UTF-8 sequence or of a number for its end, since the text may stop there.
//! Valid JSON is handed on token for token, and no repair is reported for it.
//!
//! | place | byte | with | what is done |
//! | --- | --- | --- | --- |
//! | before the root | three backticks and a line's rest | fence | nothing handed on |
//! | before the root | anything but what begins a document | prose | nothing handed on |
//! | before the root | `{ [` | prose | waits for one more byte, to tell a document from brackets in prose |
//! | between tokens | `// # /*` | comments | a space in its stead |
//! | before a value | `'` | single quotes | `"`, and inside `"` becomes `\"`, `\'` becomes `\u0027` |
//! | before a value | `T F N` | Python literals | the JSON literal, byte for byte |
//! | before a key | a letter, digit, `_ $` or above ASCII | unquoted keys | `"`, the name up to another byte (which may be `-`), `"` |
//! | after a comma | `] }` | trailing commas | the comma is dropped |
//! | after the root | three backticks and a word | fence | nothing handed on |
//! | after the root | the root's text once more, but for white space | repeat | nothing handed on |
//! | after the root | anything else | prose | nothing handed on |
//! | anywhere in the root | the end | cut short | the open string, literal and containers are closed; what waits is dropped |
//!
//! In prose only `{` and `[` begin the document, and only if a document may be an object, an array ([`Roots`]). Where the
//! text, or a fence, begins with `{`, `[` or `"`, it is the document, whatever a document may be: valid JSON is never taken
//! for prose around a part of it. Any other scalar is the document only there, and only if a document may be one.

mod around;
mod ending;
mod filter;
mod places;
mod repair;
mod sheet;
mod tokens;

#[cfg(test)]
mod tests;

pub use filter::Filter;
pub use repair::{Repair, Repaired, Repairs, Roots};
pub use sheet::{Piece, Reader};

//! Checks on text and values as they grow.
//!
//! # Theory
//! A *criterion* looks at a growing text and says at every prefix *met*, *failed* or *open*. Met and failed are
//! final: no continuation changes them, and the offset at which a criterion settled does not depend on how the text
//! was split. At the end of the text every open one settles.
//!
//! | criterion | met | failed | at the end |
//! | --- | --- | --- | --- |
//! | `contains` | at the last byte of the match | | failed |
//! | `forbids` | | at the last byte of a match | met |
//! | `chars` `words` `lines` | once `min` is reached and there is no `max` | at the first beyond `max` | by the counts |
//! | `pointer` | when the value closes and compares | when it closes and does not | failed (`absent`: met) |
//! | `sections` | at the end of the last heading's line | out of order, if order matters | failed |
//! | `refusal` | once the window at the beginning has passed | at the end of the phrase | met |
//! | `repetition` | | when a passage has come the given number of times | met |
//! | `script` | once enough letters were seen | likewise | by the share so far |
//! | `custom` | when the outside says so | likewise | asked |
//!
//! Criteria combine with `all`, `any` and `not`, each part with a weight; the whole has a state by three-valued
//! logic and a score in 0..=1. A part marked `soft` never fails the whole, it only lowers the score.
//!
//! What may be *released* to a reader trails the checks: [`Stream::safe`] is the largest offset such that
//! nothing before it can be part of a match that would fail the whole.
//!
//! # Description
//! [`Criteria::from_json`] reads a list (all of them) or one object with the criterion's key and, beside it,
//! optionally `name`, `weight` and `soft`:
//!
//! ```json
//! [{"contains": "Regards", "weight": 2},
//!  {"forbids": {"regex": "(?i)guarantee[ds]?"}},
//!  {"words": {"min": 20, "max": 120}},
//!  {"any": [{"pointer": {"at": "/priority", "is": ">=", "value": 3}}, {"sections": ["Summary", "Next steps"]}]},
//!  {"custom": {"every_chars": 400, "at_end": true}, "name": "tone", "soft": true}]
//! ```

mod bounds;
mod contains;
mod custom;
pub(crate) mod fields;
mod forbids;
mod leaf;
mod literal;
mod needle;
mod pattern;
mod pointer;
mod refusal;
mod repetition;
mod script;
mod sections;
mod stream;
mod tree;

#[cfg(test)]
mod tests;

pub use custom::Custom;
pub use fields::Malformed;
pub use stream::{Failure, NotAsked, Settled, Stream};
pub use tree::{Criteria, Fault, State};

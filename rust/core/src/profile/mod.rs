//! What a model's past says: posteriors, quantile sketches, change alarms, pacing.
//!
//! # Theory
//!
//! A *cell* is one (task class × model). What is wanted of it is the mean quality θ of the next
//! answer, and how unsure that is. Outcomes are few and unevenly spread, because only models that won
//! are seen; so cells borrow from each other ([`Pool`]):
//!
//! ```text
//! y      = θ(k,m) + ε                          ε      ~ N(0, σ²)     one outcome, 0 ≤ y ≤ 1
//! θ(k,m) = base + slope·rank(m)                rank   in [−½, ½]     the price's rank: dear is better
//!        + lift(m) + ease(k) + quirk(k,m)      lift   ~ N(0, τ_model²)
//!                                              ease   ~ N(0, τ_class²)
//!                                              quirk  ~ N(0, τ_cell²)
//! ```
//!
//! `ease` keeps a model that was tried on easy tasks from looking strong; `quirk` is what makes a task
//! table worth having. All four variances are estimated from the data (expectation-maximisation under
//! weak priors), so that a market whose classes do not differ behaves as one class. Everything is a
//! function of the cells' tallies, which add up: merging two books is adding tallies and fitting again.
//!
//! A lane that ran because another one failed saw a task harder than usual. [`Joint`] holds how
//! strongly outcomes on one task go together (one latent difficulty, logistic link) and takes that
//! out before the outcome enters the cell; it also gives the chance that a second model succeeds
//! where the first did not, on which every cascade rests.
//!
//! Cost is list price times tokens. Input tokens are known, output tokens are learned per cell, pooled
//! as class mean × the model's verbosity, from usage or from the bill. Latency, time to first token
//! and speed are quantile sketches ([`Sketch`]).
//!
//! Forgetting: tallies and sketches keep a bounded memory; an alarm ([`Alarm`]) drops most of a
//! model's evidence at once.

mod alarm;
mod book;
mod cell;
mod codec;
mod estimate;
mod expect;
mod joint;
mod learn;
mod pacer;
mod pool;
mod record;
// Bucket numbers are small: a window about the logarithms of a fixed range.
#[allow(clippy::cast_possible_wrap)]
mod sketch;
mod tally;

pub use alarm::{Alarm, Change, Direction, Signal};
pub use book::{Book, BookError, CLASSES, MODELS};
pub use cell::{Cell, Outcome};
pub use codec::{CodecError, FORMAT_VERSION};
pub use estimate::{Estimate, Request};
pub use joint::{Joint, NODES, Odds};
pub use pacer::Pacer;
pub use pool::Pool;
pub use record::{Card, Record};
pub use sketch::{BUCKETS, Sketch};
pub use tally::Tally;

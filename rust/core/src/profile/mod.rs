//! What a model's past says: posteriors, quantile sketches, change alarms, pacing.
//!
//! # Theory
//!
//! A *cell* is one (task class × model). What is wanted of it is the mean quality θ of the next
//! answer, and how unsure that is. Outcomes are few and unevenly spread, because only models that won
//! are seen; so cells borrow from each other ([`Pool`]):
//!
//! ```text
//! y      = σ(θ(k,m)) + ε                       σ: the logistic function; 0 ≤ y ≤ 1
//! Var ε  = φ·q(1−q)                            q = σ(θ); φ = 1 for outcomes that are 0 or 1
//! θ(k,m) = base + slope·rank(m)                rank   in [−½, ½]     the price's rank: dear is better
//!        + lift(m) + ease(k) + quirk(k,m)      lift   ~ N(0, τ_model²)
//!                                              ease   ~ N(0, τ_class²)
//!                                              quirk  ~ N(0, τ_cell²)
//! ```
//!
//! Effects add in logits, because where a class is easy all models are near 1 and hardly differ. `ease`
//! keeps a model that was tried on easy tasks from looking strong; `quirk` is what makes a task table
//! worth having. All four variances are estimated from the data (expectation-maximisation under weak
//! priors), so that a market whose classes do not differ behaves as one class. Everything is a function
//! of the cells' tallies, which add up: merging two books is adding tallies and fitting again.
//!
//! Where all models were seen on the same few tasks (a probe, an evaluation), those tasks' luck is
//! common to all: it says who is better, and little about how good. Cells count such *paired*
//! outcomes; the pool estimates each class's luck beside its ease, and weighs pairs by what is left
//! of their noise.
//!
//! What an award should find out is weighed by [`Belief::promise`].
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
mod belief;
mod book;
mod cell;
mod codec;
mod estimate;
mod expect;
pub mod features;
mod found;
mod joint;
mod learn;
mod pacer;
mod pool;
mod record;
// Bucket numbers are small: a window about the logarithms of a fixed range.
#[allow(clippy::cast_possible_wrap)]
mod sketch;
mod tally;
mod tide;

pub use alarm::{Alarm, Change, Direction, Signal};
pub use belief::Belief;
pub use book::{Book, BookError, CLASSES, MODELS};
pub use cell::{Cell, Outcome};
pub use codec::{Body, CodecError, FORMAT_VERSION, FoundBody};
pub use estimate::{Estimate, Request};
pub use expect::Usual;
pub use found::Found;
pub use joint::{Joint, NODES, Odds};
pub use pacer::Pacer;
pub use pool::Pool;
pub use record::{Card, Record};
pub use sketch::{BUCKETS, Sketch};
pub use tally::Tally;
pub use tide::{Moment, Tide};

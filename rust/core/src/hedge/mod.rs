//! Hedging: when a second lane is worth its money, and how many there may be.
//!
//! # Theory
//! A *hedge* is a second request sent because the first is late; the first good answer wins and the other is cut. Dean
//! and Barroso (*The Tail at Scale*, CACM 56(2), 2013) send it once the first has been outstanding for longer than the
//! 95th percentile of its latency: 5 % more requests, and a tail that is late only if both are:
//!
//! ```text
//! P(T > t) = P(T₁ > t) · P(T₂ > t − d)         for t > d, the delay
//! extra requests = P(T₁ > d)                   so d = Q₁(1 − share) sends a given share
//! ```
//!
//! Three things that paper leaves to the operator are decided here:
//!
//! - **How many, whatever the profile said.** A quantile learned yesterday is wrong on the day the provider slows down:
//!   then every request is late and hedging would double the load. An [`Allowance`] bounds hedges to a share of the requests of
//!   a sliding window (retry budgets of Finagle and gRPC's proposal A6 bound retries so).
//! - **Whether at all.** [`Prospect`]: what is expected of a hedge sent at `d`, given that the first is late, from
//!   both lanes' sketches of the time to the first token and both providers' cancel semantics:
//!
//!   ```text
//!   E₁ = T₁ + rest₁,  E₂ = d + T₂ + rest₂                    the ends, all under the condition T₁ > d
//!   saved   = E[(E₁ − E₂)⁺]                                  seconds
//!   rescued = P(E₁ > D, E₂ ≤ D)                              answers that would have missed the deadline D
//!   extra   = in₂ + E[E₂ < E₁ ? out₂ + cut₁ − out₁ : cut₂]   USD
//!   worth   = per_s·saved + V·q₂·rescued − per_usd·extra
//!   ```
//!
//!   `cut` is what a cut lane is charged for: what it had written when the other ended, or all of its output where the
//!   provider bills the whole answer. A hedge whose worth is negative is not sent.
//! - **Share of what.** An allowance counts in requests. Where it bounds money instead, a hedge weighs `extra` over
//!   the price of one request, and the quantile moves accordingly: a hedge that is mostly cut before it has written much
//!   costs little more than its prompt, so the same share buys an earlier hedge.

mod allowance;
mod prospect;

pub use allowance::{Allowance, SLOTS};
pub use prospect::{Leg, Prospect};

//! Policies compared before they are used: the real race machine under virtual time.
//!
//! # Theory
//! A [`World`] says how models behave: the time to the first token and from there to the end, how often a call fails
//! and an answer is refused, what prompt and answer cost and whether a close is billed in full. A [`Policy`] says which lanes
//! a race has and when they start. For each policy a million requests arrive as a Poisson stream; each is a
//! [`Race`](crate::race::Race), told what the world does and when. Nothing of the machine is imitated: what starts, hedges, stops
//! and wins is what would happen over sockets, less the time that sockets take.
//!
//! Draws are *common*: the same lane of the same request takes as long under every policy, so that policies are compared on the
//! same days (Law, *Simulation Modeling and Analysis*, ch. 11). Equal seeds give equal reports.
//!
//! A hedge by quantile uses what its profile would know at that moment, and nothing else: a [`Sketch`](crate::profile::Sketch) of the
//! first lane's times so far, cut lanes entering as "at least so long". It hedges nobody before [`WARM`] times.
//!
//! A lane that is cut pays the prompt and the share of its answer that it had written, or all of it where the provider
//! writes on. A failed call costs nothing. The *extra spend* of a policy is its mean cost over that of the first policy.
//!
//! # What it does not know
//! Models are independent of each other and of their own past; an outage that hits every lane of a request at once is not
//! in it unless the times given are of such days.

mod policy;
mod read;
mod report;
mod run;
mod times;
mod world;

#[cfg(test)]
mod tests;

pub use policy::{Delay, Plan, Policy};
pub use read::read;
pub use report::{Report, Row};
pub use run::{WARM, simulate};
pub use times::Times;
pub use world::{Actor, Task, World};

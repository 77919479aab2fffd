//! Bids, scores, plans, clearing and the explanation of an award.
//!
//! # Theory
//!
//! A *bid* is what is expected of one model on one task: quality q, cost c, latency l. Its *score* is
//! what the buyer has of it, in value units:
//!
//! ```text
//! S = V·q − per_usd·(1+ν)·c − per_s·l          ν: the pacer's price of money
//! ```
//!
//! The best score wins. The *critical price* is the cost up to which the winner would have won,
//! `c_w + (S_w − S_2)/(per_usd·(1+ν))`: an explanation for bids computed from profiles, which are paid
//! list price, and the basis of payment for outside bidders ([`clearing`]).
//!
//! What is awarded is a *plan* ([`plan`]), chosen by the same score over its expected quality, spend
//! and time: one lane; one and a hedge; a cascade, in which a verifier of known accuracy decides
//! whether the next lane starts; a race.
//!
//! A market that learns must sometimes award a bid that does not look best. It draws each bid's
//! quality from its posterior, tempered ([`explore`]): good models that few outcomes speak for are
//! tried, models that are surely worse rest. The chance of each award is kept, so that off-policy
//! estimates are possible, and an award that was made to learn says so.

mod ask;
mod award;
mod bid;
mod choose;
pub mod clearing;
mod dice;
mod exchange;
mod explain;
pub mod explore;
mod facts;
mod flip;
mod lateness;
mod learn;
mod ledger;
mod pending;
pub mod plan;
mod reach;
mod saved;
mod score;
mod search;

pub use ask::{Ask, AuctionError, Limits, Settings, Sold};
pub use award::{Award, Bar, Finding};
pub use bid::Bid;
pub use dice::Dice;
pub use exchange::Exchange;
pub use explain::Explanation;
pub use ledger::{Ledger, LedgerError, Reservation};
pub use pending::Seen;
pub use plan::{Expected, Kind, Plan, Verifier};
pub use score::Weights;

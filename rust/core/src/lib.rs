//! The sans-IO core of Atomic.
//!
//! Nothing here opens a socket, reads a clock, starts a thread or draws a random number that its
//! caller did not seed. Bytes, outcomes and the time (nanoseconds, `u64`) come in as arguments;
//! events and orders come out. A whole race is therefore a value that a test can replay, a fuzzer
//! can attack and a simulation can run a million times.
//!
//! Imports point one way: `json ← wire, schema, criteria ← race` and `profile ← auction ← hedge`.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`json`] | push tokenizer for JSON text that arrives in pieces, and the growing value |
//! | [`wire`] | provider bytes → deltas |
//! | [`schema`] | JSON Schema compiled once, stepped byte by byte |
//! | [`criteria`] | checks on text and values as they grow |
//! | [`race`] | lanes and policies: who starts, who is stopped, who wins, and why |
//! | [`profile`] | what a model's past says |
//! | [`auction`] | bids, scores, plans, clearing, the explanation |
//! | [`simulate`] | policies compared over a million virtual races |
//! | [`hedge`] | whether a second lane is worth its money, and how many there may be |
#![forbid(unsafe_code)]

pub mod auction;
pub mod criteria;
pub mod hedge;
pub mod json;
pub mod profile;
pub mod race;
pub mod schema;
pub mod simulate;
pub mod wire;

//! Atomic's native transport: HTTP/1.1 and HTTP/2 requests on one thread of its own.
//!
//! # Theory
//! A [`Reactor`] is one thread that owns every socket of the process. A [`Client`] sends [`Request`]s through it; what
//! comes back is told to a [`Listener`] on that thread, piece by piece, as it arrives. The caller holds an [`Exchange`]:
//! closing or dropping it ends the request wherever it stands, and what that means is exact:
//!
//! | where the exchange stands | what closing does |
//! | --- | --- |
//! | looking up, connecting, TLS handshake | the attempt is dropped, its socket closed |
//! | request sent, before headers; in the body | HTTP/1.1: the connection's socket is closed. HTTP/2: `RST_STREAM`; the connection stays |
//! | the body has ended | nothing: the connection is kept for the next request |
//!
//! # Rules
//! - No redirects, no decompression, no retries but one: a kept connection that the server had closed meanwhile is
//!   replaced before anything of an answer was heard.
//! - Everything is bounded: header block, body bytes, read buffers, connections kept idle. The bounds are named in
//!   [`limits`].
//! - A listener without room stops its own socket from being read, and nothing else.
//! - No failure holds a word of the request: keys and prompts are in no error.
//! - Deadlines are the caller's: it closes. The transport has none of its own but for idle connections, and keeps the
//!   one that a request sets for its connection, which nobody else can see.
#![forbid(unsafe_code)]

mod client;
mod connect;
mod descriptors;
mod dial;
mod exchange;
mod failure;
pub mod limits;
mod line;
mod listener;
mod pool;
mod proxy;
mod reactor;
mod request;
mod round;
mod shared_line;
mod spares;
mod stream;
mod target;
mod trust;

pub use client::Client;
pub use exchange::Exchange;
pub use failure::Failure;
pub use http::HeaderValue;
pub use listener::{Head, Listener};
pub use proxy::Proxy;
pub use reactor::{Pause, Reactor};
pub use request::Request;
pub use trust::Trust;

//! Provider bytes to deltas.
//!
//! A [`Decoder`] frames the bytes of one response body into events and reads each event by its
//! [`Dialect`]; what it hears comes out as [`Delta`]s and adds up to a [`Message`]. Output does not
//! depend on where the bytes were split. Sources that are no byte streams make deltas themselves
//! and add them up with [`Message::apply`].

mod delta;
mod dialect;
mod error;
mod limits;
mod message;

pub use delta::{Delta, ProviderFault, Usage};
pub use dialect::Dialect;
pub use error::{Foreign, WireError};
pub use limits::Limits;
pub use message::{Message, ToolCall};

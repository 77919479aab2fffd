//! Provider bytes to deltas.
//!
//! A [`Decoder`] frames the bytes of one response body into events and reads each event by its
//! [`Dialect`]; what it hears comes out as [`Delta`]s and adds up to a [`Message`]. Output does not
//! depend on where the bytes were split. Sources that are no byte streams make deltas themselves
//! and add them up with [`Message::apply`].

mod anthropic_messages;
mod aws_frames;
mod bedrock_converse;
mod bedrock_invoke;
mod cohere;
mod decoder;
mod delta;
mod dialect;
mod ear;
mod error;
mod fault;
mod gemini;
mod json_array;
mod limits;
mod listener;
mod message;
mod ndjson;
mod ollama;
mod openai_assistants;
mod openai_chat;
mod openai_responses;
mod openai_usage;
mod read;
pub mod sse;

pub use decoder::Decoder;
pub use delta::{Delta, ProviderFault, Usage};
pub use dialect::Dialect;
pub use error::{Foreign, WireError};
pub use limits::Limits;
pub use message::{Message, ToolCall};

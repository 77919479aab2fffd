//! How the tests of the wire decode a body.
#![allow(dead_code, reason = "each test crate uses its part")]

use atomic_core::wire::{Decoder, Delta, Dialect, Limits, Message, ToolCall, WireError};

/// The message, the deltas and how it ended.
pub type Heard = (Message, Vec<Delta>, Result<(), WireError>);

/// Decodes a body from these chunks.
pub fn decode<'a>(dialect: Dialect, chunks: impl Iterator<Item = &'a [u8]>) -> Heard {
    let mut decoder = Decoder::new(dialect, Limits::default());
    let mut deltas = Vec::new();
    let fed = chunks
        .into_iter()
        .try_for_each(|chunk| decoder.feed(chunk, &mut deltas));
    let ended = fed.and_then(|()| decoder.finish(&mut deltas));
    (decoder.message().clone(), deltas, ended)
}

/// Decodes a body whole, and holds that to its bytes one by one.
pub fn hear(dialect: Dialect, body: &str) -> Heard {
    let whole = decode(dialect, std::iter::once(body.as_bytes()));
    assert_eq!(whole, decode(dialect, body.as_bytes().chunks(1)));
    whole
}

/// The message of a body without fault.
pub fn message(dialect: Dialect, body: &str) -> Message {
    let (message, _, ended) = hear(dialect, body);
    assert_eq!(ended, Ok(()));
    message
}

/// Events with these data.
pub fn events(data: &[&str]) -> String {
    let event = |data: &&str| {
        [
            "data: ", data, "

",
        ]
        .concat()
    };
    data.iter().map(event).collect()
}

/// A tool call as it should be heard.
pub fn call(id: Option<&str>, name: &str, arguments: &str) -> ToolCall {
    ToolCall {
        id: id.map(str::to_owned),
        name: name.to_owned(),
        arguments: arguments.to_owned(),
    }
}

/// A binary frame of an AWS event stream; its headers are text.
pub fn frame(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::new();
    for (name, value) in headers {
        encoded.push(name.len() as u8);
        encoded.extend_from_slice(name.as_bytes());
        encoded.push(7);
        encoded.extend_from_slice(&(value.len() as u16).to_be_bytes());
        encoded.extend_from_slice(value.as_bytes());
    }
    let mut frame = ((16 + encoded.len() + payload.len()) as u32)
        .to_be_bytes()
        .to_vec();
    frame.extend_from_slice(&(encoded.len() as u32).to_be_bytes());
    frame.extend_from_slice(&crc32fast::hash(&frame).to_be_bytes());
    frame.extend_from_slice(&encoded);
    frame.extend_from_slice(payload);
    frame.extend_from_slice(&crc32fast::hash(&frame).to_be_bytes());
    frame
}

//! Where a lane's deltas come from: bytes of a dialect, or deltas as they are.

use super::config::Bounds;
use crate::wire::{Decoder, Delta, Dialect, Limits, Message, WireError};

/// Wire bytes a byte of content may cost: envelopes of a few hundred bytes around tokens of a few.
const OVERHEAD: u64 = 256;

/// A lane's source.
#[derive(Debug)]
pub(super) enum Ear {
    Bytes(Box<Decoder>),
    Deltas(Box<Message>),
}

impl Ear {
    pub(super) fn new(dialect: Option<Dialect>, bounds: &Bounds) -> Self {
        let Some(dialect) = dialect else {
            return Self::Deltas(Box::default());
        };
        let standard = Limits::default();
        let content = bounds.text.saturating_add(bounds.beside);
        let limits = Limits {
            stream: standard
                .stream
                .min((content as u64).saturating_mul(OVERHEAD)),
            tool_calls: bounds.calls,
            ..standard
        };
        Self::Bytes(Box::new(Decoder::new(dialect, limits)))
    }

    pub(super) fn feed(&mut self, bytes: &[u8], out: &mut Vec<Delta>) -> Result<(), WireError> {
        match self {
            Self::Bytes(decoder) => decoder.feed(bytes, out),
            Self::Deltas(_) => Ok(()),
        }
    }

    /// Notes a delta of a source of deltas.
    pub(super) fn note(&mut self, delta: &Delta) {
        if let Self::Deltas(message) = self {
            message.apply(delta);
        }
    }

    pub(super) fn finish(&mut self, out: &mut Vec<Delta>) -> Result<(), WireError> {
        match self {
            Self::Bytes(decoder) => decoder.finish(out),
            Self::Deltas(_) => Ok(()),
        }
    }

    pub(super) fn message(&self) -> &Message {
        match self {
            Self::Bytes(decoder) => decoder.message(),
            Self::Deltas(message) => message,
        }
    }
}

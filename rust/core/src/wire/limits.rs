//! Bounds on what a decoder takes from a provider.

/// Bounds in bytes and numbers; past one, decoding ends in [`WireError::Limit`](super::WireError::Limit).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one line of an event stream or of newline-delimited JSON.
    pub line: usize,
    /// Bytes of one event's data, or of one JSON value or binary frame.
    pub event: usize,
    /// Bytes of the whole body, after decompression.
    pub stream: u64,
    /// Tool calls of one message.
    pub tool_calls: usize,
}

impl Limits {
    /// Room for inline images; a thousandth of it suffices for text.
    pub const DEFAULT: Self = Self {
        line: 16 << 20,
        event: 16 << 20,
        stream: 256 << 20,
        tool_calls: 1024,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

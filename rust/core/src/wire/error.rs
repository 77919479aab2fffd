//! Why bytes could not be read as the dialect they should be.

use std::fmt;

/// The bytes are not the dialect, or exceed a bound. Offsets count body bytes from 0.
///
/// Holds no text of the stream, so that nothing a user wrote reaches a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireError {
    /// A bound of [`Limits`](super::Limits) was reached.
    Limit {
        /// The bound's name, a field of `Limits`.
        limit: &'static str,
        /// Its value.
        bound: u64,
        /// Where it was reached.
        offset: u64,
    },
    /// The body is something else altogether.
    Foreign {
        /// What it looks like.
        what: Foreign,
        /// Where it was recognised.
        offset: u64,
    },
    /// An event's data is not the JSON it should be.
    Json {
        /// Where the event begins.
        event: u64,
        /// Position inside the event's data.
        offset: usize,
    },
    /// An event's data is not UTF-8.
    Utf8 {
        /// Where the event begins.
        event: u64,
        /// Position of the first bad byte inside the event's data.
        offset: usize,
    },
    /// A binary frame is malformed or fails its checksum.
    Frame {
        /// Where the frame begins.
        offset: u64,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// A call after [`Decoder::finish`](super::Decoder::finish): the caller's mistake.
    Finished,
}

/// What a body that is no stream of the dialect looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// An HTML or XML page, such as a proxy's or a login page.
    Markup,
    /// A compressed body that nobody decompressed.
    Compressed,
    /// Plain text where events should be.
    Text,
    /// Bytes of no known kind.
    Binary,
}

impl Foreign {
    const fn phrase(self) -> &'static str {
        match self {
            Self::Markup => "an HTML or XML page",
            Self::Compressed => "a compressed body",
            Self::Text => "plain text",
            Self::Binary => "binary data",
        }
    }
}

impl WireError {
    /// Where in the body, counted in bytes from 0: the event's begin where it is an event's fault.
    #[must_use]
    pub const fn offset(&self) -> Option<u64> {
        match *self {
            Self::Limit { offset, .. }
            | Self::Foreign { offset, .. }
            | Self::Frame { offset, .. } => Some(offset),
            Self::Json { event, .. } | Self::Utf8 { event, .. } => Some(event),
            Self::Finished => None,
        }
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limit {
                limit,
                bound,
                offset,
            } => {
                write!(
                    f,
                    "limit `{limit}` of {bound} reached at byte {offset} of the body"
                )
            }
            Self::Foreign { what, offset } => write!(
                f,
                "the body is {}, not a model's stream (recognised at byte {offset}): check the URL and the proxies on the way",
                what.phrase()
            ),
            Self::Json { event, offset } => {
                write!(
                    f,
                    "the event at byte {event} of the body is not the expected JSON (its byte {offset})"
                )
            }
            Self::Utf8 { event, offset } => {
                write!(
                    f,
                    "the event at byte {event} of the body is not UTF-8 (its byte {offset})"
                )
            }
            Self::Frame { offset, fault } => {
                write!(f, "the frame at byte {offset} of the body: {fault}")
            }
            Self::Finished => {
                f.write_str("the decoder was already finished: make a new one for each body")
            }
        }
    }
}

impl std::error::Error for WireError {}

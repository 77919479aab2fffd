//! AWS event streams (`application/vnd.amazon.eventstream`): binary frames with checksums.
//!
//! A frame is its length (4 bytes, big-endian), its headers' length (4), the CRC-32 of those eight
//! bytes, the headers, the payload, and the CRC-32 of all before. Of the headers only those are kept
//! that say what the frame is. Layout: AWS SDKs reference, "Event stream encoding".

use super::{Limits, WireError};

/// One frame whose checksums hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    /// The event's type, or the exception's if it is one.
    pub kind: &'a [u8],
    /// The provider reports an error instead of an event.
    pub fault: bool,
    /// The payload, in the format its headers name: JSON for all that is read here.
    pub payload: &'a [u8],
    /// Where the frame begins in the body.
    pub offset: u64,
}

const PRELUDE: usize = 12;
const CHECKSUM: usize = 4;

/// A splitter of one body into frames.
#[derive(Clone, Debug)]
pub(super) struct Splitter {
    limits: Limits,
    /// The frame at hand, as far as it came in earlier chunks.
    frame: Vec<u8>,
    frame_at: u64,
}

impl Splitter {
    /// A splitter of what begins at `offset` of the body.
    pub(super) const fn new(limits: Limits, offset: u64) -> Self {
        Self {
            limits,
            frame: Vec::new(),
            frame_at: offset,
        }
    }

    /// Takes the next bytes and hands over each frame they complete.
    pub(super) fn feed(
        &mut self,
        chunk: &[u8],
        on: &mut impl FnMut(Frame<'_>) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        let mut rest = self.complete(chunk, on)?;
        if self.frame.is_empty() {
            while let Some(length) = self.length(rest)?.filter(|length| *length <= rest.len()) {
                let (frame, after) = rest.split_at(length);
                self.hand_over(frame, on)?;
                rest = after;
            }
            self.frame.extend_from_slice(rest);
        }
        Ok(())
    }

    /// Adds to the frame of earlier chunks what it lacks; returns what is left of the chunk.
    fn complete<'a>(
        &mut self,
        chunk: &'a [u8],
        on: &mut impl FnMut(Frame<'_>) -> Result<(), WireError>,
    ) -> Result<&'a [u8], WireError> {
        let mut rest = chunk;
        while !self.frame.is_empty() && !rest.is_empty() {
            let wanted = self.length(&self.frame)?.unwrap_or(PRELUDE) - self.frame.len();
            let (part, after) = rest.split_at(wanted.min(rest.len()));
            self.frame.extend_from_slice(part);
            rest = after;
            if self.length(&self.frame)? == Some(self.frame.len()) {
                let frame = std::mem::take(&mut self.frame);
                self.hand_over(&frame, on)?;
            }
        }
        Ok(rest)
    }

    /// The length of the frame that `bytes` begin; `None` until it is known.
    fn length(&self, bytes: &[u8]) -> Result<Option<usize>, WireError> {
        let Some(prelude) = bytes.get(..PRELUDE) else {
            return Ok(None);
        };
        if crc32fast::hash(&prelude[..8]) != number(&prelude[8..]) {
            return Err(self.fault("the checksum of its prelude does not match"));
        }
        let length = number(prelude) as usize;
        if length > self.limits.event {
            let bound = self.limits.event as u64;
            return Err(WireError::Limit {
                limit: "event",
                bound,
                offset: self.frame_at,
            });
        }
        if length < PRELUDE + CHECKSUM + number(&prelude[4..]) as usize {
            return Err(self.fault("its headers are longer than itself"));
        }
        Ok(Some(length))
    }

    fn hand_over(
        &mut self,
        frame: &[u8],
        on: &mut impl FnMut(Frame<'_>) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        let (content, checksum) = frame.split_at(frame.len() - CHECKSUM);
        if crc32fast::hash(content) != number(checksum) {
            return Err(self.fault("its checksum does not match"));
        }
        let (headers, payload) = content[PRELUDE..].split_at(number(&frame[4..]) as usize);
        let said = Headers::read(headers).ok_or_else(|| self.fault("its headers are malformed"))?;
        let heard = on(Frame {
            kind: said.kind,
            fault: said.fault,
            payload,
            offset: self.frame_at,
        });
        self.frame_at += frame.len() as u64;
        heard
    }

    const fn fault(&self, fault: &'static str) -> WireError {
        WireError::Frame {
            offset: self.frame_at,
            fault,
        }
    }
}

/// The first four bytes as a number; the callers have them.
fn number(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .take(4)
        .fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// What a frame's headers say it is.
#[derive(Default)]
struct Headers<'a> {
    kind: &'a [u8],
    fault: bool,
}

impl<'a> Headers<'a> {
    /// Reads all headers; `None` if they are malformed.
    fn read(mut bytes: &'a [u8]) -> Option<Self> {
        let mut said = Self::default();
        while let Some((&length, rest)) = bytes.split_first() {
            let (name, rest) = rest.split_at_checked(usize::from(length))?;
            let (&kind, rest) = rest.split_first()?;
            let (value, rest) = value(kind, rest)?;
            match name {
                b":event-type" => said.kind = value,
                b":exception-type" | b":error-code" => {
                    said.kind = value;
                    said.fault = true;
                }
                _ => {}
            }
            bytes = rest;
        }
        Some(said)
    }
}

/// Splits a header value of the given type from what follows it.
fn value(kind: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = match kind {
        // True and false have no bytes.
        0 | 1 => 0,
        2 => 1,
        3 => 2,
        4 => 4,
        // A 64-bit number, a time stamp.
        5 | 8 => 8,
        // Bytes, text: behind their length.
        6 | 7 => {
            let (length, rest) = bytes.split_at_checked(2)?;
            return rest.split_at_checked(usize::from(u16::from_be_bytes([length[0], length[1]])));
        }
        // A UUID.
        9 => 16,
        _ => return None,
    };
    bytes.split_at_checked(length)
}

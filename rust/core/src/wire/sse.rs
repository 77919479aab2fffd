//! Event streams, by the WHATWG rules (HTML, section 9.2 "Server-sent events").
//!
//! Lines end in LF, CR or CRLF; a leading byte order mark is dropped; an event is dispatched by a
//! blank line if it has data. Text stays bytes: who reads an event decides what invalid UTF-8 means.
//! Whole lines are found and sliced; an event that lies within one chunk is never copied.
//!
//! One thing is added to the rules: unknown fields are surfaced, since some servers send errors so.

use std::ops::Range;

use memchr::{memchr, memchr2};

use super::{Limits, WireError};

/// What a parser finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// A dispatched event.
    Event(Event<'a>),
    /// A reconnection time in milliseconds, `u64::MAX` if it is larger.
    Retry(u64),
    /// A field the rules do not name and ignore.
    Unknown {
        /// The field's name.
        name: &'a [u8],
        /// Its value.
        value: &'a [u8],
        /// Where its line begins, counted in bytes from the start of the stream.
        offset: u64,
    },
}

/// A dispatched event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// The event type; empty means `message`.
    pub kind: &'a [u8],
    /// The data lines, joined by LF.
    pub data: &'a [u8],
    /// The last event id when the event was dispatched.
    pub last_event_id: &'a [u8],
    /// Where its first data line begins, counted in bytes from the start of the stream.
    pub offset: u64,
}

impl<'a> Event<'a> {
    /// Data that came in another framing, without a type or an id.
    pub(super) const fn bare(data: &'a [u8], offset: u64) -> Self {
        Self {
            kind: b"",
            data,
            last_event_id: b"",
            offset,
        }
    }
}

/// Where the current event's data is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Data {
    #[default]
    None,
    /// One line so far, inside the chunk at hand.
    Chunk(Range<usize>),
    /// In `buffer`.
    Buffered,
}

/// Buffers keep this much room between events.
const KEPT_CAPACITY: usize = 16 << 10;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// A parser of one stream.
#[derive(Clone, Debug)]
pub struct Parser {
    limits: Limits,
    /// The unfinished line, as far as it came in earlier chunks.
    line: Vec<u8>,
    /// Where the line at hand begins.
    line_at: u64,
    /// Bytes of the byte order mark seen; `None` once the question is settled.
    bom: Option<usize>,
    /// The last line ended in CR: an LF that follows belongs to it.
    after_cr: bool,
    data: Data,
    buffer: Vec<u8>,
    data_at: u64,
    kind: Vec<u8>,
    id: Vec<u8>,
    last_event_id: Vec<u8>,
}

impl Parser {
    /// A parser at the start of a stream. Of `limits`, `line` and `event` apply.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self {
            limits,
            line: Vec::new(),
            line_at: 0,
            bom: Some(0),
            after_cr: false,
            data: Data::None,
            buffer: Vec::new(),
            data_at: 0,
            kind: Vec::new(),
            id: Vec::new(),
            last_event_id: Vec::new(),
        }
    }

    /// The last event id that a dispatch has set.
    #[must_use]
    pub fn last_event_id(&self) -> &[u8] {
        &self.last_event_id
    }

    /// Takes the next bytes and hands over what they complete.
    ///
    /// # Errors
    /// [`WireError::Limit`] past a bound, or the first error of `on`. The parser is of no use after.
    pub fn feed(
        &mut self,
        chunk: &[u8],
        on: &mut impl FnMut(Item<'_>) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        let mut at = self.skip_bom(chunk);
        if self.after_cr && at < chunk.len() {
            self.after_cr = false;
            at += self.skip_lf(&chunk[at..]);
        }
        while let Some(length) = memchr2(b'\n', b'\r', &chunk[at..]) {
            let end = at + length;
            self.check_line(length)?;
            if self.line.is_empty() {
                self.line_in_chunk(chunk, at..end, on)?;
            } else {
                self.line_across_chunks(chunk, at..end, on)?;
            }
            self.line_at += (length + 1) as u64;
            at = end + 1;
            if chunk[end] == b'\r' {
                self.after_cr = at == chunk.len();
                at += self.skip_lf(&chunk[at..]);
            }
        }
        self.keep(chunk, at)
    }

    /// Ends the stream. An event without its blank line is not dispatched, by the rules; if all its
    /// data is there (the last line may lack its end), it is returned for those who are lenient.
    pub fn finish(&mut self) -> Option<Event<'_>> {
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            // Only `data` and `event` matter to an event that no rule dispatches.
            let (name, value) = split_field(&line);
            match name {
                // Past the bound it is not all there.
                b"data" if self.add_data(value).is_err() => return None,
                b"event" => self.kind = value.to_vec(),
                _ => {}
            }
        }
        (self.data != Data::None).then_some(Event {
            kind: &self.kind,
            data: &self.buffer,
            last_event_id: &self.last_event_id,
            offset: self.data_at,
        })
    }

    /// Where the unfinished line begins, if it cannot become a line that the rules know.
    pub(super) fn stray(&self) -> Option<u64> {
        const KNOWN: [&[u8]; 5] = [b":", b"data:", b"event:", b"id:", b"retry:"];
        let may_be = |known: &[u8]| {
            known
                .iter()
                .zip(&self.line)
                .all(|(known, byte)| known == byte)
        };
        (!KNOWN.into_iter().any(may_be)).then_some(self.line_at)
    }

    /// How many bytes of `chunk` belong to a byte order mark.
    fn skip_bom(&mut self, chunk: &[u8]) -> usize {
        let Some(seen) = self.bom else { return 0 };
        let rest = &BOM[seen..];
        let matched = rest.iter().zip(chunk).take_while(|(a, b)| a == b).count();
        if matched == rest.len() {
            self.bom = None;
            self.line_at += BOM.len() as u64;
        } else if matched == chunk.len() {
            self.bom = Some(seen + matched);
        } else {
            // No mark after all: what looked like one begins the first line.
            self.bom = None;
            self.line.extend_from_slice(&BOM[..seen]);
            return 0;
        }
        matched
    }

    fn skip_lf(&mut self, rest: &[u8]) -> usize {
        let skipped = usize::from(rest.first() == Some(&b'\n'));
        self.line_at += skipped as u64;
        skipped
    }

    fn check_line(&self, more: usize) -> Result<(), WireError> {
        if self.line.len() + more <= self.limits.line {
            return Ok(());
        }
        let bound = self.limits.line as u64;
        Err(WireError::Limit {
            limit: "line",
            bound,
            offset: self.line_at + bound,
        })
    }

    fn line_in_chunk(
        &mut self,
        chunk: &[u8],
        line: Range<usize>,
        on: &mut impl FnMut(Item<'_>) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        if line.is_empty() {
            return self.dispatch(chunk, on);
        }
        let (name, value) = split_field(&chunk[line.clone()]);
        if name != b"data" {
            return self.field(name, value, on);
        }
        if self.data == Data::None {
            self.check_event(value.len())?;
            self.data = Data::Chunk(line.end - value.len()..line.end);
            self.data_at = self.line_at;
            return Ok(());
        }
        self.spill(chunk);
        self.add_data(value)
    }

    fn line_across_chunks(
        &mut self,
        chunk: &[u8],
        tail: Range<usize>,
        on: &mut impl FnMut(Item<'_>) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        let earlier = self.line.len() as u64;
        let mut line = std::mem::take(&mut self.line);
        line.extend_from_slice(&chunk[tail]);
        let (name, value) = split_field(&line);
        if name == b"data" {
            self.spill(chunk);
            self.add_data(value)?;
        } else {
            self.field(name, value, on)?;
        }
        self.line_at += earlier;
        self.line = emptied(line);
        Ok(())
    }

    fn check_event(&self, length: usize) -> Result<(), WireError> {
        if length <= self.limits.event {
            return Ok(());
        }
        Err(WireError::Limit {
            limit: "event",
            bound: self.limits.event as u64,
            offset: self.line_at,
        })
    }

    /// Adds a line to data that is not in the chunk.
    fn add_data(&mut self, value: &[u8]) -> Result<(), WireError> {
        if self.data == Data::None {
            self.check_event(value.len())?;
            self.data_at = self.line_at;
        } else {
            self.check_event(self.buffer.len() + 1 + value.len())?;
            self.buffer.push(b'\n');
        }
        self.data = Data::Buffered;
        self.buffer.extend_from_slice(value);
        Ok(())
    }

    /// Moves data that lies in the chunk to the buffer.
    fn spill(&mut self, chunk: &[u8]) {
        if let Data::Chunk(range) = &self.data {
            self.buffer.extend_from_slice(&chunk[range.clone()]);
            self.data = Data::Buffered;
        }
    }

    fn field(
        &mut self,
        name: &[u8],
        value: &[u8],
        on: &mut impl FnMut(Item<'_>) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        match name {
            // A comment.
            b"" => Ok(()),
            b"event" => {
                self.kind.clear();
                self.kind.extend_from_slice(value);
                Ok(())
            }
            b"id" => {
                if memchr(0, value).is_none() {
                    self.id.clear();
                    self.id.extend_from_slice(value);
                }
                Ok(())
            }
            b"retry" => milliseconds(value).map_or(Ok(()), |time| on(Item::Retry(time))),
            _ => on(Item::Unknown {
                name,
                value,
                offset: self.line_at,
            }),
        }
    }

    fn dispatch(
        &mut self,
        chunk: &[u8],
        on: &mut impl FnMut(Item<'_>) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        if self.last_event_id != self.id {
            self.last_event_id.clone_from(&self.id);
        }
        let data = match std::mem::take(&mut self.data) {
            Data::None => {
                self.kind.clear();
                return Ok(());
            }
            Data::Chunk(range) => &chunk[range],
            Data::Buffered => &self.buffer[..],
        };
        let heard = on(Item::Event(Event {
            kind: &self.kind,
            data,
            last_event_id: &self.last_event_id,
            offset: self.data_at,
        }));
        if !self.buffer.is_empty() {
            self.buffer = emptied(std::mem::take(&mut self.buffer));
        }
        self.kind.clear();
        heard
    }

    /// Keeps what the next chunk continues.
    fn keep(&mut self, chunk: &[u8], at: usize) -> Result<(), WireError> {
        self.spill(chunk);
        let rest = &chunk[at..];
        self.check_line(rest.len())?;
        self.line.extend_from_slice(rest);
        Ok(())
    }
}

/// A line's field name and value; a comment has an empty name.
fn split_field(line: &[u8]) -> (&[u8], &[u8]) {
    let Some(colon) = memchr(b':', line) else {
        return (line, b"");
    };
    let value = &line[colon + 1..];
    (&line[..colon], value.strip_prefix(b" ").unwrap_or(value))
}

/// The buffer, to be filled again; one that a rare large event has blown up is given back.
fn emptied(mut buffer: Vec<u8>) -> Vec<u8> {
    buffer.clear();
    buffer.shrink_to(KEPT_CAPACITY);
    buffer
}

fn milliseconds(value: &[u8]) -> Option<u64> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digit = |time: u64, byte: &u8| {
        time.saturating_mul(10)
            .saturating_add(u64::from(byte - b'0'))
    };
    Some(value.iter().fold(0, digit))
}

//! From a response body's bytes to deltas.
//!
//! ```text
//! bytes ─▶ look (which framing?) ─▶ sse | ndjson | json_array | aws_frames ─▶ dialect ─▶ ear ─▶ deltas, message
//! ```
//!
//! The first byte that is not white space decides the framing: providers answer a request for an
//! event stream with a JSON array, with a single error object or with a proxy's HTML page, all
//! under status 200.

use super::delta::Delta;
use super::dialect::Dialect;
use super::error::{Foreign, WireError};
use super::limits::Limits;
use super::listener::Listener;
use super::message::Message;
use super::{aws_frames, json_array, ndjson, sse};

/// Decodes one response body. After an error it is of no use but for [`Decoder::message`].
#[derive(Clone, Debug)]
pub struct Decoder {
    limits: Limits,
    framing: Framing,
    listener: Listener,
    state: State,
    taken: u64,
}

#[derive(Clone, Debug)]
enum Framing {
    /// Nothing but white space came; it has no meaning in any framing but this one.
    Unknown(sse::Parser),
    Sse(sse::Parser),
    Ndjson(ndjson::Splitter),
    JsonArray(json_array::Splitter),
    AwsFrames(aws_frames::Splitter),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Failed(WireError),
    Finished,
}

impl Decoder {
    /// A decoder at the start of a body.
    #[must_use]
    pub fn new(dialect: Dialect, limits: Limits) -> Self {
        Self {
            limits,
            framing: Framing::Unknown(sse::Parser::new(limits)),
            listener: Listener::new(dialect, limits),
            state: State::Open,
            taken: 0,
        }
    }

    /// Takes the next bytes of the body and appends what they say to `out`.
    ///
    /// # Errors
    /// A [`WireError`] that every later call repeats; what was heard before it is in `out`.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<Delta>) -> Result<(), WireError> {
        self.ready()?;
        let room = self.limits.stream.saturating_sub(self.taken);
        let within = bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        let mut heard = self.frame(&bytes[..within]);
        if heard.is_ok() && within < bytes.len() {
            let bound = self.limits.stream;
            heard = Err(WireError::Limit {
                limit: "stream",
                bound,
                offset: bound,
            });
        }
        self.settle(heard, out)
    }

    /// Ends the body: the connection was closed, or the transport says that it is complete.
    ///
    /// A last event that lacks its delimiter is heard if it is whole. If the provider did not
    /// announce the end, [`Delta::Truncated`] says so.
    ///
    /// # Errors
    /// A [`WireError`], such as that of a body that is no stream of any dialect.
    pub fn finish(&mut self, out: &mut Vec<Delta>) -> Result<(), WireError> {
        self.ready()?;
        let heard = self.flush().and_then(|()| self.listener.close());
        self.settle(heard, out)?;
        self.state = State::Finished;
        Ok(())
    }

    /// What was heard so far.
    #[must_use]
    pub const fn message(&self) -> &Message {
        &self.listener.ear.message
    }

    const fn ready(&self) -> Result<(), WireError> {
        match self.state {
            State::Open => Ok(()),
            State::Failed(error) => Err(error),
            State::Finished => Err(WireError::Finished),
        }
    }

    fn settle(
        &mut self,
        heard: Result<(), WireError>,
        out: &mut Vec<Delta>,
    ) -> Result<(), WireError> {
        out.append(&mut self.listener.ear.fresh);
        if let Err(error) = heard {
            self.state = State::Failed(error);
        }
        heard
    }

    fn frame(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        let bytes = self.look(bytes)?;
        self.taken += bytes.len() as u64;
        let listener = &mut self.listener;
        match &mut self.framing {
            Framing::Unknown(parser) => parser.feed(bytes, &mut |_| Ok(())),
            Framing::Sse(parser) => parser.feed(bytes, &mut |item| listener.item(item)),
            Framing::Ndjson(splitter) => {
                splitter.feed(bytes, &mut |data, at| listener.data(data, at))
            }
            Framing::JsonArray(splitter) => {
                splitter.feed(bytes, &mut |data, at| listener.data(data, at))
            }
            Framing::AwsFrames(splitter) => {
                splitter.feed(bytes, &mut |frame| listener.frame(frame))
            }
        }
    }

    /// Decides the framing once there is a byte to decide by; returns the bytes still to be framed.
    fn look<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], WireError> {
        let Framing::Unknown(parser) = &mut self.framing else {
            return Ok(bytes);
        };
        let Some(blank) = bytes.iter().position(|byte| !is_blank(*byte)) else {
            return Ok(bytes);
        };
        let (before, after) = bytes.split_at(blank);
        parser.feed(before, &mut |_| Ok(()))?;
        self.taken += blank as u64;
        let foreign = |what| {
            Err(WireError::Foreign {
                what,
                offset: self.taken,
            })
        };
        self.framing = match after[0] {
            b'{' if self.listener.dialect.is_line_based() => {
                Framing::Ndjson(ndjson::Splitter::new(self.limits, self.taken))
            }
            b'{' | b'[' => Framing::JsonArray(json_array::Splitter::new(self.limits, self.taken)),
            0 if self.listener.dialect.is_binary() => {
                Framing::AwsFrames(aws_frames::Splitter::new(self.limits, self.taken))
            }
            b'<' => return foreign(Foreign::Markup),
            0x1F => return foreign(Foreign::Compressed),
            0..0x20 => return foreign(Foreign::Binary),
            _ => Framing::Sse(parser.clone()),
        };
        Ok(after)
    }

    /// Hears what the end of the body completes.
    fn flush(&mut self) -> Result<(), WireError> {
        let listener = &mut self.listener;
        match &mut self.framing {
            Framing::Sse(parser) => {
                listener.note_stray(parser.stray());
                parser
                    .finish()
                    .map_or(Ok(()), |event| listener.last(&event))
            }
            Framing::Ndjson(splitter) => splitter.finish().map_or(Ok(()), |(line, at)| {
                listener.last(&sse::Event::bare(&line, at))
            }),
            Framing::Unknown(_) | Framing::JsonArray(_) | Framing::AwsFrames(_) => Ok(()),
        }
    }
}

/// White space, or part of a byte order mark.
const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0xEF | 0xBB | 0xBF)
}

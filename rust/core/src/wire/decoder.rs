//! From a response body's bytes to deltas.
//!
//! ```text
//! bytes ─▶ look (which framing?) ─▶ sse | ndjson | json_array ─▶ dialect ─▶ ear ─▶ deltas, message
//! ```
//!
//! The first byte that is not white space decides the framing: providers answer a request for an
//! event stream with a JSON array, with a single error object or with a proxy's HTML page, all
//! under status 200.

use super::anthropic_messages::Messages;
use super::delta::Delta;
use super::dialect::Dialect;
use super::ear::{Ear, Hear, Unheard};
use super::error::{Foreign, WireError};
use super::limits::Limits;
use super::message::Message;
use super::read::Reader;
use super::{fault, gemini, json_array, ndjson, ollama, openai_chat, sse};

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
            Framing::Unknown(parser) | Framing::Sse(parser) => {
                parser.feed(bytes, &mut |item| listener.item(item))
            }
            Framing::Ndjson(splitter) => {
                splitter.feed(bytes, &mut |data, at| listener.data(data, at))
            }
            Framing::JsonArray(splitter) => {
                splitter.feed(bytes, &mut |data, at| listener.data(data, at))
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
                listener.stray = listener.stray.or_else(|| parser.stray());
                parser
                    .finish()
                    .map_or(Ok(()), |event| listener.last(&event))
            }
            Framing::Ndjson(splitter) => match splitter.finish() {
                Some((line, at)) => listener.last(&sse::Event::bare(&line, at)),
                None => Ok(()),
            },
            Framing::Unknown(_) | Framing::JsonArray(_) => Ok(()),
        }
    }
}

/// White space, or part of a byte order mark.
const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0xEF | 0xBB | 0xBF)
}

/// Hands events to the dialect.
#[derive(Clone, Debug)]
struct Listener {
    dialect: Dialect,
    messages: Messages,
    ear: Ear,
    /// An event of the dialect's kind was read.
    understood: bool,
    /// Where text stood that is none.
    stray: Option<u64>,
}

impl Listener {
    fn new(dialect: Dialect, limits: Limits) -> Self {
        Self {
            dialect,
            messages: Messages::default(),
            ear: Ear::new(limits.tool_calls),
            understood: false,
            stray: None,
        }
    }

    fn item(&mut self, item: sse::Item<'_>) -> Result<(), WireError> {
        match item {
            sse::Item::Event(event) => self.event(&event),
            sse::Item::Unknown {
                name,
                value,
                offset,
            } => {
                self.unknown(name, value, offset);
                Ok(())
            }
            sse::Item::Retry(_) => Ok(()),
        }
    }

    fn data(&mut self, data: &[u8], at: u64) -> Result<(), WireError> {
        self.event(&sse::Event::bare(data, at))
    }

    /// A field that event streams do not have: an error, sent so by some servers, or a stray line.
    fn unknown(&mut self, name: &[u8], value: &[u8], offset: u64) {
        self.stray.get_or_insert(offset);
        let value = String::from_utf8_lossy(value);
        if name == b"error"
            && let Ok(fault) = fault::read(&mut Reader::new(&value))
        {
            self.understood = true;
            return self.ear.error(fault);
        }
        self.ear.other(&String::from_utf8_lossy(name), &value);
    }

    fn event(&mut self, event: &sse::Event<'_>) -> Result<(), WireError> {
        let text = std::str::from_utf8(event.data).map_err(|bad| WireError::Utf8 {
            event: event.offset,
            offset: bad.valid_up_to(),
        })?;
        self.hear(event, text).map_err(|unheard| match unheard {
            Unheard::Malformed(offset) => WireError::Json {
                event: event.offset,
                offset,
            },
            Unheard::ToolCalls(bound) => WireError::Limit {
                limit: "tool_calls",
                bound: bound as u64,
                offset: event.offset,
            },
        })
    }

    /// An event that lacks its end is heard if it is whole; else the stream was cut inside it.
    fn last(&mut self, event: &sse::Event<'_>) -> Result<(), WireError> {
        let whole = std::str::from_utf8(event.data)
            .is_ok_and(|text| text.trim() == DONE || Reader::is_whole(text));
        if whole { self.event(event) } else { Ok(()) }
    }

    fn hear(&mut self, event: &sse::Event<'_>, text: &str) -> Hear {
        let mut reader = Reader::new(text);
        if reader.peek() != b'{' {
            self.bare(event, text);
            return Ok(());
        }
        self.understood = true;
        let ear = &mut self.ear;
        match self.dialect {
            _ if event.kind == b"error" => ear.error(fault::read(&mut reader)?),
            Dialect::OpenaiChat => openai_chat::chunk(&mut reader, ear)?,
            Dialect::AnthropicMessages => self.messages.event(&mut reader, text, ear)?,
            Dialect::Gemini => gemini::response(&mut reader, ear)?,
            Dialect::OllamaChat => ollama::line(&mut reader, ear)?,
        }
        Ok(reader.end()?)
    }

    /// An event that is no JSON object: the end, a keep-alive, or something unknown.
    fn bare(&mut self, event: &sse::Event<'_>, text: &str) {
        match text.trim() {
            DONE => {
                self.understood = true;
                self.ear.ended = true;
            }
            "" => {}
            text if event.kind == b"error" => {
                self.understood = true;
                let message = text.to_owned();
                self.ear.error(super::ProviderFault {
                    message,
                    ..Default::default()
                });
            }
            text => {
                self.stray.get_or_insert(event.offset);
                self.ear.other(&String::from_utf8_lossy(event.kind), text);
            }
        }
    }

    /// The body is over: was it a stream, and did its end come?
    fn close(&mut self) -> Result<(), WireError> {
        if let Some(offset) = self.stray.filter(|_| !self.understood) {
            return Err(WireError::Foreign {
                what: Foreign::Text,
                offset,
            });
        }
        if !self.ear.ended {
            self.ear.cut();
        }
        Ok(())
    }
}

/// What ends streams of chat completions, and of others that took it over.
const DONE: &str = "[DONE]";

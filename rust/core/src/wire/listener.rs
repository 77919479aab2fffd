//! Hands framed events to their dialect.

use super::anthropic_messages::Messages;
use super::aws_frames::Frame;
use super::delta::ProviderFault;
use super::dialect::Dialect;
use super::ear::{Ear, Hear, Unheard};
use super::error::{Foreign, WireError};
use super::limits::Limits;
use super::openai_chat::Chat;
use super::openai_responses::Responses;
use super::read::Reader;
use super::{
    bedrock_converse, bedrock_invoke, cohere, fault, gemini, ollama, openai_assistants, sse,
};

/// What ends streams of chat completions, and of others that took it over.
const DONE: &str = "[DONE]";

/// Hears the events of one body.
#[derive(Clone, Debug)]
pub(super) struct Listener {
    pub dialect: Dialect,
    pub ear: Ear,
    chat: Chat,
    messages: Messages,
    responses: Responses,
    /// An event of the dialect's kind was read.
    understood: bool,
    /// Where text stood that is none.
    stray: Option<u64>,
}

impl Listener {
    /// A listener at the start of a body.
    pub(super) fn new(dialect: Dialect, limits: Limits) -> Self {
        Self {
            dialect,
            ear: Ear::new(limits.tool_calls),
            chat: Chat::default(),
            messages: Messages::default(),
            responses: Responses::default(),
            understood: false,
            stray: None,
        }
    }

    /// Hears what an event stream's parser found.
    pub(super) fn item(&mut self, item: sse::Item<'_>) -> Result<(), WireError> {
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

    /// Hears a JSON value that came without a type.
    pub(super) fn data(&mut self, data: &[u8], at: u64) -> Result<(), WireError> {
        self.event(&sse::Event::bare(data, at))
    }

    /// Hears a binary frame. An exception's kind is its word, whatever its payload says.
    pub(super) fn frame(&mut self, frame: Frame<'_>) -> Result<(), WireError> {
        if !frame.fault {
            let Frame {
                kind,
                payload: data,
                offset,
                ..
            } = frame;
            return self.event(&sse::Event {
                kind,
                data,
                last_event_id: b"",
                offset,
            });
        }
        self.understood = true;
        let text = String::from_utf8_lossy(frame.payload);
        let mut fault = fault::read(&mut Reader::new(&text)).unwrap_or_default();
        fault.kind = Some(String::from_utf8_lossy(frame.kind).into_owned());
        self.ear.error(fault);
        Ok(())
    }

    /// An event that lacks its end is heard if it is whole; else the stream was cut inside it.
    pub(super) fn last(&mut self, event: &sse::Event<'_>) -> Result<(), WireError> {
        let whole = std::str::from_utf8(event.data)
            .is_ok_and(|text| text.trim() == DONE || Reader::is_whole(text));
        if whole { self.event(event) } else { Ok(()) }
    }

    /// Notes where something stands that is no stream's.
    pub(super) fn note_stray(&mut self, offset: Option<u64>) {
        self.stray = self.stray.or(offset);
    }

    /// The body is over: was it a stream, and did its end come?
    pub(super) fn close(&mut self) -> Result<(), WireError> {
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

    /// A field that event streams do not have: an error, sent so by some servers, or a stray line.
    fn unknown(&mut self, name: &[u8], value: &[u8], offset: u64) {
        self.note_stray(Some(offset));
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

    fn hear(&mut self, event: &sse::Event<'_>, text: &str) -> Hear {
        let mut reader = Reader::new(text);
        if reader.peek() != b'{' {
            self.bare(event, text);
            return Ok(());
        }
        self.understood = true;
        self.speak(event.kind, &mut reader, text)?;
        Ok(reader.end()?)
    }

    fn speak(&mut self, kind: &[u8], reader: &mut Reader<'_>, text: &str) -> Hear {
        let ear = &mut self.ear;
        // Where frames name their kind, a body that is no frame is an error.
        let is_error = kind == b"error" || (kind.is_empty() && self.dialect.is_binary());
        match self.dialect {
            _ if is_error => {
                ear.error(fault::read(reader)?);
                Ok(())
            }
            Dialect::OpenaiChat | Dialect::OpenaiCompletions | Dialect::Mistral => {
                self.chat.chunk(reader, ear)
            }
            Dialect::OpenaiResponses => self.responses.event(reader, text, ear),
            Dialect::OpenaiAssistants => openai_assistants::event(kind, reader, ear),
            Dialect::AnthropicMessages => self.messages.event(reader, text, ear),
            Dialect::Gemini => gemini::response(reader, ear),
            Dialect::OllamaChat | Dialect::OllamaGenerate => ollama::line(reader, ear),
            Dialect::CohereV1 => cohere::line(reader, text, ear),
            Dialect::CohereV2 => cohere::event(reader, text, ear),
            Dialect::BedrockConverse => {
                reader.skip()?;
                bedrock_converse::event(&String::from_utf8_lossy(kind), text, ear)
            }
            Dialect::BedrockInvoke => bedrock_invoke::payload(reader, &mut self.messages, ear),
        }
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
                self.ear.error(ProviderFault {
                    message: text.to_owned(),
                    ..ProviderFault::default()
                });
            }
            text => {
                self.note_stray(Some(event.offset));
                self.ear.other(&String::from_utf8_lossy(event.kind), text);
            }
        }
    }
}

//! Anthropic messages, also over Vertex and, wrapped, over Bedrock.
//!
//! Events name their `type`: `message_start`, then blocks (`content_block_start`, `_delta`,
//! `_stop`), then `message_delta` with the stop reason, then `message_stop`. Usage is cumulative:
//! later events overwrite field by field what the start says, whose count of the answer is but a
//! placeholder. Unknown events and blocks pass through.

use std::borrow::Cow;

use super::delta::Usage;
use super::ear::{CallKey, CallPart, Ear, Hear, Unheard};
use super::fault;
use super::read::{Malformed, Read, Reader};

/// What has to be remembered between events.
#[derive(Clone, Debug, Default)]
pub(super) struct Messages {
    usage: Usage,
    /// The open tool call's block number and its arguments as the block's start gave them.
    open_call: Option<(u64, String)>,
}

/// The members of an event that any type may have, unread where they are objects.
#[derive(Default)]
struct Parts<'a> {
    kind: Cow<'a, str>,
    index: Option<u64>,
    message: Option<Reader<'a>>,
    block: Option<Reader<'a>>,
    delta: Option<Reader<'a>>,
    usage: Option<Reader<'a>>,
    error: Option<Reader<'a>>,
}

impl<'a> Parts<'a> {
    fn read(reader: &mut Reader<'a>) -> Read<Self> {
        let mut parts = Self::default();
        reader.object(|reader, key| {
            match key {
                "type" => parts.kind = reader.string()?.unwrap_or_default(),
                "index" => parts.index = reader.count()?,
                "message" => parts.message = Some(reader.later()?),
                "content_block" => parts.block = Some(reader.later()?),
                "delta" => parts.delta = Some(reader.later()?),
                "usage" => parts.usage = Some(reader.later()?),
                "error" => parts.error = Some(reader.later()?),
                _ => reader.skip()?,
            }
            Ok::<_, Malformed>(())
        })?;
        Ok(parts)
    }
}

impl Messages {
    /// Reads one event; `text` is its whole JSON.
    pub(super) fn event(&mut self, reader: &mut Reader<'_>, text: &str, ear: &mut Ear) -> Hear {
        let mut whole = reader.clone();
        let parts = Parts::read(reader)?;
        let index = parts.index.unwrap_or(0);
        match (&*parts.kind, parts.delta, parts.block) {
            ("content_block_delta", Some(mut delta), _) => self.delta(index, &mut delta, text, ear),
            ("content_block_start", _, Some(mut block)) => {
                let block = Block::read(&mut block)?;
                self.block(index, &block, text, ear)
            }
            ("content_block_stop", ..) => self.block_end(index, ear),
            ("message_start", ..) => parts
                .message
                .map_or(Ok(()), |mut start| self.message(&mut start, ear)),
            ("message_delta", delta, _) => self.message_delta(delta, parts.usage, ear),
            ("message_stop", ..) => {
                ear.ended = true;
                Ok(())
            }
            ("ping", ..) => Ok(()),
            ("completion", ..) => completion(&mut whole, ear),
            // A body that is no stream is one whole message.
            ("message", ..) => self.message(&mut whole, ear),
            // An error names itself, or no type at all.
            (kind, ..) if parts.error.is_some() || kind.is_empty() => {
                ear.error(fault::read(&mut whole)?);
                Ok(())
            }
            (kind, ..) => {
                ear.other(kind, text);
                Ok(())
            }
        }
    }

    /// Reads a message: that of the start has no content yet, one that is no stream has all of it.
    fn message(&mut self, reader: &mut Reader<'_>, ear: &mut Ear) -> Hear {
        let mut reason = None;
        let mut blocks = 0;
        reader.object(|reader, key| {
            match key {
                "content" => reader.array(|reader| {
                    let text = reader.clone().raw()?;
                    let block = Block::read(reader)?;
                    self.block(blocks, &block, text, ear)?;
                    self.block_end(blocks, ear)?;
                    blocks += 1;
                    Ok::<_, Unheard>(())
                })?,
                "stop_reason" => reason = reader.filled()?,
                "usage" => self.count(reader)?,
                _ => reader.skip()?,
            }
            Ok::<_, Unheard>(())
        })?;
        if reason.is_none() {
            // The start's count of the answer stands for one that nobody has made yet.
            self.usage.output_tokens = None;
        }
        ear.usage(self.usage);
        if let Some(reason) = reason {
            ear.finish(&reason);
        }
        Ok(())
    }

    fn message_delta(
        &mut self,
        delta: Option<Reader<'_>>,
        usage: Option<Reader<'_>>,
        ear: &mut Ear,
    ) -> Hear {
        let mut reason = None;
        if let Some(mut delta) = delta {
            delta.object(|reader, key| match key {
                "stop_reason" => reader.filled().map(|word| reason = word),
                _ => reader.skip(),
            })?;
        }
        if let Some(mut usage) = usage {
            self.count(&mut usage)?;
            ear.usage(self.usage);
        }
        if let Some(reason) = reason {
            ear.finish(&reason);
        }
        Ok(())
    }

    fn count(&mut self, reader: &mut Reader<'_>) -> Read<()> {
        let usage = &mut self.usage;
        usage.cached_beside = true;
        reader.object(|reader, key| {
            let slot = match key {
                "input_tokens" => &mut usage.input_tokens,
                "output_tokens" => &mut usage.output_tokens,
                "cache_read_input_tokens" => &mut usage.cached_tokens,
                "cache_creation_input_tokens" => &mut usage.cache_write_tokens,
                _ => return reader.skip(),
            };
            *slot = reader.count()?.or(*slot);
            Ok::<_, Malformed>(())
        })
    }

    fn block(&mut self, index: u64, block: &Block<'_>, whole: &str, ear: &mut Ear) -> Hear {
        match &*block.kind {
            "text" => ear.text(&block.text),
            "thinking" => ear.reasoning(&block.text),
            "tool_use" => {
                self.open_call = Some((index, block.input.unwrap_or("{}").to_owned()));
                let part = CallPart {
                    id: block.id.as_deref(),
                    name: block.name.as_deref(),
                    arguments: "",
                };
                return ear.call(CallKey::Number(index), &part);
            }
            kind => ear.other(kind, whole),
        }
        Ok(())
    }

    /// A call whose arguments were not sent in fragments has those its start gave.
    fn block_end(&mut self, index: u64, ear: &mut Ear) -> Hear {
        let Some((_, input)) = self.open_call.take_if(|(open, _)| *open == index) else {
            return Ok(());
        };
        if ear.arguments(CallKey::Number(index)) != Some("") {
            return Ok(());
        }
        ear.call(
            CallKey::Number(index),
            &CallPart {
                arguments: &input,
                ..CallPart::default()
            },
        )
    }

    fn delta(&self, index: u64, delta: &mut Reader<'_>, whole: &str, ear: &mut Ear) -> Hear {
        let mut kind = Cow::Borrowed("");
        let mut text = Cow::Borrowed("");
        delta.object(|reader, key| {
            match key {
                "type" => kind = reader.string()?.unwrap_or_default(),
                "text" | "thinking" | "partial_json" => text = reader.string()?.unwrap_or_default(),
                _ => reader.skip()?,
            }
            Ok::<_, Malformed>(())
        })?;
        match &*kind {
            "text_delta" => ear.text(&text),
            "thinking_delta" => ear.reasoning(&text),
            "input_json_delta" => return self.arguments(index, &text, whole, ear),
            kind => ear.other(kind, whole),
        }
        Ok(())
    }

    /// Arguments of the provider's own tools pass through: they are no calls to the caller.
    fn arguments(&self, index: u64, text: &str, whole: &str, ear: &mut Ear) -> Hear {
        if self
            .open_call
            .as_ref()
            .is_none_or(|(open, _)| *open != index)
        {
            ear.other("input_json_delta", whole);
            return Ok(());
        }
        if text.is_empty() {
            return Ok(());
        }
        ear.call(
            CallKey::Number(index),
            &CallPart {
                arguments: text,
                ..CallPart::default()
            },
        )
    }
}

/// Reads an event of the text completions that came before messages.
fn completion(reader: &mut Reader<'_>, ear: &mut Ear) -> Hear {
    let mut reason = None;
    reader.object(|reader, key| {
        match key {
            "completion" => ear.text(&reader.string()?.unwrap_or_default()),
            "stop_reason" => reason = reader.filled()?,
            _ => reader.skip()?,
        }
        Ok::<_, Unheard>(())
    })?;
    if let Some(reason) = reason {
        ear.finish(&reason);
    }
    Ok(())
}

#[derive(Default)]
struct Block<'a> {
    kind: Cow<'a, str>,
    id: Option<Cow<'a, str>>,
    name: Option<Cow<'a, str>>,
    text: Cow<'a, str>,
    input: Option<&'a str>,
}

impl<'a> Block<'a> {
    fn read(reader: &mut Reader<'a>) -> Read<Self> {
        let mut block = Self::default();
        reader.object(|reader, key| {
            match key {
                "type" => block.kind = reader.string()?.unwrap_or_default(),
                "id" => block.id = reader.filled()?,
                "name" => block.name = reader.filled()?,
                "text" | "thinking" => block.text = reader.string()?.unwrap_or_default(),
                "input" if reader.peek() == b'{' => block.input = Some(reader.raw()?),
                _ => reader.skip()?,
            }
            Ok::<_, Malformed>(())
        })?;
        Ok(block)
    }
}

//! Anthropic messages, also over Vertex and, wrapped, over Bedrock.
//!
//! Events name their `type`: `message_start`, then blocks (`content_block_start`, `_delta`,
//! `_stop`), then `message_delta` with the stop reason, then `message_stop`. Usage is cumulative:
//! the start carries a placeholder that later events overwrite field by field. Unknown events and
//! blocks pass through.

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
    message: Option<&'a str>,
    block: Option<&'a str>,
    delta: Option<&'a str>,
    usage: Option<&'a str>,
    error: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn read(reader: &mut Reader<'a>) -> Read<Self> {
        let mut parts = Self::default();
        reader.object(|reader, key| {
            match key {
                "type" => parts.kind = reader.string()?.unwrap_or_default(),
                "index" => parts.index = reader.count()?,
                "message" => parts.message = Some(reader.raw()?),
                "content_block" => parts.block = Some(reader.raw()?),
                "delta" => parts.delta = Some(reader.raw()?),
                "usage" => parts.usage = Some(reader.raw()?),
                "error" => parts.error = Some(reader.raw()?),
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
        let parts = Parts::read(reader)?;
        let index = parts.index.unwrap_or(0);
        match (&*parts.kind, parts.delta, parts.block) {
            ("content_block_delta", Some(delta), _) => self.delta(index, delta, text, ear),
            ("content_block_start", _, Some(block)) => self.block(index, block, text, ear),
            ("content_block_stop", ..) => self.block_end(index, ear),
            ("message_start", ..) => self.message(parts.message.unwrap_or("null"), ear),
            ("message_delta", ..) => self.message_delta(&parts, ear),
            ("message_stop", ..) => {
                ear.ended = true;
                Ok(())
            }
            ("ping", ..) => Ok(()),
            ("completion", ..) => completion(text, ear),
            // A body that is no stream is one whole message.
            ("message", ..) => self.message(text, ear),
            _ if parts.error.is_some() => {
                ear.error(fault::read(&mut Reader::new(text))?);
                Ok(())
            }
            (kind, ..) => {
                ear.other(kind, text);
                Ok(())
            }
        }
    }

    /// Reads a message: that of the start has no content yet, one that is no stream has all of it.
    fn message(&mut self, text: &str, ear: &mut Ear) -> Hear {
        let mut reason = None;
        let mut blocks = 0;
        Reader::new(text).object(|reader, key| {
            match key {
                "content" => reader.array(|reader| {
                    let block = reader.raw()?;
                    self.block(blocks, block, block, ear)?;
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
        ear.usage(self.usage);
        if let Some(reason) = reason {
            ear.finish(&reason);
        }
        Ok(())
    }

    fn message_delta(&mut self, parts: &Parts<'_>, ear: &mut Ear) -> Hear {
        let mut reason = None;
        Reader::new(parts.delta.unwrap_or("null")).object(|reader, key| match key {
            "stop_reason" => reader.filled().map(|word| reason = word),
            _ => reader.skip(),
        })?;
        if let Some(usage) = parts.usage {
            self.count(&mut Reader::new(usage))?;
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

    fn block(&mut self, index: u64, block: &str, whole: &str, ear: &mut Ear) -> Hear {
        let block = Block::read(block)?;
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

    fn delta(&mut self, index: u64, delta: &str, whole: &str, ear: &mut Ear) -> Hear {
        let mut kind = Cow::Borrowed("");
        let mut text = Cow::Borrowed("");
        Reader::new(delta).object(|reader, key| {
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
fn completion(text: &str, ear: &mut Ear) -> Hear {
    let mut reason = None;
    Reader::new(text).object(|reader, key| {
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
    fn read(text: &'a str) -> Read<Self> {
        let mut block = Self::default();
        Reader::new(text).object(|reader, key| {
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

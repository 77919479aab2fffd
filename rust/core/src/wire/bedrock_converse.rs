//! Bedrock's `ConverseStream`: a frame's header names the event, its payload is the event's JSON.
//!
//! The Nova models speak the same inside `InvokeModelWithResponseStream`, with the event's name as
//! the only key.

use std::borrow::Cow;

use super::delta::Usage;
use super::ear::{CallKey, CallPart, Ear, Hear, Unheard};
use super::read::{Malformed, Read, Reader};

/// Reads one event; `text` is its whole JSON.
pub(super) fn event(kind: &str, text: &str, ear: &mut Ear) -> Hear {
    let mut reader = Reader::new(text);
    match kind {
        "contentBlockDelta" | "contentBlockStart" | "contentBlockStop" => {
            block(&mut reader, kind, text, ear)
        }
        "messageStop" => stop(&mut reader, ear),
        "metadata" => metadata(&mut reader, ear),
        "messageStart" => Ok(()),
        _ => {
            ear.other(kind, text);
            Ok(())
        }
    }
}

fn block(reader: &mut Reader<'_>, kind: &str, text: &str, ear: &mut Ear) -> Hear {
    let mut index = 0;
    let mut content = None;
    reader.object(|reader, key| {
        match key {
            "contentBlockIndex" => index = reader.count()?.unwrap_or(0),
            "delta" | "start" => content = Some(reader.later()?),
            _ => reader.skip()?,
        }
        Ok::<_, Malformed>(())
    })?;
    let key = CallKey::Number(index);
    match content {
        _ if kind == "contentBlockStop" => block_end(key, ear),
        Some(mut content) => said(&mut content, key, text, ear),
        None => Ok(()),
    }
}

/// A call without arguments has none of their fragments.
fn block_end(key: CallKey<'_>, ear: &mut Ear) -> Hear {
    if ear.arguments(key) != Some("") {
        return Ok(());
    }
    ear.call(
        key,
        &CallPart {
            arguments: "{}",
            ..CallPart::default()
        },
    )
}

fn said(content: &mut Reader<'_>, key: CallKey<'_>, text: &str, ear: &mut Ear) -> Hear {
    content.object(|reader, member| {
        match member {
            "text" => {
                let said = reader.string()?.unwrap_or_default();
                ear.text(&said);
            }
            "reasoningContent" => reasoning(reader, ear)?,
            "toolUse" => tool_use(reader, key, ear)?,
            _ => {
                reader.skip()?;
                ear.other(member, text);
            }
        }
        Ok::<_, Unheard>(())
    })
}

/// Reads a thought; its signature and what is redacted of it say nothing.
fn reasoning(reader: &mut Reader<'_>, ear: &mut Ear) -> Hear {
    reader.object(|reader, key| {
        match key {
            "text" => {
                let thought = reader.string()?.unwrap_or_default();
                ear.reasoning(&thought);
            }
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn tool_use(reader: &mut Reader<'_>, key: CallKey<'_>, ear: &mut Ear) -> Hear {
    let mut id = None;
    let mut name = None;
    let mut input = Cow::Borrowed("");
    reader.object(|reader, key| {
        match key {
            "toolUseId" => id = reader.filled()?,
            "name" => name = reader.filled()?,
            "input" if reader.peek() == b'{' => input = Cow::Borrowed(reader.raw()?),
            "input" => input = reader.string()?.unwrap_or_default(),
            _ => reader.skip()?,
        }
        Ok::<_, Malformed>(())
    })?;
    if id.is_none() && name.is_none() && input.is_empty() {
        return Ok(());
    }
    ear.call(
        key,
        &CallPart {
            id: id.as_deref(),
            name: name.as_deref(),
            arguments: &input,
        },
    )
}

fn stop(reader: &mut Reader<'_>, ear: &mut Ear) -> Hear {
    ear.ended = true;
    reader.object(|reader, key| {
        match key {
            "stopReason" => {
                if let Some(reason) = reader.filled()? {
                    ear.finish(&reason);
                }
            }
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn metadata(reader: &mut Reader<'_>, ear: &mut Ear) -> Hear {
    reader.object(|reader, key| {
        match key {
            "usage" => {
                let usage = count(reader)?;
                ear.usage(usage);
            }
            _ => reader.skip()?,
        }
        Ok(())
    })
}

/// Reads usage under the names of `Converse` and those of the invocation's metrics.
pub(super) fn count(reader: &mut Reader<'_>) -> Read<Usage> {
    let mut usage = Usage {
        cached_beside: true,
        ..Usage::default()
    };
    reader.object(|reader, key| {
        let slot = match key {
            "inputTokens" | "inputTokenCount" => &mut usage.input_tokens,
            "outputTokens" | "outputTokenCount" => &mut usage.output_tokens,
            "totalTokens" => &mut usage.total_tokens,
            "cacheReadInputTokens" | "cacheReadInputTokenCount" => &mut usage.cached_tokens,
            "cacheWriteInputTokens" | "cacheWriteInputTokenCount" => &mut usage.cache_write_tokens,
            _ => return reader.skip(),
        };
        *slot = reader.count()?.or(*slot);
        Ok::<_, Malformed>(())
    })?;
    Ok(usage)
}

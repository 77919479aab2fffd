//! Cohere chat, both versions of its API.
//!
//! Version 2 sends events with a `type` and puts what is new at its place in the message
//! (`delta.message.content.text`); version 1 sends a JSON object a line with an `event_type`.

use std::borrow::Cow;

use super::delta::{ProviderFault, Usage};
use super::ear::{CallKey, CallPart, Ear, Hear, Unheard};
use super::fault;
use super::read::{Malformed, Read, Reader};

/// Reads one event of version 2; `text` is its whole JSON.
pub(super) fn event(reader: &mut Reader<'_>, text: &str, ear: &mut Ear) -> Hear {
    let whole = reader.clone();
    let mut kind = Cow::Borrowed("");
    let mut index = None;
    let mut delta = None;
    reader.object(|reader, key| {
        match key {
            "type" => kind = reader.string()?.unwrap_or_default(),
            "index" => index = reader.count()?,
            "delta" => delta = Some(reader.later()?),
            // A body that is no stream has these at its top.
            "message" | "finish_reason" | "usage" => {
                delta.get_or_insert_with(|| whole.clone());
                reader.skip()?;
            }
            _ => reader.skip()?,
        }
        Ok::<_, Malformed>(())
    })?;
    match (&*kind, delta) {
        (
            "" | "content-start" | "content-delta" | "tool-plan-delta" | "tool-call-start"
            | "tool-call-delta" | "message-end",
            Some(mut delta),
        ) => self::delta(&mut delta, index, ear),
        ("message-start" | "content-end" | "tool-call-end" | "citation-end", _) => Ok(()),
        ("", None) => {
            ear.error(fault::read(&mut whole.clone())?);
            Ok(())
        }
        (kind, _) => {
            ear.other(kind, text);
            Ok(())
        }
    }
}

fn delta(reader: &mut Reader<'_>, index: Option<u64>, ear: &mut Ear) -> Hear {
    let mut finish = None;
    reader.object(|reader, key| {
        match key {
            "message" => reader.object(|reader, key| message(reader, key, index, ear))?,
            "usage" => {
                let usage = count(reader)?;
                ear.usage(usage);
            }
            "finish_reason" => finish = reader.filled()?,
            "error" if reader.peek() != b'n' => ear.error(fault::read(reader)?),
            _ => reader.skip()?,
        }
        Ok::<_, Unheard>(())
    })?;
    if let Some(reason) = finish {
        ear.finish(&reason);
    }
    Ok(())
}

fn message(reader: &mut Reader<'_>, key: &str, index: Option<u64>, ear: &mut Ear) -> Hear {
    match key {
        "content" if reader.peek() == b'[' => reader.array(|reader| content(reader, ear))?,
        "content" => content(reader, ear)?,
        // What the model means to do with its tools is a thought.
        "tool_plan" => {
            if let Some(text) = reader.string()? {
                ear.reasoning(&text);
            }
        }
        "tool_calls" if reader.peek() == b'[' => {
            reader.array(|reader| tool_call(reader, None, ear))?;
        }
        "tool_calls" => tool_call(reader, index, ear)?,
        _ => reader.skip()?,
    }
    Ok(())
}

fn content(reader: &mut Reader<'_>, ear: &mut Ear) -> Hear {
    reader.object(|reader, key| {
        match key {
            "text" => {
                if let Some(text) = reader.string()? {
                    ear.text(&text);
                }
            }
            "thinking" => {
                if let Some(text) = reader.string()? {
                    ear.reasoning(&text);
                }
            }
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn tool_call(reader: &mut Reader<'_>, index: Option<u64>, ear: &mut Ear) -> Hear {
    let mut id = None;
    let mut name = None;
    let mut arguments = Cow::Borrowed("");
    reader.object(|reader, key| match key {
        "id" => reader.filled().map(|word| id = word),
        "function" => reader.object(|reader, key| {
            match key {
                "name" => name = reader.filled()?,
                "arguments" => arguments = reader.string()?.unwrap_or_default(),
                _ => reader.skip()?,
            }
            Ok::<_, Malformed>(())
        }),
        _ => reader.skip(),
    })?;
    let part = CallPart {
        id: id.as_deref(),
        name: name.as_deref(),
        arguments: &arguments,
    };
    ear.call(index.map_or(CallKey::Unsaid, CallKey::Number), &part)
}

/// Cohere bills other numbers than it counts; these are what it counts.
fn count(reader: &mut Reader<'_>) -> Read<Usage> {
    let mut usage = Usage::default();
    reader.object(|reader, key| match key {
        "tokens" => reader.object(|reader, key| {
            let slot = match key {
                "input_tokens" => &mut usage.input_tokens,
                "output_tokens" => &mut usage.output_tokens,
                "reasoning_tokens" => &mut usage.reasoning_tokens,
                _ => return reader.skip(),
            };
            *slot = reader.count()?;
            Ok::<_, Malformed>(())
        }),
        "cached_tokens" => reader.count().map(|cached| usage.cached_tokens = cached),
        _ => reader.skip(),
    })?;
    Ok(usage)
}

/// Reads one line of version 1; `text` is its whole JSON.
pub(super) fn line(reader: &mut Reader<'_>, text: &str, ear: &mut Ear) -> Hear {
    let mut kind = Cow::Borrowed("");
    let mut said = None;
    let mut finish = None;
    let mut whole = reader.clone();
    let mut response = None;
    let mut calls = None;
    reader.object(|reader, key| {
        match key {
            "event_type" => kind = reader.string()?.unwrap_or_default(),
            "text" => said = reader.string()?,
            "finish_reason" => finish = reader.filled()?,
            "response" => response = Some(reader.later()?),
            "tool_calls" => calls = Some(reader.later()?),
            _ => reader.skip()?,
        }
        Ok::<_, Malformed>(())
    })?;
    match &*kind {
        "text-generation" => ear.text(&said.unwrap_or_default()),
        "tool-calls-generation" => {
            calls.map_or(Ok(()), |mut calls| {
                calls.array(|reader| whole_call(reader, ear))
            })?;
        }
        "stream-end" => end(response, finish.as_deref(), ear)?,
        "stream-start" | "tool-calls-chunk" => {}
        "" => ear.error(fault::read(&mut whole)?),
        kind => ear.other(kind, text),
    }
    Ok(())
}

/// The last line repeats the answer and carries the counts.
fn end(response: Option<Reader<'_>>, finish: Option<&str>, ear: &mut Ear) -> Hear {
    let mut usage = Usage::default();
    if let Some(mut response) = response {
        response.object(|reader, key| match key {
            "meta" => count(reader).map(|counted| usage = counted),
            _ => reader.skip(),
        })?;
    }
    ear.usage(usage);
    match finish {
        Some(reason @ ("ERROR" | "ERROR_LIMIT" | "ERROR_TOXIC")) => {
            ear.error(ProviderFault {
                kind: Some(reason.to_owned()),
                ..ProviderFault::default()
            });
            ear.finish(reason);
        }
        Some(reason) => ear.finish(reason),
        None => ear.ended = true,
    }
    Ok(())
}

/// Version 1 gives calls no id and their arguments as JSON.
fn whole_call(reader: &mut Reader<'_>, ear: &mut Ear) -> Hear {
    let mut name = None;
    let mut arguments = "{}";
    reader.object(|reader, key| {
        match key {
            "name" => name = reader.filled()?,
            "parameters" if reader.peek() == b'{' => arguments = reader.raw()?,
            _ => reader.skip()?,
        }
        Ok::<_, Malformed>(())
    })?;
    ear.call(
        CallKey::Unsaid,
        &CallPart {
            id: None,
            name: name.as_deref(),
            arguments,
        },
    )
}

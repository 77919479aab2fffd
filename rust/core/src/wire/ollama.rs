//! Ollama's own API: a JSON object a line; `done` ends the stream and carries the counts.
//!
//! `/api/chat` speaks in `message`, `/api/generate` in `response` and `thinking`. Calls come whole,
//! their arguments are JSON.

use std::borrow::Cow;

use super::delta::Usage;
use super::ear::{CallKey, CallPart, Ear, Hear, Unheard};
use super::fault;
use super::read::{Malformed, Reader};

/// Reads one line of either API.
pub(super) fn line(reader: &mut Reader<'_>, ear: &mut Ear) -> Hear {
    let mut usage = Usage::default();
    let mut done = false;
    let mut reason = None;
    reader.object(|reader, key| {
        match key {
            "message" => message(reader, ear)?,
            "response" => {
                if let Some(text) = reader.string()? {
                    ear.text(&text);
                }
            }
            "thinking" => {
                if let Some(text) = reader.string()? {
                    ear.reasoning(&text);
                }
            }
            "done" => done = reader.truth()?,
            "done_reason" => reason = reader.filled()?,
            "prompt_eval_count" => usage.input_tokens = reader.count()?,
            "eval_count" => usage.output_tokens = reader.count()?,
            "error" if reader.peek() != b'n' => ear.error(fault::read(reader)?),
            _ => reader.skip()?,
        }
        Ok::<_, Unheard>(())
    })?;
    ear.usage(usage);
    if done {
        // Older servers give no reason.
        ear.ended = true;
        if let Some(reason) = reason {
            ear.finish(&reason);
        }
    }
    Ok(())
}

fn message(reader: &mut Reader<'_>, ear: &mut Ear) -> Hear {
    reader.object(|reader, key| {
        match key {
            "content" => {
                if let Some(text) = reader.string()? {
                    ear.text(&text);
                }
            }
            "thinking" => {
                if let Some(text) = reader.string()? {
                    ear.reasoning(&text);
                }
            }
            "tool_calls" => reader.array(|reader| tool_call(reader, ear))?,
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn tool_call(reader: &mut Reader<'_>, ear: &mut Ear) -> Hear {
    let mut id = None;
    let mut name = None;
    let mut arguments = Cow::Borrowed("{}");
    reader.object(|reader, key| match key {
        "id" => reader.filled().map(|word| id = word),
        "function" => reader.object(|reader, key| {
            match key {
                "name" => name = reader.filled()?,
                "arguments" if reader.peek() == b'{' => arguments = Cow::Borrowed(reader.raw()?),
                "arguments" => arguments = reader.filled()?.unwrap_or(Cow::Borrowed("{}")),
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
    ear.call(CallKey::Unsaid, &part)
}

//! `OpenAI` assistants: the event's type says what its object is; the run's end carries the counts.

use super::ear::{CallKey, CallPart, Ear, Hear, Unheard};
use super::read::{Malformed, Reader};
use super::{fault, openai_usage};

/// Reads one event.
pub(super) fn event(kind: &[u8], reader: &mut Reader<'_>, ear: &mut Ear) -> Hear {
    match kind {
        b"thread.message.delta" | b"thread.run.step.delta" => delta(reader, ear),
        b"thread.run.completed"
        | b"thread.run.incomplete"
        | b"thread.run.failed"
        | b"thread.run.cancelled"
        | b"thread.run.expired"
        | b"thread.run.requires_action" => run(reader, ear),
        b"" => {
            ear.error(fault::read(reader)?);
            Ok(())
        }
        _ => Ok(reader.skip()?),
    }
}

/// Reads the end of a run.
fn run(reader: &mut Reader<'_>, ear: &mut Ear) -> Hear {
    reader.object(|reader, key| {
        match key {
            "status" => {
                if let Some(status) = reader.filled()? {
                    ear.finish(&status);
                }
            }
            "usage" => {
                let usage = openai_usage::read(reader)?;
                ear.usage(usage);
            }
            "last_error" if reader.peek() != b'n' => ear.error(fault::read(reader)?),
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn delta(reader: &mut Reader<'_>, ear: &mut Ear) -> Hear {
    reader.object(|reader, key| match key {
        "delta" => reader.object(|reader, key| match key {
            "content" => reader.array(|reader| content(reader, ear)),
            "step_details" => reader.object(|reader, key| match key {
                "tool_calls" => reader.array(|reader| tool_call(reader, ear)),
                _ => Ok::<_, Unheard>(reader.skip()?),
            }),
            _ => Ok(reader.skip()?),
        }),
        _ => Ok::<_, Unheard>(reader.skip()?),
    })
}

fn content(reader: &mut Reader<'_>, ear: &mut Ear) -> Hear {
    reader.object(|reader, key| match key {
        "text" => reader.object(|reader, key| {
            match key {
                "value" => {
                    let text = reader.string()?.unwrap_or_default();
                    ear.text(&text);
                }
                _ => reader.skip()?,
            }
            Ok::<_, Unheard>(())
        }),
        "refusal" => {
            let text = reader.string()?.unwrap_or_default();
            ear.refusal(&text);
            Ok(())
        }
        _ => Ok(reader.skip()?),
    })
}

/// Reads a call of the caller's functions; the provider's own tools are its business.
fn tool_call(reader: &mut Reader<'_>, ear: &mut Ear) -> Hear {
    let mut index = None;
    let mut id = None;
    let mut function = None;
    reader.object(|reader, key| {
        match key {
            "index" => index = reader.count()?,
            "id" => id = reader.filled()?,
            "function" => function = Some(reader.later()?),
            _ => reader.skip()?,
        }
        Ok::<_, Malformed>(())
    })?;
    let Some(mut function) = function else {
        return Ok(());
    };
    let (mut name, mut arguments) = (None, None);
    function.object(|reader, key| match key {
        "name" => reader.filled().map(|word| name = word),
        "arguments" => reader.string().map(|text| arguments = text),
        _ => reader.skip(),
    })?;
    let arguments = arguments.unwrap_or_default();
    let part = CallPart {
        id: id.as_deref(),
        name: name.as_deref(),
        arguments: &arguments,
    };
    ear.call(index.map_or(CallKey::Unsaid, CallKey::Number), &part)
}

//! `OpenAI` responses, also of Azure, xAI, `DeepSeek` and Bedrock.
//!
//! Events name their `type`. Items (a message, a thought, a call) are added, grow by deltas and are
//! done, each time with all they have; the last event repeats the whole response. Deltas are heard;
//! what is repeated is heard only where no delta came before it, as with servers that send none.

use std::borrow::Cow;

use super::ear::{CallKey, CallPart, Ear, Hear, Unheard};
use super::read::{Malformed, Read, Reader};
use super::{fault, openai_usage};

/// What has to be remembered between events.
#[derive(Clone, Debug, Default)]
pub(super) struct Responses {
    /// The part at hand has spoken in deltas.
    spoken: bool,
}

#[derive(Default)]
struct Parts<'a> {
    kind: Cow<'a, str>,
    delta: Option<Cow<'a, str>>,
    /// What a `done` event repeats.
    whole: Option<Cow<'a, str>>,
    index: Option<u64>,
    item_id: Option<Cow<'a, str>>,
    item: Option<Reader<'a>>,
    response: Option<Reader<'a>>,
    has_output: bool,
}

impl<'a> Parts<'a> {
    fn read(reader: &mut Reader<'a>) -> Read<Self> {
        let mut parts = Self::default();
        reader.object(|reader, key| {
            match key {
                "type" => parts.kind = reader.string()?.unwrap_or_default(),
                "delta" => parts.delta = reader.string()?,
                "text" | "refusal" | "arguments" => parts.whole = reader.filled()?,
                "output_index" => parts.index = reader.count()?,
                "item_id" => parts.item_id = reader.filled()?,
                "item" => parts.item = Some(reader.later()?),
                "response" => parts.response = Some(reader.later()?),
                "output" => {
                    parts.has_output = reader.peek() == b'[';
                    reader.skip()?;
                }
                _ => reader.skip()?,
            }
            Ok::<_, Malformed>(())
        })?;
        Ok(parts)
    }

    /// How the event refers to an item.
    fn key(&self) -> CallKey<'_> {
        match (self.index, &self.item_id) {
            (Some(index), _) => CallKey::Number(index),
            (None, Some(id)) => CallKey::Name(id),
            (None, None) => CallKey::Unsaid,
        }
    }
}

impl Responses {
    /// Reads one event; `text` is its whole JSON.
    pub(super) fn event(&mut self, reader: &mut Reader<'_>, text: &str, ear: &mut Ear) -> Hear {
        let mut whole = reader.clone();
        let parts = Parts::read(reader)?;
        let Some((kind, phase)) = parts.kind.rsplit_once('.') else {
            return Self::whole(&parts, &mut whole, text, ear);
        };
        match (kind, phase) {
            ("response.output_text", _) => self.speak(&parts, phase, Ear::text, ear),
            ("response.refusal", _) => self.speak(&parts, phase, Ear::refusal, ear),
            ("response.reasoning_text" | "response.reasoning_summary_text", _) => {
                self.speak(&parts, phase, Ear::reasoning, ear);
            }
            ("response.function_call_arguments", _) => return arguments(&parts, ear),
            ("response.output_item", _) => return self.item(&parts, text, ear),
            ("response", "created" | "in_progress" | "queued")
            | (
                "response.content_part"
                | "response.reasoning_summary_part"
                | "response.reasoning_part",
                _,
            ) => {
                self.spoken &= phase != "added";
            }
            ("response", "completed" | "incomplete" | "failed" | "cancelled") => {
                return parts
                    .response
                    .map_or(Ok(()), |mut whole| response(&mut whole, ear));
            }
            _ => ear.other(&parts.kind, text),
        }
        Ok(())
    }

    /// An error, or a body that is no stream but the response itself.
    fn whole(parts: &Parts<'_>, whole: &mut Reader<'_>, text: &str, ear: &mut Ear) -> Hear {
        if parts.has_output {
            return response(whole, ear);
        }
        if parts.kind == "error" || parts.kind.is_empty() {
            ear.error(fault::read(whole)?);
        } else {
            ear.other(&parts.kind, text);
        }
        Ok(())
    }

    fn speak(&mut self, parts: &Parts<'_>, phase: &str, say: fn(&mut Ear, &str), ear: &mut Ear) {
        match (phase, &parts.delta, &parts.whole) {
            ("delta", Some(delta), _) => {
                self.spoken = true;
                say(ear, delta);
            }
            ("done", _, whole) => {
                if let Some(text) = whole.as_ref().filter(|_| !self.spoken) {
                    say(ear, text);
                }
                self.spoken = false;
            }
            _ => {}
        }
    }

    /// An item was added or is done. Calls are heard, what else it repeats was heard already.
    fn item(&mut self, parts: &Parts<'_>, text: &str, ear: &mut Ear) -> Hear {
        self.spoken = false;
        let Some(mut item) = parts.item.clone() else {
            return Ok(());
        };
        let item = Item::read(&mut item)?;
        match &*item.kind {
            "message" | "reasoning" => Ok(()),
            "function_call" => item.call(parts.index, ear),
            kind => {
                ear.other(kind, text);
                Ok(())
            }
        }
    }
}

/// A fragment of a call's arguments, or all of them where no fragment came.
fn arguments(parts: &Parts<'_>, ear: &mut Ear) -> Hear {
    let text = match (&parts.delta, &parts.whole) {
        (Some(delta), _) => delta,
        (None, Some(whole)) if ear.arguments(parts.key()).is_none_or(str::is_empty) => whole,
        _ => return Ok(()),
    };
    ear.call(
        parts.key(),
        &CallPart {
            arguments: text,
            ..CallPart::default()
        },
    )
}

#[derive(Default)]
struct Item<'a> {
    kind: Cow<'a, str>,
    id: Option<Cow<'a, str>>,
    call_id: Option<Cow<'a, str>>,
    name: Option<Cow<'a, str>>,
    arguments: Cow<'a, str>,
    content: Option<Reader<'a>>,
    summary: Option<Reader<'a>>,
}

impl<'a> Item<'a> {
    fn read(reader: &mut Reader<'a>) -> Read<Self> {
        let mut item = Self::default();
        reader.object(|reader, key| {
            match key {
                "type" => item.kind = reader.string()?.unwrap_or_default(),
                "id" => item.id = reader.filled()?,
                "call_id" => item.call_id = reader.filled()?,
                "name" => item.name = reader.filled()?,
                "arguments" => item.arguments = reader.string()?.unwrap_or_default(),
                "content" => item.content = Some(reader.later()?),
                "summary" => item.summary = Some(reader.later()?),
                _ => reader.skip()?,
            }
            Ok::<_, Malformed>(())
        })?;
        Ok(item)
    }

    /// Hears what is new of a call: all of it, or arguments where none were heard.
    fn call(&self, index: Option<u64>, ear: &mut Ear) -> Hear {
        let key = match (index, &self.id) {
            (Some(index), _) => CallKey::Number(index),
            (None, Some(id)) => CallKey::Name(id),
            (None, None) => CallKey::Unsaid,
        };
        let id = self.call_id.as_deref().or(self.id.as_deref());
        match ear.arguments(key) {
            None => ear.call(
                key,
                &CallPart {
                    id,
                    name: self.name.as_deref(),
                    arguments: &self.arguments,
                },
            ),
            Some("") if !self.arguments.is_empty() => ear.call(
                key,
                &CallPart {
                    arguments: &self.arguments,
                    ..CallPart::default()
                },
            ),
            Some(_) => Ok(()),
        }
    }
}

/// Reads the response that the last event carries: its usage and status, and its output if nothing
/// was heard of it.
fn response(reader: &mut Reader<'_>, ear: &mut Ear) -> Hear {
    let silent = ear.is_silent();
    let mut status = None;
    reader.object(|reader, key| {
        match key {
            "status" => status = reader.filled()?,
            "usage" => {
                let usage = openai_usage::read(reader)?;
                ear.usage(usage);
            }
            "error" if reader.peek() != b'n' => ear.error(fault::read(reader)?),
            "output" if silent => {
                let mut index = 0;
                reader.array(|reader| {
                    let item = Item::read(reader)?;
                    index += 1;
                    output(item, index - 1, ear)
                })?;
            }
            _ => reader.skip()?,
        }
        Ok::<_, Unheard>(())
    })?;
    if let Some(status) = status {
        ear.finish(&status);
    }
    Ok(())
}

/// Hears a whole item of an output.
fn output(item: Item<'_>, index: u64, ear: &mut Ear) -> Hear {
    if item.kind == "function_call" {
        return item.call(Some(index), ear);
    }
    let thought = item.kind == "reasoning";
    if thought && !ear.message.reasoning.is_empty() {
        return Ok(());
    }
    for mut parts in [item.summary, item.content].into_iter().flatten() {
        parts.array(|reader| part(reader, thought, ear))?;
    }
    Ok(())
}

fn part(reader: &mut Reader<'_>, thought: bool, ear: &mut Ear) -> Hear {
    reader.object(|reader, key| {
        match key {
            "text" => {
                let text = reader.string()?.unwrap_or_default();
                if thought {
                    ear.reasoning(&text);
                } else {
                    ear.text(&text);
                }
            }
            "refusal" => {
                let text = reader.string()?.unwrap_or_default();
                ear.refusal(&text);
            }
            _ => reader.skip()?,
        }
        Ok(())
    })
}

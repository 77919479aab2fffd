//! Chat completions: `OpenAI`, Azure, and the many vendors and servers that speak like them.
//!
//! An event is a chunk `{choices: [{index, delta, finish_reason}], usage}`; `[DONE]` ends the
//! stream. Vendors differ: chunks without choices come first (Azure) or last (usage); usage sits
//! under `x_groq`; thinking has four names; Mistral's content is a list; some send the whole
//! message beside each delta, or instead of one. Only the first choice is heard.

use std::borrow::Cow;

use super::delta::Usage;
use super::ear::{CallKey, CallPart, Ear, Hear, Unheard};
use super::read::{Read, Reader};
use super::{fault, openai_usage};

/// What has to be remembered between chunks.
#[derive(Clone, Debug, Default)]
pub(super) struct Chat {
    /// How the last chunk began, up to its choices. The next one mostly begins alike (id, time,
    /// model, fingerprint), and what was read once without effect is not read again.
    head: String,
}

impl Chat {
    /// Reads one chunk.
    pub(super) fn chunk(&mut self, reader: &mut Reader<'_>, ear: &mut Ear) -> Hear {
        let mut said = Said::default();
        let mut whole = reader.clone();
        let start = reader.head().len();
        if start == 0 && !self.head.is_empty() && reader.jump(&self.head) {
            reader.array(|reader| choice(reader, ear))?;
            reader.rest(|reader, key| said.member(reader, key, ear))?;
        } else {
            let mut plain = start == 0;
            reader.object(|reader, key| {
                if key == "choices" && plain && reader.head().len() <= LONGEST_HEAD {
                    self.head.clear();
                    self.head.push_str(reader.head());
                }
                plain &= !Said::HEARD.contains(&key);
                said.member(reader, key, ear)
            })?;
        }
        if said.fault {
            ear.error(fault::read(&mut whole)?);
        }
        if let Some(usage) = said.usage {
            ear.usage(usage);
        }
        Ok(())
    }
}

/// Longer beginnings are not remembered.
const LONGEST_HEAD: usize = 1024;

/// What a chunk says beside its choices.
#[derive(Default)]
struct Said {
    usage: Option<Usage>,
    /// The chunk is an error without the name of one.
    fault: bool,
}

impl Said {
    /// Members that are read; all others are stepped over.
    const HEARD: &[&str] = &["choices", "usage", "x_groq", "error", "message", "detail"];

    fn member(&mut self, reader: &mut Reader<'_>, key: &str, ear: &mut Ear) -> Hear {
        match key {
            "choices" => reader.array(|reader| choice(reader, ear))?,
            "usage" => self.usage = Some(openai_usage::read(reader)?),
            "x_groq" => reader.object(|reader, key| match key {
                "usage" => openai_usage::read(reader).map(|usage| self.usage = Some(usage)),
                _ => reader.skip(),
            })?,
            "error" if reader.peek() != b'n' => ear.error(fault::read(reader)?),
            "message" | "detail" => {
                self.fault |= reader.peek() == b'"';
                reader.skip()?;
            }
            _ => reader.skip()?,
        }
        Ok(())
    }
}

/// Reads a choice. Its index decides whether it is heard, so a delta that comes before the index
/// waits for it; the finish waits for the delta.
fn choice(reader: &mut Reader<'_>, ear: &mut Ear) -> Hear {
    let mut index = None;
    let mut spoken = Spoken::default();
    reader.object(|reader, key| {
        match key {
            "index" => index = reader.count()?,
            "delta" if index == Some(0) => {
                delta(reader, ear)?;
                spoken.heard = true;
            }
            "delta" => spoken.delta = Some(reader.later()?),
            "message" => spoken.message = Some(reader.later()?),
            "text" => spoken.text = reader.string()?,
            "finish_reason" => spoken.finish = reader.filled()?,
            _ => reader.skip()?,
        }
        Ok::<_, Unheard>(())
    })?;
    if index.unwrap_or(0) == 0 {
        spoken.tell(ear)
    } else {
        Ok(())
    }
}

/// What a choice says beside a delta that was heard at once.
#[derive(Default)]
struct Spoken<'a> {
    heard: bool,
    delta: Option<Reader<'a>>,
    message: Option<Reader<'a>>,
    text: Option<Cow<'a, str>>,
    finish: Option<Cow<'a, str>>,
}

impl Spoken<'_> {
    fn tell(self, ear: &mut Ear) -> Hear {
        if let Some(mut reader) = self.delta.filter(|delta| delta.clone().peek() == b'{') {
            delta(&mut reader, ear)?;
        } else if !self.heard {
            // After deltas it repeats them.
            if let Some(mut reader) = self.message.filter(|_| ear.is_silent()) {
                delta(&mut reader, ear)?;
            } else if let Some(text) = &self.text {
                ear.text(text);
            }
        }
        if let Some(reason) = &self.finish {
            ear.finish(reason);
        }
        Ok(())
    }
}

/// Reads a delta, or a whole message, which has the same parts.
fn delta(reader: &mut Reader<'_>, ear: &mut Ear) -> Hear {
    let mut thought = false;
    let mut details = None;
    reader.object(|reader, key| {
        match key {
            "content" if reader.peek() == b'[' => reader.array(|reader| part(reader, ear))?,
            "content" => {
                if let Some(text) = reader.string()? {
                    ear.text(&text);
                }
            }
            // Vendors send the same thought under several of these names.
            "reasoning_content" | "reasoning" if !thought => {
                if let Some(text) = reader.filled()? {
                    ear.reasoning(&text);
                    thought = true;
                }
            }
            "reasoning_details" => details = Some(reader.later()?),
            "refusal" => {
                if let Some(text) = reader.string()? {
                    ear.refusal(&text);
                }
            }
            "tool_calls" => reader.array(|reader| tool_call(reader, ear))?,
            "function_call" if reader.peek() == b'{' => function_call(reader, ear)?,
            _ => reader.skip()?,
        }
        Ok::<_, Unheard>(())
    })?;
    if let Some(mut details) = details.filter(|_| !thought) {
        details.array(|reader| detail(reader, ear))?;
    }
    Ok(())
}

/// Reads one part of a content that is a list: text, or a list of thoughts.
fn part(reader: &mut Reader<'_>, ear: &mut Ear) -> Hear {
    if reader.peek() == b'"' {
        if let Some(text) = reader.string()? {
            ear.text(&text);
        }
        return Ok(());
    }
    reader.object(|reader, key| {
        match key {
            "text" => {
                if let Some(text) = reader.string()? {
                    ear.text(&text);
                }
            }
            "thinking" if reader.peek() == b'[' => reader.array(|reader| thought(reader, ear))?,
            "thinking" => {
                if let Some(text) = reader.string()? {
                    ear.reasoning(&text);
                }
            }
            "refusal" => {
                if let Some(text) = reader.string()? {
                    ear.refusal(&text);
                }
            }
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn thought(reader: &mut Reader<'_>, ear: &mut Ear) -> Hear {
    reader.object(|reader, key| {
        match key {
            "text" => {
                if let Some(text) = reader.string()? {
                    ear.reasoning(&text);
                }
            }
            _ => reader.skip()?,
        }
        Ok(())
    })
}

/// Reads one of the reasoning details: a thought, a summary, or data that is encrypted.
fn detail(reader: &mut Reader<'_>, ear: &mut Ear) -> Hear {
    reader.object(|reader, key| {
        match key {
            "text" | "summary" => {
                if let Some(text) = reader.string()? {
                    ear.reasoning(&text);
                }
            }
            _ => reader.skip()?,
        }
        Ok(())
    })
}

fn tool_call(reader: &mut Reader<'_>, ear: &mut Ear) -> Hear {
    let mut index = None;
    let mut id = None;
    let mut function = Function::default();
    reader.object(|reader, key| {
        match key {
            "index" => index = reader.count()?,
            "id" => id = reader.filled()?,
            "function" => function = Function::read(reader)?,
            _ => reader.skip()?,
        }
        Ok::<_, Unheard>(())
    })?;
    let part = CallPart {
        id: id.as_deref(),
        name: function.name.as_deref(),
        arguments: &function.arguments,
    };
    ear.call(index.map_or(CallKey::Unsaid, CallKey::Number), &part)
}

/// Reads the one call of the form that came before `tool_calls`.
fn function_call(reader: &mut Reader<'_>, ear: &mut Ear) -> Hear {
    let function = Function::read(reader)?;
    let part = CallPart {
        id: None,
        name: function.name.as_deref(),
        arguments: &function.arguments,
    };
    ear.call(CallKey::Name("function_call"), &part)
}

#[derive(Default)]
struct Function<'a> {
    name: Option<Cow<'a, str>>,
    arguments: Cow<'a, str>,
}

impl<'a> Function<'a> {
    /// Arguments are JSON text in a string, or, with some, the JSON itself.
    fn read(reader: &mut Reader<'a>) -> Read<Self> {
        let mut function = Self::default();
        reader.object(|reader, key| {
            match key {
                "name" => function.name = reader.filled()?,
                "arguments" if reader.peek() == b'{' => {
                    function.arguments = Cow::Borrowed(reader.raw()?);
                }
                "arguments" => function.arguments = reader.string()?.unwrap_or_default(),
                _ => reader.skip()?,
            }
            Ok::<_, super::read::Malformed>(())
        })?;
        Ok(function)
    }
}

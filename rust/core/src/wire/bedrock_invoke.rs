//! Bedrock's `InvokeModelWithResponseStream`: each frame carries, in base64, an event in the words of
//! the model's maker. The event's own members tell whose they are.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::anthropic_messages::Messages;
use super::bedrock_converse;
use super::delta::Usage;
use super::ear::{Ear, Hear, Unheard};
use super::openai_chat::Chat;
use super::read::Reader;

/// Reads one frame's payload.
pub(super) fn payload(reader: &mut Reader<'_>, messages: &mut Messages, ear: &mut Ear) -> Hear {
    let mut encoded = None;
    reader.object(|reader, key| match key {
        "bytes" => reader.string().map(|bytes| encoded = bytes),
        _ => reader.skip(),
    })?;
    let Some(encoded) = encoded else {
        return Ok(());
    };
    let decoded = STANDARD
        .decode(&*encoded)
        .map_err(|_| Unheard::Malformed(0))?;
    let text = std::str::from_utf8(&decoded).map_err(|_| Unheard::Malformed(0))?;
    event(text, messages, ear)
}

/// Whose words an event is in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Maker {
    Anthropic,
    /// Mistral's newer models, `OpenAI`'s and AI21's.
    Openai,
    Nova,
    /// Titan, Cohere, Llama and Mistral's older ones: a flat object with the text in it.
    Flat,
}

fn event(text: &str, messages: &mut Messages, ear: &mut Ear) -> Hear {
    let mut maker = Maker::Flat;
    let mut metrics = Usage::default();
    Reader::new(text).object(|reader, key| {
        match key {
            "type" | "completion" => maker = Maker::Anthropic,
            "choices" => maker = Maker::Openai,
            "messageStart" | "contentBlockStart" | "contentBlockDelta" | "contentBlockStop"
            | "messageStop" | "metadata" => maker = Maker::Nova,
            "amazon-bedrock-invocationMetrics" => {
                metrics = bedrock_converse::count(reader)?;
                return Ok(());
            }
            _ => {}
        }
        reader.skip()
    })?;
    let reader = &mut Reader::new(text);
    match maker {
        Maker::Anthropic => messages.event(reader, text, ear)?,
        Maker::Openai => Chat::default().chunk(reader, ear)?,
        Maker::Nova => reader.object(|reader, key| nova(reader, key, ear))?,
        Maker::Flat => flat(reader, ear)?,
    }
    // The model's own count, where it has one, is finer.
    if ear.message.usage.is_none() && metrics.input_tokens.is_some() {
        ear.usage(metrics);
    }
    Ok(())
}

fn nova(reader: &mut Reader<'_>, key: &str, ear: &mut Ear) -> Hear {
    match key {
        "amazon-bedrock-invocationMetrics" => Ok(reader.skip()?),
        _ => bedrock_converse::event(key, reader.raw()?, ear),
    }
}

fn flat(reader: &mut Reader<'_>, ear: &mut Ear) -> Hear {
    let mut text = Cow::Borrowed("");
    let mut finish = None;
    let mut ended = false;
    reader.object(|reader, key| {
        match key {
            "outputText" | "text" | "generation" => text = reader.string()?.unwrap_or_default(),
            "completionReason" | "finish_reason" | "stop_reason" => finish = reader.filled()?,
            "is_finished" => ended = reader.truth()?,
            "outputs" => reader.array(|reader| flat(reader, ear))?,
            _ => reader.skip()?,
        }
        Ok::<_, Unheard>(())
    })?;
    ear.text(&text);
    ear.ended |= ended;
    if let Some(reason) = finish {
        ear.finish(&reason);
    }
    Ok(())
}

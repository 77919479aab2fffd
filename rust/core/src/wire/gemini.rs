//! Gemini and Vertex `generateContent`: an event is a whole response with the next parts.
//!
//! Candidates come without `content`, contents without `parts`. Calls come whole and have no
//! number; their arguments are JSON, not text. A prompt that was blocked has no candidates; the
//! block's reason is its finish. Only the first candidate is heard.

use std::borrow::Cow;

use super::delta::Usage;
use super::ear::{CallKey, CallPart, Ear, Hear, Unheard};
use super::fault;
use super::read::{Malformed, Read, Reader};

/// Reads one response.
pub(super) fn response(reader: &mut Reader<'_>, ear: &mut Ear) -> Hear {
    let mut usage = None;
    let mut is_fault = false;
    let mut whole = reader.clone();
    reader.object(|reader, key| {
        match key {
            "candidates" => reader.array(|reader| candidate(reader, ear))?,
            "usageMetadata" => usage = Some(count(reader)?),
            "promptFeedback" => reader.object(|reader, key| {
                match key {
                    "blockReason" => {
                        if let Some(reason) = reader.filled()? {
                            ear.finish(&reason);
                        }
                    }
                    _ => reader.skip()?,
                }
                Ok::<_, Malformed>(())
            })?,
            "error" if reader.peek() != b'n' => ear.error(fault::read(reader)?),
            // Gateways' own errors.
            "message" | "detail" => {
                is_fault |= reader.peek() == b'"';
                reader.skip()?;
            }
            // The older form of the array's end, and gateways' wrapping.
            "response" if reader.peek() == b'{' => response(reader, ear)?,
            _ => reader.skip()?,
        }
        Ok::<_, Unheard>(())
    })?;
    if is_fault {
        ear.error(fault::read(&mut whole)?);
    }
    if let Some(usage) = usage {
        ear.usage(usage);
    }
    Ok(())
}

fn candidate(reader: &mut Reader<'_>, ear: &mut Ear) -> Hear {
    let mut index = None;
    let mut content = None;
    let mut finish = None;
    reader.object(|reader, key| {
        match key {
            "index" => index = reader.count()?,
            "content" => content = Some(reader.later()?),
            "finishReason" => finish = reader.filled()?,
            _ => reader.skip()?,
        }
        Ok::<_, Malformed>(())
    })?;
    if index.unwrap_or(0) != 0 {
        return Ok(());
    }
    if let Some(mut content) = content {
        content.object(|reader, key| match key {
            "parts" => reader.array(|reader| part(reader, ear)),
            _ => Ok(reader.skip()?),
        })?;
    }
    if let Some(finish) = finish {
        ear.finish(&finish);
    }
    Ok(())
}

fn part(reader: &mut Reader<'_>, ear: &mut Ear) -> Hear {
    let mut thought = false;
    let mut text = Cow::Borrowed("");
    reader.object(|reader, key| {
        match key {
            "text" => text = reader.string()?.unwrap_or_default(),
            "thought" => thought = reader.truth()?,
            "functionCall" => call(reader, ear)?,
            "thoughtSignature" => reader.skip()?,
            kind => ear.other(kind, reader.raw()?),
        }
        Ok::<_, Unheard>(())
    })?;
    if thought {
        ear.reasoning(&text);
    } else {
        ear.text(&text);
    }
    Ok(())
}

/// Reads a call. One in pieces, for those who ask for them, has no name in all but its first.
fn call(reader: &mut Reader<'_>, ear: &mut Ear) -> Hear {
    let mut id = None;
    let mut name = None;
    let mut arguments = "{}";
    let whole = reader.clone().raw()?;
    reader.object(|reader, key| {
        match key {
            "id" => id = reader.filled()?,
            "name" => name = reader.filled()?,
            "args" if reader.peek() == b'{' => arguments = reader.raw()?,
            _ => reader.skip()?,
        }
        Ok::<_, Malformed>(())
    })?;
    if name.is_none() {
        ear.other("functionCall", whole);
        return Ok(());
    }
    ear.call(
        CallKey::Unsaid,
        &CallPart {
            id: id.as_deref(),
            name: name.as_deref(),
            arguments,
        },
    )
}

/// Thinking is counted beside the candidates' tokens.
fn count(reader: &mut Reader<'_>) -> Read<Usage> {
    let mut usage = Usage::default();
    reader.object(|reader, key| {
        let slot = match key {
            "promptTokenCount" => &mut usage.input_tokens,
            "candidatesTokenCount" => &mut usage.output_tokens,
            "cachedContentTokenCount" => &mut usage.cached_tokens,
            "thoughtsTokenCount" => &mut usage.reasoning_tokens,
            "totalTokenCount" => &mut usage.total_tokens,
            _ => return reader.skip(),
        };
        *slot = reader.count()?;
        Ok::<_, Malformed>(())
    })?;
    usage.reasoning_beside = usage.reasoning_tokens.is_some();
    Ok(usage)
}

//! Usage as `OpenAI` counts it, under both its sets of names, and its vendors' additions.

use super::delta::Usage;
use super::read::{Read, Reader};

/// Reads a usage object; `null` counts nothing.
///
/// Thinking is part of the output with `OpenAI` and beside it with xAI; the total tells which.
pub(super) fn read(reader: &mut Reader<'_>) -> Read<Usage> {
    let mut usage = Usage::default();
    reader.object(|reader, key| member(reader, key, &mut usage))?;
    let apart = |usage: &Usage| {
        let thought = usage.reasoning_tokens.filter(|tokens| *tokens > 0)?;
        usage
            .input_tokens?
            .checked_add(usage.output_tokens?)?
            .checked_add(thought)
    };
    usage.reasoning_beside = usage.total_tokens.is_some() && apart(&usage) == usage.total_tokens;
    Ok(usage)
}

fn member(reader: &mut Reader<'_>, key: &str, usage: &mut Usage) -> Read<()> {
    match key {
        "prompt_tokens" | "input_tokens" => usage.input_tokens = reader.count()?,
        "completion_tokens" | "output_tokens" => usage.output_tokens = reader.count()?,
        "total_tokens" => usage.total_tokens = reader.count()?,
        "cached_tokens" | "prompt_cache_hit_tokens" => {
            let cached = reader.count()?;
            usage.cached_tokens = usage.cached_tokens.or(cached);
        }
        "reasoning_tokens" => usage.reasoning_tokens = reader.count()?,
        "prompt_tokens_details" | "prompt_token_details" | "input_tokens_details" => {
            reader.object(|reader, key| input_detail(reader, key, usage))?;
        }
        "completion_tokens_details" | "output_tokens_details" => {
            reader.object(|reader, key| match key {
                "reasoning_tokens" => {
                    usage.reasoning_tokens = reader.count()?;
                    Ok(())
                }
                _ => reader.skip(),
            })?;
        }
        _ => reader.skip()?,
    }
    Ok(())
}

fn input_detail(reader: &mut Reader<'_>, key: &str, usage: &mut Usage) -> Read<()> {
    match key {
        "cached_tokens" => usage.cached_tokens = reader.count()?.or(usage.cached_tokens),
        "cache_write_tokens" | "cache_creation_tokens" => {
            usage.cache_write_tokens = reader.count()?;
        }
        _ => reader.skip()?,
    }
    Ok(())
}

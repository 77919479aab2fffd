//! `allOf`, `anyOf`, `oneOf`, `not`, `if` with `then` and `else`.

use super::reading::Reader;
use crate::json::Value;
use crate::schema::options::CompileError;
use crate::schema::raw::{Choice, Raw, RawId};

pub(super) fn read<'d>(
    reader: &mut Reader<'d, '_, '_>,
    raw: &mut Raw,
    keyword: &'static str,
    value: &'d Value,
) -> Result<(), CompileError> {
    let origin = reader.origin(keyword);
    let choice = match keyword {
        "allOf" => {
            raw.also.extend(reader.schemas(keyword, value)?);
            return Ok(());
        }
        "anyOf" => Choice::Any(reader.schemas(keyword, value)?, origin),
        "oneOf" => Choice::One(reader.schemas(keyword, value)?, origin),
        "not" => Choice::Not(reader.schema(keyword, value)?, origin),
        _ => Choice::If {
            condition: reader.schema(keyword, value)?,
            then: branch(reader, "then")?,
            otherwise: branch(reader, "else")?,
            annotates: true,
            origin,
        },
    };
    raw.choices.push(choice);
    Ok(())
}

fn branch(
    reader: &mut Reader<'_, '_, '_>,
    keyword: &'static str,
) -> Result<Option<RawId>, CompileError> {
    reader
        .sibling(keyword)
        .map(|value| reader.schema(keyword, value))
        .transpose()
}

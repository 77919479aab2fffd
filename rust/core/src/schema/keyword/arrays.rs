//! `items`, `prefixItems`, `additionalItems`, `minItems`, `maxItems`, `uniqueItems`, `contains`, `unevaluatedItems`.

use super::reading::Reader;
use crate::json::Value;
use crate::schema::draft::Draft;
use crate::schema::options::CompileError;
use crate::schema::raw::{Contains, Raw};

pub(super) fn read<'d>(
    reader: &mut Reader<'d, '_, '_>,
    raw: &mut Raw,
    keyword: &'static str,
    value: &'d Value,
) -> Result<(), CompileError> {
    let origin = reader.origin(keyword);
    match keyword {
        "items" => items(reader, raw, value)?,
        "prefixItems" => raw.array().prefix = reader.schemas(keyword, value)?,
        // Beside `items` as a schema, or without `items`, it asks nothing.
        "additionalItems" if matches!(reader.sibling("items"), Some(Value::Array(_))) => {
            raw.array().rest = Some((reader.schema(keyword, value)?, origin));
        }
        "minItems" => raw.array().min = Some((reader.count(keyword, value)?, origin)),
        "maxItems" => raw.array().max = Some((reader.count(keyword, value)?, origin)),
        "uniqueItems" => match value.as_bool() {
            Some(true) => raw.array().unique = Some(origin),
            Some(false) => {}
            None => return Err(reader.error(keyword, "true or false")),
        },
        "contains" => raw.array().contains = Some(contains(reader, value)?),
        "unevaluatedItems" => {
            raw.unevaluated_items = Some((reader.schema(keyword, value)?, origin));
        }
        _ => {}
    }
    Ok(())
}

/// Up to 2019-09 a list of `items` is what `prefixItems` is afterwards.
fn items<'d>(
    reader: &mut Reader<'d, '_, '_>,
    raw: &mut Raw,
    value: &'d Value,
) -> Result<(), CompileError> {
    let origin = reader.origin("items");
    if matches!(value, Value::Array(_)) {
        if reader.dialect.draft > Draft::Draft201909 {
            return Err(reader.error(
                "items",
                "a schema (a list is called prefixItems from 2020-12 on)",
            ));
        }
        raw.array().prefix = reader.schemas("items", value)?;
    } else {
        raw.array().rest = Some((reader.schema("items", value)?, origin));
    }
    Ok(())
}

fn contains<'d>(
    reader: &mut Reader<'d, '_, '_>,
    value: &'d Value,
) -> Result<Contains, CompileError> {
    let schema = reader.schema("contains", value)?;
    let bounded = reader.dialect.draft >= Draft::Draft201909 && reader.dialect.validation;
    let bound = |reader: &Reader<'d, '_, '_>, keyword: &'static str| {
        let found = reader.sibling(keyword).filter(|_| bounded);
        found
            .map(|value| Ok((reader.count(keyword, value)?, reader.origin(keyword))))
            .transpose()
    };
    let min = bound(reader, "minContains")?;
    Ok(Contains {
        schema,
        min: min.unwrap_or((1, reader.origin("contains"))),
        max: bound(reader, "maxContains")?,
        evaluates: reader.dialect.draft >= Draft::Draft202012,
    })
}

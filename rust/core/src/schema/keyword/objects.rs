//! `properties`, `patternProperties`, `additionalProperties`, `propertyNames`, `required`, `minProperties`,
//! `maxProperties`, `dependencies`, `dependentRequired`, `dependentSchemas`, `unevaluatedProperties`.

use super::reading::Reader;
use crate::json::Value;
use crate::schema::draft::Draft;
use crate::schema::options::CompileError;
use crate::schema::raw::{Choice, Origin, Raw, RawId};
use crate::schema::resources::Dialect;
use crate::schema::types::TypeSet;

pub(super) fn read<'d>(
    reader: &mut Reader<'d, '_, '_>,
    raw: &mut Raw,
    keyword: &'static str,
    value: &'d Value,
) -> Result<(), CompileError> {
    let origin = reader.origin(keyword);
    match keyword {
        "properties" | "patternProperties" => {
            let members = reader.object(keyword, value)?;
            for (name, value) in members.iter() {
                let schema = (name.into(), reader.member(keyword, name, value)?);
                let object = raw.object();
                if keyword == "properties" {
                    &mut object.properties
                } else {
                    &mut object.patterns
                }
                .push(schema);
            }
        }
        "additionalProperties" => {
            raw.object().additional = Some((reader.schema(keyword, value)?, origin));
        }
        "propertyNames" => raw
            .object()
            .names
            .push((reader.schema(keyword, value)?, origin)),
        "required" => {
            let names = required(reader, keyword, value)?;
            raw.object()
                .required
                .extend(names.into_iter().map(|name| (name, origin)));
        }
        "minProperties" => raw.object().min = Some((reader.count(keyword, value)?, origin)),
        "maxProperties" => raw.object().max = Some((reader.count(keyword, value)?, origin)),
        "dependencies" | "dependentRequired" | "dependentSchemas" => {
            dependent(reader, raw, keyword, value)?;
        }
        "unevaluatedProperties" => {
            raw.unevaluated_properties = Some((reader.schema(keyword, value)?, origin));
        }
        _ => {}
    }
    Ok(())
}

/// Draft 3 wrote `required: true` into the property; schemas that still do mean nothing by it since draft 4.
fn required(
    reader: &Reader<'_, '_, '_>,
    keyword: &str,
    value: &Value,
) -> Result<Vec<Box<str>>, CompileError> {
    if matches!(value, Value::Bool(_)) {
        Ok(Vec::new())
    } else {
        reader.names(keyword, value)
    }
}

fn dependent<'d>(
    reader: &mut Reader<'d, '_, '_>,
    raw: &mut Raw,
    keyword: &'static str,
    value: &'d Value,
) -> Result<(), CompileError> {
    let origin = reader.origin(keyword);
    for (name, value) in reader.object(keyword, value)?.iter() {
        let by_names = match keyword {
            "dependentRequired" => true,
            "dependentSchemas" => false,
            _ => matches!(value, Value::Array(_) | Value::String(_)),
        };
        let then = if by_names {
            let names = one_or_more(reader.dialect, value)
                .map_or_else(|| reader.names(keyword, value), Ok)?;
            let mut raw = Raw::new();
            raw.object().required = names.into_iter().map(|name| (name, origin)).collect();
            reader.builder.synthetic(raw)?
        } else {
            reader.member(keyword, name, value)?
        };
        let condition = having(reader, name, origin)?;
        raw.choices.push(Choice::If {
            condition,
            then: Some(then),
            otherwise: None,
            annotates: false,
            origin,
        });
    }
    Ok(())
}

/// Draft 3 allowed a single name for a list of one.
fn one_or_more(dialect: Dialect, value: &Value) -> Option<Vec<Box<str>>> {
    let name = value.as_str().filter(|_| dialect.draft <= Draft::Draft7)?;
    Some(vec![name.into()])
}

/// Objects that have a member of this name.
fn having(
    reader: &mut Reader<'_, '_, '_>,
    name: &str,
    origin: Origin,
) -> Result<RawId, CompileError> {
    let mut raw = Raw::new();
    raw.types.push((TypeSet::OBJECT, origin));
    raw.object().required.push((name.into(), origin));
    reader.builder.synthetic(raw)
}

//! `type`, `enum`, `const`.
//!
//! Literals are spelled out in the terms of the other keywords: a scalar becomes a type with a finite set of strings or
//! numbers, a composite one a schema with exactly its members or items. So nothing about them is decided late.

use super::reading::Reader;
use crate::json::Value;
use crate::schema::draft::Draft;
use crate::schema::number::{self, Decimal, NumberConstraint, NumberMember};
use crate::schema::options::CompileError;
use crate::schema::raw::{Choice, Origin, Raw, RawId};
use crate::schema::text;
use crate::schema::types::TypeSet;

pub(super) fn read<'d>(
    reader: &mut Reader<'d, '_, '_>,
    raw: &mut Raw,
    keyword: &'static str,
    value: &'d Value,
) -> Result<(), CompileError> {
    match (keyword, value) {
        ("type", _) => types(reader, raw, value),
        ("enum", Value::Array(values)) => {
            literals(reader, raw, &values.iter().collect::<Vec<_>>(), keyword)
        }
        ("enum", _) => Err(reader.error(keyword, "a list of values")),
        _ => literals(reader, raw, &[value], keyword),
    }
}

fn types(reader: &Reader<'_, '_, '_>, raw: &mut Raw, value: &Value) -> Result<(), CompileError> {
    let names: Vec<&Value> = match value {
        Value::Array(names) => names.iter().collect(),
        name => vec![name],
    };
    let mut set = TypeSet::NONE;
    let (mut whole, mut any_number) = (false, false);
    for name in names {
        let name = name.as_str().unwrap_or_default();
        set = set.or(TypeSet::named(name)
            .ok_or_else(|| reader.error("type", "the name of a type, or a list of such"))?);
        whole |= name == "integer";
        any_number |= name == "number";
    }
    let origin = reader.origin("type");
    raw.types.push((set, origin));
    if whole && !any_number {
        let literally = reader.dialect.draft == Draft::Draft4;
        let constraint = if literally {
            NumberConstraint::LexicalInteger
        } else {
            NumberConstraint::Integer
        };
        raw.numbers.push((NumberMember::from(constraint), origin));
    }
    Ok(())
}

fn literals(
    reader: &mut Reader<'_, '_, '_>,
    raw: &mut Raw,
    values: &[&Value],
    keyword: &'static str,
) -> Result<(), CompileError> {
    let origin = reader.origin(keyword);
    reader.builder.count_values(values.len())?;
    let composite = |value: &&&Value| matches!(value, Value::Array(_) | Value::Object(_));
    let mut branches = Vec::new();
    for value in values.iter().filter(composite) {
        branches.push(spelled_out(reader, value, origin)?);
    }
    let scalars = scalars(reader, values, origin)?;
    if branches.is_empty() {
        raw.types.extend(scalars.types);
        raw.strings.extend(scalars.strings);
        raw.numbers.extend(scalars.numbers);
        return Ok(());
    }
    if scalars.types.iter().any(|(set, _)| !set.is_empty()) {
        branches.push(reader.builder.synthetic(scalars)?);
    }
    match branches[..] {
        [only] => raw.also.push(only),
        _ => raw.choices.push(Choice::Any(branches, origin)),
    }
    Ok(())
}

/// The scalars among the values.
fn scalars(
    reader: &Reader<'_, '_, '_>,
    values: &[&Value],
    origin: Origin,
) -> Result<Raw, CompileError> {
    let mut set = TypeSet::NONE;
    let (mut strings, mut numbers): (Vec<Box<str>>, Vec<Decimal>) = (Vec::new(), Vec::new());
    for value in values {
        set = set.or(match value {
            Value::Null => TypeSet::NULL,
            Value::Bool(false) => TypeSet::FALSE,
            Value::Bool(true) => TypeSet::TRUE,
            Value::Number(text) => {
                let error =
                    |error: number::DecimalError| reader.error(origin.keyword, &error.to_string());
                numbers.push(Decimal::parse(text).map_err(error)?);
                TypeSet::NUMBER
            }
            Value::String(text) => {
                strings.push(text.as_str().into());
                TypeSet::STRING
            }
            Value::Array(_) | Value::Object(_) => TypeSet::NONE,
        });
    }
    let mut raw = Raw::new();
    raw.types.push((set, origin));
    if !strings.is_empty() {
        raw.strings.push((
            text::Member::from(text::Constraint::Literals(strings)),
            origin,
        ));
    }
    if !numbers.is_empty() {
        raw.numbers
            .push((NumberMember::from(NumberConstraint::OneOf(numbers)), origin));
    }
    Ok(raw)
}

/// A schema that this value alone meets.
fn spelled_out(
    reader: &mut Reader<'_, '_, '_>,
    value: &Value,
    origin: Origin,
) -> Result<RawId, CompileError> {
    let mut raw = match value {
        Value::Array(_) | Value::Object(_) => Raw::new(),
        scalar => scalars(reader, &[scalar], origin)?,
    };
    reader.builder.count_values(1)?;
    match value {
        Value::Array(items) => {
            raw.types.push((TypeSet::ARRAY, origin));
            let array = raw.array();
            array.silent = true;
            array.min = Some((items.len() as u64, origin));
            array.rest = Some((reader.builder.nothing(origin)?, origin));
            for item in items {
                raw.array().prefix.push(spelled_out(reader, item, origin)?);
            }
        }
        Value::Object(members) => {
            raw.types.push((TypeSet::OBJECT, origin));
            let object = raw.object();
            object.silent = true;
            object.additional = Some((reader.builder.nothing(origin)?, origin));
            for (name, value) in members.iter() {
                raw.object()
                    .properties
                    .push((name.into(), spelled_out(reader, value, origin)?));
                raw.object().required.push((name.into(), origin));
            }
        }
        _ => {}
    }
    reader.builder.synthetic(raw)
}

//! `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, `multipleOf`.

use super::reading::Reader;
use crate::json::Value;
use crate::schema::draft::Draft;
use crate::schema::number::{Decimal, NumberConstraint as Constraint, NumberMember};
use crate::schema::options::CompileError;
use crate::schema::raw::Raw;

pub(super) fn read<'d>(
    reader: &mut Reader<'d, '_, '_>,
    raw: &mut Raw,
    keyword: &'static str,
    value: &'d Value,
) -> Result<(), CompileError> {
    let Value::Number(bound) = value else {
        return Err(reader.error(keyword, "a number"));
    };
    let bound = Decimal::parse(bound)
        .map_err(|error| reader.builder.error(reader.id, keyword, error.to_string()))?;
    let exclusive = |name: &str| {
        let flag = reader
            .sibling(name)
            .filter(|_| reader.dialect.draft == Draft::Draft4);
        flag.and_then(Value::as_bool) == Some(true)
    };
    let constraint = match keyword {
        "minimum" if exclusive("exclusiveMinimum") => Constraint::ExclusiveMinimum(bound),
        "maximum" if exclusive("exclusiveMaximum") => Constraint::ExclusiveMaximum(bound),
        "minimum" => Constraint::Minimum(bound),
        "maximum" => Constraint::Maximum(bound),
        "exclusiveMinimum" => Constraint::ExclusiveMinimum(bound),
        "exclusiveMaximum" => Constraint::ExclusiveMaximum(bound),
        _ if !bound.is_zero() && !bound.is_negative() => Constraint::MultipleOf(bound),
        _ => return Err(reader.error(keyword, "a number above 0")),
    };
    raw.numbers
        .push((NumberMember::from(constraint), reader.origin(keyword)));
    Ok(())
}

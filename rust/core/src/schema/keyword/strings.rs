//! `minLength`, `maxLength`, `pattern`, `format`.

use super::reading::Reader;
use crate::json::Value;
use crate::schema::options::CompileError;
use crate::schema::raw::Raw;
use crate::schema::text::format::Format;
use crate::schema::text::{Constraint, Member};

pub(super) fn read<'d>(
    reader: &mut Reader<'d, '_, '_>,
    raw: &mut Raw,
    keyword: &'static str,
    value: &'d Value,
) -> Result<(), CompileError> {
    let constraint = match keyword {
        "minLength" => Constraint::MinLength(reader.count(keyword, value)?),
        "maxLength" => Constraint::MaxLength(reader.count(keyword, value)?),
        "pattern" => Constraint::Pattern(text(reader, keyword, value)?.into()),
        _ => return format(reader, raw, keyword, value),
    };
    raw.strings
        .push((Member::from(constraint), reader.origin(keyword)));
    Ok(())
}

fn text<'d>(
    reader: &Reader<'d, '_, '_>,
    keyword: &str,
    value: &'d Value,
) -> Result<&'d str, CompileError> {
    value
        .as_str()
        .ok_or_else(|| reader.error(keyword, "a string"))
}

/// A format asks something where formats are asserted and this one is known.
fn format<'d>(
    reader: &mut Reader<'d, '_, '_>,
    raw: &mut Raw,
    keyword: &'static str,
    value: &'d Value,
) -> Result<(), CompileError> {
    let name = text(reader, keyword, value)?;
    let by_dialect = reader.dialect.formats || reader.dialect.draft.asserts_formats();
    let asserted = reader.builder.options.formats.unwrap_or(by_dialect);
    if let Some(format) = Format::named(name).filter(|_| asserted) {
        reader.builder.asks(reader.id, keyword);
        raw.strings.push((
            Member::from(Constraint::Format(format)),
            reader.origin(keyword),
        ));
    }
    Ok(())
}

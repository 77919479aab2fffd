//! `minLength`, `maxLength`, `pattern`, `format`, `contentEncoding`, `contentMediaType`.

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
        "format" => {
            let format = Format::named(text(reader, keyword, value)?);
            format_of(reader, raw, keyword, format);
            return Ok(());
        }
        _ => {
            text(reader, keyword, value)?;
            content(reader, raw, keyword);
            return Ok(());
        }
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
fn format_of(
    reader: &mut Reader<'_, '_, '_>,
    raw: &mut Raw,
    keyword: &'static str,
    format: Option<Format>,
) {
    let by_dialect = reader.dialect.formats || reader.dialect.draft.asserts_formats();
    let asserted = reader.builder.options.formats.unwrap_or(by_dialect);
    if let Some(format) = format.filter(|_| asserted) {
        reader.builder.asks(reader.id, keyword);
        raw.strings.push((
            Member::from(Constraint::Format(format)),
            reader.origin(keyword),
        ));
    }
}

/// What a string's content must be, as far as this keyword says so: the encoding by itself, the type as encoded.
fn content(reader: &mut Reader<'_, '_, '_>, raw: &mut Raw, keyword: &'static str) {
    let encoding = reader.sibling("contentEncoding").and_then(Value::as_str);
    let media_type = reader.sibling("contentMediaType").and_then(Value::as_str);
    let format = match keyword {
        "contentEncoding" => Format::of_content(encoding, None),
        _ => Format::of_content(encoding, media_type).filter(|format| *format != Format::Base64),
    };
    format_of(reader, raw, keyword, format);
}

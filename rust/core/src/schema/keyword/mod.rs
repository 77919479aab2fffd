//! The keywords, a file a family: what each draft knows, what each must look like, what it asks.
//!
//! A keyword that a draft does not know is an annotation and asks nothing.

mod applicators;
mod arrays;
mod literals;
mod numbers;
mod objects;
mod reading;
mod references;
mod strings;

use super::builder::{Builder, Site};
use super::draft::Draft;
use super::options::CompileError;
use super::raw::{Origin, Raw, RawId};
use super::resources::Dialect;
use super::types::TypeSet;
use crate::json::Value;

use reading::Reader;

/// Reads the schema at a site.
pub(super) fn read<'d>(
    builder: &mut Builder<'d, '_>,
    id: RawId,
    site: Site<'d>,
) -> Result<Raw, CompileError> {
    let mut raw = Raw::new();
    let schema = match site.value {
        Value::Bool(true) => return Ok(raw),
        Value::Object(schema) => schema,
        _ => {
            raw.types.push((
                TypeSet::NONE,
                Origin {
                    path: id,
                    keyword: "false",
                },
            ));
            return Ok(raw);
        }
    };
    let dialect = builder.index.resources[site.resource].dialect;
    let reference_alone = dialect.draft <= Draft::Draft7 && schema.get("$ref").is_some();
    let mut reader = Reader {
        builder,
        id,
        site,
        dialect,
    };
    for (keyword, value) in schema.iter() {
        if !reference_alone || keyword == "$ref" {
            keyword_of(&mut reader, &mut raw, keyword, value)?;
        }
    }
    Ok(raw)
}

/// Hands a keyword to its family.
fn keyword_of<'d>(
    reader: &mut Reader<'d, '_, '_>,
    raw: &mut Raw,
    keyword: &str,
    value: &'d Value,
) -> Result<(), CompileError> {
    let Some(keyword) = known(reader.dialect, keyword) else {
        return Ok(());
    };
    // Formats and contents ask something only where formats are asserted.
    if !matches!(keyword, "format" | "contentEncoding" | "contentMediaType") {
        reader.builder.asks(reader.id, keyword);
    }
    match keyword {
        "$ref" | "$dynamicRef" | "$recursiveRef" => references::read(reader, raw, keyword, value),
        "type" | "enum" | "const" => literals::read(reader, raw, keyword, value),
        "minLength" | "maxLength" | "pattern" | "format" | "contentEncoding"
        | "contentMediaType" => strings::read(reader, raw, keyword, value),
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" => {
            numbers::read(reader, raw, keyword, value)
        }
        "items" | "prefixItems" | "additionalItems" | "minItems" | "maxItems" | "uniqueItems"
        | "contains" | "unevaluatedItems" => arrays::read(reader, raw, keyword, value),
        "allOf" | "anyOf" | "oneOf" | "not" | "if" => {
            applicators::read(reader, raw, keyword, value)
        }
        _ => objects::read(reader, raw, keyword, value),
    }
}

/// Every keyword that asks something, with the drafts that know it and whether it is of the validation vocabulary.
const KEYWORDS: [(&str, Draft, Draft, bool); 43] = {
    use Draft::{Draft4, Draft6, Draft7, Draft201909, Draft202012};
    [
        ("$ref", Draft4, Draft202012, false),
        ("$dynamicRef", Draft202012, Draft202012, false),
        ("$recursiveRef", Draft201909, Draft201909, false),
        ("type", Draft4, Draft202012, true),
        ("enum", Draft4, Draft202012, true),
        ("const", Draft6, Draft202012, true),
        ("minLength", Draft4, Draft202012, true),
        ("maxLength", Draft4, Draft202012, true),
        ("pattern", Draft4, Draft202012, true),
        ("format", Draft4, Draft202012, false),
        // Annotations from 2019-09 on.
        ("contentEncoding", Draft7, Draft7, false),
        ("contentMediaType", Draft7, Draft7, false),
        ("minimum", Draft4, Draft202012, true),
        ("maximum", Draft4, Draft202012, true),
        ("exclusiveMinimum", Draft6, Draft202012, true),
        ("exclusiveMaximum", Draft6, Draft202012, true),
        ("multipleOf", Draft4, Draft202012, true),
        ("items", Draft4, Draft202012, false),
        ("prefixItems", Draft202012, Draft202012, false),
        ("additionalItems", Draft4, Draft201909, false),
        ("minItems", Draft4, Draft202012, true),
        ("maxItems", Draft4, Draft202012, true),
        ("uniqueItems", Draft4, Draft202012, true),
        ("contains", Draft6, Draft202012, false),
        ("unevaluatedItems", Draft201909, Draft202012, false),
        ("allOf", Draft4, Draft202012, false),
        ("anyOf", Draft4, Draft202012, false),
        ("oneOf", Draft4, Draft202012, false),
        ("not", Draft4, Draft202012, false),
        ("if", Draft7, Draft202012, false),
        ("properties", Draft4, Draft202012, false),
        ("patternProperties", Draft4, Draft202012, false),
        ("additionalProperties", Draft4, Draft202012, false),
        ("propertyNames", Draft6, Draft202012, false),
        ("required", Draft4, Draft202012, true),
        ("minProperties", Draft4, Draft202012, true),
        ("maxProperties", Draft4, Draft202012, true),
        ("dependencies", Draft4, Draft202012, false),
        ("dependentRequired", Draft201909, Draft202012, true),
        ("dependentSchemas", Draft201909, Draft202012, false),
        ("unevaluatedProperties", Draft201909, Draft202012, false),
        ("minContains", Draft201909, Draft202012, true),
        ("maxContains", Draft201909, Draft202012, true),
    ]
};

/// The keyword, if the dialect knows it.
fn known(dialect: Dialect, keyword: &str) -> Option<&'static str> {
    let &(name, first, last, validates) = KEYWORDS.iter().find(|(name, ..)| *name == keyword)?;
    let in_force =
        first <= dialect.draft && dialect.draft <= last && (dialect.validation || !validates);
    in_force.then_some(name)
}

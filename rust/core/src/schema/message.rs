//! Rules in words: the keyword and its value in the schema, never anything of the document.

use super::compiled::Compiled;
use super::documents::escaped;
use super::raw::Origin;
use super::run::{Blame, Cause, Missing};
use super::verdict::Violation;
use crate::json::Value;

/// Characters of a rule's value that are quoted.
const QUOTED: usize = 200;

/// Alternatives whose broken rules a message names.
const NAMED: usize = 4;

/// A broken rule as a violation; where it is for want of alternatives, with what each of them broke.
pub(super) fn violation(
    schema: &Compiled,
    blame: Blame,
    instance_path: String,
    causes: &[Cause],
    offset: i64,
) -> Violation {
    let causes: Box<[Violation]> = causes
        .iter()
        .map(|cause| violation(schema, cause.blame, cause.path.clone(), &[], offset))
        .collect();
    let Origin { path, keyword } = blame.origin;
    let place = &schema.paths[path as usize];
    let is_schema = keyword == "false";
    let schema_path = if is_schema {
        place.clone()
    } else {
        format!("{place}/{}", escaped(keyword))
    };
    let rule = find(schema, &schema_path);
    let missing = blame.missing.and_then(|missing| name(schema, missing));
    let mut message = message(keyword, rule, missing);
    if !causes.is_empty() {
        let said = alternatives(&causes, &instance_path, &schema_path);
        message = format!("{message}: {said}");
    } else if let ("anyOf" | "oneOf", Some(rule)) = (keyword, rule) {
        message = format!("{message}: {}", quoted(rule));
    }
    Violation {
        keyword: keyword.into(),
        schema_path: schema_path.into(),
        instance_path: instance_path.into(),
        offset,
        message: message.into(),
        position: None,
        causes,
    }
}

/// What each alternative broke, in one sentence, each thing once: of the alternatives' value, of a value in it, or, where
/// that is gone, by its place in the choice's schemas.
fn alternatives(causes: &[Violation], instance_path: &str, choice: &str) -> String {
    let mut said: Vec<String> = Vec::new();
    for cause in causes {
        let inside = cause.instance_path.strip_prefix(instance_path);
        let rule = cause.schema_path.strip_prefix(choice);
        let words = match (inside.unwrap_or_default(), rule.and_then(deep)) {
            ("", Some(place)) => format!("{} ({place})", cause.message),
            ("", None) => cause.message.to_string(),
            (inside, _) => format!("{inside} {}", cause.message),
        };
        if !said.contains(&words) {
            said.push(words);
        }
    }
    let more = said.len().saturating_sub(NAMED);
    said.truncate(NAMED);
    if more > 0 {
        said.push("…".to_owned());
    }
    said.join("; or ")
}

/// The schema of a rule below a choice, if it is none of the alternatives themselves: `/0/properties/kind/const` is that of
/// `0/properties/kind`.
fn deep(rule: &str) -> Option<&str> {
    let (schema, _keyword) = rule.strip_prefix('/')?.rsplit_once('/')?;
    schema.contains('/').then_some(schema)
}

/// The value at a schema path; in another document the path begins with its URI.
pub(super) fn find<'s>(schema: &'s Compiled, path: &str) -> Option<&'s Value> {
    let (uri, pointer) = path.rsplit_once('#').unwrap_or(("", path));
    schema
        .documents
        .iter()
        .find(|document| document.uri == uri)?
        .value
        .pointer(pointer)
}

fn name(schema: &Compiled, missing: Missing) -> Option<&str> {
    let super::node::CellSpec::Shape(shape) =
        &schema.nodes[missing.node as usize].cells[missing.spec as usize]
    else {
        return None;
    };
    shape
        .object
        .as_ref()?
        .names
        .get(missing.name as usize)
        .map(|name| &*name.text)
}

fn message(keyword: &str, rule: Option<&Value>, missing: Option<&str>) -> String {
    let value = rule.map(quoted).unwrap_or_default();
    if let (Some(name), "required" | "dependentRequired" | "dependencies" | "const" | "enum") =
        (missing, keyword)
    {
        return format!(
            "the member {} is required",
            quoted(&Value::String(name.to_owned()))
        );
    }
    match keyword {
        "false" => "nothing is allowed here".to_owned(),
        "type" => format!("must be of type {value}"),
        "enum" => format!("must be one of {value}"),
        "const" => format!("must be {value}"),
        "minimum" => format!("must be at least {value}"),
        "maximum" => format!("must be at most {value}"),
        "exclusiveMinimum" => format!("must be more than {value}"),
        "exclusiveMaximum" => format!("must be less than {value}"),
        "multipleOf" => format!("must be a multiple of {value}"),
        "minLength" => format!("must have at least {value} characters"),
        "maxLength" => format!("must have at most {value} characters"),
        "pattern" => format!("must match the pattern {value}"),
        "format" => format!("must be a valid {value}"),
        "contentEncoding" => format!("must be encoded in {value}"),
        "contentMediaType" => format!("must hold a valid {value} document"),
        "minItems" => format!("must have at least {value} items"),
        "maxItems" => format!("must have at most {value} items"),
        "uniqueItems" => "its items must all differ".to_owned(),
        "contains" => "must have an item of the kind that contains asks for".to_owned(),
        "minContains" => {
            format!("must have at least {value} items of the kind that contains asks for")
        }
        "maxContains" => {
            format!("must have at most {value} items of the kind that contains asks for")
        }
        "minProperties" => format!("must have at least {value} members"),
        "maxProperties" => format!("must have at most {value} members"),
        "additionalProperties" => "no other member is allowed".to_owned(),
        "unevaluatedProperties" => {
            "no other member is allowed than those the schema evaluates".to_owned()
        }
        "unevaluatedItems" | "items" | "additionalItems" => "no further item is allowed".to_owned(),
        "propertyNames" => "a member's name must meet propertyNames".to_owned(),
        "required" => format!("the members {value} are required"),
        "anyOf" => "must meet at least one schema of anyOf".to_owned(),
        "oneOf" => "must meet exactly one schema of oneOf".to_owned(),
        "not" => "must not meet the schema of not".to_owned(),
        "if" => "must meet then where it meets if, and else where it does not".to_owned(),
        _ => format!("must meet {keyword}"),
    }
}

/// A value of the schema as JSON, cut where it is long.
fn quoted(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

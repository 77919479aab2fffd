//! What compiling found out, for people.

use super::compiled::Schema;
use super::documents::escaped;
use super::message;
use super::run::Run;
use super::text::format::Format;
use super::text::pattern::Pattern;
use super::verdict::Violation;
use crate::json::Value;

/// When a keyword's violation is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timing {
    /// At the earliest byte, alone and in conjunctions.
    Earliest,
    /// As soon as its parts are certain, at the latest when the value closes.
    Close,
    /// When the string closes, by a matcher bounded in steps.
    Backtracking,
}

/// A keyword of the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyword {
    /// JSON Pointer to it, as in [`Violation::schema_path`].
    pub schema_path: String,
    /// Its name.
    pub name: String,
    /// When its violation is known.
    pub timing: Timing,
}

/// What compiling found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What makes every document invalid, if something does.
    pub contradiction: Option<Violation>,
    /// Every keyword that its draft knows and that asks something, in the schemas that the root leads to.
    pub keywords: Vec<Keyword>,
}

impl Schema {
    /// What compiling found out.
    #[must_use]
    pub fn report(&self) -> Report {
        let compiled = &self.compiled;
        let contradiction = (!self.is_satisfiable()).then(|| {
            let blame = Run::new(0, compiled).unborn(compiled);
            message::violation(compiled, blame, String::new(), &[], -1)
        });
        let mut keywords = Vec::new();
        for origin in &compiled.keywords {
            let path = &compiled.paths[origin.path as usize];
            let Some(schema) = message::find(compiled, path).and_then(Value::as_object) else {
                continue;
            };
            // The branches of a condition belong to it.
            let branches = ["then", "else"];
            let branches = branches.into_iter().filter(|_| origin.keyword == "if");
            for name in std::iter::once(origin.keyword).chain(branches) {
                if let Some(timing) = schema.get(name).and_then(|value| timing(name, value)) {
                    keywords.push(Keyword {
                        schema_path: format!("{path}/{}", escaped(name)),
                        name: name.to_owned(),
                        timing,
                    });
                }
            }
        }
        keywords.sort_unstable_by(|one, other| one.schema_path.cmp(&other.schema_path));
        keywords.dedup();
        Report {
            contradiction,
            keywords,
        }
    }
}

/// The class of a keyword; none for annotations.
fn timing(name: &str, value: &Value) -> Option<Timing> {
    Some(match name {
        "pattern" if !value.as_str().is_some_and(is_regular) => Timing::Backtracking,
        "patternProperties"
            if !value
                .as_object()?
                .iter()
                .all(|(pattern, _)| is_regular(pattern)) =>
        {
            Timing::Backtracking
        }
        "format" => match Format::named(value.as_str()?)? {
            format if format.is_regular() => Timing::Earliest,
            _ => Timing::Close,
        },
        "type"
        | "contentEncoding"
        | "enum"
        | "const"
        | "minLength"
        | "maxLength"
        | "pattern"
        | "minimum"
        | "maximum"
        | "exclusiveMinimum"
        | "exclusiveMaximum"
        | "multipleOf"
        | "properties"
        | "patternProperties"
        | "additionalProperties"
        | "propertyNames"
        | "required"
        | "minProperties"
        | "maxProperties"
        | "items"
        | "prefixItems"
        | "additionalItems"
        | "minItems"
        | "maxItems"
        | "allOf"
        | "anyOf"
        | "oneOf"
        | "$ref"
        | "$dynamicRef"
        | "$recursiveRef" => Timing::Earliest,
        "not"
        | "contentMediaType"
        | "if"
        | "then"
        | "else"
        | "contains"
        | "minContains"
        | "maxContains"
        | "uniqueItems"
        | "dependencies"
        | "dependentRequired"
        | "dependentSchemas"
        | "unevaluatedItems"
        | "unevaluatedProperties" => Timing::Close,
        _ => return None,
    })
}

fn is_regular(pattern: &str) -> bool {
    Pattern::parse(pattern).is_ok_and(|pattern| pattern.is_linear(false))
}

//! The documents a schema is made of.
//!
//! Compiling starts from the given document and loads, from the caller's registry and the published meta-schemas,
//! every document that a reference leads to.

use std::collections::BTreeSet;

use ahash::RandomState;

use super::draft::Draft;
use super::metaschemas;
use super::options::{CompileError, CompileOptions};
use super::uri::{resolve, split_fragment};
use crate::json::{self, Limits, Value};

/// Schemas nested in one another from which compiling refuses.
const DEPTH: u32 = 512;

/// A document and where it is from.
#[derive(Debug)]
pub(super) struct Document {
    /// Its URI without fragment; empty for the given schema, if it has no `$id`.
    pub uri: String,
    /// What it holds.
    pub value: Value,
}

/// Loads the given schema and every document its references lead to.
pub(super) fn load(source: &str, options: &CompileOptions) -> Result<Vec<Document>, CompileError> {
    let mut loader = Loader {
        options,
        left: options.budgets.source_bytes,
        documents: Vec::new(),
    };
    loader.add(String::new(), source)?;
    let mut seen: BTreeSet<String> = BTreeSet::from([String::new()]);
    let mut next = 0;
    while let Some(document) = loader.documents.get(next) {
        next += 1;
        let default = options.draft.unwrap_or(Draft::Draft202012);
        let mentioned = mentions(document, default);
        seen.extend(mentioned.resources);
        for uri in mentioned.references {
            if seen.insert(uri.clone())
                && let Some(text) = loader.find(&uri)
            {
                loader.add(uri, text)?;
            }
        }
    }
    Ok(loader.documents)
}

struct Loader<'o> {
    options: &'o CompileOptions,
    left: u64,
    documents: Vec<Document>,
}

impl<'o> Loader<'o> {
    fn find(&self, uri: &str) -> Option<&'o str> {
        let registry = &self.options.registry;
        let found = registry
            .get(uri)
            .or_else(|| registry.get(&format!("{uri}#")));
        found.map(String::as_str).or_else(|| metaschemas::find(uri))
    }

    fn add(&mut self, uri: String, text: &str) -> Result<(), CompileError> {
        let Some(left) = self.left.checked_sub(text.len() as u64) else {
            return Err(CompileError::limit(
                "source_bytes",
                self.options.budgets.source_bytes,
            ));
        };
        self.left = left;
        let limits = Limits {
            depth: DEPTH,
            bytes: u64::MAX,
            number: 1 << 16,
        };
        let hasher = hasher(self.options.seed);
        let value =
            json::parse(text.as_bytes(), limits, &hasher).map_err(|error| match error.halt {
                json::Halt::Limit(limit) => CompileError::Limit(limit),
                _ => CompileError::at(
                    if uri.is_empty() {
                        String::new()
                    } else {
                        format!("{uri}#")
                    },
                    format!("not JSON: {error}"),
                ),
            })?;
        self.documents.push(Document { uri, value });
        Ok(())
    }
}

/// The hasher of everything that comes from outside, from the caller's seed.
pub(super) fn hasher(seed: u64) -> RandomState {
    RandomState::with_seeds(
        seed,
        0x9E37_79B9_7F4A_7C15,
        0xD1B5_4A32_D192_ED03,
        0x94D0_49BB_1331_11EB,
    )
}

/// What a document names and refers to, by absolute URI without fragment.
struct Mentions {
    resources: Vec<String>,
    references: BTreeSet<String>,
}

fn mentions(document: &Document, default: Draft) -> Mentions {
    let mut found = Mentions {
        resources: Vec::new(),
        references: BTreeSet::new(),
    };
    walk(&document.value, &document.uri, default, &mut |schema| {
        if schema.names_resource {
            found.resources.push(schema.base.to_owned());
        }
        for keyword in ["$ref", "$dynamicRef", "$recursiveRef", "$schema"] {
            if let Some(reference) = schema.value.get(keyword).and_then(Value::as_str) {
                found
                    .references
                    .insert(resolve(schema.base, split_fragment(reference).0));
            }
        }
    });
    found
}

/// A place where a schema stands, while walking.
struct Standing<'d, 'b> {
    value: &'d Value,
    base: &'b str,
    /// Whether its `$id` begins a resource.
    names_resource: bool,
}

/// Visits every schema of a document, parents first.
fn walk<'d>(root: &'d Value, uri: &str, default: Draft, visit: &mut dyn FnMut(&Standing<'d, '_>)) {
    let mut stack = vec![(root, uri.to_owned(), default)];
    while let Some((value, base, draft)) = stack.pop() {
        let (base, draft, names_resource) = entered(value, &base, draft);
        visit(&Standing {
            value,
            base: &base,
            names_resource,
        });
        for (_, child) in subschemas(value) {
            stack.push((child, base.clone(), draft));
        }
    }
}

/// The base and draft inside a schema, and whether it begins a resource of its own.
pub(super) fn entered(value: &Value, base: &str, draft: Draft) -> (String, Draft, bool) {
    let declared = value
        .get("$schema")
        .and_then(Value::as_str)
        .and_then(Draft::of_meta_schema);
    let draft = declared.unwrap_or(draft);
    match id_of(value, draft) {
        Some(id) if !split_fragment(id).0.is_empty() => {
            (resolve(base, split_fragment(id).0), draft, true)
        }
        _ => (base.to_owned(), draft, false),
    }
}

/// `$id` (`id` in draft 4), unless a `$ref` hides it as it does up to draft 7.
pub(super) fn id_of(value: &Value, draft: Draft) -> Option<&str> {
    if draft <= Draft::Draft7 && value.get("$ref").is_some() {
        return None;
    }
    value
        .get(if draft == Draft::Draft4 { "id" } else { "$id" })?
        .as_str()
}

/// The subschemas of a schema with the pointer to each, by the keywords of all drafts.
pub(super) fn subschemas(value: &Value) -> Vec<(String, &Value)> {
    let Some(object) = value.as_object() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (keyword, value) in object.iter() {
        match (keyword, value) {
            (
                "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas"
                | "dependencies",
                Value::Object(members),
            ) => {
                let schemas = members
                    .iter()
                    .filter(|(_, each)| matches!(each, Value::Object(_) | Value::Bool(_)));
                found.extend(
                    schemas.map(|(name, each)| (format!("/{keyword}/{}", escaped(name)), each)),
                );
            }
            ("allOf" | "anyOf" | "oneOf" | "prefixItems" | "items", Value::Array(items)) => {
                found.extend(
                    items
                        .iter()
                        .enumerate()
                        .map(|(at, each)| (format!("/{keyword}/{at}"), each)),
                );
            }
            (
                "additionalItems"
                | "additionalProperties"
                | "items"
                | "contains"
                | "not"
                | "if"
                | "then"
                | "else"
                | "propertyNames"
                | "unevaluatedItems"
                | "unevaluatedProperties"
                | "contentSchema",
                Value::Object(_) | Value::Bool(_),
            ) => found.push((format!("/{keyword}"), value)),
            _ => {}
        }
    }
    found
}

/// A name as a segment of a JSON Pointer.
pub(super) fn escaped(name: &str) -> String {
    if name.contains(['~', '/']) {
        name.replace('~', "~0").replace('/', "~1")
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::hasher;

    #[test]
    fn names_made_to_collide_under_one_seed_are_spread_under_another() {
        const PLACES: u64 = 1 << 10;
        let place = |seed: u64| move |name: &String| hasher(seed).hash_one(name) % PLACES;
        let colliding: Vec<String> = (0..)
            .map(|number| format!("k{number}"))
            .filter(|name| place(1)(name) == 0)
            .take(2_000)
            .collect();
        for seed in [0, 2, u64::MAX] {
            let mut crowds = vec![0; PLACES as usize];
            for name in &colliding {
                crowds[place(seed)(name) as usize] += 1;
            }
            let largest = crowds.iter().max();
            assert!(largest < Some(&20), "seed {seed}: {largest:?} at one place");
        }
    }
}

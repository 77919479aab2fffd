//! What documents name: resources, anchors, dialects.
//!
//! One walk over the places where schemas stand finds what `$id`, `$anchor` and their kin name. A place is a reference
//! into the documents with the base it resolves against.

use std::collections::BTreeMap;

use ahash::RandomState;
use hashbrown::HashMap;

use super::documents::{Document, entered, hasher, id_of, subschemas};
use super::draft::Draft;
use super::options::CompileOptions;
use super::uri::split_fragment;
use crate::json::Value;

/// What a schema document's meta-schema says about reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    /// The draft.
    pub draft: Draft,
    /// Whether the validation vocabulary is in force.
    pub validation: bool,
    /// Whether the format-assertion vocabulary is in force.
    pub formats: bool,
}

/// A schema in its surroundings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'d> {
    /// The schema.
    pub value: &'d Value,
    /// The number of the resource it belongs to.
    pub resource: usize,
}

/// A schema resource: what one `$id` names, or a whole document.
#[derive(Debug)]
pub(super) struct Resource<'d> {
    /// Its absolute URI without fragment.
    pub uri: String,
    /// Its root.
    pub root: &'d Value,
    /// How it is read.
    pub dialect: Dialect,
    /// What `$anchor`, `$dynamicAnchor` and fragment-only identifiers name in it.
    pub anchors: BTreeMap<&'d str, Place<'d>>,
    /// What `$dynamicAnchor` names in it.
    pub dynamic: BTreeMap<&'d str, Place<'d>>,
    /// Pointer to its root, for messages.
    pub path: String,
}

/// Everything that can be referred to.
#[derive(Debug)]
pub(super) struct Index<'d> {
    /// The resources; the first is the given schema.
    pub resources: Vec<Resource<'d>>,
    by_uri: BTreeMap<String, usize>,
    /// The resource each schema belongs to and the pointer to it, by address.
    owners: HashMap<usize, (usize, String), RandomState>,
}

impl<'d> Index<'d> {
    /// Indexes documents; the first is the given schema.
    pub fn new(documents: &'d [Document], options: &CompileOptions) -> Self {
        let owners = HashMap::with_hasher(hasher(options.seed));
        let mut index = Self {
            resources: Vec::new(),
            by_uri: BTreeMap::new(),
            owners,
        };
        for document in documents {
            index.add(document, options.draft.unwrap_or(Draft::Draft202012));
        }
        for at in 0..index.resources.len() {
            index.resources[at].dialect =
                index.dialect(index.resources[at].root, index.resources[at].dialect.draft);
        }
        index
    }

    /// The resource at a URI without fragment.
    pub fn resource(&self, uri: &str) -> Option<usize> {
        self.by_uri.get(uri).copied()
    }

    /// The resource that a schema belongs to, if it stands where schemas are known to stand.
    pub fn owner(&self, value: &Value) -> Option<usize> {
        self.owners
            .get(&address(value))
            .map(|&(resource, _)| resource)
    }

    /// The pointer to a schema, if it stands where schemas are known to stand.
    pub fn path(&self, value: &Value) -> Option<&str> {
        self.owners
            .get(&address(value))
            .map(|(_, path)| path.as_str())
    }

    fn add(&mut self, document: &'d Document, default: Draft) {
        let prefix = if document.uri.is_empty() {
            String::new()
        } else {
            format!("{}#", document.uri)
        };
        let mut stack = vec![(&document.value, document.uri.clone(), default, None, prefix)];
        while let Some((value, outer, draft, parent, path)) = stack.pop() {
            let (base, draft, names_resource) = entered(value, &outer, draft);
            let resource = match parent {
                Some(parent) if !names_resource => parent,
                _ => self.begin(value, &base, draft, &path),
            };
            if parent.is_none() {
                self.by_uri.entry(document.uri.clone()).or_insert(resource);
            }
            self.owners.insert(address(value), (resource, path.clone()));
            self.name_anchors(value, resource, draft);
            for (step, child) in subschemas(value).into_iter().rev() {
                stack.push((
                    child,
                    base.clone(),
                    draft,
                    Some(resource),
                    format!("{path}{step}"),
                ));
            }
        }
    }

    fn begin(&mut self, root: &'d Value, uri: &str, draft: Draft, path: &str) -> usize {
        let number = self.resources.len();
        self.by_uri.entry(uri.to_owned()).or_insert(number);
        self.resources.push(Resource {
            uri: uri.to_owned(),
            root,
            dialect: Dialect {
                draft,
                validation: true,
                formats: false,
            },
            anchors: BTreeMap::new(),
            dynamic: BTreeMap::new(),
            path: path.to_owned(),
        });
        number
    }

    fn name_anchors(&mut self, value: &'d Value, resource: usize, draft: Draft) {
        let place = Place { value, resource };
        let known = &mut self.resources[resource];
        if draft <= Draft::Draft7 {
            if let Some(name) = id_of(value, draft)
                .and_then(|id| id.split_once('#'))
                .map(|(_, name)| name)
            {
                known.anchors.entry(name).or_insert(place);
            }
            return;
        }
        if let Some(name) = value.get("$anchor").and_then(Value::as_str) {
            known.anchors.entry(name).or_insert(place);
        }
        if let Some(name) = value.get("$dynamicAnchor").and_then(Value::as_str) {
            known.anchors.entry(name).or_insert(place);
            known.dynamic.entry(name).or_insert(place);
        }
        if value.get("$recursiveAnchor").and_then(Value::as_bool) == Some(true)
            && std::ptr::eq(value, known.root)
        {
            known.dynamic.insert("", place);
        }
    }

    /// The dialect of a resource, by the vocabularies of its meta-schema.
    fn dialect(&self, root: &Value, draft: Draft) -> Dialect {
        let published = Dialect {
            draft,
            validation: true,
            formats: false,
        };
        let Some(uri) = root
            .get("$schema")
            .and_then(Value::as_str)
            .map(|uri| split_fragment(uri).0)
        else {
            return published;
        };
        if Draft::of_meta_schema(uri).is_some() {
            return published;
        }
        let Some(meta) = self.resource(uri).map(|at| &self.resources[at]) else {
            return published;
        };
        let declared = meta
            .root
            .get("$schema")
            .and_then(Value::as_str)
            .and_then(Draft::of_meta_schema);
        let draft = declared.unwrap_or(draft);
        let Some(vocabularies) = meta.root.get("$vocabulary").and_then(Value::as_object) else {
            return Dialect { draft, ..published };
        };
        let has = |name: &str| vocabularies.iter().any(|(uri, _)| uri.ends_with(name));
        Dialect {
            draft,
            validation: has("/vocab/validation"),
            formats: has("/vocab/format-assertion"),
        }
    }
}

/// What tells two schema values apart: where they lie in memory, for as long as the documents are borrowed.
pub(super) fn address(value: &Value) -> usize {
    std::ptr::from_ref(value).addr()
}

//! From documents to raw schemas: follows every place that the root leads to, each once.

use ahash::RandomState;
use hashbrown::HashMap;

use super::documents::hasher;
use super::environment::{EnvironmentId, Environments};
use super::keyword;
use super::options::{CompileError, CompileOptions};
use super::raw::{Origin, Raw, RawId};
use super::resources::{Index, Place, address};
use super::types::TypeSet;
use crate::json::Value;

/// A schema under its dynamic environment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site<'d> {
    /// The schema.
    pub value: &'d Value,
    /// The resource it belongs to.
    pub resource: usize,
    /// The dynamic environment inside it.
    pub environment: EnvironmentId,
}

/// What building leaves: raw schemas and the paths that origins name. The root is the first.
#[derive(Debug)]
pub(super) struct Built {
    /// The raw schemas by number.
    pub raws: Vec<Raw>,
    /// Pointers to schemas, by the number in [`Origin::path`].
    pub paths: Vec<String>,
    /// The keywords that ask something.
    pub keywords: Vec<Origin>,
}

/// Builds raw schemas.
pub(super) struct Builder<'d, 'o> {
    /// What references lead to.
    pub index: &'o Index<'d>,
    /// The caller's options.
    pub options: &'o CompileOptions,
    built: Built,
    known: HashMap<(usize, EnvironmentId), RawId, RandomState>,
    queue: Vec<(RawId, Site<'d>)>,
    environments: Environments<'d>,
    enum_values: u32,
}

/// Builds the raw schemas that the first resource's root leads to.
pub(super) fn build(index: &Index<'_>, options: &CompileOptions) -> Result<Built, CompileError> {
    let mut builder = Builder {
        index,
        options,
        built: Built {
            raws: Vec::new(),
            paths: Vec::new(),
            keywords: Vec::new(),
        },
        known: HashMap::with_hasher(hasher(options.seed)),
        queue: Vec::new(),
        environments: Environments::new(index),
        enum_values: 0,
    };
    let place = Place {
        value: index.resources[0].root,
        resource: 0,
    };
    let environment = builder.environments.entering(index, Environments::EMPTY, 0);
    builder.at(
        Site {
            value: place.value,
            resource: 0,
            environment,
        },
        String::new,
    )?;
    while let Some((id, site)) = builder.queue.pop() {
        let raw = keyword::read(&mut builder, id, site)?;
        builder.built.raws[id as usize] = raw;
    }
    Ok(builder.built)
}

impl<'d> Builder<'d, '_> {
    /// The raw schema at a site; `path` is its pointer if the index does not know it.
    pub fn at(
        &mut self,
        site: Site<'d>,
        path: impl FnOnce() -> String,
    ) -> Result<RawId, CompileError> {
        let key = (address(site.value), site.environment);
        if let Some(&id) = self.known.get(&key) {
            return Ok(id);
        }
        let path = self.index.path(site.value).map_or_else(path, str::to_owned);
        if !matches!(site.value, Value::Object(_) | Value::Bool(_)) {
            return Err(CompileError::at(path, "a schema is an object or a boolean"));
        }
        let id = self.add(Raw::new(), path)?;
        self.known.insert(key, id);
        self.queue.push((id, site));
        Ok(id)
    }

    /// Notes that a keyword asks something.
    pub fn asks(&mut self, path: RawId, keyword: &'static str) {
        self.built.keywords.push(Origin { path, keyword });
    }

    /// The raw schema of a subschema.
    pub fn child(
        &mut self,
        parent: RawId,
        site: Site<'d>,
        value: &'d Value,
        step: impl FnOnce() -> String,
    ) -> Result<RawId, CompileError> {
        let resource = self.index.owner(value).unwrap_or(site.resource);
        let environment = self
            .environments
            .entering(self.index, site.environment, resource);
        let above = self.built.paths[parent as usize].clone();
        self.at(
            Site {
                value,
                resource,
                environment,
            },
            || format!("{above}{}", step()),
        )
    }

    /// The raw schema that a reference leads to from a site.
    pub fn target(
        &mut self,
        site: Site<'d>,
        place: Place<'d>,
        path: String,
    ) -> Result<RawId, CompileError> {
        let environment = self
            .environments
            .entering(self.index, site.environment, place.resource);
        self.at(
            Site {
                value: place.value,
                resource: place.resource,
                environment,
            },
            || path,
        )
    }

    /// Where a dynamic anchor of this name was first met on the way to a site.
    pub fn outermost(&self, site: Site<'d>, name: &str) -> Option<Place<'d>> {
        self.environments.find(site.environment, name)
    }

    /// Adds a raw schema that stands nowhere by itself.
    pub fn synthetic(&mut self, raw: Raw) -> Result<RawId, CompileError> {
        self.add(raw, String::new())
    }

    /// A schema that nothing meets, on behalf of a keyword.
    pub fn nothing(&mut self, origin: Origin) -> Result<RawId, CompileError> {
        let mut raw = Raw::new();
        raw.types.push((TypeSet::NONE, origin));
        self.synthetic(raw)
    }

    /// The pointer to a raw schema.
    pub fn path(&self, id: RawId) -> &str {
        &self.built.paths[id as usize]
    }

    /// An error at a keyword of a raw schema.
    pub fn error(&self, id: RawId, keyword: &str, message: impl Into<String>) -> CompileError {
        CompileError::at(
            format!("{}/{}", self.path(id), super::documents::escaped(keyword)),
            message,
        )
    }

    /// Counts values of `enum` and `const` against their budget.
    pub fn count_values(&mut self, count: usize) -> Result<(), CompileError> {
        let bound = self.options.budgets.enum_values;
        self.enum_values = self
            .enum_values
            .saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        if self.enum_values > bound {
            Err(CompileError::limit("enum_values", u64::from(bound)))
        } else {
            Ok(())
        }
    }

    fn add(&mut self, raw: Raw, path: String) -> Result<RawId, CompileError> {
        let bound = self.options.budgets.schemas;
        if self.built.raws.len() >= bound as usize {
            return Err(CompileError::limit("schemas", u64::from(bound)));
        }
        self.built.raws.push(raw);
        self.built.paths.push(path);
        Ok(self.built.raws.len() as RawId - 1)
    }
}

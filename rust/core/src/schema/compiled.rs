//! A schema, compiled.

use super::builder;
use super::documents::{self, Document};
use super::node::Node;
use super::normal;
use super::options::{CompileError, CompileOptions, Duplicates};
use super::raw::Origin;
use super::resources::Index;

/// What streams read while they judge. Immutable.
#[derive(Debug)]
pub(super) struct Compiled {
    /// The nodes; the first is what a document must meet.
    pub nodes: Vec<Node>,
    /// Pointers to schemas, as origins name them.
    pub paths: Vec<String>,
    /// The keywords that ask something, by their schemas' paths.
    pub keywords: Vec<Origin>,
    /// The documents, to say rules in their own words.
    pub documents: Vec<Document>,
    /// What repeated keys mean.
    pub duplicates: Duplicates,
    /// The seed of hash tables.
    pub seed: u64,
}

/// A JSON Schema, compiled once: immutable, to be shared by any number of [`super::Stream`]s.
#[derive(Debug)]
pub struct Schema {
    pub(super) compiled: Compiled,
}

impl Schema {
    /// Compiles a schema from its JSON text.
    ///
    /// # Errors
    /// [`CompileError::Schema`] if it is no schema or refers to what nobody has; [`CompileError::Limit`] past a
    /// budget. A schema that no document can meet is no error.
    pub fn compile(source: &str, options: &CompileOptions) -> Result<Self, CompileError> {
        let documents = documents::load(source, options)?;
        let index = Index::new(&documents, options);
        let built = builder::build(&index, options)?;
        let nodes = normal::normalise(&built.raws, &built.paths, options)?;
        let (paths, keywords) = (built.paths, built.keywords);
        let compiled = Compiled {
            nodes,
            paths,
            keywords,
            documents,
            duplicates: options.duplicates,
            seed: options.seed,
        };
        Ok(Self { compiled })
    }

    /// Whether any document can be valid, as far as compiling finds out: `false` is certain.
    #[must_use]
    pub fn is_satisfiable(&self) -> bool {
        !self.compiled.nodes[0].is_empty
    }
}

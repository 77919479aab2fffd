//! JSON Schema, compiled once and stepped byte by byte.

mod builder;
mod compiled;
mod documents;
mod draft;
mod environment;
mod judge;
mod keyword;
mod late;
mod leaf;
mod lenient;
mod lines;
mod message;
mod metaschemas;
mod node;
mod normal;
pub mod number;
mod options;
mod raw;
mod report;
mod resources;
mod run;
mod shape;
mod stream;
pub mod text;
mod types;
mod uri;
mod verdict;

#[cfg(test)]
mod tests;

pub use compiled::Schema;
pub use draft::Draft;
pub use options::{
    Budgets, CompileError, CompileOptions, Duplicates, Patterns, StreamOptions, Trailing,
    Violations,
};
pub use report::{Keyword, Report, Timing};
pub use stream::Stream;
pub use verdict::{Position, State, Verdict, Violation};

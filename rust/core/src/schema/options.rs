//! What a caller can say about compiling and streaming, and what can be wrong with a schema.

use std::collections::BTreeMap;

use super::draft::Draft;
use super::number::Exponents;
use crate::json::lenient::Repairs;
use crate::json::{Limit, Limits};

/// What a second member of the same name means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Duplicates {
    /// It is a violation, at the byte that makes it certain.
    #[default]
    Violation,
    /// The last one counts. What an object holds is certain when the outermost object around it closes; at once: that it
    /// is an object, the names of the outermost one's members, and whatever lies outside of objects.
    Last,
}

/// Which patterns are compiled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Patterns {
    /// All of ECMA-262: those beyond regular languages are decided at the string's close, within a step bound.
    #[default]
    All,
    /// Only regular ones; lookaround and backreferences are refused when compiling.
    Linear,
}

/// Bounds of compiling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budgets {
    /// Bytes of all schema documents together.
    pub source_bytes: u64,
    /// Schema objects reached from the root, each counted once a dynamic environment.
    pub schemas: u32,
    /// Normalised nodes; past it conjunctions are checked side by side instead of merged.
    pub nodes: u32,
    /// Alternatives into which one place's disjunctions are multiplied out; past it they are checked side by side.
    pub alternatives: u32,
    /// Values in all `enum` and `const` keywords together.
    pub enum_values: u32,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            source_bytes: 32 << 20,
            schemas: 50_000,
            nodes: 10_000,
            alternatives: 64,
            enum_values: 200_000,
        }
    }
}

/// How a schema is read.
#[derive(Clone, Debug, Default)]
pub struct CompileOptions {
    /// The draft where the schema does not say; 2020-12 if neither does.
    pub draft: Option<Draft>,
    /// Whether `format` is asserted; the draft's default if none.
    pub formats: Option<bool>,
    /// Documents for references, JSON text by URI. Nothing is ever fetched.
    pub registry: BTreeMap<String, String>,
    /// What repeated keys mean.
    pub duplicates: Duplicates,
    /// Which patterns are compiled.
    pub patterns: Patterns,
    /// Whether an exponent may still save a number.
    pub exponents: Exponents,
    /// Bounds of compiling.
    pub budgets: Budgets,
    /// Seeds every hash table over names and values that come from outside.
    pub seed: u64,
}

/// How one document is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamOptions {
    /// What text after the closed root means.
    pub trailing: Trailing,
    /// Whether the growing value is kept.
    pub value: bool,
    /// Bounds of the text.
    pub limits: Limits,
    /// What is repaired before it is judged; nothing by default.
    pub lenient: Repairs,
    /// Which violations are told.
    pub violations: Violations,
    /// Whether violations say their line and column.
    pub positions: bool,
}

/// Which violations of a document are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Violations {
    /// The one it dies of, and nothing is read beyond.
    #[default]
    First,
    /// Every one that can be told apart from the others: it is read on for them, up to the first byte that is no JSON.
    ///
    /// Each value tells what itself and each value inside it breaks. Where all alternatives of `anyOf` or `oneOf` fail,
    /// that is one violation, with the first rule that each of them broke as its causes.
    All {
        /// So many; then nothing more is read.
        at_most: u32,
    },
}

/// What text after the closed root means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trailing {
    /// Anything but white space is a violation.
    #[default]
    Violation,
    /// It is not read.
    Ignore,
}

/// Why a schema cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompileError {
    /// The text is no schema, or a keyword's value is not what the draft demands.
    Schema {
        /// JSON Pointer to the offending place; `uri#pointer` in another document.
        schema_path: String,
        /// What is wrong and what was expected.
        message: String,
    },
    /// A bound was reached.
    Limit(Limit),
}

impl CompileError {
    pub(super) fn at(schema_path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Schema {
            schema_path: schema_path.into(),
            message: message.into(),
        }
    }

    pub(super) fn limit(name: &'static str, bound: u64) -> Self {
        Self::Limit(Limit { name, bound })
    }
}

impl std::fmt::Display for CompileError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Schema {
                schema_path,
                message,
            } if schema_path.is_empty() => out.write_str(message),
            Self::Schema {
                schema_path,
                message,
            } => write!(out, "{message} (at {schema_path})"),
            Self::Limit(limit) => write!(
                out,
                "the schema needs more than {} {}",
                limit.bound, limit.name
            ),
        }
    }
}

impl std::error::Error for CompileError {}

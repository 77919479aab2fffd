//! Compiled schemas.

use std::collections::BTreeMap;
use std::sync::Arc;

use atomic_core::schema::{CompileOptions, Draft, Duplicates, Patterns, Schema, Stream, Timing};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::errors::{compile_error, limit_error};
use super::reading::options;
use super::stream::{Chunk, PySchemaStream};
use super::verdict::{PyVerdict, PyViolation};

/// Bytes from which the interpreter is let go while they are judged.
const DETACH: usize = 16 << 10;

/// The names of the drafts.
const DRAFTS: [&str; 5] = ["4", "6", "7", "2019-09", "2020-12"];

/// A compiled schema: immutable and shared.
#[pyclass(frozen, name = "CompiledSchema", module = "atomic_ai._core")]
pub(crate) struct PyCompiledSchema {
    schema: Arc<Schema>,
}

impl PyCompiledSchema {
    /// The schema itself, for other parts of the core.
    pub(crate) fn shared(&self) -> Arc<Schema> {
        Arc::clone(&self.schema)
    }
}

#[pymethods]
impl PyCompiledSchema {
    #[new]
    #[pyo3(signature = (source, *, draft=None, formats=None, registry=BTreeMap::new(), duplicates="violation", patterns="all", seed=0))]
    #[expect(
        clippy::too_many_arguments,
        reason = "each is an option of the public Schema"
    )]
    fn new(
        py: Python<'_>,
        source: &str,
        draft: Option<&str>,
        formats: Option<bool>,
        registry: BTreeMap<String, String>,
        duplicates: &str,
        patterns: &str,
        seed: u64,
    ) -> PyResult<Self> {
        let draft = draft
            .map(|name| Draft::named(name).ok_or_else(|| unknown("draft", name, &DRAFTS)))
            .transpose()?;
        let duplicates = match duplicates {
            "violation" => Duplicates::Violation,
            "last" => Duplicates::Last,
            other => return Err(unknown("duplicates", other, &["violation", "last"])),
        };
        let patterns = match patterns {
            "all" => Patterns::All,
            "linear" => Patterns::Linear,
            other => return Err(unknown("patterns", other, &["all", "linear"])),
        };
        let options = CompileOptions {
            draft,
            formats,
            registry,
            duplicates,
            patterns,
            seed,
            ..CompileOptions::default()
        };
        let schema = py
            .detach(|| Schema::compile(source, &options))
            .map_err(|error| compile_error(py, error))?;
        Ok(Self {
            schema: Arc::new(schema),
        })
    }

    /// Judges one whole document.
    #[pyo3(signature = (data, *, lenient=Vec::new(), violations="first", max_violations=1_000, positions=false))]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "extracted arguments are owned"
    )]
    fn validate(
        &self,
        py: Python<'_>,
        data: Chunk<'_>,
        lenient: Vec<String>,
        violations: &str,
        max_violations: u32,
        positions: bool,
    ) -> PyResult<Py<PyVerdict>> {
        let bytes = data.bytes()?;
        let options = options(false, &lenient, violations, max_violations, positions)?;
        let mut stream = Stream::new(self.shared(), options);
        let judge = |stream: &mut Stream| {
            stream.feed(&bytes);
            stream.finish();
        };
        if bytes.len() < DETACH {
            judge(&mut stream);
        } else {
            py.detach(|| judge(&mut stream));
        }
        match stream.limit() {
            Some(limit) => Err(limit_error(py, limit, "the document")),
            None => PyVerdict::of(py, stream.verdict(), stream.repairs()),
        }
    }

    /// One growing document.
    #[pyo3(signature = (*, value=true, changes=false, lenient=Vec::new(), violations="first", max_violations=1_000, positions=false))]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "extracted arguments are owned"
    )]
    fn stream(
        &self,
        value: bool,
        changes: bool,
        lenient: Vec<String>,
        violations: &str,
        max_violations: u32,
        positions: bool,
    ) -> PyResult<PySchemaStream> {
        let options = options(value, &lenient, violations, max_violations, positions)?;
        Ok(PySchemaStream::new(self.shared(), options, changes))
    }

    /// What compiling found out: what makes every document invalid, and each keyword with its timing.
    fn report(&self) -> (Option<PyViolation>, Vec<(String, String, &'static str)>) {
        let report = self.schema.report();
        let keywords = report.keywords.into_iter().map(|keyword| {
            let timing = match keyword.timing {
                Timing::Earliest => "earliest",
                Timing::Close => "close",
                Timing::Backtracking => "backtracking",
            };
            (keyword.schema_path, keyword.name, timing)
        });
        (
            report.contradiction.as_ref().map(PyViolation::from),
            keywords.collect(),
        )
    }

    /// Whether any document can be valid, as far as compiling finds out.
    #[getter]
    fn satisfiable(&self) -> bool {
        self.schema.is_satisfiable()
    }
}

pub(super) fn unknown(option: &str, value: &str, known: &[&str]) -> PyErr {
    let known = known.join(", ");
    PyValueError::new_err(format!(
        "{option}: no such choice: {value:?}; there are {known}"
    ))
}

//! Verdicts and violations.

use atomic_core::json::lenient::Repaired;
use atomic_core::schema::{Position, State, Verdict, Violation};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::reading::PyRepair;
use super::stream::Chunk;

/// A rule that the document breaks.
#[pyclass(frozen, eq, hash, name = "Violation", module = "atomic_ai._core")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct PyViolation {
    #[pyo3(get)]
    keyword: String,
    #[pyo3(get)]
    schema_path: String,
    #[pyo3(get)]
    instance_path: String,
    #[pyo3(get)]
    offset: i64,
    #[pyo3(get)]
    message: String,
    #[pyo3(get)]
    line: Option<u64>,
    #[pyo3(get)]
    column: Option<u64>,
    causes: Vec<PyViolation>,
}

#[pymethods]
impl PyViolation {
    #[new]
    #[pyo3(signature = (keyword, schema_path, instance_path, offset, message, line=None, column=None, causes=vec![]))]
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a part of a violation, for pickling"
    )]
    fn new(
        keyword: String,
        schema_path: String,
        instance_path: String,
        offset: i64,
        message: String,
        line: Option<u64>,
        column: Option<u64>,
        causes: Vec<PyRef<'_, Self>>,
    ) -> Self {
        Self {
            keyword,
            schema_path,
            instance_path,
            offset,
            message,
            line,
            column,
            causes: causes.iter().map(|cause| (**cause).clone()).collect(),
        }
    }

    /// What each alternative broke, where none is left.
    #[getter]
    fn causes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let causes = self.causes.iter().map(|cause| Py::new(py, cause.clone()));
        PyTuple::new(py, causes.collect::<PyResult<Vec<_>>>()?)
    }

    /// Line and column of its offset in the text that was judged, both from 1.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "extracted arguments are owned"
    )]
    fn position(&self, text: Chunk<'_>) -> PyResult<(u64, u64)> {
        let offset = usize::try_from(self.offset).unwrap_or(0);
        let Position { line, column } = Position::of(&text.bytes()?, offset);
        Ok((line, column))
    }

    fn __repr__(&self) -> String {
        format!(
            "Violation(keyword={:?}, schema_path={:?}, instance_path={:?}, offset={}, message={:?})",
            self.keyword, self.schema_path, self.instance_path, self.offset, self.message
        )
    }

    fn __str__(&self) -> String {
        let place = if self.instance_path.is_empty() {
            "the document"
        } else {
            &self.instance_path
        };
        format!("{place}: {}", self.message)
    }

    fn __getnewargs__(&self, py: Python<'_>) -> PyResult<Py<PyTuple>> {
        let words = (
            &self.keyword,
            &self.schema_path,
            &self.instance_path,
            self.offset,
            &self.message,
            self.line,
            self.column,
            self.causes(py)?,
        );
        Ok(words.into_pyobject(py)?.unbind())
    }
}

impl From<&Violation> for PyViolation {
    fn from(violation: &Violation) -> Self {
        Self {
            keyword: violation.keyword.to_string(),
            schema_path: violation.schema_path.to_string(),
            instance_path: violation.instance_path.to_string(),
            offset: violation.offset,
            message: violation.message.to_string(),
            line: violation.position.map(|position| position.line),
            column: violation.position.map(|position| position.column),
            causes: violation.causes.iter().map(Self::from).collect(),
        }
    }
}

/// What is known of a document so far.
#[pyclass(frozen, name = "Verdict", module = "atomic_ai._core")]
pub(crate) struct PyVerdict {
    #[pyo3(get)]
    state: &'static str,
    #[pyo3(get)]
    dead_at: Option<i64>,
    #[pyo3(get)]
    violations: Py<PyTuple>,
    #[pyo3(get)]
    repairs: Py<PyTuple>,
}

/// The state's name.
pub(super) fn state_name(state: State) -> &'static str {
    match state {
        State::Open => "open",
        State::Complete => "complete",
        State::Invalid => "invalid",
    }
}

impl PyVerdict {
    /// The verdict as a Python object.
    pub fn of(py: Python<'_>, verdict: &Verdict, repairs: &[Repaired]) -> PyResult<Py<Self>> {
        let violations = verdict
            .violations
            .iter()
            .map(|violation| Py::new(py, PyViolation::from(violation)));
        let violations = PyTuple::new(py, violations.collect::<PyResult<Vec<_>>>()?)?.unbind();
        let repairs = repairs.iter().map(|made| Py::new(py, PyRepair::from(made)));
        let repairs = PyTuple::new(py, repairs.collect::<PyResult<Vec<_>>>()?)?.unbind();
        Py::new(
            py,
            Self {
                state: state_name(verdict.state),
                dead_at: verdict.dead_at,
                violations,
                repairs,
            },
        )
    }
}

#[pymethods]
impl PyVerdict {
    #[new]
    #[pyo3(signature = (state, dead_at, violations, repairs=None))]
    fn new(
        py: Python<'_>,
        state: &str,
        dead_at: Option<i64>,
        violations: Py<PyTuple>,
        repairs: Option<Py<PyTuple>>,
    ) -> PyResult<Self> {
        let known = [State::Open, State::Complete, State::Invalid].map(state_name);
        let state = known.into_iter().find(|name| *name == state);
        let state = state.ok_or_else(|| {
            pyo3::exceptions::PyValueError::new_err("state: open, complete or invalid")
        })?;
        Ok(Self {
            state,
            dead_at,
            violations,
            repairs: repairs.unwrap_or_else(|| PyTuple::empty(py).unbind()),
        })
    }

    /// Whether the document is complete and valid.
    #[getter]
    fn valid(&self) -> bool {
        self.state == "complete"
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let dead_at = self
            .dead_at
            .map_or_else(|| "None".to_owned(), |at| at.to_string());
        let violations = self.violations.bind(py).repr()?;
        let repairs = match self.repairs.bind(py).len() {
            0 => String::new(),
            _ => format!(", repairs={}", self.repairs.bind(py).repr()?),
        };
        Ok(format!(
            "Verdict(state={:?}, dead_at={dead_at}, violations={violations}{repairs})",
            self.state
        ))
    }

    fn __eq__(&self, py: Python<'_>, other: &Self) -> PyResult<bool> {
        let same = self.state == other.state && self.dead_at == other.dead_at;
        Ok(same
            && self.violations.bind(py).eq(other.violations.bind(py))?
            && self.repairs.bind(py).eq(other.repairs.bind(py))?)
    }

    fn __getnewargs__(
        &self,
        py: Python<'_>,
    ) -> (&'static str, Option<i64>, Py<PyTuple>, Py<PyTuple>) {
        (
            self.state,
            self.dead_at,
            self.violations.clone_ref(py),
            self.repairs.clone_ref(py),
        )
    }
}

//! `Delta`.

use atomic_core::wire::Delta;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::message::{Arguments, PyFault, PyUsage};

/// The smallest thing that is heard from a model.
#[pyclass(name = "Delta", module = "atomic_ai._core", frozen, eq)]
#[derive(Clone, PartialEq)]
pub(crate) struct PyDelta(pub(crate) Delta);

#[pymethods]
impl PyDelta {
    #[new]
    #[pyo3(signature = (
        kind, text=None, *, index=0, id=None, name=None, arguments="", usage=None,
        reason=None, error=None, data=None,
    ))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keywords in Python, most of one kind each"
    )]
    fn new(
        kind: &str,
        text: Option<String>,
        index: usize,
        id: Option<String>,
        name: Option<String>,
        arguments: &str,
        usage: Option<&PyUsage>,
        reason: Option<String>,
        error: Option<&PyFault>,
        data: Option<String>,
    ) -> PyResult<Self> {
        let missing =
            |what: &str| PyValueError::new_err(format!("a delta of kind {kind:?} needs {what}"));
        Ok(Self(match kind {
            "text" => Delta::Text(text.ok_or_else(|| missing("text"))?),
            "reasoning" => Delta::Reasoning(text.ok_or_else(|| missing("text"))?),
            "refusal" => Delta::Refusal(text.ok_or_else(|| missing("text"))?),
            "tool_call" => Delta::ToolCall {
                index,
                id,
                name,
                arguments: arguments.to_owned(),
            },
            "usage" => Delta::Usage(usage.ok_or_else(|| missing("usage"))?.0),
            "finish" => Delta::Finish {
                reason: reason.ok_or_else(|| missing("reason"))?,
            },
            "error" => Delta::Error(error.ok_or_else(|| missing("error"))?.0.clone()),
            "truncated" => Delta::Truncated,
            "other" => Delta::Other {
                kind: name.ok_or_else(|| missing("name"))?,
                data: data.unwrap_or_default(),
            },
            _ => return Err(PyValueError::new_err(format!("no kind of delta: {kind:?}"))),
        }))
    }

    #[getter]
    const fn kind(&self) -> &'static str {
        self.0.kind()
    }

    #[getter]
    fn text(&self) -> Option<&str> {
        self.0.text()
    }

    #[getter]
    const fn index(&self) -> Option<usize> {
        match &self.0 {
            Delta::ToolCall { index, .. } => Some(*index),
            _ => None,
        }
    }

    #[getter]
    fn id(&self) -> Option<&str> {
        match &self.0 {
            Delta::ToolCall { id, .. } => id.as_deref(),
            _ => None,
        }
    }

    #[getter]
    fn name(&self) -> Option<&str> {
        match &self.0 {
            Delta::ToolCall { name, .. } => name.as_deref(),
            Delta::Other { kind, .. } => Some(kind),
            _ => None,
        }
    }

    #[getter]
    fn arguments(&self) -> Option<&str> {
        match &self.0 {
            Delta::ToolCall { arguments, .. } => Some(arguments),
            _ => None,
        }
    }

    #[getter]
    const fn usage(&self) -> Option<PyUsage> {
        match &self.0 {
            Delta::Usage(usage) => Some(PyUsage(*usage)),
            _ => None,
        }
    }

    #[getter]
    fn reason(&self) -> Option<&str> {
        match &self.0 {
            Delta::Finish { reason } => Some(reason),
            _ => None,
        }
    }

    #[getter]
    fn error(&self) -> Option<PyFault> {
        match &self.0 {
            Delta::Error(fault) => Some(PyFault(fault.clone())),
            _ => None,
        }
    }

    #[getter]
    fn data(&self) -> Option<&str> {
        match &self.0 {
            Delta::Other { data, .. } => Some(data),
            _ => None,
        }
    }

    /// For `pickle` and `copy`.
    fn __getnewargs_ex__<'py>(&self, py: Python<'py>) -> PyResult<Arguments<'py>> {
        let keywords = PyDict::new(py);
        keywords.set_item("text", self.text())?;
        keywords.set_item("index", self.index().unwrap_or(0))?;
        keywords.set_item("id", self.id())?;
        keywords.set_item("name", self.name())?;
        keywords.set_item("arguments", self.arguments().unwrap_or(""))?;
        keywords.set_item("usage", self.usage())?;
        keywords.set_item("reason", self.reason())?;
        keywords.set_item("error", self.error())?;
        keywords.set_item("data", self.data())?;
        Ok(((self.kind(),).into_pyobject(py)?, keywords))
    }

    /// What models say is not for logs: sizes only.
    fn __repr__(&self) -> String {
        match &self.0 {
            Delta::Text(text) | Delta::Reasoning(text) | Delta::Refusal(text) => {
                format!("<Delta {} of {} bytes>", self.0.kind(), text.len())
            }
            Delta::ToolCall {
                index, arguments, ..
            } => {
                format!(
                    "<Delta tool_call {index} with {} bytes of arguments>",
                    arguments.len()
                )
            }
            Delta::Finish { reason } => format!("<Delta finish {reason}>"),
            other => format!("<Delta {}>", other.kind()),
        }
    }
}

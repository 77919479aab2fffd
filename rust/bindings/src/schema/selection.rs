//! Values at chosen paths of a growing document.

use atomic_core::json::{Selected, Value};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

use super::growing::number;
use super::stream::PySchemaStream;

/// A selected value.
#[pyclass(frozen, name = "Selected", module = "atomic_ai._core")]
pub(crate) struct PySelected {
    /// JSON Pointer to it.
    #[pyo3(get)]
    pointer: String,
    /// The value, so far.
    #[pyo3(get)]
    value: Py<PyAny>,
    /// Whether it is complete.
    #[pyo3(get)]
    closed: bool,
}

#[pymethods]
impl PySelected {
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let value = self.value.bind(py).repr()?;
        let closed = if self.closed { "True" } else { "False" };
        Ok(format!(
            "Selected(pointer={:?}, value={value}, closed={closed})",
            self.pointer
        ))
    }
}

/// The values at one path of a stream.
#[pyclass(frozen, name = "Selection", module = "atomic_ai._core")]
pub(crate) struct PySelection {
    stream: Py<PySchemaStream>,
    /// Its place among the stream's selections.
    index: usize,
}

impl PySelection {
    pub fn new(stream: Py<PySchemaStream>, index: usize) -> Self {
        Self { stream, index }
    }
}

#[pymethods]
impl PySelection {
    /// The values that closed since the last call.
    fn take(&self, py: Python<'_>) -> PyResult<Vec<PySelected>> {
        let mut stream = self.stream.borrow_mut(py);
        let found = stream.selection(self.index).take();
        found.iter().map(|each| told(py, each, true)).collect()
    }

    /// The value that is open, as far as it goes.
    fn growing(&self, py: Python<'_>) -> PyResult<Option<PySelected>> {
        let mut stream = self.stream.borrow_mut(py);
        let open = stream.selection(self.index).growing();
        open.map(|each| told(py, &each, false)).transpose()
    }
}

fn told(py: Python<'_>, selected: &Selected, closed: bool) -> PyResult<PySelected> {
    Ok(PySelected {
        pointer: selected.pointer.clone(),
        value: object(py, &selected.value)?.unbind(),
        closed,
    })
}

/// A value as Python objects. It is no deeper than the tokenizer's bound.
fn object<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(truth) => truth.into_pyobject(py)?.to_owned().into_any(),
        Value::Number(text) => number(py, text)?,
        Value::String(text) => PyString::new(py, text).into_any(),
        Value::Array(items) => {
            let list = PyList::empty(py);
            for item in items {
                list.append(object(py, item)?)?;
            }
            list.into_any()
        }
        Value::Object(members) => {
            let dict = PyDict::new(py);
            for (name, member) in members.iter() {
                dict.set_item(PyString::intern(py, name), object(py, member)?)?;
            }
            dict.into_any()
        }
    })
}

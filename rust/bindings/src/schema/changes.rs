//! What has changed since somebody last asked.

use atomic_core::json::{Container, Op};
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::growing::number;

/// One change of the growing value.
#[pyclass(frozen, name = "Change", module = "atomic_ai._core")]
pub(crate) struct PyChange {
    /// JSON Pointer to what changed.
    #[pyo3(get)]
    pointer: String,
    /// `object` or `array`: it opened; `text`: a string grew; `value`: a scalar is complete; `closed`: a container is.
    #[pyo3(get)]
    kind: &'static str,
    /// The appended text, or the scalar; `None` for containers.
    #[pyo3(get)]
    value: Py<PyAny>,
}

#[pymethods]
impl PyChange {
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let value = self.value.bind(py).repr()?;
        Ok(format!(
            "Change(pointer={:?}, kind={:?}, value={value})",
            self.pointer, self.kind
        ))
    }
}

/// Turns the steps of a journal into changes.
#[derive(Default)]
pub(super) struct Changes {
    /// The pointer to the value that is open or comes next, without the last segment of an array.
    pointer: String,
    /// Where the pointer of each open container ends, and its next index if it is an array.
    open: Vec<(usize, Option<usize>)>,
    /// The text of the open string, and whether any of it was told.
    whole: String,
    told: usize,
    /// It has begun, and nothing of it was told yet.
    begun: bool,
    found: Vec<PyChange>,
}

impl Changes {
    /// Reads one step.
    pub fn apply(&mut self, py: Python<'_>, op: Op, text: &str) -> PyResult<()> {
        match op {
            Op::Open(container) => {
                let (kind, next) = match container {
                    Container::Array => ("array", Some(0)),
                    Container::Object => ("object", None),
                };
                self.begin_item();
                self.tell(kind, py.None());
                self.open.push((self.pointer.len(), next));
            }
            Op::Close => {
                let (end, _) = self.open.pop().unwrap_or_default();
                self.pointer.truncate(end);
                self.tell("closed", py.None());
                self.end_item();
            }
            Op::Key(_) => {
                self.pointer.push('/');
                self.pointer
                    .push_str(&text.replace('~', "~0").replace('/', "~1"));
            }
            Op::String(_) => self.scalar(PyString::new(py, text).into_any().unbind()),
            Op::StringBegin => {
                self.begin_item();
                self.begun = true;
            }
            Op::StringPart(_) => self.whole.push_str(text),
            Op::StringEnd => {
                // Its `value` follows: an empty beginning of it says nothing.
                self.begun = false;
                self.tell_text(py);
                let whole = PyString::new(py, &self.whole).into_any().unbind();
                self.tell("value", whole);
                self.whole.clear();
                self.told = 0;
                self.end_item();
            }
            Op::Number(_) => self.scalar(number(py, text)?.unbind()),
            Op::Null => self.scalar(py.None()),
            Op::Bool(truth) => self.scalar(truth.into_pyobject(py)?.to_owned().into_any().unbind()),
        }
        Ok(())
    }

    /// The changes since the last call.
    pub fn take(&mut self, py: Python<'_>) -> Vec<PyChange> {
        self.tell_text(py);
        std::mem::take(&mut self.found)
    }

    fn scalar(&mut self, value: Py<PyAny>) {
        self.begin_item();
        self.tell("value", value);
        self.end_item();
    }

    fn tell_text(&mut self, py: Python<'_>) {
        if self.told < self.whole.len() || self.begun {
            self.begun = false;
            let appended = PyString::new(py, &self.whole[self.told..])
                .into_any()
                .unbind();
            self.told = self.whole.len();
            self.tell("text", appended);
        }
    }

    fn tell(&mut self, kind: &'static str, value: Py<PyAny>) {
        self.found.push(PyChange {
            pointer: self.pointer.clone(),
            kind,
            value,
        });
    }

    fn begin_item(&mut self) {
        if let Some((_, Some(index))) = self.open.last_mut() {
            self.pointer.push('/');
            self.pointer.push_str(&index.to_string());
            *index += 1;
        }
    }

    fn end_item(&mut self) {
        let end = self.open.last().map_or(0, |&(end, _)| end);
        self.pointer.truncate(end);
    }
}

//! The growing value as Python objects, built once and in place.
//!
//! Containers are created when they open and filled as they grow, so what a caller holds is live; what is closed is
//! never touched again. Only the string that is open has to be made anew, and only when somebody looks.

use atomic_core::json::{Container, Op};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFloat, PyList, PyString};

/// A container that is open.
enum Open {
    List(Py<PyList>),
    Dict(Py<PyDict>, Option<Py<PyString>>),
}

/// The value so far.
#[derive(Default)]
pub(crate) struct PyGrowing {
    root: Option<Py<PyAny>>,
    stack: Vec<Open>,
    text: Option<OpenText>,
}

/// The string that is open.
#[derive(Default)]
struct OpenText {
    so_far: String,
    /// It stands in its container already, as far as it went then.
    placed: bool,
    /// It has grown since.
    stale: bool,
}

impl PyGrowing {
    /// Applies one step.
    pub fn apply(&mut self, py: Python<'_>, op: Op, text: &str) -> PyResult<()> {
        match op {
            Op::Open(Container::Array) => {
                let list = PyList::empty(py);
                self.place(py, list.as_any(), false)?;
                self.stack.push(Open::List(list.unbind()));
            }
            Op::Open(Container::Object) => {
                let dict = PyDict::new(py);
                self.place(py, dict.as_any(), false)?;
                self.stack.push(Open::Dict(dict.unbind(), None));
            }
            Op::Close => {
                self.stack.pop();
            }
            Op::Key(_) => {
                if let Some(Open::Dict(_, key)) = self.stack.last_mut() {
                    *key = Some(PyString::intern(py, text).unbind());
                }
            }
            Op::String(_) => self.place(py, PyString::new(py, text).as_any(), false)?,
            Op::StringBegin => {
                self.text = Some(OpenText {
                    stale: true,
                    ..OpenText::default()
                });
            }
            Op::StringPart(_) => {
                let open = self.text.get_or_insert_default();
                open.so_far.push_str(text);
                open.stale = true;
            }
            Op::StringEnd => {
                self.show_text(py)?;
                self.text = None;
            }
            Op::Number(_) => self.place(py, &number(py, text)?, false)?,
            Op::Null => self.place(py, py.None().bind(py), false)?,
            Op::Bool(truth) => {
                self.place(py, &truth.into_pyobject(py)?.to_owned().into_any(), false)?;
            }
        }
        Ok(())
    }

    /// The value, its open string as far as it goes; `None` before it began.
    pub fn value(&mut self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.show_text(py)?;
        Ok(self
            .root
            .as_ref()
            .map_or_else(|| py.None(), |root| root.clone_ref(py)))
    }

    fn show_text(&mut self, py: Python<'_>) -> PyResult<()> {
        let Some(open) = self.text.as_mut().filter(|open| open.stale) else {
            return Ok(());
        };
        let again = std::mem::replace(&mut open.placed, true);
        open.stale = false;
        let text = PyString::new(py, &open.so_far);
        self.place(py, text.as_any(), again)
    }

    /// Puts a value where it belongs; `again` where an earlier form of it stands there.
    fn place(&mut self, py: Python<'_>, value: &Bound<'_, PyAny>, again: bool) -> PyResult<()> {
        match self.stack.last() {
            None => self.root = Some(value.clone().unbind()),
            Some(Open::List(list)) if again => {
                let list = list.bind(py);
                list.set_item(list.len().saturating_sub(1), value)?;
            }
            Some(Open::List(list)) => list.bind(py).append(value)?,
            Some(Open::Dict(dict, Some(key))) => dict.bind(py).set_item(key, value)?,
            Some(Open::Dict(_, None)) => {}
        }
        Ok(())
    }
}

/// Containers nested in one another that a copy goes into: no document is deeper, by the limits of a stream. What lies
/// deeper a caller has put there, a circle perhaps; it is shared.
pub(super) const DEPTH: u32 = 1_024;

/// A copy of the containers of a value; what is no container is immutable, and shared.
pub(super) fn copied<'py>(value: &Bound<'py, PyAny>, depth: u32) -> PyResult<Bound<'py, PyAny>> {
    let Some(depth) = depth.checked_sub(1) else {
        return Ok(value.clone());
    };
    if let Ok(list) = value.cast::<PyList>() {
        let copy = PyList::empty(value.py());
        for item in list {
            copy.append(copied(&item, depth)?)?;
        }
        return Ok(copy.into_any());
    }
    if let Ok(dict) = value.cast::<PyDict>() {
        let copy = PyDict::new(value.py());
        for (name, member) in dict {
            copy.set_item(name, copied(&member, depth)?)?;
        }
        return Ok(copy.into_any());
    }
    Ok(value.clone())
}

/// Digits from which Python refuses to read an integer by default.
const INT_DIGITS: usize = 4_300;

/// A number: an `int` if it is written as one, else a `float`; an `int` too long for Python's own limit is a `float`.
pub(super) fn number<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    let is_int = text.len() <= INT_DIGITS && !text.contains(['.', 'e', 'E']);
    if let Some(small) = is_int.then(|| text.parse::<i64>().ok()).flatten() {
        return Ok(small.into_pyobject(py)?.into_any());
    }
    if is_int {
        return py.get_type::<pyo3::types::PyInt>().call1((text,));
    }
    let value: f64 = text.parse().unwrap_or(f64::NAN); // cannot fail: the tokenizer checked the grammar
    Ok(PyFloat::new(py, value).into_any())
}

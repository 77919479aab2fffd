//! `WireDecoder`.

use atomic_core::wire::{Decoder, Delta, Dialect, Limits, WireError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyDict, PyList};

use super::delta::PyDelta;
use super::message::PyMessage;

/// The exceptions that the wire raises.
mod raised {
    pyo3::import_exception!(atomic_ai.errors, ConfigError);
    pyo3::import_exception!(atomic_ai.errors, LimitError);
    pyo3::import_exception!(atomic_ai.errors, StateError);
    pyo3::import_exception!(atomic_ai.errors, WireError);
}

/// Decodes one response body.
#[pyclass(name = "WireDecoder", module = "atomic_ai._core")]
pub(crate) struct PyWireDecoder(Decoder);

#[pymethods]
impl PyWireDecoder {
    #[new]
    #[pyo3(signature = (dialect, *, max_line=None, max_event=None, max_stream=None, max_tool_calls=None))]
    fn new(
        dialect: &str,
        max_line: Option<usize>,
        max_event: Option<usize>,
        max_stream: Option<u64>,
        max_tool_calls: Option<usize>,
    ) -> PyResult<Self> {
        let standard = Limits::default();
        let limits = Limits {
            line: max_line.unwrap_or(standard.line),
            event: max_event.unwrap_or(standard.event),
            stream: max_stream.unwrap_or(standard.stream),
            tool_calls: max_tool_calls.unwrap_or(standard.tool_calls),
        };
        Ok(Self(Decoder::new(named(dialect)?, limits)))
    }

    /// The names of all dialects.
    #[staticmethod]
    fn dialects() -> Vec<&'static str> {
        Dialect::ALL.iter().map(|dialect| dialect.name()).collect()
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "extracted arguments are owned"
    )]
    fn feed<'py>(&mut self, py: Python<'py>, chunk: PyBackedBytes) -> PyResult<Bound<'py, PyList>> {
        let mut deltas = Vec::new();
        let fed = if chunk.len() < LONG_CHUNK {
            self.0.feed(&chunk, &mut deltas)
        } else {
            py.detach(|| self.0.feed(&chunk, &mut deltas))
        };
        given(py, fed, deltas)
    }

    fn finish<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let mut deltas = Vec::new();
        let finished = self.0.finish(&mut deltas);
        given(py, finished, deltas)
    }

    #[getter]
    fn message(&self) -> PyMessage {
        PyMessage(self.0.message().clone())
    }
}

/// Bytes from which decoding takes longer than letting other threads run meanwhile costs.
const LONG_CHUNK: usize = 64 << 10;

fn named(dialect: &str) -> PyResult<Dialect> {
    Dialect::from_name(dialect).ok_or_else(|| {
        let names: Vec<_> = Dialect::ALL.iter().map(|dialect| dialect.name()).collect();
        raised::ConfigError::new_err(format!(
            "unknown dialect {dialect:?}: use one of {}",
            names.join(", ")
        ))
    })
}

/// The deltas as a list, or the error with the deltas that came before it.
fn given(
    py: Python<'_>,
    outcome: Result<(), WireError>,
    deltas: Vec<Delta>,
) -> PyResult<Bound<'_, PyList>> {
    let deltas = PyList::new(py, deltas.into_iter().map(PyDelta))?;
    match outcome {
        Ok(()) => Ok(deltas),
        Err(error) => Err(exception(py, &error, "deltas", &deltas)?),
    }
}

/// The Python exception of an error; what was heard before it becomes an attribute, so that raising
/// loses nothing.
pub(super) fn exception(
    py: Python<'_>,
    error: &WireError,
    name: &str,
    heard: &Bound<'_, PyList>,
) -> PyResult<PyErr> {
    let attributes = PyDict::new(py);
    attributes.set_item(name, heard)?;
    if let Some(offset) = error.offset() {
        attributes.set_item("offset", offset)?;
    }
    let class = match *error {
        WireError::Limit { limit, bound, .. } => {
            attributes.set_item("limit", limit)?;
            attributes.set_item("bound", bound)?;
            py.get_type::<raised::LimitError>()
        }
        WireError::Finished => py.get_type::<raised::StateError>(),
        _ => py.get_type::<raised::WireError>(),
    };
    Ok(PyErr::from_value(
        class.call((error.to_string(),), Some(&attributes))?,
    ))
}

//! `SseParser` and `SseEvent`: event streams without a dialect, for servers that speak none.

use atomic_core::wire::{Limits, sse};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyList;

use super::decoder::exception;

/// A dispatched event.
#[pyclass(name = "SseEvent", module = "atomic_ai._core", frozen, get_all, eq)]
#[derive(Clone, PartialEq)]
pub(crate) struct PySseEvent {
    r#type: String,
    data: String,
    last_event_id: String,
}

impl From<&sse::Event<'_>> for PySseEvent {
    fn from(event: &sse::Event<'_>) -> Self {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        let kind = if event.kind.is_empty() {
            b"message".as_slice()
        } else {
            event.kind
        };
        Self {
            r#type: text(kind),
            data: text(event.data),
            last_event_id: text(event.last_event_id),
        }
    }
}

#[pymethods]
impl PySseEvent {
    #[new]
    const fn new(r#type: String, data: String, last_event_id: String) -> Self {
        Self {
            r#type,
            data,
            last_event_id,
        }
    }

    /// For `pickle` and `copy`.
    fn __getnewargs__(&self) -> (&str, &str, &str) {
        (&self.r#type, &self.data, &self.last_event_id)
    }

    fn __repr__(&self) -> String {
        format!("<SseEvent {} of {} bytes>", self.r#type, self.data.len())
    }
}

/// A parser of one event stream.
#[pyclass(name = "SseParser", module = "atomic_ai._core")]
pub(crate) struct PySseParser {
    parser: sse::Parser,
    retry: Option<u64>,
}

#[pymethods]
impl PySseParser {
    #[new]
    const fn new() -> Self {
        Self {
            parser: sse::Parser::new(Limits::DEFAULT),
            retry: None,
        }
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "extracted arguments are owned"
    )]
    fn feed<'py>(&mut self, py: Python<'py>, chunk: PyBackedBytes) -> PyResult<Bound<'py, PyList>> {
        let mut events = Vec::new();
        let fed = self.parser.feed(&chunk, &mut |item| {
            match item {
                sse::Item::Event(event) => events.push(PySseEvent::from(&event)),
                sse::Item::Retry(time) => self.retry = Some(time),
                sse::Item::Unknown { .. } => {}
            }
            Ok(())
        });
        let events = PyList::new(py, events)?;
        match fed {
            Ok(()) => Ok(events),
            Err(error) => Err(exception(py, &error, "events", &events)?),
        }
    }

    /// The reconnection time the stream asked for last, in milliseconds.
    #[getter]
    const fn retry(&self) -> Option<u64> {
        self.retry
    }

    #[getter]
    fn last_event_id(&self) -> String {
        String::from_utf8_lossy(self.parser.last_event_id()).into_owned()
    }
}

//! One document on its way.

use std::borrow::Cow;
use std::sync::Arc;

use atomic_core::json::Mark;
use atomic_core::schema::{Schema, State, Stream, StreamOptions};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyString};

use super::changes::{Changes, PyChange};
use super::errors::{StateError, limit_error};
use super::growing::PyGrowing;
use super::verdict::PyVerdict;

/// Bytes or text.
#[derive(FromPyObject)]
pub(super) enum Chunk<'py> {
    /// `bytes`.
    Bytes(Bound<'py, PyBytes>),
    /// `str`.
    Text(Bound<'py, PyString>),
    /// `bytearray`, copied.
    Copied(PyBackedBytes),
}

impl Chunk<'_> {
    /// The bytes. A lone surrogate of a `str` has none in UTF-8 and comes as its own three, which are refused.
    pub fn bytes(&self) -> PyResult<Cow<'_, [u8]>> {
        Ok(match self {
            Self::Bytes(bytes) => Cow::Borrowed(bytes.as_bytes()),
            Self::Copied(bytes) => Cow::Borrowed(bytes),
            Self::Text(text) => match text.to_cow() {
                Ok(Cow::Borrowed(text)) => Cow::Borrowed(text.as_bytes()),
                Ok(Cow::Owned(text)) => Cow::Owned(text.into_bytes()),
                Err(_) => {
                    let encoded = text.call_method1("encode", ("utf-8", "surrogatepass"))?;
                    Cow::Owned(encoded.extract()?)
                }
            },
        })
    }
}

/// Judges one growing document.
#[pyclass(name = "SchemaStream", module = "atomic_ai._core")]
pub(crate) struct PySchemaStream {
    stream: Stream,
    growing: PyGrowing,
    changes: Changes,
    /// The verdict as last told, while its state stands.
    verdict: Option<(State, Py<PyVerdict>)>,
    finished: bool,
    /// How far the value and the changes have read the journal.
    valued: Mark,
    told: Mark,
}

/// Who reads the journal.
#[derive(Clone, Copy)]
enum Reader {
    Value,
    Changes,
}

impl PySchemaStream {
    /// A document about to be read.
    pub fn new(schema: Arc<Schema>, value: bool) -> Self {
        let options = StreamOptions {
            value,
            ..StreamOptions::default()
        };
        Self {
            stream: Stream::new(schema, options),
            growing: PyGrowing::default(),
            changes: Changes::default(),
            verdict: None,
            finished: false,
            valued: Mark::default(),
            told: Mark::default(),
        }
    }

    /// Brings one reader of the journal up to date; what both have read is forgotten.
    fn look(&mut self, py: Python<'_>, reader: Reader) -> PyResult<()> {
        let Some(journal) = self.stream.journal() else {
            return Err(StateError::new_err(
                "this stream keeps no value: it was opened with value=False",
            ));
        };
        let end = journal.mark();
        match reader {
            Reader::Value => {
                for (op, text) in journal.entries(self.valued) {
                    self.growing.apply(py, op, text)?;
                }
                self.valued = end;
            }
            Reader::Changes => {
                for (op, text) in journal.entries(self.told) {
                    self.changes.apply(py, op, text)?;
                }
                self.told = end;
            }
        }
        if self.valued == self.told {
            journal.clear();
            (self.valued, self.told) = (Mark::default(), Mark::default());
        }
        Ok(())
    }

    fn tell(&mut self, py: Python<'_>) -> PyResult<Py<PyVerdict>> {
        if let Some(limit) = self.stream.limit() {
            return Err(limit_error(py, limit, "the document"));
        }
        let verdict = self.stream.verdict();
        if let Some((_, told)) = self
            .verdict
            .as_ref()
            .filter(|(state, _)| *state == verdict.state)
        {
            return Ok(told.clone_ref(py));
        }
        let told = PyVerdict::of(py, verdict)?;
        self.verdict = Some((verdict.state, told.clone_ref(py)));
        Ok(told)
    }
}

#[pymethods]
impl PySchemaStream {
    /// Reads a chunk, split anywhere.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "extracted arguments are owned"
    )]
    fn feed(&mut self, py: Python<'_>, chunk: Chunk<'_>) -> PyResult<Py<PyVerdict>> {
        if self.finished {
            return Err(StateError::new_err(
                "feed after finish: one stream reads one document",
            ));
        }
        self.stream.feed(&chunk.bytes()?);
        self.tell(py)
    }

    /// The text has ended.
    fn finish(&mut self, py: Python<'_>) -> PyResult<Py<PyVerdict>> {
        self.finished = true;
        self.stream.finish();
        self.tell(py)
    }

    /// The verdict so far.
    #[getter]
    fn verdict(&mut self, py: Python<'_>) -> PyResult<Py<PyVerdict>> {
        self.tell(py)
    }

    /// The value so far, growing in place.
    fn value(&mut self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.look(py, Reader::Value)?;
        self.growing.value(py)
    }

    /// A copy of the value so far.
    fn snapshot(&mut self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let value = self.value(py)?;
        Ok(py
            .import("copy")?
            .call_method1("deepcopy", (value,))?
            .unbind())
    }

    /// What has changed since the last call.
    fn changes(&mut self, py: Python<'_>) -> PyResult<Vec<PyChange>> {
        self.look(py, Reader::Changes)?;
        Ok(self.changes.take(py))
    }

    /// Bytes read.
    #[getter]
    fn consumed(&self) -> u64 {
        self.stream.consumed()
    }
}

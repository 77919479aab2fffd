//! One document on its way.

use std::borrow::Cow;
use std::sync::Arc;

use atomic_core::json::{Mark, Path, Selection};
use atomic_core::schema::{Schema, State, Stream, StreamOptions};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyString};

use super::changes::{Changes, PyChange};
use super::errors::{StateError, limit_error};
use super::growing::{DEPTH, PyGrowing, copied};
use super::selection::PySelection;
use super::verdict::PyVerdict;

/// Bytes or text.
pub(super) enum Chunk<'py> {
    /// `bytes`.
    Bytes(Bound<'py, PyBytes>),
    /// `str`.
    Text(Bound<'py, PyString>),
    /// `bytearray`, copied.
    Copied(PyBackedBytes),
}

impl<'a, 'py> FromPyObject<'a, 'py> for Chunk<'py> {
    type Error = PyErr;

    fn extract(given: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = given.cast::<PyBytes>() {
            return Ok(Self::Bytes(bytes.to_owned()));
        }
        if let Ok(text) = given.cast::<PyString>() {
            return Ok(Self::Text(text.to_owned()));
        }
        given.extract().map(Self::Copied).map_err(|_| {
            let kind = given.get_type().name();
            let kind = kind.map_or_else(|_| "an object".to_owned(), |name| name.to_string());
            PyTypeError::new_err(format!("expected bytes, bytearray or str, not {kind}"))
        })
    }
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
    /// The verdict as last told, while nothing is added to it.
    verdict: Option<(Told, Py<PyVerdict>)>,
    finished: bool,
    /// How far the value and the changes have read the journal.
    valued: Mark,
    told: Mark,
    /// Whether the value is kept, and whether changes are; what nobody is left to read is dropped from the journal.
    keeps_value: bool,
    keeps_changes: bool,
    selections: Vec<Selection>,
    selected: Mark,
}

/// What a verdict said: its state, how many violations and repairs.
type Told = (State, usize, usize);

/// Selections of one stream.
const MAX_SELECTIONS: usize = 64;

/// Who reads the journal.
#[derive(Clone, Copy)]
enum Reader {
    Value,
    Changes,
}

impl PySchemaStream {
    /// A document about to be read; `changes`: they are told although no value is kept.
    pub fn new(schema: Arc<Schema>, options: StreamOptions, changes: bool) -> Self {
        let mut stream = Stream::new(schema, options);
        if changes {
            stream.keep_journal();
        }
        Self {
            stream,
            growing: PyGrowing::default(),
            changes: Changes::default(),
            verdict: None,
            finished: false,
            valued: Mark::default(),
            told: Mark::default(),
            keeps_value: options.value,
            keeps_changes: options.value || changes,
            selections: Vec::new(),
            selected: Mark::default(),
        }
    }

    /// One of its selections, up to date.
    pub fn selection(&mut self, index: usize) -> &mut Selection {
        &mut self.selections[index]
    }

    /// Lets the selections read what is new; what everybody has read is forgotten.
    fn select_new(&mut self) {
        let Some(journal) = self
            .stream
            .journal()
            .filter(|_| !self.selections.is_empty())
        else {
            return;
        };
        let end = journal.mark();
        for selection in &mut self.selections {
            for (op, text) in journal.entries(self.selected) {
                selection.read(op, text);
            }
        }
        self.selected = end;
        self.forget_read();
    }

    /// Drops from the journal what everybody has read who will ask for it.
    fn forget_read(&mut self) {
        let Some(journal) = self.stream.journal() else {
            return;
        };
        let end = journal.mark();
        let readers = [
            (self.keeps_value, self.valued),
            (self.keeps_changes, self.told),
            (!self.selections.is_empty(), self.selected),
        ];
        if readers.iter().all(|&(asks, mark)| !asks || mark == end) {
            journal.clear();
            self.valued = Mark::default();
            self.told = Mark::default();
            self.selected = Mark::default();
        }
    }

    /// Brings one reader of the journal up to date.
    fn look(&mut self, py: Python<'_>, reader: Reader) -> PyResult<()> {
        let (kept, what) = match reader {
            Reader::Value => (self.keeps_value, "no value: it was opened with value=False"),
            Reader::Changes => (
                self.keeps_changes,
                "no changes: it was opened with value=False; changes=True keeps them alone",
            ),
        };
        let Some(journal) = self.stream.journal().filter(|_| kept) else {
            return Err(StateError::new_err(format!("this stream keeps {what}")));
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
        self.forget_read();
        Ok(())
    }

    fn tell(&mut self, py: Python<'_>) -> PyResult<Py<PyVerdict>> {
        if let Some(limit) = self.stream.limit() {
            return Err(limit_error(py, limit, "the document"));
        }
        let (verdict, repairs) = (self.stream.verdict(), self.stream.repairs());
        let news = (verdict.state, verdict.violations.len(), repairs.len());
        if let Some((_, told)) = self.verdict.as_ref().filter(|(told, _)| *told == news) {
            return Ok(told.clone_ref(py));
        }
        let told = PyVerdict::of(py, verdict, repairs)?;
        self.verdict = Some((news, told.clone_ref(py)));
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
        self.select_new();
        self.tell(py)
    }

    /// The text has ended.
    fn finish(&mut self, py: Python<'_>) -> PyResult<Py<PyVerdict>> {
        self.finished = true;
        self.stream.finish();
        self.select_new();
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
        Ok(copied(value.bind(py), DEPTH)?.unbind())
    }

    /// What has changed since the last call.
    fn changes(&mut self, py: Python<'_>) -> PyResult<Vec<PyChange>> {
        self.look(py, Reader::Changes)?;
        Ok(self.changes.take(py))
    }

    /// Values at a path, as they arrive.
    fn select(slf: &Bound<'_, Self>, path: &str) -> PyResult<PySelection> {
        let parsed = Path::parse(path).map_err(|error| {
            PyValueError::new_err(format!(
                "select({path:?}): expected {} at {}",
                error.expected, error.at
            ))
        })?;
        let mut stream = slf.borrow_mut();
        if stream.stream.consumed() > 0 {
            return Err(StateError::new_err("select before the first byte is fed"));
        }
        if stream.selections.len() == MAX_SELECTIONS {
            return Err(PyValueError::new_err(format!(
                "at most {MAX_SELECTIONS} selections of one stream"
            )));
        }
        let selection = stream.stream.selection(parsed);
        stream.selections.push(selection);
        let index = stream.selections.len() - 1;
        Ok(PySelection::new(slf.clone().unbind(), index))
    }

    /// The repaired text so far; `None` where nothing is repaired or no value is kept.
    #[getter]
    fn repaired(&self) -> Option<&str> {
        self.stream.repaired_text()
    }

    /// Bytes read.
    #[getter]
    fn consumed(&self) -> u64 {
        self.stream.consumed()
    }
}

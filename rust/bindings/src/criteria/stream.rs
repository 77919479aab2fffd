//! `CriteriaStream`.

use atomic_core::criteria::{Settled, Stream};
use pyo3::prelude::*;

pyo3::import_exception!(atomic_ai.errors, StateError);

/// Criteria over one growing text.
#[pyclass(name = "CriteriaStream", module = "atomic_ai._core")]
pub(crate) struct PyCriteriaStream {
    stream: Stream,
    finished: bool,
}

impl PyCriteriaStream {
    pub(super) fn new(stream: Stream) -> Self {
        let finished = stream.is_finished();
        Self { stream, finished }
    }

    fn tell(&self, settled: &[Settled]) -> Vec<(String, bool, usize)> {
        let criteria = self.stream.criteria();
        let tell = |one: &Settled| (criteria.name(one.criterion).to_owned(), one.met, one.at);
        settled.iter().map(tell).collect()
    }
}

#[pymethods]
impl PyCriteriaStream {
    /// More text; what settled by it.
    fn feed(&mut self, text: &str) -> PyResult<Vec<(String, bool, usize)>> {
        if self.finished {
            return Err(StateError::new_err(
                "feed after finish: one stream reads one text",
            ));
        }
        let settled = self.stream.feed(text).to_vec();
        Ok(self.tell(&settled))
    }

    /// The end of the text.
    fn finish(&mut self) -> Vec<(String, bool, usize)> {
        self.finished = true;
        let settled = self.stream.finish().to_vec();
        self.tell(&settled)
    }

    /// Answers a custom criterion.
    #[pyo3(signature = (name, passed, score=None))]
    fn answer(&mut self, name: &str, passed: bool, score: Option<f64>) -> PyResult<()> {
        let criterion = self.stream.criteria().position(name).unwrap_or(usize::MAX);
        let answered = self.stream.answer(criterion, passed, score);
        answered.map_err(|error| StateError::new_err(error.to_string()))
    }

    #[getter]
    fn state(&self) -> &'static str {
        self.stream.state().name()
    }

    #[getter]
    fn score(&self) -> f64 {
        self.stream.score()
    }

    #[getter]
    fn safe(&self) -> usize {
        self.stream.safe()
    }

    /// Each criterion's name and state.
    #[getter]
    fn criteria(&self) -> Vec<(String, &'static str)> {
        states(&self.stream)
    }
}

/// Each criterion's name and state, in order of description.
pub(crate) fn states(stream: &Stream) -> Vec<(String, &'static str)> {
    let criteria = stream.criteria();
    let named = stream.states().iter().enumerate();
    named
        .map(|(index, state)| (criteria.name(index).to_owned(), state.name()))
        .collect()
}

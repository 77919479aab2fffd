//! `Criteria`.

use std::sync::Arc;

use atomic_core::criteria::Criteria;
use pyo3::prelude::*;

use super::stream::PyCriteriaStream;
use crate::race::Json;

pyo3::import_exception!(atomic_ai.errors, TaskError);

/// Criteria compiled from their description; immutable and shared.
#[pyclass(name = "Criteria", module = "atomic_ai._core", frozen)]
pub(crate) struct PyCriteria(Arc<Criteria>);

impl PyCriteria {
    /// The criteria themselves, for other parts of the core.
    pub(crate) fn shared(&self) -> Arc<Criteria> {
        Arc::clone(&self.0)
    }
}

#[pymethods]
impl PyCriteria {
    #[new]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "extracted arguments are owned"
    )]
    fn new(description: Json) -> PyResult<Self> {
        let criteria = Criteria::from_json(description.bytes());
        let criteria =
            criteria.map_err(|error| TaskError::new_err(format!("criteria: {error}")))?;
        Ok(Self(Arc::new(criteria)))
    }

    /// One growing text.
    fn stream(&self) -> PyCriteriaStream {
        PyCriteriaStream::new(self.0.stream())
    }

    /// A whole text, to its end.
    fn evaluate(&self, text: &str) -> PyCriteriaStream {
        let mut stream = self.0.stream();
        stream.feed(text);
        stream.finish();
        PyCriteriaStream::new(stream)
    }

    /// The criteria's names, in order of description.
    #[getter]
    fn names(&self) -> Vec<&str> {
        (0..self.0.len())
            .map(|criterion| self.0.name(criterion))
            .collect()
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }
}

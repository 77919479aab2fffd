//! `Lane`.

use atomic_core::race::{Lane, LaneId, Outcome};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::contest::PyRace;
use crate::criteria::stream::states;
use crate::schema::verdict::PyVerdict;
use crate::wire::message::{PyMessage, PyToolCall, PyUsage};

/// A live view of one lane of a race.
#[pyclass(name = "Lane", module = "atomic_ai._core", frozen)]
pub(crate) struct PyLane {
    race: Py<PyRace>,
    lane: LaneId,
}

impl PyLane {
    pub(super) fn new(race: Py<PyRace>, lane: LaneId) -> Self {
        Self { race, lane }
    }

    /// What `look` finds at the lane. Lanes are never taken away, so there is one.
    fn of<T>(&self, py: Python<'_>, look: impl FnOnce(&Lane) -> T) -> T {
        let race = &self.race.get().shared;
        race.with(py, |relay| look(&relay.race.lanes()[self.lane as usize]))
    }
}

#[pymethods]
impl PyLane {
    #[getter]
    const fn index(&self) -> LaneId {
        self.lane
    }

    #[getter]
    fn source(&self, py: Python<'_>) -> LaneId {
        self.of(py, Lane::source)
    }

    #[getter]
    fn state(&self, py: Python<'_>) -> &'static str {
        self.of(py, |lane| lane.state().name())
    }

    #[getter]
    fn outcome(&self, py: Python<'_>) -> Option<&'static str> {
        self.of(py, |lane| lane.outcome().map(Outcome::name))
    }

    #[getter]
    fn detail(&self, py: Python<'_>) -> String {
        self.of(py, |lane| lane.detail().to_owned())
    }

    #[getter]
    fn text(&self, py: Python<'_>) -> String {
        self.of(py, |lane| lane.text().to_owned())
    }

    #[getter]
    fn repaired(&self, py: Python<'_>) -> Option<String> {
        self.of(py, |lane| lane.repaired_text().map(str::to_owned))
    }

    /// Bytes `start..end` of the answer, widened to whole characters.
    fn slice(&self, py: Python<'_>, start: usize, end: usize) -> String {
        self.of(py, |lane| lane.slice(start, end).to_owned())
    }

    #[getter]
    fn released(&self, py: Python<'_>) -> usize {
        self.of(py, Lane::released)
    }

    #[getter]
    fn prefix(&self, py: Python<'_>) -> usize {
        self.of(py, Lane::prefix)
    }

    #[getter]
    fn message(&self, py: Python<'_>) -> PyMessage {
        self.of(py, |lane| {
            PyMessage(lane.message().cloned().unwrap_or_default())
        })
    }

    #[getter]
    fn reasoning(&self, py: Python<'_>) -> String {
        self.of(py, |lane| {
            lane.message()
                .map_or_else(String::new, |message| message.reasoning.clone())
        })
    }

    #[getter]
    fn tool_calls(&self, py: Python<'_>) -> Vec<PyToolCall> {
        self.of(py, |lane| {
            let calls = lane
                .message()
                .map_or(&[][..], |message| &message.tool_calls);
            calls.iter().cloned().map(PyToolCall).collect()
        })
    }

    #[getter]
    fn finish_reason(&self, py: Python<'_>) -> Option<String> {
        self.of(py, |lane| lane.message()?.finish_reason.clone())
    }

    #[getter]
    fn usage(&self, py: Python<'_>) -> Option<PyUsage> {
        self.of(py, |lane| lane.usage().copied().map(PyUsage))
    }

    #[getter]
    fn cost_usd(&self, py: Python<'_>) -> f64 {
        self.of(py, Lane::cost_usd)
    }

    #[getter]
    fn verdict(&self, py: Python<'_>) -> PyResult<Option<Py<PyVerdict>>> {
        let verdict = self.of(py, |lane| {
            let verdict = lane.referee().and_then(|referee| referee.verdict());
            Some((verdict?.clone(), lane.repairs().to_vec()))
        });
        let verdict = verdict.map(|(verdict, repairs)| PyVerdict::of(py, &verdict, &repairs));
        verdict.transpose()
    }

    #[getter]
    fn value(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.race.get().value(py, self.lane)
    }

    #[getter]
    fn score(&self, py: Python<'_>) -> f64 {
        self.of(py, Lane::score)
    }

    #[getter]
    fn criteria(&self, py: Python<'_>) -> Vec<(String, &'static str)> {
        self.of(py, |lane| {
            let criteria = lane.referee().and_then(|referee| referee.criteria());
            criteria.map(states).unwrap_or_default()
        })
    }

    /// Nanoseconds by what happened.
    #[getter]
    fn timing<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (timing, started) = self.of(py, |lane| (*lane.timing(), lane.referee().is_some()));
        let dict = PyDict::new(py);
        dict.set_item("started", started.then_some(timing.started))?;
        dict.set_item("opened", timing.opened)?;
        dict.set_item("first_byte", timing.first_byte)?;
        dict.set_item("first_token", timing.first_token)?;
        dict.set_item("last_token", timing.last_token)?;
        dict.set_item("ended", timing.ended)?;
        Ok(dict)
    }

    #[getter]
    fn chunks(&self, py: Python<'_>) -> u64 {
        self.of(py, |lane| lane.traffic().chunks)
    }

    #[getter]
    fn received(&self, py: Python<'_>) -> u64 {
        self.of(py, |lane| lane.traffic().bytes)
    }

    #[getter]
    fn late(&self, py: Python<'_>) -> u64 {
        self.of(py, |lane| lane.traffic().late)
    }

    #[getter]
    fn chars(&self, py: Python<'_>) -> u64 {
        self.of(py, Lane::chars)
    }

    /// Places and states only.
    fn __repr__(&self, py: Python<'_>) -> String {
        format!("<Lane {} {}>", self.lane, self.state(py))
    }
}

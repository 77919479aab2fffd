//! `NativeExchange`.

use std::sync::Arc;

use atomic_core::race::LaneId;
use atomic_transport::{Exchange, Failure, HeaderValue};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use super::mail::Mail;
use crate::race::contest::PyRace;

/// One request and its answer. Dropping it closes it.
#[pyclass(name = "NativeExchange", module = "atomic_ai._core", frozen)]
pub(crate) struct PyExchange {
    exchange: Arc<Exchange>,
    mail: Arc<Mail>,
}

/// A status and its headers.
type PyHead<'py> = (u16, Bound<'py, PyDict>);

#[pymethods]
impl PyExchange {
    /// Under which the bell tells of it.
    #[getter]
    fn id(&self) -> u64 {
        self.mail.id
    }

    /// Status and headers, names in lower case, repeated ones joined by a comma (RFC 9110, section 5.3); `None` before
    /// they arrived.
    #[getter]
    fn head<'py>(&self, py: Python<'py>) -> PyResult<Option<PyHead<'py>>> {
        let state = self.mail.state();
        let Some(head) = &state.head else {
            return Ok(None);
        };
        let headers = PyDict::new(py);
        for name in head.headers.keys() {
            let mut values = head.headers.get_all(name).iter();
            let first = values.next().map_or_else(String::new, latin);
            let joined = values.fold(first, |joined, value| joined + ", " + &latin(value));
            headers.set_item(name.as_str(), joined)?;
        }
        Ok(Some((head.status.as_u16(), headers)))
    }

    /// The bytes that have arrived since the last call, as one object; empty where none have.
    fn take<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let (chunks, full) = self.mail.take();
        if full {
            self.exchange.resume();
        }
        if let [chunk] = chunks.as_slices().0
            && chunks.len() == 1
        {
            return Ok(PyBytes::new(py, chunk));
        }
        let length = chunks.iter().map(bytes::Bytes::len).sum();
        PyBytes::new_with(py, length, |mut room| {
            for chunk in &chunks {
                let (here, rest) = room.split_at_mut(chunk.len());
                here.copy_from_slice(chunk);
                room = rest;
            }
            Ok(())
        })
    }

    /// How it ended: `("", "")` as it should, else the kind of failure and its words; `None` while it runs.
    #[getter]
    fn ended(&self) -> Option<(&'static str, String)> {
        self.mail.state().end.as_ref().map(told)
    }

    /// Whether the body runs into a race that it was sent for, and how it ended.
    fn standing(&self) -> (bool, Option<(&'static str, String)>) {
        let (flows, end) = self.mail.standing();
        (flows, end.as_ref().map(told))
    }

    /// Bytes of the body so far.
    #[getter]
    fn received(&self) -> u64 {
        self.mail.state().received
    }

    /// Lets the body run into a lane of a race that follows its loop's bell, without passing through Python.
    fn attach(&self, py: Python<'_>, race: &PyRace, lane: LaneId) {
        race.shared.keep(lane, &self.exchange);
        let (mail, race) = (Arc::clone(&self.mail), Arc::clone(&race.shared));
        py.detach(move || mail.attach(race, lane));
        self.exchange.resume(); // it may have waited for Python to take what came before
    }

    /// Lets a race close it at its lane's stop, before its answer has begun.
    fn serve(&self, py: Python<'_>, race: &PyRace, lane: LaneId) {
        py.detach(|| race.shared.expect(lane, &self.exchange));
    }

    /// Ends it wherever it stands; what is connected is closed.
    fn close(&self) {
        self.mail.close();
        self.exchange.close();
    }
}

/// A header's value as ISO 8859-1: each byte a character.
fn latin(value: &HeaderValue) -> String {
    value.as_bytes().iter().copied().map(char::from).collect()
}

impl PyExchange {
    pub(super) const fn new(exchange: Arc<Exchange>, mail: Arc<Mail>) -> Self {
        Self { exchange, mail }
    }
}

fn told(how: &Result<(), Failure>) -> (&'static str, String) {
    match how {
        Ok(()) => ("", String::new()),
        Err(failure) => (failure.name(), failure.to_string()),
    }
}

impl Drop for PyExchange {
    fn drop(&mut self) {
        self.close();
    }
}

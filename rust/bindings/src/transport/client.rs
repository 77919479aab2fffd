//! `NativeClient`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use atomic_core::race::LaneId;
use atomic_transport::{Client, Failure, Proxy, Request, Trust};
use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use super::bell::PyBell;
use super::exchange::PyExchange;
use super::mail::{Aim, Mail, Posting};
use super::reactor::PyReactor;
use crate::race::contest::PyRace;

pyo3::import_exception!(atomic_ai.errors, ConfigError);

/// Sends requests over connections of its own.
#[pyclass(name = "NativeClient", module = "atomic_ai._core", frozen)]
pub(crate) struct PyNativeClient {
    client: Client,
    /// The content types that can hold a stream.
    streams: Arc<[String]>,
}

/// All of a request but its body.
#[pyclass(name = "NativeRoute", module = "atomic_ai._core", frozen)]
pub(crate) struct PyRoute(Request);

#[pymethods]
impl PyRoute {
    #[new]
    #[pyo3(signature = (method, url, headers, *, limit, proxy=None, connect_ns=None))]
    fn new(
        method: &str,
        url: &str,
        headers: Vec<(String, String)>,
        limit: u64,
        proxy: Option<Through>,
        connect_ns: Option<u64>,
    ) -> PyResult<Self> {
        let mut request = Request::new(method, url, Bytes::new()).map_err(misuse)?;
        request = request.limited(limit);
        if let Some(time) = connect_ns {
            request = request.connected_within(Duration::from_nanos(time));
        }
        for (name, value) in &headers {
            request = request.header(name, value).map_err(misuse)?;
        }
        let Some((address, credentials)) = proxy else {
            return Ok(Self(request));
        };
        let mut proxy = Proxy::new(&address).map_err(misuse)?;
        if let Some((user, password)) = credentials {
            proxy = proxy.authorized(&user, &password);
        }
        Ok(Self(request.through(Arc::new(proxy))))
    }
}

/// A proxy's address, and a name and a password where it wants them.
type Through = (String, Option<(String, String)>);

#[pymethods]
impl PyNativeClient {
    #[new]
    #[pyo3(signature = (reactor, ca, streams))]
    fn new(reactor: &PyReactor, ca: Option<PathBuf>, streams: Vec<String>) -> PyResult<Self> {
        let trust = match ca {
            Some(path) => Trust::file(&path),
            None => Trust::usual(),
        };
        Ok(Self {
            client: Client::new(reactor.shared()?, trust.map_err(misuse)?),
            streams: streams.into(),
        })
    }

    /// Sends; what comes of it is told to the bell under the exchange's id, or to the race that it is sent for.
    #[pyo3(signature = (bell, route, body, *, patient=false, at_risk=0.0, to=None))]
    #[expect(clippy::too_many_arguments, reason = "Python gives them by keyword")]
    fn send(
        &self,
        py: Python<'_>,
        bell: &PyBell,
        route: &PyRoute,
        body: PyBackedBytes,
        patient: bool,
        at_risk: f64,
        to: Option<(Py<PyRace>, LaneId)>,
    ) -> PyExchange {
        let request = route.0.clone().with_body(Bytes::copy_from_slice(&body));
        let request = request.patient(patient).at_risk(at_risk);
        let Some((race, lane)) = to else {
            let mail = Arc::new(Mail::new(&bell.ringer, None));
            let exchange = self.client.send(request, Posting(Arc::clone(&mail)));
            return PyExchange::new(Arc::new(exchange), mail);
        };
        let race = &race.get().shared;
        let aim = Aim {
            race: Arc::clone(race),
            lane,
            streams: Arc::clone(&self.streams),
        };
        let mail = Arc::new(Mail::new(&bell.ringer, Some(aim)));
        // The race is held until it knows whom to close: the answer may be quicker than this thread.
        let exchange = race.with(py, |relay| {
            let exchange = Arc::new(self.client.send(request, Posting(Arc::clone(&mail))));
            relay.keep(lane, &exchange);
            exchange
        });
        PyExchange::new(exchange, mail)
    }

    /// Connects ahead, until `count` connections wait where `route` leads.
    fn warm(&self, route: &PyRoute, count: usize) {
        self.client.warm(&route.0, count);
    }

    /// How many connections requests have waited for so far.
    #[getter]
    fn waited(&self) -> usize {
        self.client.waited()
    }

    /// Closes the idle connections; later requests fail.
    fn close(&self) {
        self.client.close();
    }
}

fn misuse(failure: Failure) -> PyErr {
    ConfigError::new_err(failure.to_string())
}

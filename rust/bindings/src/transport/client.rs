//! `NativeClient`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use atomic_transport::{Client, Failure, Proxy, Request, Trust};
use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use super::bell::PyBell;
use super::exchange::PyExchange;
use super::mail::{Mail, Posting};
use super::reactor::PyReactor;

pyo3::import_exception!(atomic_ai.errors, ConfigError);

/// Sends requests over connections of its own.
#[pyclass(name = "NativeClient", module = "atomic_ai._core", frozen)]
pub(crate) struct PyNativeClient(Client);

/// A proxy's address, and a name and a password where it wants them.
type Through = (String, Option<(String, String)>);

#[pymethods]
impl PyNativeClient {
    #[new]
    #[pyo3(signature = (reactor, ca=None))]
    fn new(reactor: &PyReactor, ca: Option<PathBuf>) -> PyResult<Self> {
        let trust = match ca {
            Some(path) => Trust::file(&path),
            None => Trust::usual(),
        };
        Ok(Self(Client::new(reactor.shared()?, trust.map_err(misuse)?)))
    }

    /// Sends; what comes of it is told to the bell under the exchange's id.
    #[pyo3(signature = (bell, method, url, headers, body, *, limit, proxy=None, patient=false, connect_ns=None))]
    #[expect(clippy::too_many_arguments, reason = "they are a request's parts")]
    fn send(
        &self,
        bell: &PyBell,
        method: &str,
        url: &str,
        headers: Vec<(String, String)>,
        body: PyBackedBytes,
        limit: u64,
        proxy: Option<Through>,
        patient: bool,
        connect_ns: Option<u64>,
    ) -> PyResult<PyExchange> {
        let body = Bytes::copy_from_slice(&body);
        let mut request = request(method, url, body, proxy)?
            .limited(limit)
            .patient(patient);
        if let Some(time) = connect_ns {
            request = request.connected_within(Duration::from_nanos(time));
        }
        for (name, value) in &headers {
            request = request.header(name, value).map_err(misuse)?;
        }
        let mail = Arc::new(Mail::new(&bell.ringer));
        let exchange = self.0.send(request, Posting(Arc::clone(&mail)));
        Ok(PyExchange::new(exchange, mail))
    }

    /// Connects ahead, until `count` connections wait where `url` points.
    #[pyo3(signature = (url, count, proxy=None))]
    fn warm(&self, url: &str, count: usize, proxy: Option<Through>) -> PyResult<()> {
        self.0
            .warm(&request("POST", url, Bytes::new(), proxy)?, count);
        Ok(())
    }

    /// Closes the idle connections; later requests fail.
    fn close(&self) {
        self.0.close();
    }
}

fn request(method: &str, url: &str, body: Bytes, proxy: Option<Through>) -> PyResult<Request> {
    let request = Request::new(method, url, body).map_err(misuse)?;
    let Some((address, credentials)) = proxy else {
        return Ok(request);
    };
    let mut proxy = Proxy::new(&address).map_err(misuse)?;
    if let Some((user, password)) = credentials {
        proxy = proxy.authorized(&user, &password);
    }
    Ok(request.through(Arc::new(proxy)))
}

fn misuse(failure: Failure) -> PyErr {
    ConfigError::new_err(failure.to_string())
}

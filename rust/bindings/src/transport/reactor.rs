//! `Reactor`.

use std::sync::{Arc, Mutex, PoisonError};

use atomic_transport::{Pause, Reactor};
use pyo3::prelude::*;

pyo3::import_exception!(atomic_ai.errors, StateError);

/// The one thread that owns the sockets.
#[pyclass(name = "Reactor", module = "atomic_ai._core", frozen)]
pub(crate) struct PyReactor {
    reactor: Arc<Reactor>,
    closed: Mutex<bool>,
    pause: Mutex<Option<Pause>>,
}

#[pymethods]
impl PyReactor {
    #[new]
    fn new() -> PyResult<Self> {
        Ok(Self {
            reactor: Arc::new(Reactor::start()?),
            closed: Mutex::default(),
            pause: Mutex::default(),
        })
    }

    /// Before a fork: the thread stands still, with no lock held and nothing half-done.
    fn pause(&self, py: Python<'_>) {
        if *self.closed.lock().unwrap_or_else(PoisonError::into_inner) {
            return; // there is no thread to wait for
        }
        let pause = py.detach(|| self.reactor.pause());
        *self.pause.lock().unwrap_or_else(PoisonError::into_inner) = Some(pause);
    }

    /// After it, in the parent.
    fn resume(&self) {
        self.pause
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }

    /// The sockets that are open.
    fn descriptors(&self) -> Vec<i32> {
        self.reactor.descriptors()
    }

    /// Ends every exchange and the thread.
    fn close(&self, py: Python<'_>) {
        *self.closed.lock().unwrap_or_else(PoisonError::into_inner) = true;
        py.detach(|| self.reactor.close());
    }
}

impl PyReactor {
    /// The reactor, if it runs.
    pub(super) fn shared(&self) -> PyResult<Arc<Reactor>> {
        if *self.closed.lock().unwrap_or_else(PoisonError::into_inner) {
            return Err(StateError::new_err(
                "the process is ending: its transport is closed",
            ));
        }
        Ok(Arc::clone(&self.reactor))
    }
}

//! `Allowance`: the bucket that all races of one process's `Atomic` share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use atomic_core::hedge::Allowance;
use pyo3::prelude::*;

/// The shared bucket.
#[pyclass(name = "Allowance", module = "atomic_ai._core", frozen)]
pub(crate) struct PyAllowance(Arc<Mutex<Allowance>>);

#[pymethods]
impl PyAllowance {
    #[new]
    #[pyo3(signature = (share, free, window_ns))]
    fn new(share: f64, free: f64, window_ns: u64) -> Self {
        Self(Arc::new(Mutex::new(Allowance::new(share, free, window_ns))))
    }

    fn request(&self, now: u64) {
        self.meter().lock().request(now);
    }

    #[pyo3(signature = (now, weight = 1.0))]
    fn hedge(&self, now: u64, weight: f64) -> bool {
        self.meter().lock().hedge(now, weight)
    }

    #[getter]
    fn window(&self) -> (f64, f64) {
        self.meter().lock().window()
    }

    #[getter]
    fn ever(&self) -> (f64, f64) {
        self.meter().lock().ever()
    }
}

impl PyAllowance {
    /// What a race asks through.
    pub(crate) fn meter(&self) -> Meter {
        Meter(Arc::clone(&self.0))
    }
}

/// One race's way to the shared bucket.
pub(crate) struct Meter(Arc<Mutex<Allowance>>);

impl Meter {
    fn lock(&self) -> MutexGuard<'_, Allowance> {
        // Each change is one addition: a poisoned lock guards a sound bucket.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request began.
    pub(crate) fn request(&self, now: u64) {
        self.lock().request(now);
    }

    /// Takes a hedge's weight, if the window holds it; the answer, then requests and hedges of the window after it.
    pub(crate) fn hedge(&self, now: u64, weight: f64) -> (bool, f64, f64) {
        let mut bucket = self.lock();
        let granted = bucket.hedge(now, weight);
        let (requests, hedges) = bucket.window();
        (granted, requests, hedges)
    }
}

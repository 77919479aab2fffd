//! Python-visible types of `atomic_core::race`.

pub(crate) mod contest;
mod lane;
mod output;
pub(crate) mod relay;

use atomic_core::race::StopReason;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::PyTuple;

/// JSON text, as bytes or str.
#[derive(FromPyObject)]
pub(crate) enum Json {
    /// `str`.
    Text(PyBackedStr),
    /// `bytes` or `bytearray`.
    Bytes(PyBackedBytes),
}

impl Json {
    /// The text's UTF-8.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

/// Adds this folder's types to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let reasons = StopReason::ALL.iter().map(|reason| reason.name());
    module.add("STOP_REASONS", PyTuple::new(module.py(), reasons)?)?;
    module.add_class::<contest::PyRace>()?;
    module.add_class::<lane::PyLane>()?;
    module.add_class::<output::PyOutput>()
}

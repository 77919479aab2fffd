//! Python-visible types of `atomic_core::race`.

use pyo3::prelude::*;

/// Adds this file's types to the module.
pub fn register(_module: &Bound<'_, PyModule>) -> PyResult<()> {
    Ok(())
}

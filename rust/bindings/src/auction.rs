//! Python-visible types of `atomic_core::auction`.

use pyo3::prelude::*;

/// Adds this file's types to the module.
pub fn register(_module: &Bound<'_, PyModule>) -> PyResult<()> {
    Ok(())
}

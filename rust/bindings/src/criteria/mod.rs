//! Python-visible types of `atomic_core::criteria`.

mod compiled;
pub(crate) mod stream;

pub(crate) use compiled::PyCriteria;

use pyo3::prelude::*;

/// Adds this folder's types to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<compiled::PyCriteria>()?;
    module.add_class::<stream::PyCriteriaStream>()
}

//! Python-visible types of `atomic_core::schema`.

mod changes;
pub(crate) mod compiled;
mod errors;
pub(crate) mod growing;
pub(crate) mod reading;
mod selection;
mod stream;
pub(crate) mod verdict;

use pyo3::prelude::*;

/// Adds this folder's types to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<compiled::PyCompiledSchema>()?;
    module.add_class::<stream::PySchemaStream>()?;
    module.add_class::<changes::PyChange>()?;
    module.add_class::<reading::PyRepair>()?;
    module.add_class::<selection::PySelected>()?;
    module.add_class::<selection::PySelection>()?;
    module.add_class::<verdict::PyVerdict>()?;
    module.add_class::<verdict::PyViolation>()
}

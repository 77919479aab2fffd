//! Python-visible types of `atomic_core::wire`.

mod decoder;
pub(crate) mod delta;
pub(crate) mod message;
mod sse;

use pyo3::prelude::*;

/// Adds this folder's types to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<delta::PyDelta>()?;
    module.add_class::<message::PyUsage>()?;
    module.add_class::<message::PyFault>()?;
    module.add_class::<message::PyToolCall>()?;
    module.add_class::<message::PyMessage>()?;
    module.add_class::<decoder::PyWireDecoder>()?;
    module.add_class::<sse::PySseEvent>()?;
    module.add_class::<sse::PySseParser>()
}

//! Python-visible types of `atomic_core::hedge`.

mod allowance;
mod prospect;

pub(crate) use allowance::{Meter, PyAllowance};
use pyo3::prelude::*;

/// Adds this folder's types to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PyAllowance>()?;
    module.add_function(wrap_pyfunction!(prospect::hedge_prospect, module)?)
}

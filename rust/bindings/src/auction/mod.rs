//! Python-visible types of `atomic_core::auction` and `atomic_core::profile`.

mod award;
mod errors;
pub(crate) mod exchange;
mod ledger;

use pyo3::prelude::*;

/// Adds this folder's types to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<exchange::Exchange>()?;
    module.add_class::<award::Award>()?;
    module.add_class::<award::Bid>()?;
    module.add_class::<award::Plan>()?;
    module.add_class::<award::Expected>()?;
    module.add_class::<ledger::Ledger>()?;
    module.add_class::<ledger::Pacer>()?;
    module.add_function(wrap_pyfunction!(ledger::clear, module)?)
}

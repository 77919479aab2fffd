//! The Python module `atomic_ai._core`: the only place that knows `PyO3`. A file per Python-visible noun.
#![expect(
    clippy::needless_pass_by_value,
    reason = "PyO3 hands arguments over by value, whatever becomes of them"
)]

mod auction;
mod criteria;
mod hedge;
mod race;
mod schema;
mod simulate;
mod transport;
mod wire;

use pyo3::prelude::*;

#[pymodule(gil_used = false)]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    auction::register(module)?;
    criteria::register(module)?;
    hedge::register(module)?;
    race::register(module)?;
    schema::register(module)?;
    simulate::register(module)?;
    transport::register(module)?;
    wire::register(module)
}

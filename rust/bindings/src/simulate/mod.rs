//! `simulate`: policies over virtual races.

use atomic_core::simulate;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::race::Json;

mod raised {
    pyo3::import_exception!(atomic_ai.errors, ConfigError);
}

/// Adds this folder's function to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(simulate_races, module)?)
}

/// Runs a world's policies; world and report are JSON.
#[pyfunction]
#[pyo3(name = "simulate")]
fn simulate_races(py: Python<'_>, world: Json) -> PyResult<Bound<'_, PyBytes>> {
    let world = simulate::read(world.bytes());
    let world = world.map_err(|error| raised::ConfigError::new_err(format!("world: {error}")))?;
    let report = py.detach(|| simulate::simulate(&world).to_json());
    Ok(PyBytes::new(py, report.as_bytes()))
}

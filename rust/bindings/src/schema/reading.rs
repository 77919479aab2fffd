//! How a document is read: what Python's options mean.

use atomic_core::json::lenient::{Repair, Repaired, Repairs};
use atomic_core::schema::{StreamOptions, Violations};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::compiled::unknown;

/// A repair that was made.
#[pyclass(frozen, eq, hash, name = "Repair", module = "atomic_ai._core")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct PyRepair {
    #[pyo3(get)]
    name: String,
    #[pyo3(get)]
    offset: u64,
}

#[pymethods]
impl PyRepair {
    #[new]
    fn new(name: &str, offset: u64) -> PyResult<Self> {
        let known = Repair::named(name).ok_or_else(|| no_repair("name", name))?;
        Ok(Self {
            name: known.name().to_owned(),
            offset,
        })
    }

    fn __repr__(&self) -> String {
        format!("Repair(name={:?}, offset={})", self.name, self.offset)
    }

    fn __getnewargs__(&self) -> (&str, u64) {
        (&self.name, self.offset)
    }
}

impl From<&Repaired> for PyRepair {
    fn from(made: &Repaired) -> Self {
        Self {
            name: made.repair.name().to_owned(),
            offset: made.at,
        }
    }
}

/// The options of one document.
pub(super) fn options(
    value: bool,
    lenient: &[String],
    violations: &str,
    max_violations: u32,
    positions: bool,
) -> PyResult<StreamOptions> {
    let named = |name: &String| Repair::named(name).ok_or_else(|| no_repair("lenient", name));
    let violations = match violations {
        "first" => Violations::First,
        "all" if max_violations == 0 => {
            return Err(PyValueError::new_err("max_violations: at least 1"));
        }
        "all" => Violations::All {
            at_most: max_violations,
        },
        other => return Err(unknown("violations", other, &["first", "all"])),
    };
    Ok(StreamOptions {
        value,
        lenient: lenient.iter().map(named).collect::<PyResult<Repairs>>()?,
        violations,
        positions,
        ..StreamOptions::default()
    })
}

fn no_repair(option: &str, name: &str) -> PyErr {
    unknown(option, name, &Repair::ALL.map(Repair::name))
}

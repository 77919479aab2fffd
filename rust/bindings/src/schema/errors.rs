//! Core errors as Python exceptions.

use atomic_core::json::Limit;
use atomic_core::schema::CompileError;
use pyo3::prelude::*;

pyo3::import_exception!(atomic_ai.errors, LimitError);
pyo3::import_exception!(atomic_ai.errors, SchemaError);
pyo3::import_exception!(atomic_ai.errors, StateError);

/// A `LimitError` with its attributes.
pub(super) fn limit_error(py: Python<'_>, limit: Limit, what: &str) -> PyErr {
    let error = LimitError::new_err(format!("{what}: more than {} {}", limit.bound, limit.name));
    with_attributes(py, error, |value| {
        value.setattr("limit", limit.name)?;
        value.setattr("bound", limit.bound)
    })
}

/// What compiling failed with.
#[expect(
    clippy::needless_pass_by_value,
    reason = "it maps an error that is at its end"
)]
pub(super) fn compile_error(py: Python<'_>, error: CompileError) -> PyErr {
    match error {
        CompileError::Limit(limit) => limit_error(py, limit, "the schema"),
        CompileError::Schema {
            ref schema_path, ..
        } => {
            let raised = SchemaError::new_err(error.to_string());
            with_attributes(py, raised, |value| {
                value.setattr("schema_path", schema_path)
            })
        }
    }
}

/// An exception with attributes set; the one that setting them raises, if it does.
fn with_attributes(
    py: Python<'_>,
    error: PyErr,
    set: impl FnOnce(&Bound<'_, pyo3::exceptions::PyBaseException>) -> PyResult<()>,
) -> PyErr {
    match set(error.value(py)) {
        Ok(()) => error,
        Err(other) => other,
    }
}

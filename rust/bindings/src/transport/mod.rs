//! Python-visible types of `atomic_transport`.
//!
//! Two threads meet here: an event loop's, which runs Python, and the reactor's, which never does. Locks are held for as
//! long as it takes to hand something over or to step a race by one chunk, and always in this order: an exchange's mail,
//! then its race, then its loop's bell. Whoever holds the interpreter and finds a race locked lets go of the interpreter
//! while waiting; the reactor's thread needs no interpreter, so that no two can wait for each other.

mod bell;
mod client;
mod exchange;
mod mail;
mod reactor;

use pyo3::prelude::*;

pub(crate) use bell::{PyBell, Ringer, next_id};

/// Adds this folder's types to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<bell::PyBell>()?;
    module.add_class::<client::PyNativeClient>()?;
    module.add_class::<client::PyRoute>()?;
    module.add_class::<exchange::PyExchange>()?;
    module.add_class::<reactor::PyReactor>()
}

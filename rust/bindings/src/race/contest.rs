//! `Race`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use atomic_core::race::{Config, Ending, Input, LaneId, Misuse, Race, Rules};
use atomic_core::wire::{Delta, Usage};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

use super::Json;
use super::lane::PyLane;
use super::output::PyOutput;
use super::relay::{Follow, Relay, SharedRace};
use crate::criteria::PyCriteria;
use crate::hedge::PyAllowance;
use crate::schema::compiled::PyCompiledSchema;
use crate::schema::growing::PyGrowing;
use crate::transport::PyBell;
use crate::wire::delta::PyDelta;

/// The exceptions that a race raises.
mod raised {
    pyo3::import_exception!(atomic_ai.errors, ConfigError);
    pyo3::import_exception!(atomic_ai.errors, StateError);
}

/// Lanes and the policy that decides between them.
#[pyclass(name = "Race", module = "atomic_ai._core", frozen)]
pub(crate) struct PyRace {
    pub(crate) shared: Arc<SharedRace>,
    /// The growing values somebody looked at.
    values: Mutex<BTreeMap<LaneId, PyGrowing>>,
}

#[pymethods]
impl PyRace {
    #[new]
    #[pyo3(signature = (config, schema=None, criteria=None, tools=None, allowance=None))]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "extracted arguments are owned"
    )]
    fn new(
        config: Json,
        schema: Option<Shared<'_>>,
        criteria: Option<&PyCriteria>,
        tools: Option<BTreeMap<String, Shared<'_>>>,
        allowance: Option<&PyAllowance>,
    ) -> PyResult<Self> {
        let config = Config::from_json(config.bytes());
        let config =
            config.map_err(|error| raised::ConfigError::new_err(format!("race: {error}")))?;
        let rules = Rules {
            schema: schema.map(|schema| schema.0.get().shared()),
            criteria: criteria.map(PyCriteria::shared),
            tools: tools.map(|tools| {
                let shared = |(name, schema): (_, Shared<'_>)| (name, schema.0.get().shared());
                tools.into_iter().map(shared).collect()
            }),
        };
        Ok(Self {
            shared: Arc::new(SharedRace::new(
                Race::new(config, rules),
                allowance.map(PyAllowance::meter),
            )),
            values: Mutex::default(),
        })
    }

    fn start(&self, py: Python<'_>, now: u64) -> PyResult<Vec<PyOutput>> {
        let said = self.tell(py, now, Input::Start)?;
        self.shared.with(py, |relay| relay.requested(now));
        Ok(said)
    }

    #[pyo3(signature = (now, lane, status=None))]
    fn opened(
        &self,
        py: Python<'_>,
        now: u64,
        lane: LaneId,
        status: Option<u16>,
    ) -> PyResult<Vec<PyOutput>> {
        self.tell(py, now, Input::Opened { lane, status })
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "extracted arguments are owned"
    )]
    fn bytes(
        &self,
        py: Python<'_>,
        now: u64,
        lane: LaneId,
        data: PyBackedBytes,
    ) -> PyResult<Vec<PyOutput>> {
        self.tell(py, now, Input::Bytes { lane, data: &data })
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "extracted arguments are owned"
    )]
    fn deltas(
        &self,
        py: Python<'_>,
        now: u64,
        lane: LaneId,
        deltas: Vec<PyRef<'_, PyDelta>>,
    ) -> PyResult<Vec<PyOutput>> {
        let deltas: Vec<Delta> = deltas.iter().map(|delta| delta.0.clone()).collect();
        self.tell(
            py,
            now,
            Input::Deltas {
                lane,
                deltas: &deltas,
            },
        )
    }

    #[pyo3(signature = (now, lane, how, detail=""))]
    fn ended(
        &self,
        py: Python<'_>,
        now: u64,
        lane: LaneId,
        how: &str,
        detail: &str,
    ) -> PyResult<Vec<PyOutput>> {
        let known = Ending::NAMES.iter().find(|(name, _)| *name == how);
        let Some((_, how)) = known else {
            return Err(raised::StateError::new_err(
                "how is \"end\", \"cut\", \"unconnected\" or \"failed\"",
            ));
        };
        self.tell(
            py,
            now,
            Input::Ended {
                lane,
                how: *how,
                detail,
            },
        )
    }

    #[pyo3(signature = (
        now, lane, *, input_tokens=None, output_tokens=None, cached_tokens=None, cost_usd=None
    ))]
    #[expect(clippy::too_many_arguments, reason = "Python gives them by keyword")]
    fn usage(
        &self,
        py: Python<'_>,
        now: u64,
        lane: LaneId,
        input_tokens: Option<u64>,
        output_tokens: Option<u64>,
        cached_tokens: Option<u64>,
        cost_usd: Option<f64>,
    ) -> PyResult<Vec<PyOutput>> {
        let usage = Usage {
            input_tokens,
            output_tokens,
            cached_tokens,
            ..Usage::default()
        };
        self.tell(
            py,
            now,
            Input::Usage {
                lane,
                usage,
                cost_usd,
            },
        )
    }

    #[pyo3(signature = (now, ticket, passed, score=None))]
    fn checked(
        &self,
        py: Python<'_>,
        now: u64,
        ticket: u64,
        passed: bool,
        score: Option<f64>,
    ) -> PyResult<Vec<PyOutput>> {
        self.tell(
            py,
            now,
            Input::Checked {
                ticket,
                passed,
                score,
            },
        )
    }

    fn cancelled(&self, py: Python<'_>, now: u64) -> PyResult<Vec<PyOutput>> {
        self.tell(py, now, Input::Cancelled)
    }

    fn tick(&self, py: Python<'_>, now: u64) -> PyResult<Vec<PyOutput>> {
        self.tell(py, now, Input::Tick)
    }

    /// What the race said to the reactor's thread since it was last asked, in order.
    fn drain(&self, py: Python<'_>) -> Vec<PyOutput> {
        self.shared.with(py, Relay::drain)
    }

    /// The text that is all the race has said to the reactor's thread since it was last asked: its lane, the text, and
    /// whether its value moved with it.
    fn text(&self, py: Python<'_>) -> Option<(LaneId, String, bool)> {
        self.shared.with(py, Relay::take_text)
    }

    /// Binds the race to a bell, and says what it is rung for; gives the ids it rings under, the second for text.
    #[pyo3(signature = (bell, now, *, text=true, growth=false, batch_ns=0))]
    fn follow(
        &self,
        py: Python<'_>,
        bell: &PyBell,
        now: u64,
        text: bool,
        growth: bool,
        batch_ns: u64,
    ) -> (u64, u64) {
        let follow = Follow {
            text,
            growth,
            batch: Duration::from_nanos(batch_ns),
        };
        let ringer = Arc::clone(&bell.ringer);
        self.shared
            .with(py, |relay| relay.follow(ringer, follow, now))
    }

    /// Lanes that grew since the last call; only where growth is followed.
    fn grown(&self, py: Python<'_>) -> Vec<LaneId> {
        self.shared.with(py, Relay::grown)
    }

    #[getter]
    fn over(&self, py: Python<'_>) -> bool {
        self.shared.with(py, |relay| relay.race.is_over())
    }

    #[getter]
    fn lanes(&self, py: Python<'_>) -> usize {
        self.shared.with(py, |relay| relay.race.lanes().len())
    }

    fn lane(slf: Py<Self>, py: Python<'_>, lane: LaneId) -> PyResult<PyLane> {
        if lane as usize >= slf.get().lanes(py) {
            return Err(raised::StateError::new_err(format!(
                "there is no lane {lane}"
            )));
        }
        Ok(PyLane::new(slf, lane))
    }

    fn trace_facts<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let facts = self.shared.with(py, |relay| relay.race.facts());
        PyBytes::new(py, facts.as_bytes())
    }
}

impl PyRace {
    /// Tells one thing and drains to the next `Wait`.
    fn tell(&self, py: Python<'_>, now: u64, input: Input<'_>) -> PyResult<Vec<PyOutput>> {
        let told = self.shared.with(py, |relay| {
            relay.tell(now, input)?;
            Ok(relay.drain())
        });
        told.map_err(|misuse: Misuse| raised::StateError::new_err(misuse.to_string()))
    }

    /// The growing value of a lane, brought up to date.
    pub(super) fn value(&self, py: Python<'_>, lane: LaneId) -> PyResult<Py<PyAny>> {
        let Some(steps) = self.shared.with(py, |relay| relay.steps(lane)) else {
            return Ok(py.None());
        };
        // Applying makes Python objects, which may run anything: nothing of the race is locked meanwhile.
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        let growing = values.entry(lane).or_default();
        for (op, text) in steps {
            growing.apply(py, op, &text)?;
        }
        growing.value(py)
    }
}

/// A compiled schema, or what wraps one.
struct Shared<'py>(Bound<'py, PyCompiledSchema>);

impl<'a, 'py> FromPyObject<'a, 'py> for Shared<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(schema) = object.cast::<PyCompiledSchema>() {
            return Ok(Self(schema.to_owned()));
        }
        let compiled = object.getattr("compiled")?;
        Ok(Self(compiled.cast_into::<PyCompiledSchema>()?))
    }
}

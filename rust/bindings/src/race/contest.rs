//! `Race`.

use std::cell::RefCell;
use std::collections::BTreeMap;

use atomic_core::json::Mark;
use atomic_core::race::{Ask, Config, Ending, Input, LaneId, Output, Race, Rules};
use atomic_core::wire::{Delta, Usage};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

use super::Json;
use super::lane::PyLane;
use super::output::PyOutput;
use crate::criteria::PyCriteria;
use crate::hedge::{Meter, PyAllowance};
use crate::schema::compiled::PyCompiledSchema;
use crate::schema::growing::PyGrowing;
use crate::wire::delta::PyDelta;

/// The exceptions that a race raises.
mod raised {
    pyo3::import_exception!(atomic_ai.errors, ConfigError);
    pyo3::import_exception!(atomic_ai.errors, StateError);
}

/// Lanes and the policy that decides between them.
#[pyclass(name = "Race", module = "atomic_ai._core")]
pub(crate) struct PyRace {
    pub(super) race: Race,
    /// The growing values somebody looked at, and how far each has been read.
    values: BTreeMap<LaneId, (PyGrowing, Mark)>,
    /// Who is asked about hedges; without one they are granted.
    meter: Option<Meter>,
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
            race: Race::new(config, rules),
            values: BTreeMap::new(),
            meter: allowance.map(PyAllowance::meter),
        })
    }

    fn start(&mut self, now: u64) -> PyResult<Vec<PyOutput>> {
        let said = self.tell(now, Input::Start)?;
        if let Some(meter) = &self.meter {
            meter.request(now);
        }
        Ok(said)
    }

    #[pyo3(signature = (now, lane, status=None))]
    fn opened(&mut self, now: u64, lane: LaneId, status: Option<u16>) -> PyResult<Vec<PyOutput>> {
        self.tell(now, Input::Opened { lane, status })
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "extracted arguments are owned"
    )]
    fn bytes(&mut self, now: u64, lane: LaneId, data: PyBackedBytes) -> PyResult<Vec<PyOutput>> {
        self.tell(now, Input::Bytes { lane, data: &data })
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "extracted arguments are owned"
    )]
    fn deltas(
        &mut self,
        now: u64,
        lane: LaneId,
        deltas: Vec<PyRef<'_, PyDelta>>,
    ) -> PyResult<Vec<PyOutput>> {
        let deltas: Vec<Delta> = deltas.iter().map(|delta| delta.0.clone()).collect();
        self.tell(
            now,
            Input::Deltas {
                lane,
                deltas: &deltas,
            },
        )
    }

    #[pyo3(signature = (now, lane, how, detail=""))]
    fn ended(
        &mut self,
        now: u64,
        lane: LaneId,
        how: &str,
        detail: &str,
    ) -> PyResult<Vec<PyOutput>> {
        let known = Ending::NAMES.iter().find(|(name, _)| *name == how);
        let Some((_, how)) = known else {
            return Err(raised::StateError::new_err(
                "how is \"end\", \"cut\" or \"failed\"",
            ));
        };
        self.tell(
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
    fn usage(
        &mut self,
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
        &mut self,
        now: u64,
        ticket: u64,
        passed: bool,
        score: Option<f64>,
    ) -> PyResult<Vec<PyOutput>> {
        self.tell(
            now,
            Input::Checked {
                ticket,
                passed,
                score,
            },
        )
    }

    fn cancelled(&mut self, now: u64) -> PyResult<Vec<PyOutput>> {
        self.tell(now, Input::Cancelled)
    }

    fn tick(&mut self, now: u64) -> PyResult<Vec<PyOutput>> {
        self.tell(now, Input::Tick)
    }

    #[getter]
    fn over(&self) -> bool {
        self.race.is_over()
    }

    #[getter]
    fn lanes(&self) -> usize {
        self.race.lanes().len()
    }

    fn lane(slf: Py<Self>, py: Python<'_>, lane: LaneId) -> PyResult<PyLane> {
        if lane as usize >= slf.borrow(py).race.lanes().len() {
            return Err(raised::StateError::new_err(format!(
                "there is no lane {lane}"
            )));
        }
        Ok(PyLane::new(slf, lane))
    }

    fn trace_facts<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.race.facts().as_bytes())
    }
}

impl PyRace {
    /// Tells one thing and drains to the next `Wait`.
    fn tell(&mut self, now: u64, input: Input<'_>) -> PyResult<Vec<PyOutput>> {
        let told = self.race.input(now, input);
        told.map_err(|misuse| raised::StateError::new_err(misuse.to_string()))?;
        let outputs = RefCell::new(Vec::new());
        let meter = self.meter.as_ref();
        let grant = |ask: Ask| {
            let answer = meter.map(|meter| meter.hedge(now, ask.weight));
            let (granted, requests, hedges) = answer.unwrap_or((true, 0.0, 0.0));
            outputs.borrow_mut().push(PyOutput::Hedge {
                lane: ask.lane,
                late: ask.late,
                granted,
                requests,
                hedges,
            });
            granted
        };
        let hear = |output: Output| outputs.borrow_mut().push(output.into());
        self.race.drain(now, grant, hear);
        Ok(outputs.into_inner())
    }

    /// The growing value of a lane, brought up to date.
    pub(super) fn value(&mut self, py: Python<'_>, lane: LaneId) -> PyResult<Py<PyAny>> {
        let document = self.race.lane_mut(lane).and_then(|lane| lane.document());
        let Some(journal) = document.and_then(|document| document.journal()) else {
            return Ok(py.None());
        };
        let (growing, read) = self.values.entry(lane).or_default();
        for (op, text) in journal.entries(*read) {
            growing.apply(py, op, text)?;
        }
        journal.clear();
        *read = Mark::default();
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

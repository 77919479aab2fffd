//! `Award`, and the views that are made when somebody looks: `Bid`, `Plan`, `Expected`.

use std::sync::Arc;

use atomic_core::auction;
use atomic_core::profile::Card;
use pyo3::prelude::*;

use super::errors::MisuseError;
use super::exchange::Exchange;

/// What the auction decided.
#[pyclass(frozen, module = "atomic_ai._core")]
pub struct Award {
    pub core: auction::Award,
    pub cards: Arc<Vec<Card>>,
    pub class: String,
    pub exchange: Py<Exchange>,
}

impl Award {
    fn name(&self, model: usize) -> &str {
        &self.cards[model].name
    }

    fn view(&self, bid: &auction::Bid) -> Bid {
        Bid {
            core: *bid,
            model: self.name(bid.model).to_owned(),
            weights: self.core.weights,
        }
    }
}

#[pymethods]
impl Award {
    #[getter]
    fn id(&self) -> u64 {
        self.core.id
    }

    #[getter]
    fn winner(&self) -> &str {
        self.name(self.core.winning().model)
    }

    #[getter]
    fn task_class(&self) -> &str {
        &self.class
    }

    #[getter]
    fn plan(&self) -> Plan {
        let plan = &self.core.plan;
        let lanes = plan
            .lanes
            .iter()
            .map(|lane| self.name(*lane).to_owned())
            .collect();
        Plan {
            kind: plan.kind.name(),
            lanes,
            starts: plan.starts.clone(),
        }
    }

    #[getter]
    fn expected(&self, py: Python<'_>) -> Expected {
        Expected {
            core: self.core.plan.expected,
            class: self.core.class,
            plan: self.core.plan.clone(),
            exchange: self.exchange.clone_ref(py),
        }
    }

    #[getter]
    fn score(&self) -> f64 {
        self.core.plan.score
    }

    #[getter]
    fn bids(&self) -> Vec<Bid> {
        self.core.bids.iter().map(|bid| self.view(bid)).collect()
    }

    #[getter]
    fn runner_up(&self) -> Option<&str> {
        self.core
            .runner_up
            .map(|place| self.name(self.core.bids[place].model))
    }

    #[getter]
    fn critical_price(&self) -> Option<f64> {
        self.core.critical_price()
    }

    #[getter]
    fn exploring(&self) -> bool {
        self.core.exploring
    }

    #[getter]
    fn propensity(&self) -> f64 {
        self.core.propensity()
    }

    #[getter]
    fn filtered(&self) -> Vec<(String, String)> {
        let named = |(model, bar): &(usize, auction::Bar)| {
            (self.name(*model).to_owned(), bar.reason().to_owned())
        };
        self.core.barred.iter().map(named).collect()
    }

    #[getter]
    fn weights(&self) -> (f64, f64, f64) {
        let weights = &self.core.weights;
        (weights.quality, weights.per_usd, weights.per_s)
    }

    /// The award as text, words, table or JSON, with what was seen of its lanes so far.
    #[pyo3(signature = (form = "text"))]
    fn explain(&self, form: &str) -> PyResult<String> {
        let seen = self.exchange.get().seen(self.core.id);
        let explanation = auction::Explanation {
            award: &self.core,
            cards: &self.cards,
            class: &self.class,
            seen: &seen,
        };
        match form {
            "text" => Ok(explanation.text()),
            "words" => Ok(explanation.words()),
            "table" => Ok(explanation.table()),
            "json" => Ok(explanation.json()),
            _ => Err(MisuseError::new_err(format!(
                "explain({form:?}): there are \"text\", \"words\", \"table\" and \"json\""
            ))),
        }
    }

    /// An award does not change: its copy is itself.
    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __repr__(&self) -> String {
        format!(
            "Award(id={}, winner={:?}, plan={:?})",
            self.core.id,
            self.winner(),
            self.core.plan.kind.name()
        )
    }
}

/// One model's bid with the terms of its score.
#[pyclass(frozen, module = "atomic_ai._core")]
pub struct Bid {
    core: auction::Bid,
    #[pyo3(get)]
    model: String,
    weights: auction::Weights,
}

#[pymethods]
impl Bid {
    #[getter]
    fn quality(&self) -> f64 {
        self.core.estimate.quality
    }

    #[getter]
    fn doubt(&self) -> f64 {
        self.core.estimate.doubt
    }

    #[getter]
    fn evidence(&self) -> f64 {
        self.core.estimate.evidence
    }

    #[getter]
    fn validity(&self) -> f64 {
        self.core.estimate.validity
    }

    #[getter]
    fn cost_usd(&self) -> f64 {
        self.core.estimate.cost_usd
    }

    #[getter]
    fn latency_s(&self) -> f64 {
        self.core.estimate.latency_s
    }

    #[getter]
    fn score(&self) -> f64 {
        self.core.score
    }

    #[getter]
    fn drawn(&self) -> f64 {
        self.core.drawn
    }

    #[getter]
    fn quality_term(&self) -> f64 {
        self.weights.quality * self.core.estimate.quality
    }

    #[getter]
    fn cost_term(&self) -> f64 {
        -self.weights.per_usd * self.core.estimate.cost_usd
    }

    #[getter]
    fn latency_term(&self) -> f64 {
        -self.weights.per_s * self.core.estimate.latency_s
    }

    fn __repr__(&self) -> String {
        let estimate = &self.core.estimate;
        format!(
            "Bid(model={:?}, score={:.4}, quality={:.3}, cost_usd={:.6}, latency_s={:.2})",
            self.model, self.core.score, estimate.quality, estimate.cost_usd, estimate.latency_s
        )
    }
}

/// How lanes run.
#[pyclass(frozen, get_all, module = "atomic_ai._core")]
pub struct Plan {
    kind: &'static str,
    lanes: Vec<String>,
    starts: Vec<f64>,
}

#[pymethods]
impl Plan {
    fn __repr__(&self) -> String {
        format!("Plan(kind={:?}, lanes={:?})", self.kind, self.lanes)
    }
}

/// What is expected of a plan.
#[pyclass(frozen, module = "atomic_ai._core")]
pub struct Expected {
    core: auction::Expected,
    class: usize,
    plan: auction::Plan,
    exchange: Py<Exchange>,
}

#[pymethods]
impl Expected {
    #[getter]
    fn quality(&self) -> f64 {
        self.core.quality
    }

    #[getter]
    fn cost_usd(&self) -> f64 {
        self.core.cost_usd
    }

    #[getter]
    fn latency_s(&self) -> f64 {
        self.core.latency_s
    }

    /// Seconds within which nine in ten results come, by what the profiles say when asked.
    #[getter]
    fn latency_p90_s(&self, py: Python<'_>) -> f64 {
        self.exchange
            .get()
            .latency_quantile(py, self.class, &self.plan, 0.9)
    }

    fn __repr__(&self) -> String {
        let Self { core, .. } = self;
        format!(
            "Expected(quality={:.3}, cost_usd={:.6}, latency_s={:.2})",
            core.quality, core.cost_usd, core.latency_s
        )
    }
}

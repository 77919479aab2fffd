//! `Exchange`: the core's market behind a lock, models by name.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use atomic_core::auction::explore::Curiosity;
use atomic_core::auction::{self, Ask, Limits, Settings, Sold, Verifier, Weights};
use atomic_core::profile::features::{self, Features};
use atomic_core::profile::{Card, Change, Direction, Outcome, Request, Signal};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use super::award::Award;
use super::errors::{ConfigError, UnknownModelError, auction_error};

/// A model as Python gives it: name, price in, price out, measured quality, what that is worth, standing.
type CardTuple = (String, f64, f64, Option<f64>, f64, f64);
/// A change as Python gets it: model, signal, direction, after how many outcomes, size.
type ChangeTuple = (String, &'static str, &'static str, u64, f64);

/// The market's core.
#[pyclass(frozen, module = "atomic_ai._core")]
pub struct Exchange {
    core: Mutex<auction::Exchange>,
    cards: Arc<Vec<Card>>,
    numbers: HashMap<String, usize>,
}

impl Exchange {
    /// A poisoned lock is taken all the same: the core does not leave its state half changed.
    pub(crate) fn lock(&self) -> MutexGuard<'_, auction::Exchange> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn number(&self, name: &str) -> PyResult<usize> {
        self.numbers.get(name).copied().ok_or_else(|| {
            let known: Vec<&str> = self
                .cards
                .iter()
                .map(|card| card.name.as_str())
                .take(20)
                .collect();
            UnknownModelError::new_err(format!(
                "no model {name:?}; there are: {}",
                known.join(", ")
            ))
        })
    }

    fn changed(&self, change: Option<Change>) -> Option<ChangeTuple> {
        change.map(|change| {
            let signal = match change.signal {
                Signal::Quality => "quality",
                Signal::Cost => "cost",
            };
            let direction = match change.direction {
                Direction::Up => "up",
                Direction::Down => "down",
            };
            (
                self.cards[change.model].name.clone(),
                signal,
                direction,
                change.after,
                change.size,
            )
        })
    }

    fn barred(&self, names: Vec<(String, String)>) -> PyResult<Vec<(usize, String)>> {
        let mut barred = Vec::with_capacity(names.len());
        for (name, reason) in names {
            barred.push((self.number(&name)?, reason));
        }
        barred.sort();
        barred.dedup_by_key(|(number, _)| *number);
        Ok(barred)
    }

    fn loads(&self, named: Vec<(String, u32)>) -> PyResult<Vec<(usize, u32)>> {
        let mut loads = Vec::with_capacity(named.len());
        for (name, calls) in named {
            loads.push((self.number(&name)?, calls));
        }
        loads.sort_unstable();
        Ok(loads)
    }

    fn offers(&self, sold: Vec<(String, f64, Option<f64>)>) -> PyResult<Vec<Sold>> {
        let mut offers = Vec::with_capacity(sold.len());
        for (name, cost_usd, quality) in sold {
            let model = self.number(&name)?;
            offers.push(Sold {
                model,
                cost_usd,
                quality,
            });
        }
        offers.sort_by_key(|offer| offer.model);
        Ok(offers)
    }

    /// What was seen of an award's lanes so far.
    pub fn seen(&self, award: u64) -> Vec<auction::Seen> {
        self.lock().seen(award).to_vec()
    }

    /// Quantile of seconds to a plan's result.
    pub fn latency_quantile(
        &self,
        _py: Python<'_>,
        class: usize,
        plan: &auction::Plan,
        p: f64,
    ) -> f64 {
        plan.latency_quantile(self.lock().book(), class, p)
    }
}

/// Tokens of a text whose tokeniser is not known: four characters each.
fn tokens(characters: usize) -> f64 {
    characters as f64 / 4.0
}

#[pymethods]
impl Exchange {
    #[new]
    #[pyo3(signature = (models, weights, seed, explore, remembered = 65_536, max_lanes = 3, explore_floor = 0.0))]
    fn new(
        models: Vec<CardTuple>,
        weights: (f64, f64, f64),
        seed: u64,
        explore: f64,
        remembered: usize,
        max_lanes: usize,
        explore_floor: f64,
    ) -> PyResult<Self> {
        if models.is_empty() {
            return Err(ConfigError::new_err("a market needs at least one model"));
        }
        let card = |(name, price_in, price_out, quality, evidence, standing): CardTuple| Card {
            name,
            price_in,
            price_out,
            quality,
            evidence,
            standing,
        };
        let cards: Vec<Card> = models.into_iter().map(card).collect();
        let settings = Settings {
            weights: weights_of(weights),
            curiosity: Curiosity::share(explore).floored(explore_floor),
            seed,
            remembered,
            max_lanes,
        };
        let core = auction::Exchange::new(cards.clone(), settings)
            .map_err(|error| auction_error(error, &cards))?;
        let numbers = cards
            .iter()
            .enumerate()
            .map(|(number, card)| (card.name.clone(), number))
            .collect();
        Ok(Self {
            core: Mutex::new(core),
            cards: Arc::new(cards),
            numbers,
        })
    }

    /// Holds the auction for one task.
    #[pyo3(signature = (text, task_class, *, verifier = None, weights = None, multiplier = 0.0, input_tokens = None,
        output_limit = None, limits = (None, None, None), barred = None, max_lanes = None, features = None, find = false,
        offers = None, hour = None, loads = None))]
    // The argument list is Python's; keywords name each.
    #[allow(clippy::too_many_arguments)]
    fn award(
        slf: &Bound<'_, Self>,
        text: &Bound<'_, PyString>,
        task_class: &str,
        verifier: Option<(f64, f64)>,
        weights: Option<(f64, f64, f64)>,
        multiplier: f64,
        input_tokens: Option<f64>,
        output_limit: Option<f64>,
        limits: (Option<f64>, Option<f64>, Option<f64>),
        barred: Option<Vec<(String, String)>>,
        max_lanes: Option<usize>,
        features: Option<Vec<f64>>,
        find: bool,
        offers: Option<Vec<(String, f64, Option<f64>)>>,
        hour: Option<u8>,
        loads: Option<Vec<(String, u32)>>,
    ) -> PyResult<Award> {
        let this = slf.get();
        let input_tokens = match input_tokens {
            Some(tokens) => tokens,
            None => tokens(text.len()?),
        };
        let ask = Ask {
            output_limit,
            verifier: verifier.map(|(accepts_good, accepts_bad)| Verifier {
                accepts_good,
                accepts_bad,
            }),
            weights: weights.map(weights_of),
            multiplier,
            limits: Limits {
                cost_usd: limits.0,
                latency_s: limits.1,
                quality: limits.2,
            },
            barred: barred.map_or_else(|| Ok(Vec::new()), |names| this.barred(names))?,
            hour,
            loads: loads.map_or_else(|| Ok(Vec::new()), |loads| this.loads(loads))?,
            offers: offers.map_or_else(|| Ok(Vec::new()), |sold| this.offers(sold))?,
            max_lanes,
            features: features_of(features, find.then_some(text)),
            ..Ask::new(task_class, input_tokens)
        };
        let core = this
            .lock()
            .award(&ask)
            .map_err(|error| auction_error(error, &this.cards))?;
        Ok(Award {
            core,
            cards: this.cards.clone(),
            class: task_class.to_owned(),
            exchange: slf.clone().unbind(),
        })
    }

    /// Learns a lane's outcome; gives the change that was noticed, if any.
    #[pyo3(signature = (award, model, *, quality, cost_usd, latency_s, valid = true, ttft_s = None, output_tokens = None))]
    #[allow(clippy::too_many_arguments)]
    fn observe(
        &self,
        award: u64,
        model: &str,
        quality: Option<f64>,
        cost_usd: Option<f64>,
        latency_s: Option<f64>,
        valid: bool,
        ttft_s: Option<f64>,
        output_tokens: Option<f64>,
    ) -> PyResult<Option<ChangeTuple>> {
        let number = self.number(model)?;
        let outcome = Outcome {
            quality,
            valid,
            cost_usd,
            latency_s,
            ttft_s,
            input_tokens: 0.0,
            output_tokens,
        };
        let change = self.lock().observe(award, number, outcome);
        change
            .map(|change| self.changed(change))
            .map_err(|error| auction_error(error, &self.cards))
    }

    /// Learns what somebody thinks of a lane's answer, however late.
    fn feedback(&self, award: u64, model: &str, quality: f64) -> PyResult<Option<ChangeTuple>> {
        let number = self.number(model)?;
        let change = self.lock().feedback(award, number, quality);
        change
            .map(|change| self.changed(change))
            .map_err(|error| auction_error(error, &self.cards))
    }

    /// Learns an outcome from elsewhere; `task` is any hash of the task's text.
    #[pyo3(signature = (task_class, task, input_tokens, model, *, quality, cost_usd, latency_s, valid = true,
        ttft_s = None, output_tokens = None, features = None, text = None))]
    #[allow(clippy::too_many_arguments)]
    fn teach(
        &self,
        task_class: &str,
        task: u64,
        input_tokens: f64,
        model: &str,
        quality: Option<f64>,
        cost_usd: Option<f64>,
        latency_s: Option<f64>,
        valid: bool,
        ttft_s: Option<f64>,
        output_tokens: Option<f64>,
        features: Option<Vec<f64>>,
        text: Option<Bound<'_, PyString>>,
    ) -> PyResult<Option<ChangeTuple>> {
        let number = self.number(model)?;
        let outcome = Outcome {
            quality,
            valid,
            cost_usd,
            latency_s,
            ttft_s,
            input_tokens,
            output_tokens,
        };
        let features = features_of(features, text.as_ref());
        let change = self
            .lock()
            .teach(task_class, task, number, outcome, features.as_ref());
        change
            .map(|change| self.changed(change))
            .map_err(|error| auction_error(error, &self.cards))
    }

    /// Learns the seconds to a lost lane's first token.
    fn timed(&self, model: &str, ttft_s: f64, cut: bool) -> PyResult<()> {
        let number = self.number(model)?;
        let learned = self.lock().timed(number, ttft_s, cut);
        learned.map_err(|error| auction_error(error, &self.cards))
    }

    /// Changes a model's list prices.
    fn reprice(&self, model: &str, price_in: f64, price_out: f64) -> PyResult<()> {
        let number = self.number(model)?;
        self.lock()
            .reprice(number, price_in, price_out)
            .map_err(|error| auction_error(error, &self.cards))
    }

    /// Expected cost in USD of one call.
    #[pyo3(signature = (model, task_class, input_tokens, output_limit = None))]
    fn expected_cost(
        &self,
        model: &str,
        task_class: &str,
        input_tokens: f64,
        output_limit: Option<f64>,
    ) -> PyResult<f64> {
        let number = self.number(model)?;
        let mut core = self.lock();
        let class = core.class(task_class);
        Ok(core.book().cost(
            &Request {
                class,
                input_tokens,
                output_limit,
            },
            number,
        ))
    }

    /// Quantile of a model's seconds to the first token, or None before any was timed.
    fn ttft_quantile(&self, model: &str, p: f64) -> PyResult<Option<f64>> {
        let number = self.number(model)?;
        Ok(self.lock().book().ttft_quantile(number, p))
    }

    /// Outcomes ever learned.
    #[getter]
    fn outcomes(&self) -> u64 {
        self.lock().book().trials()
    }

    /// Names of the task classes seen.
    #[getter]
    fn task_classes(&self) -> Vec<String> {
        self.lock().book().class_names().to_vec()
    }

    /// Correlation of two models' outcomes on one task, as learned.
    #[getter]
    fn correlation(&self) -> f64 {
        self.lock().book().joint().correlation()
    }

    /// The profiles as a file's bytes.
    fn export<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let bytes = py.detach(|| self.lock().to_bytes());
        PyBytes::new(py, &bytes)
    }

    /// Keeps what is learned from now on apart as well, for `take_delta`.
    fn keep_delta(&self) {
        self.lock().keep_delta();
    }

    /// What was learned since the last call, as a profile file, or None.
    fn take_delta<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        let delta = py.detach(|| self.lock().take_delta());
        delta.map(|bytes| PyBytes::new(py, &bytes))
    }

    /// Knows from now on what a profile file holds and what `take_delta` would give, and nothing else.
    fn renew(&self, py: Python<'_>, file: &[u8]) -> PyResult<()> {
        let renewed = py.detach(|| self.lock().renew(file));
        renewed.map_err(|error| auction_error(error, &self.cards))
    }

    /// Numbers awards from `epoch` × 2³² on.
    fn begin(&self, epoch: u32) {
        self.lock().begin(epoch);
    }

    /// Whether an award is remembered here.
    fn remembers(&self, award: u64) -> bool {
        self.lock().remembers(award)
    }

    /// At most `count` awards told about since they were last taken, saved.
    fn take_awards<'py>(&self, py: Python<'py>, count: usize) -> Vec<(u64, Bound<'py, PyBytes>)> {
        let awards = py.detach(|| self.lock().take_awards(count));
        let bytes = |(id, saved): (u64, Vec<u8>)| (id, PyBytes::new(py, &saved));
        awards.into_iter().map(bytes).collect()
    }

    /// Remembers a saved award again.
    fn recall(&self, award: u64, saved: &[u8]) -> PyResult<()> {
        self.lock()
            .recall(award, saved)
            .map_err(|error| auction_error(error, &self.cards))
    }

    /// Adds what a profile file holds.
    fn merge(&self, py: Python<'_>, file: &[u8]) -> PyResult<()> {
        let merged = py.detach(|| self.lock().merge(file));
        merged.map_err(|error| auction_error(error, &self.cards))
    }
}

/// A caller's embedding, else the features of a text that is to be classed by them.
fn features_of(
    embedding: Option<Vec<f64>>,
    text: Option<&Bound<'_, PyString>>,
) -> Option<Features> {
    let of_text = |text: &Bound<'_, PyString>| features::of_text(&text.to_string_lossy());
    embedding
        .map(|embedding| features::of_embedding(&embedding))
        .or_else(|| text.map(of_text))
}

pub(crate) fn weights_of((quality, per_usd, per_s): (f64, f64, f64)) -> Weights {
    Weights {
        quality,
        per_usd,
        per_s,
    }
}

//! Connections made ahead: a lane that loses its race over HTTP/1.1 takes its connection along, and the next race should
//! not wait for another.
//!
//! Each running request says how likely it is to end so. The sum over an origin's running requests, rounded up, is how
//! many connections are kept ready for it; what is missing is connected while they run.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::limits::SPARES;
use crate::pool::Pool;
use crate::target::Target;

/// How many connections the running requests are expected to lose, and how many are being made for them.
#[derive(Default)]
pub(crate) struct Spares(Mutex<BTreeMap<Target, Forecast>>);

#[derive(Default)]
struct Forecast {
    lost: f64,
    coming: usize,
    running: usize,
}

impl Spares {
    /// How many to connect now, where `waiting` wait; they count as coming until they are [`come`](Self::come).
    fn missing(&self, target: &Target, waiting: usize) -> usize {
        self.held(|forecasts| {
            let Some(forecast) = forecasts.get_mut(target) else {
                return 0;
            };
            // A sum of shares such as 2/3 is not exact.
            let wanted = ((forecast.lost - 1e-6).ceil().max(0.0) as usize).min(SPARES);
            let missing = wanted.saturating_sub(waiting + forecast.coming);
            forecast.coming += missing;
            missing
        })
    }

    /// One that was missing has come, or will not.
    pub(crate) fn come(&self, target: &Target) {
        self.change(target, |forecast| forecast.coming -= 1);
    }

    fn change(&self, target: &Target, change: impl FnOnce(&mut Forecast)) {
        self.held(|forecasts| {
            if let Some(forecast) = forecasts.get_mut(target) {
                change(forecast);
                if forecast.running + forecast.coming == 0 {
                    forecasts.remove(target);
                }
            }
        });
    }

    /// Forecasts are changed whole, so that a poisoned lock guards whole ones.
    fn held<T>(&self, look: impl FnOnce(&mut BTreeMap<Target, Forecast>) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A running request that may lose its connection.
pub(crate) struct AtRisk {
    pool: Arc<Pool>,
    target: Arc<Target>,
    share: f64,
}

impl AtRisk {
    /// Counts it among the running ones and connects what is missing.
    pub(crate) fn new(pool: &Arc<Pool>, target: &Arc<Target>, share: f64) -> Self {
        pool.spares.held(|forecasts| {
            let forecast = match forecasts.get_mut(&**target) {
                Some(forecast) => forecast,
                None => forecasts.entry(Target::clone(target)).or_default(),
            };
            forecast.lost += share;
            forecast.running += 1;
        });
        for _ in 0..pool.spares.missing(target, pool.waiting(target)) {
            let (pool, target) = (Arc::clone(pool), Arc::clone(target));
            tokio::spawn(async move { pool.spare(&target).await });
        }
        let (pool, target) = (Arc::clone(pool), Arc::clone(target));
        Self {
            pool,
            target,
            share,
        }
    }
}

impl Drop for AtRisk {
    fn drop(&mut self) {
        self.pool.spares.change(&self.target, |forecast| {
            forecast.lost -= self.share;
            forecast.running -= 1;
        });
    }
}

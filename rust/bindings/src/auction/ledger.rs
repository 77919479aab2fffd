//! `Ledger`, `Pacer` and `clear`: money.

use std::sync::{Mutex, MutexGuard, PoisonError};

use atomic_core::auction::{self, clearing};
use atomic_core::profile;
use pyo3::prelude::*;

use super::errors::ledger_error;

/// Accounts with caps; reserve, then settle.
#[pyclass(frozen, module = "atomic_ai._core")]
pub struct Ledger {
    core: Mutex<auction::Ledger>,
}

impl Ledger {
    fn lock(&self) -> MutexGuard<'_, auction::Ledger> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Ledger {
    #[new]
    fn new() -> Self {
        Self {
            core: Mutex::default(),
        }
    }

    /// Sets an account's cap in USD.
    fn cap(&self, account: &str, usd: f64) -> PyResult<()> {
        self.lock().cap(account, usd).map_err(ledger_error)
    }

    /// Reserves against all accounts or none; gives the reservation's number.
    fn reserve(&self, usd: f64, accounts: Vec<String>) -> PyResult<u64> {
        self.lock()
            .reserve(usd, &accounts)
            .map(|reservation| reservation.id)
            .map_err(ledger_error)
    }

    /// Settles with the bill; gives the USD by which it passed the reservation.
    fn settle(&self, reservation: u64, billed_usd: f64) -> PyResult<f64> {
        self.lock()
            .settle(reservation, billed_usd)
            .map_err(ledger_error)
    }

    /// Forgets an account in which nothing is reserved; tells whether it is gone.
    fn forget(&self, account: &str) -> bool {
        self.lock().forget(account)
    }

    /// Spent and reserved USD.
    fn balance(&self, account: &str) -> (f64, f64) {
        self.lock().balance(account)
    }

    /// USD that can still be reserved, or None without a cap.
    fn left(&self, account: &str) -> Option<f64> {
        self.lock().left(account)
    }
}

/// The pace of one budget: dual descent on the price of money.
#[pyclass(frozen, module = "atomic_ai._core")]
pub struct Pacer {
    core: Mutex<profile::Pacer>,
}

impl Pacer {
    fn lock(&self) -> MutexGuard<'_, profile::Pacer> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Pacer {
    #[new]
    #[pyo3(signature = (budget_usd, tasks, rate = 0.05))]
    fn new(budget_usd: f64, tasks: f64, rate: f64) -> Self {
        Self {
            core: Mutex::new(profile::Pacer::new(budget_usd, tasks, rate)),
        }
    }

    /// The present price of money above list, ν.
    #[getter]
    fn multiplier(&self) -> f64 {
        self.lock().multiplier()
    }

    /// Takes in what one task cost.
    fn spend(&self, usd: f64) {
        self.lock().spend(usd);
    }

    /// A task that was taken in at what it was expected to cost has its bill.
    fn correct(&self, expected_usd: f64, billed_usd: f64) {
        self.lock().correct(expected_usd, billed_usd);
    }
}

/// Clears seats among sealed offers (value, asked USD); gives (place, pay in USD) of each winner.
#[pyfunction]
pub fn clear(
    offers: Vec<(f64, f64)>,
    seats: usize,
    per_usd: f64,
    reserve_usd: f64,
) -> Vec<(usize, f64)> {
    let offers: Vec<_> = offers
        .into_iter()
        .map(|(value, ask_usd)| clearing::Offer { value, ask_usd })
        .collect();
    let payments = clearing::clear(&offers, seats, per_usd, reserve_usd);
    payments
        .into_iter()
        .map(|payment| (payment.winner, payment.pay_usd))
        .collect()
}

//! Reserve, then settle: how a cap holds while many spend at once.
//!
//! Before a lane starts it reserves what it could cost at most; the reservation is refused if what is
//! spent and what is reserved would pass a cap. When the lane ends, the reservation is settled with
//! the bill. The cap therefore holds at every moment, also where a provider bills after the close.

use std::collections::BTreeMap;

/// One reservation, good for one settlement.
#[derive(Clone, Debug, PartialEq)]
pub struct Reservation {
    /// Its number.
    pub id: u64,
    /// Reserved USD.
    pub usd: f64,
    /// The accounts it counts against.
    pub accounts: Vec<String>,
}

/// Why money was not reserved or settled. Nothing was changed.
#[derive(Clone, Debug, PartialEq)]
pub enum LedgerError {
    /// An account's cap would be passed: its name and what is left of it.
    Exhausted(String, f64),
    /// A reservation that was settled before, or never made.
    Unknown(u64),
    /// An amount that is negative or no number.
    Unsound,
}

/// Nano-dollars: sums of integers do not depend on the order in which callers settle.
const UNIT: f64 = 1e9;

#[derive(Clone, Copy, Debug, Default)]
struct Account {
    cap: Option<i128>,
    spent: i128,
    reserved: i128,
}

/// Accounts with caps, and the reservations open against them.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    accounts: BTreeMap<String, Account>,
    open: BTreeMap<u64, (i128, Vec<String>)>,
    next: u64,
}

impl Ledger {
    /// Sets or changes an account's cap in USD; what is spent and reserved stays.
    ///
    /// # Errors
    /// [`LedgerError::Unsound`] for a cap that is negative or no number.
    pub fn cap(&mut self, account: &str, usd: f64) -> Result<(), LedgerError> {
        let cap = units(usd)?;
        self.accounts.entry(account.to_owned()).or_default().cap = Some(cap);
        Ok(())
    }

    /// Reserves at most `usd` against all of `accounts`, or none of them.
    ///
    /// # Errors
    /// [`LedgerError::Exhausted`] with the first account that cannot bear it.
    pub fn reserve(&mut self, usd: f64, accounts: &[String]) -> Result<Reservation, LedgerError> {
        let amount = ceiling(usd)?;
        for name in accounts {
            let account = self.accounts.get(name).copied().unwrap_or_default();
            if let Some(left) = account.left().filter(|left| amount > *left) {
                return Err(LedgerError::Exhausted(name.clone(), left as f64 / UNIT));
            }
        }
        for name in accounts {
            self.accounts.entry(name.clone()).or_default().reserved += amount;
        }
        self.next += 1;
        self.open.insert(self.next, (amount, accounts.to_vec()));
        Ok(Reservation {
            id: self.next,
            usd,
            accounts: accounts.to_vec(),
        })
    }

    /// Settles a reservation with the bill and gives the USD by which the bill passed it (0 normally).
    ///
    /// # Errors
    /// [`LedgerError::Unknown`] if it is not open.
    pub fn settle(&mut self, id: u64, billed_usd: f64) -> Result<f64, LedgerError> {
        let bill = units(billed_usd)?;
        let (amount, accounts) = self.open.remove(&id).ok_or(LedgerError::Unknown(id))?;
        for name in &accounts {
            if let Some(account) = self.accounts.get_mut(name) {
                account.reserved -= amount;
                account.spent += bill;
            }
        }
        Ok((bill - amount).max(0) as f64 / UNIT)
    }

    /// Forgets an account, unless something is reserved in it; tells whether it is gone.
    pub fn forget(&mut self, account: &str) -> bool {
        let busy = self
            .accounts
            .get(account)
            .is_some_and(|account| account.reserved > 0);
        if !busy {
            self.accounts.remove(account);
        }
        !busy
    }

    /// Spent and reserved USD of an account.
    #[must_use]
    pub fn balance(&self, account: &str) -> (f64, f64) {
        let account = self.accounts.get(account).copied().unwrap_or_default();
        (account.spent as f64 / UNIT, account.reserved as f64 / UNIT)
    }

    /// What can still be reserved, or `None` without a cap.
    #[must_use]
    pub fn left(&self, account: &str) -> Option<f64> {
        let left = self.accounts.get(account)?.left()?;
        Some(left as f64 / UNIT)
    }
}

impl Account {
    fn left(&self) -> Option<i128> {
        self.cap
            .map(|cap| (cap - self.spent - self.reserved).max(0))
    }
}

/// To the nearest unit.
fn units(usd: f64) -> Result<i128, LedgerError> {
    if usd.is_finite() && usd >= 0.0 {
        Ok((usd * UNIT).round() as i128)
    } else {
        Err(LedgerError::Unsound)
    }
}

/// To the next unit: a reservation is never below what it covers.
fn ceiling(usd: f64) -> Result<i128, LedgerError> {
    units(usd).map(|amount| {
        if (amount as f64) < usd * UNIT {
            amount + 1
        } else {
            amount
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day() -> Vec<String> {
        vec!["day".to_owned()]
    }

    #[test]
    fn what_is_reserved_cannot_be_reserved_again() {
        let mut ledger = Ledger::default();
        ledger.cap("day", 1.0).unwrap();
        let first = ledger.reserve(0.6, &day()).unwrap();
        assert!(matches!(
            ledger.reserve(0.6, &day()),
            Err(LedgerError::Exhausted(_, _))
        ));
        assert_eq!(ledger.settle(first.id, 0.1), Ok(0.0));
        assert_eq!(
            ledger.settle(first.id, 0.1),
            Err(LedgerError::Unknown(first.id))
        );
        assert!(ledger.reserve(0.9, &day()).is_ok());
    }

    #[test]
    fn a_refusal_by_one_account_reserves_in_none() {
        let mut ledger = Ledger::default();
        ledger.cap("day", 1.0).unwrap();
        ledger.cap("caller", 0.1).unwrap();
        assert!(
            ledger
                .reserve(0.5, &["day".to_owned(), "caller".to_owned()])
                .is_err()
        );
        assert_eq!(ledger.balance("day"), (0.0, 0.0));
    }

    #[test]
    fn an_account_is_forgotten_when_nothing_is_reserved_in_it() {
        let mut ledger = Ledger::default();
        ledger.cap("day", 1.0).unwrap();
        let open = ledger.reserve(0.5, &day()).unwrap();
        assert!(!ledger.forget("day") && ledger.left("day").is_some());
        ledger.settle(open.id, 0.5).unwrap();
        assert!(ledger.forget("day") && ledger.left("day").is_none());
    }

    #[test]
    fn amounts_that_are_none_are_refused() {
        let mut ledger = Ledger::default();
        for wrong in [f64::NAN, f64::INFINITY, -1.0] {
            assert_eq!(ledger.cap("day", wrong), Err(LedgerError::Unsound));
            assert_eq!(ledger.reserve(wrong, &day()), Err(LedgerError::Unsound));
        }
    }

    proptest! {
        #[test]
        fn the_cap_is_never_passed(steps in prop::collection::vec((0.0_f64..0.3, 0.0_f64..1.0, any::<bool>()), 1..200)) {
            let mut ledger = Ledger::default();
            ledger.cap("day", 1.0).unwrap();
            let mut open = Vec::new();
            for (usd, share, settle) in steps {
                open.extend(ledger.reserve(usd, &day()).ok());
                if settle && let Some(reservation) = open.pop() {
                    ledger.settle(reservation.id, reservation.usd * share).unwrap();
                }
                let (spent, reserved) = ledger.balance("day");
                prop_assert!(spent + reserved <= 1.0 + 1e-9);
            }
        }
    }
}

//! Spending a budget evenly: dual descent on the price of money.
//!
//! The multiplier ν makes money dearer in every score, `S = V·q − per_usd·(1+ν)·c − …`; after each task
//! ν ← max(0, ν + η·(spent/target − 1)), where the target is what is left of the budget over what is
//! left of the tasks (Balseiro, Lu, Mirrokni 2022, with the re-aimed target of practice). The pacer
//! steers; the cap itself is held by reservations.

/// The pace of one budget.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pacer {
    left_usd: f64,
    left_tasks: f64,
    multiplier: f64,
    rate: f64,
}

/// ν above which a plan is priced as if money were everything.
const LARGEST: f64 = 1e6;

impl Pacer {
    /// A pace for `budget_usd` over `tasks` tasks. `rate` is η; 0.05 follows a hundred tasks or so.
    #[must_use]
    pub const fn new(budget_usd: f64, tasks: f64, rate: f64) -> Self {
        Self {
            left_usd: budget_usd,
            left_tasks: tasks,
            multiplier: 0.0,
            rate,
        }
    }

    /// The present ν.
    #[must_use]
    pub const fn multiplier(&self) -> f64 {
        self.multiplier
    }

    /// Takes in what one task cost. A step is relative to ν so that a start far off is caught up with.
    pub fn spend(&mut self, usd: f64) {
        let target = (self.left_usd / self.left_tasks.max(1.0)).max(f64::MIN_POSITIVE);
        let excess = (usd / target - 1.0).clamp(-1.0, 10.0);
        self.multiplier =
            (self.multiplier + self.rate * (1.0 + self.multiplier) * excess).clamp(0.0, LARGEST);
        self.left_usd = (self.left_usd - usd).max(0.0);
        self.left_tasks = (self.left_tasks - 1.0).max(0.0);
    }

    /// A task that was taken in at what it was expected to cost has its bill. Taking tasks in when they
    /// are awarded keeps the price steady while many run at once: bills come too late to steer by.
    pub fn correct(&mut self, expected_usd: f64, billed_usd: f64) {
        self.left_usd = (self.left_usd + expected_usd - billed_usd).max(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::Pacer;

    /// Dear and good against cheap and fair, under a budget that affords the dear one half the time.
    #[test]
    fn the_budget_is_spent_and_not_passed_by_much() {
        let mut pacer = Pacer::new(50.0, 1_000.0, 0.05);
        let mut spent = 0.0;
        for task in 0..1_000 {
            let worth = 0.3 * f64::from(task % 10) / 10.0;
            let cost = if worth > 0.09 * (1.0 + pacer.multiplier()) {
                0.09
            } else {
                0.01
            };
            pacer.spend(cost);
            spent += cost;
        }
        assert!((spent - 50.0).abs() < 0.5, "{spent}");
    }

    #[test]
    fn without_pressure_money_keeps_its_price() {
        let mut pacer = Pacer::new(100.0, 100.0, 0.05);
        (0..100).for_each(|_| pacer.spend(0.01));
        assert!(pacer.multiplier() == 0.0);
    }
}

//! How many hedges there may be: a share of the requests of a sliding window.
//!
//! A token bucket whose tokens live for one window: each request puts in `share` of one, each hedge takes its weight,
//! and `free` of them are there without any request, so that a quiet service can hedge its only call. At each hedge
//! that is granted holds, over the window that ends there:
//!
//! ```text
//! Σ weight of hedges  ≤  free + share · requests
//! ```
//!
//! The window slides in [`SLOTS`] steps, so that it is up to one step shorter than asked for.

/// Steps of a window.
pub const SLOTS: usize = 16;

/// What one step of the window saw.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Slot {
    requests: f64,
    hedges: f64,
}

/// The bucket; the file's beginning has its rule.
#[derive(Clone, Debug)]
pub struct Allowance {
    share: f64,
    free: f64,
    step_ns: u64,
    /// The step that `slots[step % SLOTS]` is of.
    step: u64,
    slots: [Slot; SLOTS],
    seen: Slot,
}

impl Allowance {
    /// A bucket that has seen nothing.
    ///
    /// `share` is of hedges in requests, `free` hedges that each window has besides; what is negative or no number is
    /// zero. `window_ns` is at least [`SLOTS`] nanoseconds long.
    #[must_use]
    pub fn new(share: f64, free: f64, window_ns: u64) -> Self {
        Self {
            share: share.max(0.0),
            free: free.max(0.0),
            step_ns: (window_ns / SLOTS as u64).max(1),
            step: 0,
            slots: [Slot::default(); SLOTS],
            seen: Slot::default(),
        }
    }

    /// A request began at `now`; a time before the latest one counts as the latest.
    pub fn request(&mut self, now: u64) {
        self.slot(now).requests += 1.0;
        self.seen.requests += 1.0;
    }

    /// Takes a hedge's `weight`, in requests, if the window holds it; whether it did.
    pub fn hedge(&mut self, now: u64, weight: f64) -> bool {
        let weight = weight.max(0.0);
        self.slot(now);
        let (requests, hedges) = self.window();
        let held = hedges + weight <= self.share.mul_add(requests, self.free);
        if !held {
            return false;
        }
        self.slot(now).hedges += weight;
        self.seen.hedges += weight;
        true
    }

    /// Requests, and the weight of hedges, of the window so far.
    #[must_use]
    pub fn window(&self) -> (f64, f64) {
        let sum = |read: fn(&Slot) -> f64| self.slots.iter().map(read).sum();
        (sum(|slot| slot.requests), sum(|slot| slot.hedges))
    }

    /// Requests, and the weight of hedges, ever.
    #[must_use]
    pub const fn ever(&self) -> (f64, f64) {
        (self.seen.requests, self.seen.hedges)
    }

    /// The present step; those that the window has left behind are cleared.
    fn slot(&mut self, now: u64) -> &mut Slot {
        let step = (now / self.step_ns).max(self.step);
        let left = (step - self.step).min(SLOTS as u64);
        for gone in 0..left {
            self.slots[((step - gone) % SLOTS as u64) as usize] = Slot::default();
        }
        self.step = step;
        &mut self.slots[(step % SLOTS as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WINDOW: u64 = 1_600;

    #[test]
    fn a_quiet_service_has_its_spare_and_a_busy_one_its_share() {
        let mut quiet = Allowance::new(0.05, 1.0, WINDOW);
        quiet.request(0);
        assert!(quiet.hedge(10, 1.0) && !quiet.hedge(20, 1.0));
        assert!(quiet.hedge(10 + WINDOW, 1.0), "the window has passed");

        let mut busy = Allowance::new(0.05, 0.0, WINDOW);
        (0..100).for_each(|_| busy.request(0));
        let granted = (0..100).filter(|_| busy.hedge(5, 1.0)).count();
        assert_eq!(granted, 5);
        assert_eq!(busy.ever(), (100.0, 5.0));
    }

    #[test]
    fn cheap_hedges_weigh_less() {
        let mut allowance = Allowance::new(0.1, 0.0, WINDOW);
        (0..10).for_each(|_| allowance.request(0));
        assert_eq!((0..20).filter(|_| allowance.hedge(0, 0.25)).count(), 4);
    }

    #[test]
    fn nonsense_grants_nothing() {
        let mut allowance = Allowance::new(f64::NAN, -3.0, 0);
        allowance.request(u64::MAX);
        assert!(!allowance.hedge(0, 1.0) && !allowance.hedge(u64::MAX, f64::INFINITY));
    }

    proptest! {
        #[test]
        fn no_window_holds_more_than_its_share(
            share in 0.0_f64..0.5, free in 0.0_f64..3.0,
            steps in prop::collection::vec((0_u64..400, any::<bool>()), 1..200),
        ) {
            let mut allowance = Allowance::new(share, free, WINDOW);
            let (mut now, mut requests, mut hedges) = (0, Vec::new(), Vec::new());
            for (pause, hedge) in steps {
                now += pause;
                if hedge {
                    if allowance.hedge(now, 1.0) {
                        hedges.push(now);
                    }
                } else {
                    allowance.request(now);
                    requests.push(now);
                }
                // What a whole window holds, told by another way of counting: by steps.
                let step = WINDOW / SLOTS as u64;
                let within = |at: &&u64| now / step - **at / step < SLOTS as u64;
                let (asked, sent) = (requests.iter().filter(within).count(), hedges.iter().filter(within).count());
                prop_assert_eq!(allowance.window(), (asked as f64, sent as f64));
                if hedges.last() == Some(&now) && hedge {
                    prop_assert!(sent as f64 <= free + share * asked as f64 + 1e-9);
                }
            }
        }
    }
}

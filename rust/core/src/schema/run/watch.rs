//! What is left unevaluated, where that depends on which branches are met.

use crate::schema::node::{Formula, Reach, Tri, Unevaluated};
use crate::schema::text::Answer;

/// What is kept of a watch: who must be met so that all that fails the keyword's schema counts as evaluated.
#[derive(Debug, Default)]
pub(super) struct WatchState {
    /// For each member or item that fails it, the evaluators that reach it; each set once.
    debts: Vec<u128>,
    /// The member or item being read.
    current: Current,
}

/// The member or item being read.
#[derive(Debug, Default)]
struct Current {
    reached: u128,
    /// Someone who is certainly met reaches it.
    settled: bool,
    /// It fails the keyword's schema.
    failed: bool,
    /// Evaluators that reach it if it meets a `contains`, not known yet.
    waiting: u32,
}

impl WatchState {
    /// A member begins.
    pub fn member(&mut self, watch: &Unevaluated, name: &str) {
        self.begin(watch, |reach| match reach {
            Reach::All => true,
            Reach::Names(names, patterns) => {
                names.binary_search_by(|known| (**known).cmp(name)).is_ok()
                    || patterns.iter().any(|pattern| {
                        let mut state = pattern.start();
                        pattern.step_str(&mut state, name).is_ok()
                            && pattern.accepts(&state) == Answer::Yes
                    })
            }
            Reach::Items(_) | Reach::Contained(_) => false,
        });
    }

    /// An item begins.
    pub fn item(&mut self, watch: &Unevaluated, index: u64) {
        self.begin(watch, |reach| match reach {
            Reach::All => true,
            Reach::Items(first) => index < *first,
            Reach::Names(..) | Reach::Contained(_) => false,
        });
        let waiting = watch
            .evaluators
            .iter()
            .filter(|each| matches!(each.reach, Reach::Contained(_)));
        self.current.waiting = waiting.count() as u32;
    }

    fn begin(&mut self, watch: &Unevaluated, reaches: impl Fn(&Reach) -> bool) {
        self.current = Current::default();
        for (at, evaluator) in watch.evaluators.iter().enumerate() {
            if reaches(&evaluator.reach) {
                self.reach(watch, at);
            }
        }
    }

    fn reach(&mut self, watch: &Unevaluated, evaluator: usize) {
        self.current.reached |= 1 << evaluator;
        self.current.settled |= watch.evaluators[evaluator].condition == Formula::True;
    }

    /// Whether the member or item must meet the keyword's schema or be reached by someone not yet certain.
    pub fn is_unsettled(&self) -> bool {
        !self.current.settled
    }

    /// The item meets an evaluator's `contains`, or not.
    pub fn contained(&mut self, watch: &Unevaluated, evaluator: usize, met: bool) {
        self.current.waiting -= 1;
        if met {
            self.reach(watch, evaluator);
        }
        self.owe();
    }

    /// The member or item fails the keyword's schema.
    pub fn fail(&mut self) {
        self.current.failed = true;
        self.owe();
    }

    fn owe(&mut self) {
        let current = &self.current;
        if current.failed
            && !current.settled
            && current.waiting == 0
            && !self.debts.contains(&current.reached)
        {
            self.debts.push(current.reached);
        }
    }

    /// What the conditions make of the debts.
    pub fn verdict(&self, watch: &Unevaluated, cell: &impl Fn(u32) -> Tri) -> Tri {
        let paid = |debt: u128| {
            let evaluators = watch
                .evaluators
                .iter()
                .enumerate()
                .filter(|(at, _)| debt >> at & 1 == 1);
            evaluators.fold(Tri::No, |so_far, (_, each)| {
                so_far.or(each.condition.evaluate(cell))
            })
        };
        self.debts
            .iter()
            .fold(Tri::Yes, |so_far, &debt| so_far.and(paid(debt)))
    }
}

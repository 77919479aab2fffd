//! The drain as a driver does it: outputs in order, questions about hedges answered on the way.

use std::collections::VecDeque;

use super::input::Input;
use super::machine::Race;
use super::output::{LaneId, Output};

/// The question of [`Output::Hedge`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ask {
    /// The lane that would start.
    pub lane: LaneId,
    /// The lane that is late.
    pub late: LaneId,
    /// What the hedge weighs, in requests.
    pub weight: f64,
}

impl Race {
    /// Polls until [`Output::Wait`], which is the last that `hear` gets. Hedges are decided by `grant`, at once; `now` is
    /// the time of the input before.
    pub fn drain(
        &mut self,
        now: u64,
        mut grant: impl FnMut(Ask) -> bool,
        mut hear: impl FnMut(Output),
    ) {
        let mut answers = VecDeque::new();
        loop {
            match self.poll() {
                Output::Hedge { lane, late, weight } => {
                    let granted = grant(Ask { lane, late, weight });
                    answers.push_back(Input::Hedge { lane, granted });
                }
                wait @ Output::Wait { .. } => match answers.pop_front() {
                    // Never misuse: the race is drained, and the question stands until it is answered.
                    Some(answer) => drop(self.input(now, answer)),
                    None => return hear(wait),
                },
                output => hear(output),
            }
        }
    }
}

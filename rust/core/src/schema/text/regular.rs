//! The regular members of a conjunction: as one automaton where that fits the budget, else one each.

use super::automaton::{Budget, DEAD, Dfa, Part, Simulation, Window, determinise};

/// What determinising one language may cost.
const BUDGET: Budget = Budget {
    states: 8_192,
    cells: 1 << 18,
    work: 1_000_000,
};

/// The automata of a conjunction.
#[derive(Debug)]
pub(super) struct Regular {
    runners: Vec<Runner>,
    /// All parts are in the one runner.
    joint: bool,
}

/// One automaton.
#[derive(Debug)]
enum Runner {
    Dfa(Dfa),
    Simulation(Simulation),
}

/// Where one automaton stands.
#[derive(Clone, Debug)]
pub(super) enum Spot {
    State(u32),
    States(Vec<u32>),
}

/// Why the automata cannot go on.
#[derive(Clone, Debug)]
pub(super) enum Loss {
    /// No continuation at all: these parts are lost.
    Parts(Vec<usize>),
    /// No continuation of an allowed length.
    Length,
}

impl Regular {
    /// The automata of these parts. What is spent on determinising is taken from `work`.
    pub(super) fn new(parts: &[Part], work: &mut usize) -> Regular {
        if let Some(dfa) = determinise(parts, BUDGET, work) {
            return Regular {
                runners: vec![Runner::Dfa(dfa)],
                joint: true,
            };
        }
        let runner = |part: &Part| {
            let alone = std::slice::from_ref(part);
            let dfa = (parts.len() > 1)
                .then(|| determinise(alone, BUDGET, work))
                .flatten();
            match dfa {
                Some(dfa) => Some(Runner::Dfa(dfa)),
                None => Simulation::new(part.nfa.clone(), part.negated).map(Runner::Simulation),
            }
        };
        // A part with more classes than 16 bits can tell apart is left out of liveness; patterns
        // are too short for that.
        Regular {
            runners: parts.iter().filter_map(runner).collect(),
            joint: parts.len() == 1,
        }
    }

    /// One automaton for everything: what is alive is exact.
    pub(super) fn is_exact(&self) -> bool {
        matches!(self.runners[..], [Runner::Dfa(_)]) && self.joint
    }

    /// The bounds on the length as each automaton needs them.
    pub(super) fn windows(&self, min: u64, max: u64) -> Vec<Option<Window>> {
        let window = |runner: &Runner| match runner {
            Runner::Dfa(dfa) if min > 0 || max < u64::MAX => Some(Window::new(dfa, min, max)),
            _ => None,
        };
        self.runners.iter().map(window).collect()
    }

    pub(super) fn start(&self) -> Vec<Spot> {
        let spot = |runner: &Runner| match runner {
            Runner::Dfa(dfa) => Spot::State(dfa.start()),
            Runner::Simulation(simulation) => Spot::States(simulation.start()),
        };
        self.runners.iter().map(spot).collect()
    }

    /// The only automaton, where there is only one and it is deterministic.
    pub(super) fn single(&self) -> Option<&Dfa> {
        match &self.runners[..] {
            [Runner::Dfa(dfa)] => Some(dfa),
            _ => None,
        }
    }

    /// Whether every automaton has a way on from here.
    pub(super) fn alive(&self, spots: &[Spot], windows: &[Option<Window>], length: u64) -> bool {
        let alive = |((runner, spot), window): ((&Runner, &Spot), &Option<Window>)| {
            runner.alive(spot, window.as_ref(), length)
        };
        self.runners.iter().zip(spots).zip(windows).all(alive)
    }

    /// One character on; `length` counts it already.
    pub(super) fn step(
        &self,
        spots: &mut [Spot],
        windows: &[Option<Window>],
        c: char,
        length: u64,
    ) -> Result<(), Loss> {
        for (index, (runner, spot)) in self.runners.iter().zip(spots).enumerate() {
            let next = runner.step(spot, c);
            if !runner.alive(&next, None, length) {
                return Err(Loss::Parts(runner.lost(spot, c, index, self.joint)));
            }
            if !runner.alive(&next, windows[index].as_ref(), length) {
                return Err(Loss::Length);
            }
            *spot = next;
        }
        Ok(())
    }

    /// Whether a scalar value from `low` to `high` can come next.
    pub(super) fn alive_in(
        &self,
        spots: &[Spot],
        windows: &[Option<Window>],
        length: u64,
        (low, high): (u32, u32),
    ) -> bool {
        let alive =
            |((runner, spot), window): ((&Runner, &Spot), &Option<Window>)| match (runner, spot) {
                (Runner::Dfa(dfa), Spot::State(state)) => dfa
                    .ways(*state, low, high)
                    .any(|next| runner.alive(&Spot::State(next), window.as_ref(), length + 1)),
                (Runner::Simulation(simulation), Spot::States(states)) => {
                    simulation.alive_in(states, low, high)
                }
                _ => true,
            };
        self.runners.iter().zip(spots).zip(windows).all(alive)
    }

    pub(super) fn accepts(&self, spots: &[Spot]) -> bool {
        self.runners
            .iter()
            .zip(spots)
            .all(|(runner, spot)| runner.accepts(spot))
    }

    /// Whether the automata accept the whole text.
    pub(super) fn matches(&self, text: &str) -> bool {
        if let Some(dfa) = self.single() {
            return dfa.matches(text);
        }
        let mut spots = self.start();
        let windows: Vec<Option<Window>> = spots.iter().map(|_| None).collect();
        let walked = text
            .chars()
            .try_for_each(|c| self.step(&mut spots, &windows, c, 0));
        walked.is_ok() && self.alive(&spots, &windows, 0) && self.accepts(&spots)
    }

    /// Whether every continuation is accepted.
    pub(super) fn is_universal(&self, spots: &[Spot]) -> bool {
        self.runners
            .iter()
            .zip(spots)
            .all(|(runner, spot)| runner.is_universal(spot))
    }

    /// The parts that refuse the text if it ends here.
    pub(super) fn refusing(&self, spots: &[Spot]) -> Vec<usize> {
        let pairs = self.runners.iter().zip(spots).enumerate();
        let refusing = |(index, (runner, spot)): (usize, (&Runner, &Spot))| match (runner, spot) {
            (Runner::Dfa(dfa), Spot::State(state)) if self.joint => dfa.refusing(*state),
            _ if runner.accepts(spot) => Vec::new(),
            _ => vec![index],
        };
        pairs.flat_map(refusing).collect()
    }
}

impl Runner {
    fn step(&self, spot: &Spot, c: char) -> Spot {
        match (self, spot) {
            (Runner::Dfa(dfa), Spot::State(state)) => Spot::State(dfa.step(*state, c)),
            (Runner::Simulation(simulation), Spot::States(states)) => {
                Spot::States(simulation.step(states, c))
            }
            // A spot comes from its own runner.
            _ => spot.clone(),
        }
    }

    fn alive(&self, spot: &Spot, window: Option<&Window>, length: u64) -> bool {
        match (self, spot) {
            (Runner::Dfa(dfa), Spot::State(state)) => match window {
                Some(window) => window.alive(dfa, *state, length),
                None => *state != DEAD,
            },
            (Runner::Simulation(simulation), Spot::States(states)) => simulation.is_alive(states),
            _ => true,
        }
    }

    fn accepts(&self, spot: &Spot) -> bool {
        match (self, spot) {
            (Runner::Dfa(dfa), Spot::State(state)) => dfa.accepts(*state),
            (Runner::Simulation(simulation), Spot::States(states)) => simulation.accepts(states),
            _ => true,
        }
    }

    fn is_universal(&self, spot: &Spot) -> bool {
        match (self, spot) {
            (Runner::Dfa(dfa), Spot::State(state)) => dfa.is_universal(*state),
            (Runner::Simulation(simulation), Spot::States(states)) => {
                simulation.is_universal(states)
            }
            _ => true,
        }
    }

    fn lost(&self, spot: &Spot, c: char, index: usize, joint: bool) -> Vec<usize> {
        match (self, spot) {
            (Runner::Dfa(dfa), Spot::State(state)) if joint => dfa.lost(*state, c),
            _ => vec![index],
        }
    }
}

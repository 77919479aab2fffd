//! Criteria over one growing text.

use std::fmt;
use std::sync::Arc;

use super::leaf::Probe;
use super::pattern::Scratch;
use super::tree::{Criteria, Fault, State};

/// A criterion that has settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Its position in order of description.
    pub criterion: usize,
    /// Met or failed.
    pub met: bool,
    /// Bytes of the text after which it was certain.
    pub at: usize,
}

/// The whole has failed, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The criterion whose settling failed the whole.
    pub criterion: usize,
    /// What kind of fault it is.
    pub fault: Fault,
    /// Bytes of the text after which it was certain.
    pub at: usize,
    /// Bytes of the text that may be shown nevertheless.
    pub safe: usize,
}

/// Criteria over one growing text; see the [module](super).
///
/// Once the whole has failed, no more text is looked at: states and offsets stay as they were at that byte.
#[derive(Debug)]
pub struct Stream {
    criteria: Arc<Criteria>,
    probes: Vec<Probe>,
    states: Vec<State>,
    scores: Vec<f64>,
    root: State,
    offset: usize,
    failure: Option<Failure>,
    finished: bool,
    scratch: Scratch,
    fresh: Vec<Settled>,
}

/// No criterion that is answered outside has this position, or it has its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAsked;

impl fmt::Display for NotAsked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no open criterion of this name is answered outside")
    }
}

impl std::error::Error for NotAsked {}

impl Stream {
    pub(super) fn new(criteria: Arc<Criteria>) -> Self {
        let count = criteria.leaves.len();
        let mut stream = Self {
            probes: criteria
                .leaves
                .iter()
                .map(|leaf| leaf.kind.probe())
                .collect(),
            states: vec![State::Open; count],
            scores: vec![0.0; count],
            root: State::Open,
            offset: 0,
            failure: None,
            finished: false,
            scratch: Scratch::default(),
            fresh: Vec::new(),
            criteria,
        };
        stream.root = stream.criteria.root.state(&stream.states);
        stream
    }

    /// More text; what settled by it, in order of offset.
    pub fn feed(&mut self, text: &str) -> &[Settled] {
        self.fresh.clear();
        if text.is_empty() || self.finished || self.failure.is_some() {
            return &self.fresh;
        }
        let before = self.guards();
        let mut found = self.probe(text);
        found.sort_unstable_by_key(|settled| (settled.at, settled.criterion));
        for settled in found {
            if self.settle(settled) {
                self.fail(settled, text, before);
                break;
            }
        }
        self.offset += text.len();
        &self.fresh
    }

    /// The end of the text: all settle but those that are asked outside once it is complete.
    pub fn finish(&mut self) -> &[Settled] {
        self.fresh.clear();
        if std::mem::replace(&mut self.finished, true) || self.failure.is_some() {
            return &self.fresh;
        }
        for criterion in 0..self.probes.len() {
            if self.states[criterion] != State::Open {
                continue;
            }
            let Some(met) = self.probes[criterion].finish(&mut self.scratch) else {
                continue;
            };
            let settled = Settled {
                criterion,
                met,
                at: self.offset,
            };
            if self.settle(settled) {
                let hold = self.probes[criterion]
                    .hold()
                    .filter(|_| self.is_guard(criterion));
                self.record_failure(settled, hold.unwrap_or(self.offset));
                break;
            }
        }
        &self.fresh
    }

    /// The outside's answer. A no settles; a yes does once the text is complete.
    ///
    /// # Errors
    /// [`NotAsked`]; nothing has changed.
    pub fn answer(
        &mut self,
        criterion: usize,
        passed: bool,
        score: Option<f64>,
    ) -> Result<(), NotAsked> {
        let asked = matches!(self.probes.get(criterion), Some(Probe::Custom(_)));
        if !asked || self.states[criterion] != State::Open || self.failure.is_some() {
            return Err(NotAsked);
        }
        if passed && !self.finished {
            return Ok(());
        }
        let settled = Settled {
            criterion,
            met: passed,
            at: self.offset,
        };
        if self.settle(settled) {
            self.record_failure(settled, self.safe());
        }
        if let Some(score) = score {
            self.scores[criterion] = score.clamp(0.0, 1.0);
        }
        Ok(())
    }

    /// Whether the whole holds.
    #[must_use]
    pub const fn state(&self) -> State {
        self.root
    }

    /// 0..=1: what was met, by weight. An open criterion counts nothing.
    #[must_use]
    pub fn score(&self) -> f64 {
        self.criteria.root.score(&self.scores)
    }

    /// Why and where the whole failed.
    #[must_use]
    pub const fn failure(&self) -> Option<Failure> {
        self.failure
    }

    /// Bytes that may be shown: nothing before can become part of what would fail the whole.
    #[must_use]
    pub fn safe(&self) -> usize {
        if let Some(failure) = self.failure {
            return failure.safe;
        }
        if self.finished {
            self.offset
        } else {
            self.held(self.offset)
        }
    }

    /// Whether the text has ended.
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        self.finished
    }

    /// Each criterion's state, in order of description.
    #[must_use]
    pub fn states(&self) -> &[State] {
        &self.states
    }

    /// The description.
    #[must_use]
    pub const fn criteria(&self) -> &Arc<Criteria> {
        &self.criteria
    }

    /// Whether every criterion that a prefix can meet is met.
    #[must_use]
    pub fn settled(&self) -> bool {
        let can_meet = |probe: &Probe| {
            matches!(
                probe,
                Probe::Contains(_) | Probe::Pointer(_) | Probe::Sections(_)
            )
        };
        let mut all = self.probes.iter().zip(&self.states);
        all.all(|(probe, state)| *state != State::Open || !can_meet(probe))
    }

    fn is_guard(&self, criterion: usize) -> bool {
        self.criteria.leaves[criterion].guard
    }

    /// The open guards as they are, to be taken back to where the whole fails; one guard alone stops there by itself.
    fn guards(&self) -> Vec<(usize, Probe)> {
        let open = |index: &usize| self.is_guard(*index) && self.states[*index] == State::Open;
        if self.criteria.leaves.len() < 2 {
            return Vec::new();
        }
        let all = (0..self.probes.len()).filter(open);
        all.map(|index| (index, self.probes[index].clone()))
            .collect()
    }

    fn probe(&mut self, text: &str) -> Vec<Settled> {
        let (offset, scratch) = (self.offset, &mut self.scratch);
        let open = self.probes.iter_mut().zip(&self.states).enumerate();
        open.filter(|(_, (_, state))| **state == State::Open)
            .filter_map(|(criterion, (probe, _))| {
                let (met, at) = probe.feed(text, offset, scratch)?;
                Some(Settled { criterion, met, at })
            })
            .collect()
    }

    /// Notes a settled criterion; whether the whole fails by it.
    fn settle(&mut self, settled: Settled) -> bool {
        self.states[settled.criterion] = State::of(settled.met);
        self.scores[settled.criterion] = f64::from(u8::from(settled.met));
        self.fresh.push(settled);
        self.root = self.criteria.root.state(&self.states);
        self.root == State::Failed
    }

    /// The whole failed inside `text`: takes the other guards back to that byte, to know what they held there.
    fn fail(&mut self, settled: Settled, text: &str, before: Vec<(usize, Probe)>) {
        let upto = &text[..settled.at - self.offset];
        for (index, mut probe) in before {
            if self.states[index] == State::Open {
                probe.feed(upto, self.offset, &mut self.scratch);
                self.probes[index] = probe;
            }
        }
        let last = upto.chars().next_back().map_or(0, char::len_utf8);
        let own = self.probes[settled.criterion]
            .hold()
            .filter(|_| self.is_guard(settled.criterion));
        let shown = own.unwrap_or(settled.at - last);
        let safe = self.held(shown);
        self.record_failure(settled, safe);
    }

    fn record_failure(&mut self, settled: Settled, safe: usize) {
        self.failure = Some(Failure {
            criterion: settled.criterion,
            fault: self.criteria.fault(settled.criterion),
            at: settled.at,
            safe,
        });
    }

    /// `shown`, or less where an open guard holds back more.
    fn held(&self, shown: usize) -> usize {
        let all = self
            .probes
            .iter()
            .zip(&self.criteria.leaves)
            .zip(&self.states);
        all.filter(|((_, leaf), state)| leaf.guard && **state == State::Open)
            .filter_map(|((probe, _), _)| probe.hold())
            .fold(shown, usize::min)
    }
}

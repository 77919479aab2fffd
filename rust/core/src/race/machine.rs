//! The machine: what it knows, how it is told, how it is drained. The module's documentation is its theory.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::config::{Config, Timing};
use super::input::{Input, Misuse};
use super::lane::{Lane, LaneState};
use super::output::{LaneId, Output, Verdict, Why};
use super::reason::StopReason;
use super::referee::Rules;
use super::start::Dependents;
use super::tickets::Tickets;
use super::timers::Timers;
use crate::criteria::Settled;
use crate::wire::Delta;

/// A race; see the [module](super).
#[derive(Debug)]
pub struct Race {
    pub(super) config: Config,
    pub(super) rules: Arc<Rules>,
    pub(super) lanes: Vec<Lane>,
    pub(super) phase: Phase,
    pub(super) now: u64,
    pub(super) timing: Timing,
    pub(super) queue: VecDeque<Output>,
    /// `Wait` was said since the last input.
    drained: bool,
    pub(super) timers: Timers,
    /// The race's earliest entry among the timers.
    pub(super) armed: u64,
    pub(super) tickets: Tickets,
    pub(super) dependents: Dependents,
    /// Lanes that may still become good.
    pub(super) running: usize,
    /// Of these, lanes whose answer is complete.
    pub(super) checking: usize,
    /// Lanes that were ever started.
    pub(super) started: usize,
    /// Lanes from here on may be waiting; none before is.
    pub(super) next_waiting: usize,
    /// Lanes that came through, in order.
    pub(super) good: Vec<LaneId>,
    /// Lanes that ended without being good, and were not yet reacted to.
    pub(super) fallen: VecDeque<(LaneId, StopReason)>,
    /// Something changed that the join looks at.
    pub(super) moved: bool,
    /// Lanes of the answer whose stream is still read.
    pub(super) draining: usize,
    pub(super) extra_left: u32,
    /// Lanes for which a hedge was asked for and not yet answered.
    pub(super) asking: BTreeSet<LaneId>,
    pub(super) spent: f64,
    /// The money is spent.
    pub(super) broke: bool,
    /// The lane the caller sees.
    pub(super) shown: Option<LaneId>,
    /// The lane the caller saw, if nobody has replaced it yet.
    pub(super) void: Option<LaneId>,
    /// Configured lanes that served as continuations.
    pub(super) continued: BTreeSet<LaneId>,
    pub(super) patience_due: Option<u64>,
    pub(super) verdict: Option<Verdict>,
    /// Room to work in.
    pub(super) heard: Vec<Delta>,
    pub(super) settled: Vec<Settled>,
}

/// A race's place in the module's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Ready,
    Racing,
    Committed(LaneId),
    Decided(LaneId),
    Over,
}

impl Race {
    /// A race about to begin.
    #[must_use]
    pub fn new(config: Config, rules: Rules) -> Self {
        let lanes = (0..config.lanes.len()).map(|source| Lane::waiting(source as LaneId));
        Self {
            lanes: lanes.collect(),
            dependents: Dependents::new(&config.lanes),
            extra_left: config.budget.extra_requests.unwrap_or(u32::MAX),
            config,
            rules: Arc::new(rules),
            phase: Phase::Ready,
            now: 0,
            timing: Timing::default(),
            queue: VecDeque::new(),
            drained: true,
            timers: Timers::default(),
            armed: u64::MAX,
            tickets: Tickets::default(),
            running: 0,
            checking: 0,
            started: 0,
            next_waiting: 0,
            good: Vec::new(),
            fallen: VecDeque::new(),
            moved: false,
            draining: 0,
            asking: BTreeSet::new(),
            spent: 0.0,
            broke: false,
            shown: None,
            void: None,
            continued: BTreeSet::new(),
            patience_due: None,
            verdict: None,
            heard: Vec::new(),
            settled: Vec::new(),
        }
    }

    /// Tells the race what happened at `now`, in nanoseconds; a time before the latest one counts as the latest.
    ///
    /// # Errors
    /// [`Misuse`]; the race is as it was before the call.
    pub fn input(&mut self, now: u64, input: Input<'_>) -> Result<(), Misuse> {
        self.admit(&input)?;
        self.drained = false;
        self.now = self.now.max(now);
        // For a caller who has gone nobody is started, however late the news is.
        if !matches!(input, Input::Cancelled) {
            self.fire();
        }
        self.apply(input);
        self.settle();
        self.fire();
        self.tell_partial();
        Ok(())
    }

    /// The next thing the race says; `Wait` once there is nothing more.
    pub fn poll(&mut self) -> Output {
        if let Some(output) = self.queue.pop_front() {
            return output;
        }
        self.drained = true;
        let (until, why) = self.wait();
        Output::Wait { until, why }
    }

    /// Whether `Over` was said.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    /// Lanes so far, continuations included.
    #[must_use]
    pub fn lanes(&self) -> &[Lane] {
        &self.lanes
    }

    /// A lane, for readers of its growing value.
    pub fn lane_mut(&mut self, lane: LaneId) -> Option<&mut Lane> {
        self.lanes.get_mut(lane as usize)
    }

    /// What the race was told before it began.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// How it ended; `None` while it runs.
    #[must_use]
    pub const fn verdict(&self) -> Option<Verdict> {
        self.verdict
    }

    fn admit(&self, input: &Input<'_>) -> Result<(), Misuse> {
        if !self.drained {
            return Err(Misuse::Undrained);
        }
        match (matches!(input, Input::Start), self.phase == Phase::Ready) {
            (true, false) => return Err(Misuse::Restarted),
            (false, true) => return Err(Misuse::Unstarted),
            _ => {}
        }
        match *input {
            Input::Opened { lane, .. } => match self.started(lane)?.timing.opened {
                Some(_) => Err(Misuse::LaneReopened(lane)),
                None => Ok(()),
            },
            Input::Bytes { lane, .. } => self.admit_content(lane, true),
            Input::Deltas { lane, .. } => self.admit_content(lane, false),
            Input::Ended { lane, .. } => self.started(lane).map(|_| ()),
            Input::Usage { lane, cost_usd, .. } => {
                self.started(lane)?;
                in_range("cost_usd", cost_usd, f64::MAX)
            }
            Input::Checked { ticket, score, .. } => {
                if !self.tickets.has_issued(ticket) {
                    return Err(Misuse::NoTicket(ticket));
                }
                in_range("score", score, 1.0)
            }
            Input::Hedge { lane, .. } => match self.lanes.get(lane as usize) {
                None => Err(Misuse::NoLane(lane)),
                Some(_) if self.asking.contains(&lane) => Ok(()),
                Some(_) => Err(Misuse::NoHedge(lane)),
            },
            Input::Start | Input::Cancelled | Input::Tick => Ok(()),
        }
    }

    fn admit_content(&self, id: LaneId, bytes: bool) -> Result<(), Misuse> {
        let lane = self.started(id)?;
        if lane.timing.opened.is_none() && lane.state != LaneState::Done {
            return Err(Misuse::LaneUnopened(id));
        }
        let source = self.config.lanes[lane.source as usize].dialect;
        if source.is_some() == bytes {
            Ok(())
        } else {
            Err(Misuse::WrongSource(id))
        }
    }

    fn started(&self, id: LaneId) -> Result<&Lane, Misuse> {
        let lane = self.lanes.get(id as usize).ok_or(Misuse::NoLane(id))?;
        if lane.body.is_some() {
            Ok(lane)
        } else {
            Err(Misuse::LaneWaiting(id))
        }
    }

    fn apply(&mut self, input: Input<'_>) {
        match input {
            Input::Start => self.begin(),
            Input::Opened { lane, status } => self.opened(lane, status),
            Input::Bytes { lane, data } => self.bytes(lane, data),
            Input::Deltas { lane, deltas } => self.deltas(lane, deltas),
            Input::Ended { lane, how, detail } => self.ended(lane, how, detail),
            Input::Usage {
                lane,
                usage,
                cost_usd,
            } => {
                self.lane(lane).usage = Some(usage);
                if let Some(cost_usd) = cost_usd {
                    self.price(lane, cost_usd);
                }
            }
            Input::Checked {
                ticket,
                passed,
                score,
            } => self.checked(ticket, passed, score),
            Input::Hedge { lane, granted } => self.hedged(lane, granted),
            Input::Cancelled => self.cancel(),
            Input::Tick => {}
        }
    }

    /// Reacts to what changed until nothing more does.
    pub(super) fn settle(&mut self) {
        loop {
            if let Some((lane, reason)) = self.fallen.pop_front() {
                self.after_fall(lane, reason);
            } else if std::mem::take(&mut self.moved) {
                self.judge_join();
            } else {
                break;
            }
        }
    }

    /// Adjacent text of one lane is said at once.
    pub(super) fn say(&mut self, output: Output) {
        if let (
            Some(Output::Text { lane, text }),
            Output::Text {
                lane: next,
                text: more,
            },
        ) = (self.queue.back_mut(), &output)
            && lane == next
        {
            text.push_str(more);
            return;
        }
        self.queue.push_back(output);
    }

    /// A lane that exists: numbers from outside are checked before, those inside come from the lanes themselves.
    pub(super) fn lane(&mut self, id: LaneId) -> &mut Lane {
        &mut self.lanes[id as usize]
    }

    pub(super) fn body(&mut self, id: LaneId) -> Option<&mut super::lane::Body> {
        self.lanes[id as usize].body.as_deref_mut()
    }

    fn wait(&mut self) -> (Option<u64>, Why) {
        match self.phase {
            Phase::Ready => (None, Why::Unstarted),
            Phase::Over => (None, Why::Over),
            _ => match self.next_due() {
                Some((due, why)) => (Some(due), why),
                None => (None, Why::Input),
            },
        }
    }
}

fn in_range(what: &'static str, value: Option<f64>, most: f64) -> Result<(), Misuse> {
    match value {
        Some(value) if !(0.0..=most).contains(&value) => Err(Misuse::OutOfRange(what)),
        _ => Ok(()),
    }
}

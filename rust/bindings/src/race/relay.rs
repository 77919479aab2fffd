//! A race between two threads: the event loop's, which tells it what Python did, and the reactor's, which lets bytes run
//! into it without waking Python for each.
//!
//! What the race says to the reactor's thread waits in an outbox until Python drains it. Orders to close a stream that the
//! reactor owns are carried out at once, before Python knows. Python is woken for what it asked to see and for what only
//! it can do; the rest lies in the outbox until then.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak};
use std::time::{Duration, Instant};

use atomic_core::json::{Mark, Op};
use atomic_core::race::{Ask, Input, LaneId, Misuse, Output, Race, Why};
use atomic_transport::Exchange;
use pyo3::prelude::*;

use super::output::PyOutput;
use crate::hedge::Meter;
use crate::transport::{Ringer, next_id};

/// Bytes of text in the outbox from which on no socket of the race is read.
const OUTBOX_BYTES: usize = 256 * 1024;

/// Outputs in the outbox, likewise.
const OUTBOX_OUTPUTS: usize = 4096;

/// What Python is woken for, besides what only it can do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Follow {
    /// Text and values as they grow; without it they are not told at all.
    pub(crate) text: bool,
    /// Every lane's growth.
    pub(crate) growth: bool,
    /// How long text may wait for more of it.
    pub(crate) batch: Duration,
}

/// A step of a growing value, and its text.
pub(crate) type Step = (Op, String);

/// A race that two threads step; see the [module](self). What models say is not for logs: there is no `Debug`.
pub(crate) struct SharedRace(Mutex<Relay>);

/// The race behind the lock.
pub(crate) struct Relay {
    pub(crate) race: Race,
    outbox: VecDeque<PyOutput>,
    /// Bytes of text in the outbox.
    held: usize,
    wait: (Option<u64>, Why),
    /// The deadline that Python knows of.
    announced: Option<u64>,
    /// Streams that the reactor owns.
    streams: BTreeMap<LaneId, Weak<Exchange>>,
    /// Calls whose answers have not begun.
    sent: BTreeMap<LaneId, Weak<Exchange>>,
    /// Values as far as `Partial` has told of them: what Python sees belongs to what it was told, not to what came since.
    steps: BTreeMap<LaneId, Vec<Step>>,
    grown: BTreeSet<LaneId>,
    reader: Option<Reader>,
    urgency: Urgency,
    /// Who is asked about hedges; without one they are granted.
    meter: Option<Meter>,
    /// Room to work in.
    said: Vec<Said>,
}

/// What came out of one drain of the race.
enum Said {
    Output(Output),
    Hedge(PyOutput),
}

/// Who is woken, and for what.
#[derive(Debug)]
struct Reader {
    ringer: Arc<Ringer>,
    id: u64,
    follow: Follow,
    /// Who is woken for text that is all there is to tell: whoever reads it, without a drain.
    text_id: u64,
    /// A moment of the caller's clock, and the same on this thread's.
    clock: (u64, Instant),
    /// It knows that there is something.
    posted: Urgency,
    /// It knows that there is text, and has not asked for it yet.
    posted_text: bool,
}

/// How soon Python has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Urgency {
    /// When it comes by.
    Never,
    /// With the next batch.
    Batch,
    /// Now.
    Now,
}

impl SharedRace {
    pub(crate) const fn new(race: Race, meter: Option<Meter>) -> Self {
        Self(Mutex::new(Relay {
            race,
            outbox: VecDeque::new(),
            held: 0,
            wait: (None, Why::Unstarted),
            announced: None,
            streams: BTreeMap::new(),
            sent: BTreeMap::new(),
            steps: BTreeMap::new(),
            grown: BTreeSet::new(),
            reader: None,
            urgency: Urgency::Never,
            meter,
            said: Vec::new(),
        }))
    }

    /// Looks at the race from Python; while the other thread holds it, the interpreter is let go.
    pub(crate) fn with<T>(&self, py: Python<'_>, look: impl FnOnce(&mut Relay) -> T) -> T {
        loop {
            match self.0.try_lock() {
                Ok(mut relay) => return look(&mut relay),
                Err(TryLockError::Poisoned(poisoned)) => return look(&mut poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => py.detach(|| drop(self.locked())),
            }
        }
    }

    /// Tells the race what the reactor's thread has heard, and wakes Python if it wants to know.
    pub(crate) fn hear(&self, input: Input<'_>) {
        let mut relay = self.locked();
        if relay.hear(input).is_err() {
            debug_assert!(false, "a stream is attached to a lane that is open");
        }
        let call = relay.call();
        drop(relay);
        match call {
            Some((ringer, id, Duration::ZERO)) => ringer.post(id),
            Some((ringer, id, batch)) => ringer.post_within(id, batch),
            None => {}
        }
    }

    /// Whether Python has kept up.
    pub(crate) fn has_room(&self) -> bool {
        let relay = self.locked();
        relay.held < OUTBOX_BYTES && relay.outbox.len() < OUTBOX_OUTPUTS
    }

    /// The stream of a lane, to be closed when the race says so.
    pub(crate) fn keep(&self, lane: LaneId, exchange: &Arc<Exchange>) {
        self.locked().keep(lane, exchange);
    }

    /// The call of a lane, whose answer has not begun; likewise.
    pub(crate) fn expect(&self, lane: LaneId, exchange: &Arc<Exchange>) {
        self.locked().sent.insert(lane, Arc::downgrade(exchange));
    }

    /// A step that panicked is a bug of the core's; the race is then as wrong as it would be without the lock.
    fn locked(&self) -> MutexGuard<'_, Relay> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Relay {
    /// Tells the race one thing; what it says goes to the outbox. Hedges are granted at once.
    pub(crate) fn tell(&mut self, now: u64, input: Input<'_>) -> Result<(), Misuse> {
        self.race.input(now, input)?;
        let said = RefCell::new(std::mem::take(&mut self.said));
        let meter = self.meter.as_ref();
        let grant = |ask: Ask| {
            let answer = meter.map(|meter| meter.hedge(now, ask.weight));
            let (granted, requests, hedges) = answer.unwrap_or((true, 0.0, 0.0));
            said.borrow_mut().push(Said::Hedge(PyOutput::Hedge {
                lane: ask.lane,
                late: ask.late,
                granted,
                requests,
                hedges,
            }));
            granted
        };
        let hear = |output: Output| said.borrow_mut().push(Said::Output(output));
        self.race.drain(now, grant, hear);
        let mut said = said.into_inner();
        for output in said.drain(..) {
            match output {
                Said::Output(Output::Wait { until, why }) => self.wait = (until, why),
                Said::Output(output) => self.put(output),
                Said::Hedge(answer) => self.outbox.push_back(answer),
            }
        }
        self.said = said;
        Ok(())
    }

    /// The stream of a lane, to be closed when the race says so.
    pub(crate) fn keep(&mut self, lane: LaneId, exchange: &Arc<Exchange>) {
        self.sent.remove(&lane);
        self.streams.insert(lane, Arc::downgrade(exchange));
    }

    /// A request was begun, for the meter.
    pub(crate) fn requested(&self, now: u64) {
        if let Some(meter) = &self.meter {
            meter.request(now);
        }
    }

    /// All that was said since the last call; the last is what is waited for.
    pub(crate) fn drain(&mut self) -> Vec<PyOutput> {
        self.begin_again();
        self.announced = self.wait.0;
        let (until, why) = self.wait;
        let wait = PyOutput::from(Output::Wait { until, why });
        let outputs = self.outbox.drain(..);
        outputs.chain([wait]).collect()
    }

    /// The text of a lane that is all that was said since the last call, and whether its value moved with it, where no
    /// deadline has come nearer either.
    ///
    /// A deadline that was moved back is not news: Python notices it when the old one fires.
    pub(crate) fn take_text(&mut self) -> Option<(LaneId, String, bool)> {
        if let Some(reader) = &mut self.reader {
            reader.posted_text = false;
        }
        if !self.is_text_alone() {
            return None;
        }
        let Some(PyOutput::Text { lane, text }) = self.outbox.pop_front() else {
            return None; // never: it was looked at
        };
        let moved = self.outbox.pop_front().is_some();
        self.begin_again();
        Some((lane, text, moved))
    }

    /// Whether text of one lane is all there is to tell, or text and that its value moved.
    fn is_text_alone(&self) -> bool {
        let mut outputs = self.outbox.iter();
        let alone = match (outputs.next(), outputs.next(), outputs.next()) {
            (Some(PyOutput::Text { .. }), None, _) => true,
            (Some(PyOutput::Text { lane, .. }), Some(PyOutput::Partial { lane: of }), None) => {
                lane == of
            }
            _ => false,
        };
        alone && self.grown.is_empty() && !self.deadline_is_nearer()
    }

    /// Python has taken everything: what comes is news again, and streams that waited for it are read again.
    fn begin_again(&mut self) {
        if self.held >= OUTBOX_BYTES || self.outbox.len() >= OUTBOX_OUTPUTS {
            let streams = self.streams.values();
            streams
                .filter_map(Weak::upgrade)
                .for_each(|stream| stream.resume());
        }
        self.held = 0;
        self.urgency = Urgency::Never;
        if let Some(reader) = &mut self.reader {
            reader.posted = Urgency::Never;
        }
    }

    /// Whether the race has to be ticked before the moment that Python knows of.
    fn deadline_is_nearer(&self) -> bool {
        match (self.wait.0, self.announced) {
            (Some(until), Some(announced)) => until < announced,
            (until, _) => until.is_some(),
        }
    }

    /// Binds the race to whom it wakes.
    pub(crate) fn follow(&mut self, ringer: Arc<Ringer>, follow: Follow, now: u64) -> (u64, u64) {
        let known = self.reader.as_ref();
        let ids = known.map_or_else(
            || (next_id(), next_id()),
            |reader| (reader.id, reader.text_id),
        );
        self.reader = Some(Reader {
            ringer,
            id: ids.0,
            follow,
            text_id: ids.1,
            clock: (now, Instant::now()),
            posted: Urgency::Never,
            posted_text: false,
        });
        ids
    }

    /// Lanes that grew since the last call.
    pub(crate) fn grown(&mut self) -> Vec<LaneId> {
        std::mem::take(&mut self.grown).into_iter().collect()
    }

    /// What was added to a lane's value since the last call; `None` for a lane without one.
    ///
    /// While the reactor feeds the lane, this is as of the last `Partial`: what came since may have to be held back.
    pub(crate) fn steps(&mut self, lane: LaneId) -> Option<Vec<Step>> {
        if !self.streams.contains_key(&lane) {
            self.seal(lane);
        }
        let known = self.race.lane_mut(lane).and_then(|lane| lane.document());
        known.and_then(|document| document.journal())?;
        Some(self.steps.remove(&lane).unwrap_or_default())
    }

    /// Takes over what a lane's value has grown by.
    fn seal(&mut self, lane: LaneId) {
        let document = self.race.lane_mut(lane).and_then(|lane| lane.document());
        let Some(journal) = document.and_then(|document| document.journal()) else {
            return;
        };
        let entries = journal.entries(Mark::default());
        let steps = self.steps.entry(lane).or_default();
        steps.extend(entries.map(|(op, text)| (op, text.to_owned())));
        journal.clear();
    }

    fn hear(&mut self, input: Input<'_>) -> Result<(), Misuse> {
        let Some(reader) = &self.reader else {
            return Ok(()); // nobody attaches a stream before somebody follows
        };
        let now = reader.clock.0 + reader.clock.1.elapsed().as_nanos() as u64;
        if let (true, Input::Bytes { lane, .. }) = (reader.follow.growth, &input) {
            self.grown.insert(*lane);
            self.urgency = self.urgency.max(Urgency::Batch);
        }
        self.tell(now, input)
    }

    fn put(&mut self, output: Output) {
        let seen = self.reader.as_ref().is_none_or(|reader| reader.follow.text);
        match &output {
            Output::Stop { lane, .. } => self.stop(*lane),
            Output::LaneEnded { lane, .. } => {
                self.streams.remove(lane);
                self.sent.remove(lane);
            }
            Output::Partial { lane } if seen && self.streams.contains_key(lane) => self.seal(*lane),
            Output::Text { .. } | Output::Partial { .. } if !seen => return,
            _ => {}
        }
        self.urgency = self.urgency.max(urgency(&output, seen));
        match output {
            Output::Text { lane, text } => {
                self.held += text.len();
                match self.open_text(lane) {
                    Some(open) => open.push_str(&text),
                    None => self.outbox.push_back(PyOutput::Text { lane, text }),
                }
            }
            Output::Partial { lane } => {
                if !matches!(self.outbox.back(), Some(PyOutput::Partial { lane: of }) if *of == lane)
                {
                    self.outbox.push_back(PyOutput::Partial { lane });
                }
            }
            output => self.outbox.push_back(output.into()),
        }
    }

    /// The text of `lane` that waits and may be added to: the last output, or the last but for word that a value moved.
    fn open_text(&mut self, lane: LaneId) -> Option<&mut String> {
        let mut outputs = self.outbox.iter_mut().rev();
        let last = match outputs.next()? {
            PyOutput::Partial { lane: of } if *of == lane => outputs.next()?,
            last => last,
        };
        match last {
            PyOutput::Text { lane: of, text } if *of == lane => Some(text),
            _ => None,
        }
    }

    /// Closes a lane's stream at once, where the reactor owns it.
    fn stop(&mut self, lane: LaneId) {
        let (stream, call) = (self.streams.remove(&lane), self.sent.remove(&lane));
        if let Some(exchange) = stream.or(call).and_then(|exchange| exchange.upgrade()) {
            exchange.close();
        }
    }

    /// Whom to wake now, and how soon; nobody who already knows.
    fn call(&mut self) -> Option<(Arc<Ringer>, u64, Duration)> {
        let alone = self.is_text_alone();
        let sooner = self.deadline_is_nearer();
        let reader = self.reader.as_mut()?;
        let mut urgency = if sooner { Urgency::Now } else { self.urgency };
        if urgency == Urgency::Batch && reader.follow.batch.is_zero() {
            urgency = Urgency::Now;
        }
        if urgency <= reader.posted {
            return None;
        }
        let wait = if urgency == Urgency::Now {
            Duration::ZERO
        } else {
            reader.follow.batch
        };
        let id = if alone {
            if std::mem::replace(&mut reader.posted_text, true) {
                return None;
            }
            reader.text_id
        } else {
            reader.posted = urgency;
            reader.id
        };
        Some((Arc::clone(&reader.ringer), id, wait))
    }
}

/// How soon Python has to know of an output; `seen` says whether it follows the text.
fn urgency(output: &Output, seen: bool) -> Urgency {
    match output {
        Output::Start { .. }
        | Output::Stop { .. }
        | Output::Check { .. }
        | Output::LaneEnded { .. }
        | Output::Decided { .. }
        | Output::Interrupted { .. }
        | Output::Over { .. } => Urgency::Now,
        _ if seen => Urgency::Batch,
        _ => Urgency::Never,
    }
}

//! Connections between requests: kept, shared, replaced.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Instant;

use tokio::sync::Mutex as Turn;

use crate::connect::{Fresh, connect};
use crate::descriptors::Descriptors;
use crate::failure::Failure;
use crate::limits::{IDLE, IDLE_CONNECTIONS, SHARED_WAIT, SPARE};
use crate::line::OwnLine;
use crate::shared_line::{Place, SharedLine};
use crate::spares::Spares;
use crate::target::Target;
use crate::trust::Trust;

/// One client's connections.
pub(crate) struct Pool {
    trust: Trust,
    open: Arc<Descriptors>,
    kept: Mutex<Kept>,
    pub(crate) spares: Spares,
    /// Connections that a request had to wait for.
    waited: AtomicUsize,
}

/// A connection that a request may use.
pub(crate) enum Line {
    Own(OwnLine),
    Shared(Place),
}

#[derive(Default)]
struct Kept {
    /// The latest used last.
    idle: BTreeMap<Target, Vec<(OwnLine, Instant)>>,
    shared: BTreeMap<Target, Vec<Arc<SharedLine>>>,
    /// Who connects where connections may turn out to be shared; `None` once it is known that they are not.
    turns: BTreeMap<Target, Option<Arc<Turn<()>>>>,
    count: usize,
    swept: bool,
    closed: bool,
}

impl Pool {
    pub(crate) fn new(trust: Trust, open: &Arc<Descriptors>) -> Self {
        Self {
            trust,
            open: Arc::clone(open),
            kept: Mutex::default(),
            spares: Spares::default(),
            waited: AtomicUsize::new(0),
        }
    }

    /// A line to `target`, and whether it was used before. With `fresh`, none that was.
    pub(crate) async fn line(
        self: &Arc<Self>,
        target: &Target,
        fresh: bool,
    ) -> Result<(Line, bool), Failure> {
        if !fresh && let Some(line) = self.take(target)? {
            return Ok((line, true));
        }
        // The first of several at once connects alone: what it gets may carry them all.
        let turn = self.turn(target);
        let _held = match &turn {
            Some(turn) => tokio::time::timeout(SHARED_WAIT, turn.lock()).await.ok(),
            None => None,
        };
        if !fresh
            && turn.is_some()
            && let Some(line) = self.take(target)?
        {
            return Ok((line, true));
        }
        self.waited.fetch_add(1, Ordering::Relaxed);
        let fresh = connect(target, &self.trust, &self.open).await?;
        Ok((self.introduce(target, fresh)?, false))
    }

    /// Connects until `count` connections wait for `target`, if it takes one request on each.
    pub(crate) async fn warm(
        self: &Arc<Self>,
        target: &Target,
        count: usize,
    ) -> Result<(), Failure> {
        while self.waiting(target) < count.min(IDLE_CONNECTIONS) && !self.shares(target) {
            match connect(target, &self.trust, &self.open).await? {
                Fresh::Own(line) => self.give_back(target, line),
                shared @ Fresh::Shared(_) => {
                    if let Line::Shared(place) = self.introduce(target, shared)? {
                        place.ended();
                    }
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Connects one ahead; what fails is not told.
    pub(crate) async fn spare(self: &Arc<Self>, target: &Target) {
        let fresh = tokio::time::timeout(SPARE, connect(target, &self.trust, &self.open)).await;
        if let Ok(Ok(Fresh::Own(line))) = fresh {
            self.give_back(target, line);
        }
        self.spares.come(target);
    }

    /// How many connections requests have waited for so far.
    pub(crate) fn waited(&self) -> usize {
        self.waited.load(Ordering::Relaxed)
    }

    /// Keeps a line for the next request, once it can carry one.
    pub(crate) fn settle(self: &Arc<Self>, target: &Target, line: Line) {
        match line {
            Line::Shared(place) => place.ended(),
            Line::Own(line) if line.is_ready() => self.give_back(target, line),
            Line::Own(mut line) => {
                let (pool, target) = (Arc::clone(self), target.clone());
                tokio::spawn(async move {
                    if line.settles().await {
                        pool.give_back(&target, line);
                    }
                });
            }
        }
    }

    /// Closes what is kept; what is in use closes when it ends.
    pub(crate) fn close(&self) {
        let kept = self.held(|kept| {
            kept.closed = true;
            kept.count = 0;
            (
                std::mem::take(&mut kept.idle),
                std::mem::take(&mut kept.shared),
            )
        });
        drop(kept);
    }

    fn take(&self, target: &Target) -> Result<Option<Line>, Failure> {
        self.held(|kept| {
            if kept.closed {
                return Err(Failure::Closed);
            }
            if let Some(line) = kept.take_shared(target) {
                return Ok(Some(Line::Shared(line)));
            }
            Ok(kept.take_idle(target).map(Line::Own))
        })
    }

    fn turn(&self, target: &Target) -> Option<Arc<Turn<()>>> {
        if !target.tls {
            return None;
        }
        self.held(|kept| {
            let turn = kept.turns.entry(target.clone());
            turn.or_insert_with(|| Some(Arc::default())).clone()
        })
    }

    fn introduce(&self, target: &Target, fresh: Fresh) -> Result<Line, Failure> {
        self.held(|kept| {
            if kept.closed {
                return Err(Failure::Closed);
            }
            match fresh {
                Fresh::Own(line) => {
                    if target.tls {
                        kept.turns.insert(target.clone(), None);
                    }
                    Ok(Line::Own(line))
                }
                Fresh::Shared(line) => {
                    let line = Arc::new(line);
                    let place = Place::on(&line);
                    kept.shared.entry(target.clone()).or_default().push(line);
                    Ok(Line::Shared(place))
                }
            }
        })
    }

    fn give_back(self: &Arc<Self>, target: &Target, line: OwnLine) {
        let sweep = self.held(|kept| {
            if kept.closed || kept.count >= IDLE_CONNECTIONS {
                return false;
            }
            kept.count += 1;
            let kept_line = (line, Instant::now());
            match kept.idle.get_mut(target) {
                Some(lines) => lines.push(kept_line),
                None => drop(kept.idle.insert(target.clone(), vec![kept_line])),
            }
            !std::mem::replace(&mut kept.swept, true)
        });
        if sweep {
            tokio::spawn(sweep_while_needed(Arc::downgrade(self)));
        }
    }

    fn shares(&self, target: &Target) -> bool {
        self.held(|kept| {
            let lines = kept.shared.get(target);
            lines.is_some_and(|lines| lines.iter().any(|line| line.has_room()))
        })
    }

    pub(crate) fn waiting(&self, target: &Target) -> usize {
        self.held(|kept| kept.idle.get(target).map_or(0, Vec::len))
    }

    /// Lines are taken out and put in whole, so that a poisoned lock guards a whole pool.
    fn held<T>(&self, look: impl FnOnce(&mut Kept) -> T) -> T {
        look(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Kept {
    /// The latest used line that still stands.
    fn take_idle(&mut self, target: &Target) -> Option<OwnLine> {
        let lines = self.idle.get_mut(target)?;
        while let Some((line, _)) = lines.pop() {
            self.count -= 1;
            if line.is_ready() {
                return Some(line);
            }
        }
        None
    }

    fn take_shared(&mut self, target: &Target) -> Option<Place> {
        let lines = self.shared.get_mut(target)?;
        lines.retain(|line| !line.is_spent());
        lines.iter().find(|line| line.has_room()).map(Place::on)
    }

    /// Drops what nobody used for long; whether anything is left.
    fn sweep(&mut self, now: Instant) -> bool {
        for lines in self.idle.values_mut() {
            lines.retain(|(line, since)| line.is_ready() && now.duration_since(*since) < IDLE);
        }
        self.idle.retain(|_, lines| !lines.is_empty());
        self.count = self.idle.values().map(Vec::len).sum();
        for lines in self.shared.values_mut() {
            lines.retain(|line| !line.is_spent() && !line.is_stale(now));
        }
        self.shared.retain(|_, lines| !lines.is_empty());
        self.count > 0 || !self.shared.is_empty()
    }
}

/// Sweeps from time to time until nothing is kept.
async fn sweep_while_needed(pool: Weak<Pool>) {
    loop {
        tokio::time::sleep(IDLE / 4).await;
        let Some(pool) = pool.upgrade() else { return };
        let over = pool.held(|kept| {
            kept.swept = kept.sweep(Instant::now());
            !kept.swept
        });
        if over {
            return;
        }
    }
}

//! How an exchange learns: outcomes of lanes, late feedback, outcomes from elsewhere.

use crate::profile::features::Features;
use crate::profile::{Book, Change, Joint, Moment, Odds, Outcome, Request};

use super::ask::moment;
use super::pending::{Pending, Seen};
use super::{AuctionError, Exchange};

/// Marks the number of a taught task, which awards never have.
const TAUGHT: u64 = 1 << 63;
/// Outcomes of one taught task that are paired with later ones.
const PAIRED: usize = 8;
/// Half the distance over which a slope is taken.
const SLOPE_STEP: f64 = 0.02;

impl Exchange {
    /// Learns the outcome of a lane that ran.
    ///
    /// # Errors
    /// [`AuctionError`] for an award or model that is not known, a lane observed before, or a number
    /// out of range; nothing is learned then.
    pub fn observe(
        &mut self,
        award: u64,
        model: usize,
        outcome: Outcome,
    ) -> Result<Option<Change>, AuctionError> {
        self.sound(model, &outcome)?;
        let pending = self
            .pending
            .get_mut(award)
            .ok_or(AuctionError::UnknownAward(award))?;
        if pending.of(model).is_some() {
            return Err(AuctionError::Observed(award, model));
        }
        let outcome = Outcome {
            input_tokens: pending.input_tokens,
            ..outcome
        };
        let quality = delivered(&outcome);
        if pending.selective {
            match pending.seen.len() {
                0 => self.reach.begin(&pending.starts),
                place => self.reach.start(place),
            }
            if let Some(quality) = quality {
                let before = pending.seen.last().map(|seen| seen.quality);
                // A lane nobody has judged yet leaves the result open.
                if before != Some(None) {
                    self.reach
                        .result(pending.forecast, before.flatten(), quality);
                }
            }
        }
        let entered = quality
            .map(|quality| enter(&mut self.book, self.delta.as_mut(), pending, model, quality));
        pending
            .seen
            .push(Seen::of(model, &outcome, quality, entered));
        let (class, found) = (pending.class, pending.found);
        let moment = moment(pending.hour, &pending.loads, model);
        self.pending.touch(award);
        self.time(class, model, &outcome, &moment);
        Ok(self.learn(class, found, model, &outcome, entered))
    }

    /// Learns how the seconds of an outcome go with its hour and load.
    fn time(&mut self, class: usize, model: usize, outcome: &Outcome, moment: &Moment) {
        let Some(seconds) = outcome.latency_s.filter(|_| *moment != Moment::default()) else {
            return;
        };
        if let Some((usual, _)) = self.book.usual(class, model).latency {
            let ratio = seconds / usual.max(1e-9);
            self.book.absorb_tide(model, moment, ratio);
            if let Some(delta) = &mut self.delta {
                delta.absorb_tide(model, moment, ratio);
            }
        }
    }

    /// Learns the seconds to the first token of a lane that lost, and of which nothing else is to be learned; `cut` where
    /// it was stopped before it spoke.
    ///
    /// # Errors
    /// [`AuctionError`] for an unknown model or a number out of range; nothing is learned then.
    pub fn timed(&mut self, model: usize, ttft_s: f64, cut: bool) -> Result<(), AuctionError> {
        if model >= self.book.cards().len() {
            return Err(AuctionError::UnknownModel(model));
        }
        if !(ttft_s.is_finite() && ttft_s >= 0.0) {
            return Err(AuctionError::Unsound("ttft_s"));
        }
        self.book.absorb_ttft(model, ttft_s, cut);
        if let Some(delta) = &mut self.delta {
            delta.absorb_ttft(model, ttft_s, cut);
        }
        Ok(())
    }

    /// Learns what somebody thinks of a lane's answer, however late. Repeating it changes nothing; a
    /// different judgement takes the place of the former.
    ///
    /// # Errors
    /// [`AuctionError`] for an award that is not remembered, a lane not observed, or a quality outside
    /// 0..=1.
    pub fn feedback(
        &mut self,
        award: u64,
        model: usize,
        quality: f64,
    ) -> Result<Option<Change>, AuctionError> {
        if !(0.0..=1.0).contains(&quality) {
            return Err(AuctionError::Unsound("quality"));
        }
        let pending = self
            .pending
            .get_mut(award)
            .ok_or(AuctionError::UnknownAward(award))?;
        let place = pending.seen.iter().position(|seen| seen.model == model);
        let place = place.ok_or(AuctionError::NotObserved(award, model))?;
        let (class, found, known) = (pending.class, pending.found, pending.seen[place]);
        if let Some(old) = known.quality {
            if quality.to_bits() != old.to_bits() {
                let entered = known.entered + quality - old;
                pending.seen[place] = Seen {
                    quality: Some(quality),
                    entered,
                    ..known
                };
                self.correct(class, model, known.entered, entered);
                self.pending.touch(award);
            }
            return Ok(None);
        }
        pending.seen.remove(place);
        let entered = enter(&mut self.book, self.delta.as_mut(), pending, model, quality);
        pending.seen.insert(
            place,
            Seen {
                quality: Some(quality),
                entered,
                ..known
            },
        );
        self.pending.touch(award);
        if let Some((delta, class)) = self.delta_class(class) {
            delta.absorb_quality(class, model, entered);
        }
        if let (Some(book), Some(place)) = (&mut self.found, found) {
            let expected = self.book.belief(class, model).quality;
            book.learn_quality(place, model, entered, expected);
        }
        Ok(self.book.learn_quality(class, model, entered))
    }

    /// Learns an outcome from elsewhere. Outcomes of several models on one `task` (any hash of it)
    /// teach how they go together; `features` class a task whose class nobody named.
    ///
    /// # Errors
    /// [`AuctionError`] for an unknown model or a number out of range.
    pub fn teach(
        &mut self,
        class: &str,
        task: u64,
        model: usize,
        outcome: Outcome,
        features: Option<&Features>,
    ) -> Result<Option<Change>, AuctionError> {
        self.sound(model, &outcome)?;
        let class = self.book.class(class);
        let found = features.map(|features| self.sort(features).class);
        let id = task | TAUGHT;
        if self
            .pending
            .get_mut(id)
            .is_none_or(|pending| pending.class != class)
        {
            let input_tokens = outcome.input_tokens;
            self.pending.put(
                id,
                Pending {
                    class,
                    input_tokens,
                    ..Pending::default()
                },
            );
        }
        let pending = self
            .pending
            .get_mut(id)
            .ok_or(AuctionError::UnknownAward(id))?;
        let quality = delivered(&outcome);
        let entered = quality
            .map(|quality| enter(&mut self.book, self.delta.as_mut(), pending, model, quality));
        let beside: Vec<usize> = match pending.seen.as_slice() {
            [] => Vec::new(),
            [first] => vec![first.model, model],
            _ => vec![model],
        };
        if pending.seen.len() < PAIRED {
            pending
                .seen
                .push(Seen::of(model, &outcome, quality, entered));
        }
        let change = self.learn(class, found, model, &outcome, entered);
        if entered.is_some() {
            self.pair(class, &beside);
        }
        Ok(change)
    }

    /// Marks the last outcomes of these models as seen side by side.
    fn pair(&mut self, class: usize, models: &[usize]) {
        for model in models {
            self.book.pair(class, *model);
        }
        if let Some((delta, class)) = self.delta_class(class) {
            for model in models {
                delta.pair(class, *model);
            }
        }
    }

    fn learn(
        &mut self,
        class: usize,
        found: Option<usize>,
        model: usize,
        outcome: &Outcome,
        entered: Option<f64>,
    ) -> Option<Change> {
        if let (Some(book), Some(place)) = (&mut self.found, found) {
            let expected = self.book.belief(class, model).quality;
            book.learn(place, model, outcome, entered, expected);
        }
        let usual = self.book.usual(class, model);
        if let Some((delta, class)) = self.delta_class(class) {
            delta.absorb(class, model, outcome, &usual);
            if let Some(quality) = entered {
                delta.absorb_quality(class, model, quality);
            }
        }
        self.book.learn(class, model, outcome, entered)
    }

    fn correct(&mut self, class: usize, model: usize, old: f64, new: f64) {
        if let Some((delta, class)) = self.delta_class(class) {
            delta.absorb_correction(class, model, old, new);
        }
        self.book.correct_quality(class, model, old, new);
    }

    /// The delta and a class's number in it, if a delta is kept.
    fn delta_class(&mut self, class: usize) -> Option<(&mut Book, usize)> {
        let delta = self.delta.as_mut()?;
        let class = delta.class(&self.book.class_names()[class]);
        Some((delta, class))
    }

    fn sound(&self, model: usize, outcome: &Outcome) -> Result<(), AuctionError> {
        if model >= self.book.cards().len() {
            return Err(AuctionError::UnknownModel(model));
        }
        let positive =
            |value: Option<f64>| value.is_none_or(|value| value.is_finite() && value >= 0.0);
        let rules = [
            (
                "quality",
                outcome
                    .quality
                    .is_none_or(|quality| (0.0..=1.0).contains(&quality)),
            ),
            ("cost_usd", positive(outcome.cost_usd)),
            ("latency_s", positive(outcome.latency_s)),
            ("ttft_s", positive(outcome.ttft_s)),
            ("output_tokens", positive(outcome.output_tokens)),
            ("input_tokens", positive(Some(outcome.input_tokens))),
        ];
        let broken = rules.iter().find(|(_, holds)| !holds);
        broken.map_or(Ok(()), |(name, _)| Err(AuctionError::Unsound(name)))
    }
}

/// The quality of what was delivered: an invalid answer is worth nothing, whoever judges it.
fn delivered(outcome: &Outcome) -> Option<f64> {
    if outcome.valid {
        outcome.quality
    } else {
        Some(0.0)
    }
}

/// The quality that enters a cell: if the lane ran only because others were refused, the task was
/// harder than usual, by what their outcomes say. Learns the pairs on the way.
fn enter(
    book: &mut Book,
    mut delta: Option<&mut Book>,
    pending: &Pending,
    model: usize,
    quality: f64,
) -> f64 {
    if pending.seen.is_empty() {
        return quality;
    }
    let request = Request {
        class: pending.class,
        input_tokens: 0.0,
        output_limit: None,
    };
    let own = book.estimate(&request, model).quality;
    let mut belief = Joint::even();
    for (seen, other) in pending
        .seen
        .iter()
        .filter_map(|seen| Some((seen, seen.quality?)))
    {
        let expected = book.estimate(&request, seen.model).quality;
        Joint::condition(&mut belief, &book.joint().odds(expected), other);
        let (earlier, later) = (surprise(other, expected), surprise(quality, own));
        book.learn_pair(earlier, later);
        if let Some(delta) = &mut delta {
            delta.learn_pair(earlier, later);
        }
    }
    if pending.selective {
        ease(book, &belief, own, quality)
    } else {
        quality
    }
}

/// What an outcome on a task of known difficulty says about the mean over all difficulties: the
/// expectation, moved by the surprise over the slope of the conditional on the mean. Hard tasks tell
/// good models apart well, so the same surprise moves the mean less than it would on any task.
fn ease(book: &Book, belief: &Odds, mean: f64, quality: f64) -> f64 {
    let here = |mean: f64| Joint::chance(belief, &book.joint().odds(mean));
    let (low, high) = (
        (mean - SLOPE_STEP).max(0.001),
        (mean + SLOPE_STEP).min(0.999),
    );
    let slope = (here(high) - here(low)) / (high - low);
    mean + (quality - here(mean)) / slope.max(1.0)
}

/// An outcome's distance from its expectation, in standard deviations of an outcome that is 0 or 1.
fn surprise(quality: f64, expected: f64) -> f64 {
    (quality - expected) / (expected * (1.0 - expected)).sqrt()
}

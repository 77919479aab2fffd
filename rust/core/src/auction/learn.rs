//! How an exchange learns: outcomes of lanes, late feedback, outcomes from elsewhere.

use crate::profile::{Book, Change, Joint, Outcome, Request};

use super::pending::{Pending, Seen};
use super::{AuctionError, Exchange};

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
        let quality = if outcome.valid {
            outcome.quality
        } else {
            Some(0.0)
        };
        let entered = quality.map(|quality| enter(&mut self.book, pending, model, quality));
        pending.seen.push(Seen {
            model,
            quality,
            entered: entered.unwrap_or(0.0),
        });
        Ok(self.book.learn(pending.class, model, &outcome, entered))
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
        let class = pending.class;
        let known = pending.seen[place];
        if let Some(old) = known.quality {
            if quality.to_bits() == old.to_bits() {
                return Ok(None);
            }
            let entered = known.entered + quality - old;
            self.book
                .correct_quality(class, model, known.entered, entered);
            pending.seen[place] = Seen {
                quality: Some(quality),
                entered,
                ..known
            };
            return Ok(None);
        }
        pending.seen.remove(place);
        let entered = enter(&mut self.book, pending, model, quality);
        pending.seen.insert(
            place,
            Seen {
                quality: Some(quality),
                entered,
                ..known
            },
        );
        Ok(self.book.learn_quality(class, model, entered))
    }

    /// Learns an outcome from elsewhere. Outcomes of several models on one `task` (any hash of it)
    /// teach how they go together.
    ///
    /// # Errors
    /// [`AuctionError`] for an unknown model or a number out of range.
    pub fn teach(
        &mut self,
        class: &str,
        task: u64,
        model: usize,
        outcome: Outcome,
    ) -> Result<Option<Change>, AuctionError> {
        self.sound(model, &outcome)?;
        let class = self.book.class(class);
        let id = task | TAUGHT;
        if self
            .pending
            .get_mut(id)
            .is_none_or(|pending| pending.class != class)
        {
            self.pending.put(
                id,
                Pending {
                    class,
                    input_tokens: outcome.input_tokens,
                    ..Pending::default()
                },
            );
        }
        let pending = self
            .pending
            .get_mut(id)
            .ok_or(AuctionError::UnknownAward(id))?;
        let quality = if outcome.valid {
            outcome.quality
        } else {
            Some(0.0)
        };
        let entered = quality.map(|quality| enter(&mut self.book, pending, model, quality));
        if pending.seen.len() < PAIRED {
            pending.seen.push(Seen {
                model,
                quality,
                entered: entered.unwrap_or(0.0),
            });
        }
        Ok(self.book.learn(class, model, &outcome, entered))
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
        rules
            .iter()
            .find(|(_, holds)| !holds)
            .map_or(Ok(()), |(name, _)| Err(AuctionError::Unsound(name)))
    }
}

/// Marks the number of a taught task, which awards never have.
const TAUGHT: u64 = 1 << 63;
/// Outcomes of one taught task that are paired with later ones.
const PAIRED: usize = 8;

/// The quality that enters a cell: if the lane ran only because others were refused, the task was
/// harder than usual, by what their outcomes say. Learns the pairs on the way.
fn enter(book: &mut Book, pending: &Pending, model: usize, quality: f64) -> f64 {
    if pending.seen.is_empty() {
        return quality;
    }
    let expect = |book: &Book, model: usize| {
        let request = Request {
            class: pending.class,
            input_tokens: 0.0,
            output_limit: None,
        };
        book.estimate(&request, model).quality
    };
    let own = expect(book, model);
    let surprise =
        |quality: f64, expected: f64| (quality - expected) / (expected * (1.0 - expected)).sqrt();
    let mut belief = Joint::even();
    for seen in &pending.seen {
        if let Some(other) = seen.quality {
            let expected = expect(book, seen.model);
            Joint::condition(&mut belief, &book.joint().odds(expected), other);
            book.learn_pair(surprise(other, expected), surprise(quality, own));
        }
    }
    if pending.selective {
        quality - (Joint::chance(&belief, &book.joint().odds(own)) - own)
    } else {
        quality
    }
}

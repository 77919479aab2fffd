//! Awards put away and taken back, so that feedback finds them after a restart, or in another process.
//!
//! A saved award is one JSON object. Models and classes are known by name, as in a profile file.

use serde::{Deserialize, Serialize};

use super::pending::{Pending, Seen};
use super::{AuctionError, Exchange};
use crate::profile::CodecError;

#[derive(Serialize, Deserialize)]
struct Saved {
    class: String,
    input_tokens: f64,
    selective: bool,
    starts: Vec<f64>,
    #[serde(default)]
    forecast: f64,
    seen: Vec<SavedLane>,
}

#[derive(Serialize, Deserialize)]
struct SavedLane {
    model: String,
    quality: Option<f64>,
    entered: f64,
    valid: bool,
    cost_usd: Option<f64>,
    latency_s: Option<f64>,
}

impl Exchange {
    /// Numbers awards from `epoch` × 2³² on, so that awards of other runs and processes have other numbers.
    pub const fn begin(&mut self, epoch: u32) {
        self.next = (epoch as u64) << 32;
    }

    /// Whether an award is remembered here.
    #[must_use]
    pub fn remembers(&self, award: u64) -> bool {
        self.pending.get(award).is_some()
    }

    /// At most `count` awards that were told about since they were last taken: numbers and saved forms.
    /// Nothing is kept for it unless a delta is.
    pub fn take_awards(&mut self, count: usize) -> Vec<(u64, Vec<u8>)> {
        let ids = self.pending.take_touched(count);
        let saved = ids.into_iter().filter_map(|id| {
            let saved = self.saved(self.pending.get(id)?);
            // Names and numbers: serialising cannot fail.
            Some((id, serde_json::to_vec(&saved).unwrap_or_default()))
        });
        saved.collect()
    }

    /// Remembers a saved award again. Lanes of models that are not here any more are left out.
    ///
    /// # Errors
    /// [`AuctionError::Codec`] for what is no saved award; nothing is remembered then.
    pub fn recall(&mut self, award: u64, saved: &[u8]) -> Result<(), AuctionError> {
        let saved: Saved = serde_json::from_slice(saved)
            .map_err(|error| AuctionError::Codec(CodecError::Corrupt(error.to_string())))?;
        let class = self.book.class(&saved.class);
        let lane = |lane: SavedLane| {
            let model = self.book.model(&lane.model)?;
            Some(Seen {
                model,
                quality: lane.quality,
                entered: lane.entered,
                valid: lane.valid,
                cost_usd: lane.cost_usd,
                latency_s: lane.latency_s,
            })
        };
        let pending = Pending {
            class,
            // Found classes are of the process that found them.
            found: None,
            input_tokens: saved.input_tokens,
            selective: saved.selective,
            starts: saved.starts,
            forecast: saved.forecast,
            seen: saved.seen.into_iter().filter_map(lane).collect(),
            ..Pending::default()
        };
        self.pending.put(award, pending);
        Ok(())
    }

    fn saved(&self, pending: &Pending) -> Saved {
        let lane = |seen: &Seen| SavedLane {
            model: self.book.cards()[seen.model].name.clone(),
            quality: seen.quality,
            entered: seen.entered,
            valid: seen.valid,
            cost_usd: seen.cost_usd,
            latency_s: seen.latency_s,
        };
        Saved {
            class: self.book.class_names()[pending.class].clone(),
            input_tokens: pending.input_tokens,
            selective: pending.selective,
            starts: pending.starts.clone(),
            forecast: pending.forecast,
            seen: pending.seen.iter().map(lane).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auction::{Ask, Settings};
    use crate::profile::{Card, Outcome};

    fn exchange(epoch: u32) -> Exchange {
        let card = |name: &str| Card {
            name: name.to_owned(),
            price_in: 1.0,
            price_out: 1.0,
            ..Card::default()
        };
        let cards = vec![card("a"), card("b")];
        let mut exchange = Exchange::new(cards, Settings::default()).unwrap();
        exchange.keep_delta();
        exchange.begin(epoch);
        exchange
    }

    #[test]
    fn a_saved_award_takes_feedback_elsewhere_and_only_once() {
        let (mut here, mut there) = (exchange(1), exchange(2));
        let award = here.award(&Ask::new("mail", 10.0)).unwrap();
        let unjudged = Outcome {
            quality: None,
            valid: true,
            cost_usd: Some(0.001),
            latency_s: None,
            ttft_s: None,
            input_tokens: 0.0,
            output_tokens: None,
        };
        here.observe(award.id, 0, unjudged).unwrap();
        let (id, saved) = here.take_awards(9).pop().unwrap();
        assert!(id == award.id && id >> 32 == 1 && here.take_awards(9).is_empty());
        assert!(!there.remembers(id));
        there.recall(id, &saved).unwrap();
        let before = there.book().to_bytes();
        there.feedback(id, 0, 1.0).unwrap();
        let learned = there.book().to_bytes();
        there.feedback(id, 0, 1.0).unwrap();
        assert!(before != learned && learned == there.book().to_bytes());
        assert_eq!(there.take_awards(9).len(), 1);
    }

    #[test]
    fn what_is_no_saved_award_is_refused() {
        let mut here = exchange(1);
        for garbage in [&b""[..], b"{}", b"[1", b"\xff"] {
            assert!(here.recall(7, garbage).is_err() && !here.remembers(7));
        }
    }
}

//! An award in words: every bid's terms, who was kept out, what would have changed the result.

use std::fmt::Write as _;

use crate::profile::Card;

use super::{Award, Bar, Bid, Kind};

impl Award {
    /// The award in words and a table, for people. `cards` are the book's.
    #[must_use]
    pub fn explain(&self, cards: &[Card], class: &str) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write_verdict(&mut text, cards, class);
        let _ = self.write_bids(&mut text, cards);
        let _ = self.write_barred(&mut text, cards);
        let _ = self.write_counterfactuals(&mut text, cards);
        text
    }

    fn write_verdict(&self, text: &mut String, cards: &[Card], class: &str) -> std::fmt::Result {
        let winner = self.winning();
        let name = &cards[winner.model].name;
        writeln!(
            text,
            "{name} wins for class \"{class}\" with score {:.4}.",
            winner.score
        )?;
        if self.exploring {
            writeln!(
                text,
                "It was chosen to learn about it, not for its score: its quality is still unsure."
            )?;
        }
        if let (Some(price), Some(rival)) = (self.critical_price(), self.runner_up) {
            let second = &cards[self.bids[rival].model].name;
            if price >= 0.0 {
                writeln!(
                    text,
                    "It wins over {second} until it costs more than ${price:.6}."
                )?;
            }
        }
        let lanes: Vec<&str> = self
            .plan
            .lanes
            .iter()
            .map(|lane| cards[*lane].name.as_str())
            .collect();
        let how = match self.plan.kind {
            Kind::Single => "one lane",
            Kind::Hedge => "one lane, the next if it is late or fails",
            Kind::Cascade => "the next lane only if the last answer is refused",
            Kind::Race => "all lanes at once, the first accepted answer wins",
        };
        let expected = &self.plan.expected;
        writeln!(
            text,
            "Plan: {} ({how}): {}.",
            self.plan.kind.name(),
            lanes.join(", ")
        )?;
        writeln!(
            text,
            "Expected: quality {:.3}, ${:.6}, {:.2} s.",
            expected.quality, expected.cost_usd, expected.latency_s
        )
    }

    fn write_bids(&self, text: &mut String, cards: &[Card]) -> std::fmt::Result {
        let mut ranked: Vec<&Bid> = self.bids.iter().collect();
        ranked.sort_by(|one, other| other.score.total_cmp(&one.score));
        let widest = ranked
            .iter()
            .map(|bid| cards[bid.model].name.len())
            .max()
            .unwrap_or(0)
            .max(5);
        writeln!(
            text,
            "{:widest$}  quality ±      value     − cost     − time     = score",
            "model"
        )?;
        for bid in ranked {
            let (estimate, weights) = (&bid.estimate, &self.weights);
            writeln!(
                text,
                "{:widest$}  {:.3} ±{:.3}  {:9.4}  {:9.4}  {:9.4}  {:9.4}",
                cards[bid.model].name,
                estimate.quality,
                estimate.doubt,
                weights.quality * estimate.quality,
                weights.per_usd * estimate.cost_usd,
                weights.per_s * estimate.latency_s,
                bid.score
            )?;
        }
        Ok(())
    }

    fn write_barred(&self, text: &mut String, cards: &[Card]) -> std::fmt::Result {
        for (model, bar) in &self.barred {
            let reason = match bar {
                Bar::Filtered(reason) => reason.as_str(),
                Bar::TooDear => "its expected cost is above the limit",
                Bar::TooSlow => "its expected latency is above the limit",
                Bar::TooWeak => "its expected quality is below the limit",
            };
            writeln!(text, "{} did not bid: {reason}.", cards[*model].name)?;
        }
        Ok(())
    }

    fn write_counterfactuals(&self, text: &mut String, cards: &[Card]) -> std::fmt::Result {
        if let Some((weight, place)) = self.flip(|bid| bid.estimate.cost_usd, self.weights.per_usd)
        {
            let side = if weight > self.weights.per_usd {
                "above"
            } else {
                "below"
            };
            let name = &cards[self.bids[place].model].name;
            writeln!(text, "With cost weight {side} {weight:.4}: {name}.")?;
        }
        if let Some((weight, place)) = self.flip(|bid| bid.estimate.latency_s, self.weights.per_s) {
            let side = if weight > self.weights.per_s {
                "above"
            } else {
                "below"
            };
            let name = &cards[self.bids[place].model].name;
            writeln!(text, "With latency weight {side} {weight:.4}: {name}.")?;
        }
        Ok(())
    }

    /// The nearest weight of `term`, now `weight`, at which another bid's score passes the winner's.
    fn flip(&self, term: impl Fn(&Bid) -> f64, weight: f64) -> Option<(f64, usize)> {
        let winner = self.winning();
        let crossing = |(place, bid): (usize, &Bid)| {
            // S_w − δ·t_w = S_b − δ·t_b
            let delta = (winner.score - bid.score) / (term(winner) - term(bid));
            let at = weight + delta;
            (place != self.winner && delta.is_finite() && at >= 0.0).then_some((at, place))
        };
        let crossings = self.bids.iter().enumerate().filter_map(crossing);
        crossings.min_by(|one, other| (one.0 - weight).abs().total_cmp(&(other.0 - weight).abs()))
    }
}

//! An award in words: every bid's terms, who was kept out, what would have changed the result, and
//! what became of it. The same as JSON is in `facts.rs`.

use std::fmt::{Result, Write as _};

use crate::profile::Card;

use super::{Award, Bid, Kind, Seen};

/// All that an explanation is made from.
#[derive(Clone, Copy, Debug)]
pub struct Explanation<'a> {
    /// The award.
    pub award: &'a Award,
    /// The book's cards, for the models' names.
    pub cards: &'a [Card],
    /// The task class's name.
    pub class: &'a str,
    /// What was seen of the award's lanes so far.
    pub seen: &'a [Seen],
}

impl Explanation<'_> {
    /// Words and table, for people.
    #[must_use]
    pub fn text(&self) -> String {
        // Writing to a String cannot fail.
        let mut text = String::new();
        let _ = self.write_verdict(&mut text);
        let _ = self.write_bids(&mut text);
        let _ = self.write_reasons(&mut text);
        text
    }

    /// The same without the table.
    #[must_use]
    pub fn words(&self) -> String {
        let mut text = String::new();
        let _ = self.write_verdict(&mut text);
        let _ = self.write_reasons(&mut text);
        text
    }

    /// The bids alone: one line a bid, best score first, the winner's marked.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = String::new();
        let _ = self.write_bids(&mut text);
        text
    }

    /// A model's name.
    pub(super) fn name(&self, model: usize) -> &str {
        self.cards.get(model).map_or("?", |card| card.name.as_str())
    }

    fn of(&self, bid: &Bid) -> &str {
        self.name(bid.model)
    }

    fn write_verdict(&self, text: &mut String) -> Result {
        let (award, winner) = (self.award, self.award.winning());
        let name = self.of(winner);
        writeln!(
            text,
            "{name} wins for class \"{}\" with score {:.4}.",
            self.class, winner.score
        )?;
        self.write_finding(text)?;
        self.write_margin(text)?;
        let lanes: Vec<&str> = award
            .plan
            .lanes
            .iter()
            .map(|lane| self.name(*lane))
            .collect();
        let how = match award.plan.kind {
            Kind::Single => "one lane",
            Kind::Hedge => "one lane, the next if it is late or fails",
            Kind::Cascade => "the next lane only if the last answer is refused",
            Kind::Race => "all lanes at once, the first accepted answer wins",
        };
        let (kind, expected) = (award.plan.kind.name(), &award.plan.expected);
        writeln!(text, "Plan: {kind} ({how}): {}.", lanes.join(", "))?;
        writeln!(
            text,
            "Expected: quality {:.3}, ${:.6}, {:.2} s.",
            expected.quality, expected.cost_usd, expected.latency_s
        )
    }

    /// What features had to do with it.
    fn write_finding(&self, text: &mut String) -> Result {
        let Some(found) = self.award.found else {
            return Ok(());
        };
        let (class, gain, error) = (found.class + 1, found.gain, found.error);
        if found.decides {
            writeln!(
                text,
                "The task was classed by its features (found class {class}): such classes have predicted \
                 outcomes better than none, by {gain:.4} ± {error:.4} of squared error."
            )
        } else {
            writeln!(
                text,
                "Its features were not used: classes found by its words (or the embedding given) have not predicted \
                 outcomes better than the table of classes so far."
            )
        }
    }

    /// Why this one, against the best other bid.
    fn write_margin(&self, text: &mut String) -> Result {
        let (award, winner) = (self.award, self.award.winning());
        let best = &award.bids[award.best()];
        if award.exploring {
            writeln!(
                text,
                "It was chosen to learn about it, not for its score: {}.",
                if award.curiosity.floor > 0.0 {
                    "its quality is still unsure, or the floor's draw fell on it"
                } else {
                    "its quality is still unsure"
                }
            )?;
        }
        if best.model != winner.model {
            let (rival, score) = (self.of(best), best.score);
            let why = if award.exploring {
                "without exploring it would have been chosen"
            } else {
                "the plan as a whole has the better expectation"
            };
            return writeln!(text, "{rival} alone has score {score:.4}; {why}.");
        }
        if let (Some(price), Some(rival)) = (award.critical_price(), award.runner_up) {
            let second = self.of(&award.bids[rival]);
            writeln!(
                text,
                "It wins over {second} until it costs more than ${price:.6}."
            )?;
        }
        Ok(())
    }

    fn write_bids(&self, text: &mut String) -> Result {
        let award = self.award;
        let mut ranked: Vec<&Bid> = award.bids.iter().collect();
        ranked.sort_by(|one, other| other.score.total_cmp(&one.score));
        let names = ranked.iter().map(|bid| self.of(bid).chars().count());
        let widest = names.max().unwrap_or(0).max(5);
        writeln!(
            text,
            "  {:widest$}  quality ±      value     − cost     − time     = score",
            "model"
        )?;
        for bid in ranked {
            let (estimate, weights) = (&bid.estimate, &award.weights);
            writeln!(
                text,
                "{} {:widest$}  {:.3} ±{:.3}  {:9.4}  {:9.4}  {:9.4}  {:9.4}",
                if bid.model == award.winning().model {
                    "*"
                } else {
                    " "
                },
                self.of(bid),
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

    fn write_reasons(&self, text: &mut String) -> Result {
        for (model, bar) in &self.award.barred {
            writeln!(text, "{} did not bid: {}.", self.name(*model), bar.reason())?;
        }
        for flip in self.award.flips() {
            let side = if flip.above { "above" } else { "below" };
            let name = self.of(&self.award.bids[flip.winner]);
            let weights = &self.award.weights;
            let now = match flip.weight {
                "cost" => weights.per_usd,
                _ => weights.per_s,
            };
            writeln!(
                text,
                "With {} weight {side} {:.4} (it is {now:.4}): {name}.",
                flip.weight, flip.at
            )?;
        }
        self.write_shortfall(text)?;
        self.write_happened(text)
    }

    /// What the next best bid would have needed.
    fn write_shortfall(&self, text: &mut String) -> Result {
        let Some(rival) = self.award.runner_up else {
            return Ok(());
        };
        let Some(short) = self.award.shortfall(rival) else {
            return Ok(());
        };
        let mut needs = Vec::new();
        needs.extend(
            short
                .quality_above
                .map(|quality| format!("quality above {quality:.3}")),
        );
        needs.extend(
            short
                .cost_below_usd
                .map(|usd| format!("less than ${usd:.6}")),
        );
        needs.extend(
            short
                .latency_below_s
                .map(|seconds| format!("less than {seconds:.2} s")),
        );
        if needs.is_empty() {
            return Ok(());
        }
        let name = self.of(&self.award.bids[rival]);
        writeln!(
            text,
            "{name} would have won with {}.",
            needs.join(", or with ")
        )
    }

    /// What became of the lanes, beside the expectation above.
    fn write_happened(&self, text: &mut String) -> Result {
        if self.seen.is_empty() {
            return Ok(());
        }
        let lanes: Vec<String> = self.seen.iter().map(|seen| self.lane(seen)).collect();
        let spent: f64 = self.seen.iter().filter_map(|seen| seen.cost_usd).sum();
        writeln!(text, "Happened: {}; ${spent:.6} in all.", lanes.join("; "))
    }

    fn lane(&self, seen: &Seen) -> String {
        let quality = match (seen.valid, seen.quality) {
            (false, _) => "no valid answer".to_owned(),
            (true, Some(quality)) => format!("quality {quality:.3}"),
            (true, None) => "not judged yet".to_owned(),
        };
        let cost = seen
            .cost_usd
            .map_or(String::new(), |usd| format!(", ${usd:.6}"));
        let time = seen
            .latency_s
            .map_or(String::new(), |s| format!(", {s:.2} s"));
        format!("{} {quality}{cost}{time}", self.name(seen.model))
    }
}

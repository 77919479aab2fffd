//! How a book learns: adding an outcome to its tallies, and noticing that a model has changed.

use super::book::{MEMORY, SHORT_MEMORY};
use super::{Book, Change, Moment, Outcome, Request, Tally, Usual};

/// Weight per cell that survives a quality alarm: the old level, shifted by what was seen.
const AFTER_ALARM: f64 = 15.0;

impl Book {
    /// Learns one outcome. `quality` is the judged quality with the task's difficulty taken out; gives
    /// the change that was noticed, if any.
    pub fn learn(
        &mut self,
        class: usize,
        model: usize,
        outcome: &Outcome,
        quality: Option<f64>,
    ) -> Option<Change> {
        let repriced = self.watch_cost(class, model, outcome);
        let usual = self.usual(class, model);
        self.absorb(class, model, outcome, &usual);
        let changed = quality.and_then(|quality| self.learn_quality(class, model, quality));
        changed.or(repriced)
    }

    /// Learns a judged quality, difficulty taken out.
    pub fn learn_quality(&mut self, class: usize, model: usize, quality: f64) -> Option<Change> {
        let cell = &self.rows[class][model];
        let expected = self.belief(class, model).quality;
        let evidence = cell.quality.weight;
        self.absorb_quality(class, model, quality);
        let alarm = &mut self.records[model].alarm;
        let change = alarm.quality(model, quality.clamp(0.0, 1.0), expected, evidence);
        if let Some(change) = change {
            self.shift_quality(model, change.size);
        }
        self.refresh(class, model);
        change
    }

    /// Puts a corrected quality in the place of an earlier one.
    pub fn correct_quality(&mut self, class: usize, model: usize, old: f64, new: f64) {
        self.absorb_correction(class, model, old, new);
        self.refresh(class, model);
    }

    /// Adds everything but the quality of an outcome to the tallies, and nothing more; `usual` is what
    /// the book that decides says of this cell.
    pub fn absorb(&mut self, class: usize, model: usize, outcome: &Outcome, usual: &Usual) {
        let cell = &mut self.rows[class][model];
        cell.trials += 1;
        cell.valid.add(f64::from(outcome.valid), SHORT_MEMORY);
        self.absorb_times(class, model, outcome, usual.latency);
        if let Some(output) = self.output_of(model, outcome) {
            self.absorb_output(class, model, output, usual.output);
        }
    }

    /// Adds the seconds to a first token, of a lane of which nothing else is to be learned; `cut` where it was cut before
    /// it spoke.
    pub fn absorb_ttft(&mut self, model: usize, seconds: f64, cut: bool) {
        let ttft = &mut self.records[model].ttft;
        if cut {
            ttft.add_at_least(seconds);
        } else {
            ttft.add(seconds);
        }
    }

    /// Adds that a call at this moment took `ratio` times what was usual.
    pub fn absorb_tide(&mut self, model: usize, moment: &Moment, ratio: f64) {
        self.records[model].tide.learn(moment, ratio);
    }

    /// Adds a quality to its tally, and nothing more.
    pub fn absorb_quality(&mut self, class: usize, model: usize, quality: f64) {
        self.rows[class][model].judge(quality, MEMORY);
    }

    /// Corrects a quality in its tally, and nothing more.
    pub fn absorb_correction(&mut self, class: usize, model: usize, old: f64, new: f64) {
        self.rows[class][model].quality.replace(old, new);
    }

    fn absorb_times(
        &mut self,
        class: usize,
        model: usize,
        outcome: &Outcome,
        usual: Option<(f64, f64)>,
    ) {
        let record = &mut self.records[model];
        if let Some(seconds) = outcome.latency_s {
            if let Some((expected, usual)) = usual {
                record.pace.add(seconds / expected.max(1e-9));
                self.class_pace[class].add((seconds / usual.max(1e-9)).min(100.0), SHORT_MEMORY);
            }
            self.rows[class][model].latency.add(seconds, SHORT_MEMORY);
            record.latency.add(seconds);
        }
        let Some(first) = outcome.ttft_s else { return };
        record.ttft.add(first);
        if let (Some(total), Some(tokens)) = (outcome.latency_s, outcome.output_tokens)
            && total > first
        {
            record.speed.add(tokens / (total - first));
        }
    }

    fn absorb_output(&mut self, class: usize, model: usize, output: f64, usual: f64) {
        self.rows[class][model].output.add(output, SHORT_MEMORY);
        let verbosity = &mut self.records[model].verbosity;
        if self.cards[model].price_out > 0.0 {
            self.class_output[class].add(output, SHORT_MEMORY);
            verbosity.add((output / usual.max(1.0)).clamp(-100.0, 100.0), SHORT_MEMORY);
        } else {
            verbosity.add(output, SHORT_MEMORY);
        }
    }

    /// An outcome's output in units: from usage where it was reported, else from the bill.
    fn output_of(&self, model: usize, outcome: &Outcome) -> Option<f64> {
        let card = &self.cards[model];
        let sent = card.price_in * 1e-6 * outcome.input_tokens;
        let reported = outcome.output_tokens.filter(|_| card.price_out > 0.0);
        let usd = reported.map(|tokens| card.price_out * 1e-6 * tokens);
        let usd = usd.or_else(|| outcome.cost_usd.map(|cost| cost - sent))?;
        Some((usd / card.unit_usd()).clamp(-1e7, 1e7))
    }

    fn watch_cost(&mut self, class: usize, model: usize, outcome: &Outcome) -> Option<Change> {
        let billed = outcome.cost_usd?;
        let request = Request {
            class,
            input_tokens: outcome.input_tokens,
            output_limit: None,
        };
        let expected = self.cost(&request, model);
        let change = self.records[model].alarm.cost(model, billed, expected);
        if change.is_some() {
            self.forget_output(model, 1.0);
        }
        change
    }

    /// Keeps at most `weight` of what is known of a model's output in each place.
    pub(super) fn forget_output(&mut self, model: usize, weight: f64) {
        let shrink = |tally: &mut Tally| {
            if tally.weight > weight {
                tally.keep(weight / tally.weight);
            }
        };
        self.rows
            .iter_mut()
            .for_each(|row| shrink(&mut row[model].output));
        shrink(&mut self.records[model].verbosity);
    }

    /// After an alarm: the old levels shifted by what was seen, held loosely.
    fn shift_quality(&mut self, model: usize, by: f64) {
        for cell in self.rows.iter_mut().map(|row| &mut row[model]) {
            if let Some(mean) = cell.quality.mean() {
                let mean = (mean + by).clamp(0.0, 1.0);
                let weight = cell.quality.weight.min(AFTER_ALARM);
                cell.paired *= weight / cell.quality.weight;
                // Outcomes near 0 or 1 about the shifted mean: squares as of a Bernoulli variable.
                cell.quality = Tally {
                    weight,
                    sum: mean * weight,
                    squares: mean * weight,
                };
            }
        }
        self.fit();
    }
}

//! The book of profiles: every cell, every record, and the one place where they are learned.

use std::collections::BTreeSet;

use hashbrown::HashMap;

use super::pool::Anchor;
use super::{Card, Cell, Change, Estimate, Joint, Outcome, Pool, Record, Request, Tally};

/// The most task classes a book keeps; further ones share the last.
pub const CLASSES: usize = 1_024;
/// The most models a book keeps.
pub const MODELS: usize = 65_536;
/// Outcomes a quality tally remembers.
pub(super) const MEMORY: f64 = 2_000.0;
/// Outcomes that output length, latency and validity remember.
pub(super) const SHORT_MEMORY: f64 = 500.0;
/// Output tokens where nothing is known.
const DEFAULT_OUTPUT: f64 = 256.0;
/// Seconds to a complete answer where nothing is known.
const DEFAULT_LATENCY: f64 = 1.0;
/// Pseudo-outcomes with which a cell leans on its pool (output, latency).
const LEAN: f64 = 4.0;
/// Validity before any outcome, and what that is worth.
const VALIDITY: (f64, f64) = (0.97, 10.0);
/// Weight per cell that survives a quality alarm: the old level, shifted by what was seen.
const AFTER_ALARM: f64 = 15.0;

/// Why a book refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BookError {
    /// A name that stands in the book already.
    Duplicate(String),
    /// A price, prior or evidence that is negative or no number.
    Unsound(String),
    /// More than [`MODELS`].
    Full,
}

/// All profiles of one market.
#[derive(Clone, Debug)]
pub struct Book {
    pub(super) cards: Vec<Card>,
    pub(super) records: Vec<Record>,
    pub(super) class_names: Vec<String>,
    class_numbers: HashMap<String, usize, ahash::RandomState>,
    pub(super) rows: Vec<Vec<Cell>>,
    pub(super) class_output: Vec<Tally>,
    pub(super) joint: Joint,
    anchors: Vec<Anchor>,
    pool: Pool,
    unfitted: usize,
}

impl Book {
    /// An empty book; `seed` seeds its hash.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let hasher = ahash::RandomState::with_seeds(seed, 1, 2, 3);
        Self {
            cards: Vec::new(),
            records: Vec::new(),
            class_names: Vec::new(),
            class_numbers: HashMap::with_hasher(hasher),
            rows: Vec::new(),
            class_output: Vec::new(),
            joint: Joint::default(),
            anchors: Vec::new(),
            pool: Pool::default(),
            unfitted: 0,
        }
    }

    /// Adds models; they get the next numbers in their order. Nothing is added if one is refused.
    ///
    /// # Errors
    /// [`BookError`] if a name is taken, a number is unsound or the book is full.
    pub fn add_models(&mut self, cards: Vec<Card>) -> Result<(), BookError> {
        if self.cards.len() + cards.len() > MODELS {
            return Err(BookError::Full);
        }
        let mut names: BTreeSet<&str> = self.cards.iter().map(|card| card.name.as_str()).collect();
        for card in &cards {
            if !card.is_sound() {
                return Err(BookError::Unsound(card.name.clone()));
            }
            if !names.insert(&card.name) {
                return Err(BookError::Duplicate(card.name.clone()));
            }
        }
        self.cards.extend(cards);
        self.records.resize_with(self.cards.len(), Record::default);
        self.rows
            .iter_mut()
            .for_each(|row| row.resize(self.cards.len(), Cell::default()));
        self.anchor();
        Ok(())
    }

    /// Changes a model's list prices; what was learned in tokens stays true.
    ///
    /// # Errors
    /// [`BookError::Unsound`] for a negative price or one that is no number.
    pub fn reprice(
        &mut self,
        model: usize,
        price_in: f64,
        price_out: f64,
    ) -> Result<(), BookError> {
        let card = Card {
            price_in,
            price_out,
            ..self.cards[model].clone()
        };
        if !card.is_sound() {
            return Err(BookError::Unsound(card.name));
        }
        if (card.price_out > 0.0) != (self.cards[model].price_out > 0.0) {
            self.forget_output(model, 0.0);
        }
        self.cards[model] = card;
        self.anchor();
        Ok(())
    }

    /// The number of a task class, made on first sight; past [`CLASSES`] the last is shared.
    pub fn class(&mut self, name: &str) -> usize {
        if let Some(number) = self.class_numbers.get(name) {
            return *number;
        }
        if self.rows.len() >= CLASSES {
            return CLASSES - 1;
        }
        let number = self.rows.len();
        self.class_numbers.insert(name.to_owned(), number);
        self.class_names.push(name.to_owned());
        self.rows.push(vec![Cell::default(); self.cards.len()]);
        self.class_output.push(Tally::default());
        self.pool.resize(self.cards.len(), self.rows.len());
        number
    }

    /// The models' cards, in order of their numbers.
    #[must_use]
    pub fn cards(&self) -> &[Card] {
        &self.cards
    }

    /// What is learned about one model over all classes.
    #[must_use]
    pub fn record(&self, model: usize) -> &Record {
        &self.records[model]
    }

    /// Names of the task classes, in order of their numbers.
    #[must_use]
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }

    /// One cell.
    #[must_use]
    pub fn cell(&self, class: usize, model: usize) -> &Cell {
        &self.rows[class][model]
    }

    /// How outcomes on one task go together.
    #[must_use]
    pub const fn joint(&self) -> &Joint {
        &self.joint
    }

    /// Learns from a pair of standardised surprises on one task, the earlier lane's first.
    pub fn learn_pair(&mut self, earlier: f64, later: f64) {
        self.joint.learn(earlier, later);
    }

    /// The fitted pool.
    #[must_use]
    pub const fn pool(&self) -> &Pool {
        &self.pool
    }

    /// What is expected of `model` on a task.
    #[must_use]
    pub fn estimate(&self, request: &Request, model: usize) -> Estimate {
        let cell = &self.rows[request.class][model];
        let (quality, variance) =
            self.pool
                .posterior(cell, request.class, model, self.anchors[model]);
        Estimate {
            quality,
            doubt: variance.sqrt(),
            evidence: cell.quality.weight,
            validity: cell.valid.mean_toward(VALIDITY.0, VALIDITY.1),
            cost_usd: self.cost(request, model),
            latency_s: self.latency(request.class, model),
        }
    }

    /// Expected cost in USD of one call.
    #[must_use]
    pub fn cost(&self, request: &Request, model: usize) -> f64 {
        let card = &self.cards[model];
        let sent = card.price_in * 1e-6 * request.input_tokens;
        let output = self.output(request.class, model);
        let received = if card.price_out > 0.0 {
            card.price_out
                * 1e-6
                * request
                    .output_limit
                    .map_or(output, |limit| output.min(limit))
        } else {
            output
        };
        (sent + received).max(0.0)
    }

    /// Expected output: tokens, or USD where the model has no output price.
    #[must_use]
    pub fn output(&self, class: usize, model: usize) -> f64 {
        let record = &self.records[model];
        let pooled = if self.cards[model].price_out > 0.0 {
            self.usual_output(class) * record.verbosity.mean_toward(1.0, 2.0)
        } else {
            record.verbosity.mean_toward(0.0, 1e-9)
        };
        self.rows[class][model].output.mean_toward(pooled, LEAN)
    }

    fn usual_output(&self, class: usize) -> f64 {
        self.class_output[class].mean_toward(DEFAULT_OUTPUT, 1.0)
    }

    /// Expected seconds to the complete answer.
    #[must_use]
    pub fn latency(&self, class: usize, model: usize) -> f64 {
        let pooled = self.records[model]
            .latency
            .mean()
            .unwrap_or(DEFAULT_LATENCY);
        self.rows[class][model].latency.mean_toward(pooled, LEAN)
    }

    /// Quantile `p` of seconds to the complete answer, the model's shape at the cell's scale.
    #[must_use]
    pub fn latency_quantile(&self, class: usize, model: usize, p: f64) -> f64 {
        let expected = self.latency(class, model);
        let sketch = &self.records[model].latency;
        match (sketch.quantile(p), sketch.mean()) {
            (Some(quantile), Some(mean)) if mean > 0.0 => expected * quantile / mean,
            // An exponential tail stands in for a shape that nobody has seen.
            _ => expected * -(1.0 - p).max(1e-6).ln(),
        }
    }

    /// Chance that a complete answer takes longer than `seconds`: the model's shape at the cell's scale.
    #[must_use]
    pub fn later_than(&self, class: usize, model: usize, seconds: f64) -> f64 {
        let expected = self.latency(class, model);
        let sketch = &self.records[model].latency;
        match sketch.mean() {
            Some(mean) if expected > 0.0 && sketch.weight() > 0.0 => {
                sketch.above(seconds * mean / expected)
            }
            _ => (-seconds / expected.max(1e-9)).exp().min(1.0),
        }
    }

    /// Quantile `p` of seconds to the first token, or `None` before any was timed.
    #[must_use]
    pub fn ttft_quantile(&self, model: usize, p: f64) -> Option<f64> {
        self.records[model].ttft.quantile(p)
    }

    /// Learns one outcome. `quality` is the judged quality with the task's difficulty taken out; gives
    /// the change that was noticed, if any.
    pub fn learn(
        &mut self,
        class: usize,
        model: usize,
        outcome: &Outcome,
        quality: Option<f64>,
    ) -> Option<Change> {
        self.rows[class][model].trials += 1;
        self.rows[class][model]
            .valid
            .add(f64::from(outcome.valid), SHORT_MEMORY);
        self.learn_times(class, model, outcome);
        let repriced = self.learn_cost(class, model, outcome);
        let changed = quality.and_then(|quality| self.learn_quality(class, model, quality));
        changed.or(repriced)
    }

    /// Learns a quality that came after its outcome.
    pub fn learn_quality(&mut self, class: usize, model: usize, quality: f64) -> Option<Change> {
        let cell = &self.rows[class][model];
        let (expected, _) = self.pool.posterior(cell, class, model, self.anchors[model]);
        let evidence = cell.quality.weight;
        self.rows[class][model].quality.add(quality, MEMORY);
        let change =
            self.records[model]
                .alarm
                .quality(model, quality.clamp(0.0, 1.0), expected, evidence);
        if let Some(change) = change {
            self.shift_quality(model, change.size);
        }
        self.refresh(class, model);
        change
    }

    /// Puts a corrected quality in the place of an earlier one.
    pub fn correct_quality(&mut self, class: usize, model: usize, old: f64, new: f64) {
        self.rows[class][model].quality.replace(old, new);
        self.refresh(class, model);
    }

    fn learn_times(&mut self, class: usize, model: usize, outcome: &Outcome) {
        let record = &mut self.records[model];
        if let Some(seconds) = outcome.latency_s {
            self.rows[class][model].latency.add(seconds, SHORT_MEMORY);
            record.latency.add(seconds);
        }
        if let Some(first) = outcome.ttft_s {
            record.ttft.add(first);
            if let (Some(total), Some(tokens)) = (outcome.latency_s, outcome.output_tokens)
                && total > first
            {
                record.speed.add(tokens / (total - first));
            }
        }
    }

    fn learn_cost(&mut self, class: usize, model: usize, outcome: &Outcome) -> Option<Change> {
        let card = &self.cards[model];
        let sent = card.price_in * 1e-6 * outcome.input_tokens;
        let priced = card.price_out > 0.0;
        let implied = |cost: f64| {
            if priced {
                (cost - sent) / (card.price_out * 1e-6)
            } else {
                cost - sent
            }
        };
        let reported = outcome.output_tokens.filter(|_| priced);
        let output = reported
            .or_else(|| outcome.cost_usd.map(implied))?
            .clamp(-1e7, 1e7);
        let request = Request {
            class,
            input_tokens: outcome.input_tokens,
            output_limit: None,
        };
        let expected = self.cost(&request, model);
        let change = outcome
            .cost_usd
            .and_then(|cost| self.records[model].alarm.cost(model, cost, expected));
        if change.is_some() {
            self.forget_output(model, 1.0);
        }
        let usual = self.usual_output(class);
        self.rows[class][model].output.add(output, SHORT_MEMORY);
        if priced {
            self.class_output[class].add(output, SHORT_MEMORY);
            self.records[model]
                .verbosity
                .add((output / usual.max(1.0)).clamp(-100.0, 100.0), SHORT_MEMORY);
        } else {
            self.records[model].verbosity.add(output, SHORT_MEMORY);
        }
        change
    }

    /// Keeps at most `weight` of what is known of a model's output in each place.
    fn forget_output(&mut self, model: usize, weight: f64) {
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
        for tally in self.rows.iter_mut().map(|row| &mut row[model].quality) {
            if let Some(mean) = tally.mean() {
                let mean = (mean + by).clamp(0.0, 1.0);
                let weight = tally.weight.min(AFTER_ALARM);
                // Outcomes near 0 or 1 about the shifted mean: squares as of a Bernoulli variable.
                *tally = Tally {
                    weight,
                    sum: mean * weight,
                    squares: mean * weight,
                };
            }
        }
        self.fit();
    }

    /// Keeps the pool abreast: the touched effects now, a whole fit at amortised constant cost.
    fn refresh(&mut self, class: usize, model: usize) {
        self.unfitted += 1;
        let cells = self.rows.len() * self.cards.len();
        if self.unfitted >= 16.max(cells / 16) {
            self.fit();
        } else {
            self.pool.touch(&self.rows, &self.anchors, class, model);
        }
    }

    /// Fits the pool anew to all cells.
    pub fn fit(&mut self) {
        self.unfitted = 0;
        self.joint.settle();
        self.pool.resize(self.cards.len(), self.rows.len());
        self.pool.fit(&self.rows, &self.anchors);
    }

    /// Ranks the prices: −½ the cheapest, ½ the dearest, ties in the middle of their span.
    fn anchor(&mut self) {
        let price = |card: &Card| card.price_in + card.price_out;
        let last = (self.cards.len().max(2) - 1) as f64;
        let prices: Vec<f64> = self.cards.iter().map(price).collect();
        let mut sorted = prices.clone();
        sorted.sort_by(f64::total_cmp);
        self.anchors.clear();
        for (card, price) in self.cards.iter().zip(&prices) {
            let below = sorted.partition_point(|other| other < price);
            let through = sorted.partition_point(|other| other <= price);
            let rank = (below + through - 1) as f64 / 2.0 / last - 0.5;
            let card = card.quality.map(|quality| (quality, card.evidence));
            self.anchors.push(Anchor { rank, card });
        }
        self.pool.resize(self.cards.len(), self.rows.len());
    }

    /// Total outcomes ever learned.
    #[must_use]
    pub fn trials(&self) -> u64 {
        self.rows.iter().flatten().map(|cell| cell.trials).sum()
    }
}

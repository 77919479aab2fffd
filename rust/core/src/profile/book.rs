//! The book of profiles: every cell, every record, and the one place where they are learned.

use std::collections::BTreeSet;

use hashbrown::HashMap;

use super::pool::Anchor;
use super::{Card, Cell, Joint, Pool, Record, Tally};

/// The most task classes a book keeps; further ones share the last.
pub const CLASSES: usize = 1_024;
/// The most models a book keeps.
pub const MODELS: usize = 65_536;
/// Outcomes a quality tally remembers.
pub(super) const MEMORY: f64 = 2_000.0;
/// Outcomes that output length, latency and validity remember.
pub(super) const SHORT_MEMORY: f64 = 500.0;

/// The fewest tasks ahead for which it explores.
const HORIZON: f64 = 1_000.0;

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
    /// Seconds to a complete answer relative to what its model usually takes, by class.
    pub(super) class_pace: Vec<Tally>,
    pub(super) joint: Joint,
    pub(super) anchors: Vec<Anchor>,
    pub(super) pool: Pool,
    /// Outcomes ever learned, by class and in all: how much of what is to come is like what.
    seen: Vec<f64>,
    total: f64,
    /// Those of tasks on which one model was seen.
    alone: f64,
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
            class_pace: Vec::new(),
            joint: Joint::default(),
            anchors: Vec::new(),
            pool: Pool::default(),
            seen: Vec::new(),
            total: 0.0,
            alone: 0.0,
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
        self.class_pace.push(Tally::default());
        self.seen.push(0.0);
        self.pool.resize(self.cards.len(), self.rows.len());
        number
    }

    /// A book with the same models, prices and classes in which nothing has been learned.
    #[must_use]
    pub fn blank(&self) -> Self {
        let mut blank = self.clone();
        blank.records.fill_with(Record::default);
        blank
            .rows
            .iter_mut()
            .for_each(|row| row.fill(Cell::default()));
        blank.class_output.fill(Tally::default());
        blank.class_pace.fill(Tally::default());
        blank.joint = Joint::default();
        blank.pool = Pool::default();
        blank.fit();
        blank
    }

    /// A book with the same models in which nothing has been learned, of any class.
    #[must_use]
    pub fn barren(&self) -> Self {
        let mut barren = Self::new(0);
        // Cards that stand in a book are sound and distinct.
        let _ = barren.add_models(self.cards.clone());
        barren
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

    /// Says that a cell's last outcome came from a task on which other models were seen as well.
    pub fn pair(&mut self, class: usize, model: usize) {
        let cell = &mut self.rows[class][model];
        cell.paired = (cell.paired + 1.0).min(cell.quality.weight);
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

    /// Keeps the pool abreast: the touched effects now, a whole fit at amortised constant cost.
    pub(super) fn refresh(&mut self, class: usize, model: usize) {
        self.unfitted += 1;
        self.seen[class] += 1.0;
        self.total += 1.0;
        self.alone += 1.0;
        let cells = self.rows.len() * self.cards.len();
        if self.unfitted >= 16.max(cells / 16) {
            self.fit();
        } else {
            self.pool.touch(&self.rows, &self.anchors, class, model);
        }
    }

    /// What is known of a cell's quality.
    #[must_use]
    pub fn belief(&self, class: usize, model: usize) -> super::Belief {
        self.pool.belief(class, model, self.anchors[model])
    }

    /// Tasks for which knowledge is gathered: as many as have been awarded, and at least [`HORIZON`].
    pub(super) fn horizon(&self) -> f64 {
        self.alone.max(HORIZON)
    }

    /// The share of tasks that is of this class.
    pub(super) fn share(&self, class: usize) -> f64 {
        (self.seen[class] + 1.0) / (self.total + self.rows.len() as f64)
    }

    /// Fits the pool anew to all cells.
    pub fn fit(&mut self) {
        self.unfitted = 0;
        let trials = |row: &Vec<Cell>| row.iter().map(|cell| cell.trials).sum::<u64>() as f64;
        self.seen = self.rows.iter().map(trials).collect();
        self.total = self.seen.iter().sum();
        let paired: f64 = self.rows.iter().flatten().map(|cell| cell.paired).sum();
        self.alone = self.total - paired;
        self.joint.settle();
        self.pool.resize(self.cards.len(), self.rows.len());
        self.pool
            .fit(&self.rows, &self.anchors, self.joint.correlation());
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
            self.anchors.push(Anchor {
                rank,
                standing: card.standing,
                card: card.quality.map(|quality| (quality, card.evidence)),
            });
        }
        self.pool.resize(self.cards.len(), self.rows.len());
    }

    /// Whether anything at all has been learned.
    #[must_use]
    pub fn has_learned(&self) -> bool {
        self.rows
            .iter()
            .flatten()
            .any(|cell| *cell != Cell::default())
    }

    /// Total outcomes ever learned.
    #[must_use]
    pub fn trials(&self) -> u64 {
        self.rows.iter().flatten().map(|cell| cell.trials).sum()
    }
}

//! Task classes that are found, for tasks whose caller names none.
//!
//! Tasks are sorted by their features into a few clusters as they come (online spherical k-means), and
//! every cluster is learned as a class in a book of its own. Both books, this one and the table that knows
//! no classes, say what they expect of an outcome *before* it is learned; the found classes decide only
//! while their squared error has been clearly the smaller (prequential validation: Dawid 1984), with a
//! gap between coming in and going out, so that a lucky run does neither.

use super::features::{Features, cosine, scaled};
use super::{Book, Outcome, Tally};

/// The most classes that are found.
const CLUSTERS: usize = 8;
/// Cosine below which a task founds a class, while there is room.
const UNLIKE: f64 = 0.45;
/// The least weight of a task in its cluster's centre: centres keep moving a little.
const PULL: f64 = 0.005;
/// Comparisons that are remembered, and how many are needed before they count.
const MEMORY: f64 = 1_000.0;
const NEEDED: f64 = 80.0;
/// Standard errors above 0 at which found classes come in, and below which they go out.
const ENTER: f64 = 2.5;
const LEAVE: f64 = 0.5;

/// Found classes and how well they predict.
#[derive(Clone, Debug)]
pub struct Found {
    centres: Vec<(Features, f64)>,
    book: Book,
    gain: Tally,
    decides: bool,
}

impl Found {
    /// No classes yet, over the models of `like`.
    #[must_use]
    pub fn new(like: &Book) -> Self {
        Self {
            centres: Vec::new(),
            book: like.barren(),
            gain: Tally::default(),
            decides: false,
        }
    }

    /// What is learned of the found classes.
    #[must_use]
    pub const fn book(&self) -> &Book {
        &self.book
    }

    /// The book, to change prices.
    pub const fn book_mut(&mut self) -> &mut Book {
        &mut self.book
    }

    /// Whether the found classes have predicted better than the table without classes.
    #[must_use]
    pub const fn decides(&self) -> bool {
        self.decides
    }

    /// By how much the mean squared error is smaller, and its standard error.
    #[must_use]
    pub fn gain(&self) -> (f64, f64) {
        let weight = self.gain.weight.max(1.0);
        let error = (self.gain.scatter() / weight / weight).sqrt();
        (self.gain.mean().unwrap_or(0.0), error.max(1e-9))
    }

    /// The class of a task, whose features move it.
    pub fn sort(&mut self, features: &Features) -> usize {
        let (nearest, alike) = self.nearest(features);
        if self.centres.len() < CLUSTERS && alike < UNLIKE {
            self.centres.push((*features, 1.0));
            return self.book.class(&format!("found {}", self.centres.len()));
        }
        let (centre, count) = &mut self.centres[nearest];
        let pull = (1.0 / (*count + 1.0)).max(PULL);
        *count += 1.0;
        for (place, value) in features.iter().enumerate() {
            centre[place] += pull * (value - centre[place]);
        }
        *centre = scaled(*centre);
        nearest
    }

    /// Learns an outcome whose quality the table expected to be `expected`.
    pub fn learn(
        &mut self,
        class: usize,
        model: usize,
        outcome: &Outcome,
        quality: Option<f64>,
        expected: f64,
    ) {
        if let Some(quality) = quality {
            self.compare(class, model, quality, expected);
        }
        self.book.learn(class, model, outcome, quality);
    }

    /// Learns a quality that came later.
    pub fn learn_quality(&mut self, class: usize, model: usize, quality: f64, expected: f64) {
        self.compare(class, model, quality, expected);
        self.book.learn_quality(class, model, quality);
    }

    fn compare(&mut self, class: usize, model: usize, quality: f64, expected: f64) {
        let own = self.book.belief(class, model).quality;
        let saved = (quality - expected).powi(2) - (quality - own).powi(2);
        self.gain.add(saved, MEMORY);
        let (mean, error) = self.gain();
        let bar = if self.decides { LEAVE } else { ENTER };
        self.decides = self.gain.weight >= NEEDED && mean > bar * error;
    }

    fn nearest(&self, features: &Features) -> (usize, f64) {
        let alike = |(centre, _): &(Features, f64)| cosine(centre, features);
        let likes = self.centres.iter().map(alike).enumerate();
        likes.fold((0, f64::NEG_INFINITY), |best, one| {
            if one.1 > best.1 { one } else { best }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auction::Dice;
    use crate::profile::Card;
    use crate::profile::features::of_text;

    /// Two models over two kinds of text; with `differ` each is good at one kind alone.
    fn run(differ: bool, seed: u64) -> Found {
        let card = |name: &str| Card {
            name: name.to_owned(),
            ..Card::default()
        };
        let mut book = Book::new(0);
        book.add_models(vec![card("left"), card("right")]).unwrap();
        let class = book.class("default");
        let (mut found, mut dice) = (Found::new(&book), Dice::new(seed));
        let texts = [
            "solve the equation for x",
            "translate this letter into French",
        ];
        for turn in 0..600 {
            let (kind, model) = ((dice.bits() >> 40) as usize % 2, turn % 2);
            let chance = if differ && kind != model { 0.4 } else { 0.9 };
            let quality = f64::from(dice.uniform() < chance);
            let place = found.sort(&of_text(texts[kind]));
            let outcome = Outcome {
                quality: Some(quality),
                valid: true,
                cost_usd: None,
                latency_s: None,
                ttft_s: None,
                input_tokens: 10.0,
                output_tokens: None,
            };
            let expected = book.belief(class, model).quality;
            found.learn(place, model, &outcome, Some(quality), expected);
            book.learn(class, model, &outcome, Some(quality));
        }
        found
    }

    #[test]
    fn classes_are_found_where_models_differ_by_kind_and_left_alone_where_not() {
        let found = run(true, 1);
        assert!(
            found.decides() && found.gain().0 > 0.02,
            "{:?}",
            found.gain()
        );
        let quality = |class, model| found.book().belief(class, model).quality;
        assert!((quality(0, 0) - quality(0, 1)).abs() > 0.2);
        let entered = (0..20).filter(|seed| run(false, *seed).decides()).count();
        assert!(entered <= 1, "{entered} of 20 runs without differences");
    }
}

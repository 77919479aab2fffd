//! Task classes that are found, for tasks whose caller names none.
//!
//! Tasks are sorted by their features into a few clusters as they come (online spherical k-means), and
//! every cluster is learned as a class in a book of its own. Both books, this one and the table that knows
//! no classes, say what they expect of an outcome *before* it is learned; the found classes decide only
//! while their squared error has been clearly the smaller (prequential validation: Dawid 1984), with a
//! gap between coming in and going out, so that a lucky run does neither.
//!
//! What was found is part of a profile file. Files meet by their centres: a class of the file is taken for
//! the nearest one here, or for a new one where none is near and there is room; the tallies add up.

use super::codec::{CodecError, FoundBody};
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
    /// What was learned since the last [`Found::take_fresh`], if it is kept.
    fresh: Option<Box<Fresh>>,
}

#[derive(Clone, Debug)]
struct Fresh {
    weights: Vec<f64>,
    book: Book,
    gain: Tally,
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
            fresh: None,
        }
    }

    /// Keeps what is learned from now on apart as well.
    pub fn keep_fresh(&mut self) {
        if self.fresh.is_none() {
            self.fresh = Some(Box::new(Fresh {
                weights: vec![0.0; self.centres.len()],
                book: self.book.blank(),
                gain: Tally::default(),
            }));
        }
    }

    /// All that was learned, as a file holds it.
    #[must_use]
    pub fn body(&self) -> FoundBody {
        FoundBody {
            centres: self.centres.clone(),
            gain: self.gain,
            book: self.book.body(),
        }
    }

    /// What was learned since the last [`Found::take_fresh`], if that is kept.
    #[must_use]
    pub fn fresh(&self) -> Option<FoundBody> {
        let fresh = self.fresh.as_ref()?;
        let places = self.centres.iter().zip(&fresh.weights);
        Some(FoundBody {
            centres: places.map(|((at, _), weight)| (*at, *weight)).collect(),
            gain: fresh.gain,
            book: fresh.book.body(),
        })
    }

    /// The same, which counts as told from now on.
    pub fn take_fresh(&mut self) -> Option<FoundBody> {
        let told = self.fresh();
        if self.fresh.take().is_some() {
            self.keep_fresh();
        }
        told
    }

    /// The same centres, of which nothing is known but what is not told yet.
    #[must_use]
    pub fn forgotten(&self) -> Self {
        let unlearned = self.centres.iter().map(|(at, _)| (*at, 0.0));
        Self {
            centres: unlearned.collect(),
            book: self.book.blank(),
            gain: Tally::default(),
            decides: false,
            fresh: self.fresh.clone(),
        }
    }

    /// Adds what a file holds.
    ///
    /// # Errors
    /// [`CodecError`]; what is learned of outcomes is then unchanged.
    pub fn merge(&mut self, file: &FoundBody) -> Result<(), CodecError> {
        let places: Vec<usize> = file
            .centres
            .iter()
            .map(|centre| self.meet(centre))
            .collect();
        let mut body = file.book.clone();
        for class in &mut body.classes {
            let number = class.name.strip_prefix("found ");
            let number = number.and_then(|number| number.parse::<usize>().ok());
            let place = number.and_then(|number| places.get(number.checked_sub(1)?));
            if let Some(place) = place {
                class.name = name_of(*place);
            }
        }
        self.book.merge_body(&body)?;
        self.gain.merge(&file.gain, MEMORY);
        self.decide();
        Ok(())
    }

    /// The class that a file's centre is taken for.
    fn meet(&mut self, (at, weight): &(Features, f64)) -> usize {
        let (nearest, alike) = self.nearest(at);
        if self.centres.is_empty() || (self.centres.len() < CLUSTERS && alike < UNLIKE) {
            return self.begin(*at, *weight);
        }
        let (centre, known) = &mut self.centres[nearest];
        let (own, other) = (known.min(1.0 / PULL), weight.min(1.0 / PULL));
        if own + other > 0.0 {
            for (place, value) in at.iter().enumerate() {
                centre[place] = (own * centre[place] + other * value) / (own + other);
            }
            *centre = scaled(*centre);
            *known += weight;
        }
        nearest
    }

    /// A new class about a centre.
    fn begin(&mut self, at: Features, weight: f64) -> usize {
        self.centres.push((at, weight));
        let name = name_of(self.centres.len() - 1);
        if let Some(fresh) = &mut self.fresh {
            fresh.weights.push(0.0);
            fresh.book.class(&name);
        }
        self.book.class(&name)
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
            let place = self.begin(*features, 1.0);
            self.count(place);
            return place;
        }
        self.count(nearest);
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
        let usual = self.book.usual(class, model);
        if let Some(fresh) = &mut self.fresh {
            fresh.book.absorb(class, model, outcome, &usual);
            if let Some(quality) = quality {
                fresh.book.absorb_quality(class, model, quality);
            }
        }
        self.book.learn(class, model, outcome, quality);
    }

    /// Learns a quality that came later.
    pub fn learn_quality(&mut self, class: usize, model: usize, quality: f64, expected: f64) {
        self.compare(class, model, quality, expected);
        if let Some(fresh) = &mut self.fresh {
            fresh.book.absorb_quality(class, model, quality);
        }
        self.book.learn_quality(class, model, quality);
    }

    fn compare(&mut self, class: usize, model: usize, quality: f64, expected: f64) {
        let own = self.book.belief(class, model).quality;
        let saved = (quality - expected).powi(2) - (quality - own).powi(2);
        self.gain.add(saved, MEMORY);
        if let Some(fresh) = &mut self.fresh {
            fresh.gain.add(saved, MEMORY);
        }
        self.decide();
    }

    fn decide(&mut self) {
        let (mean, error) = self.gain();
        let bar = if self.decides { LEAVE } else { ENTER };
        self.decides = self.gain.weight >= NEEDED && mean > bar * error;
    }

    /// A task was sorted into this class.
    fn count(&mut self, place: usize) {
        if let Some(fresh) = &mut self.fresh {
            fresh.weights[place] += 1.0;
        }
    }

    fn nearest(&self, features: &Features) -> (usize, f64) {
        let alike = |(centre, _): &(Features, f64)| cosine(centre, features);
        let likes = self.centres.iter().map(alike).enumerate();
        likes.fold((0, f64::NEG_INFINITY), |best, one| {
            if one.1 > best.1 { one } else { best }
        })
    }
}

/// The name of a found class in its book.
fn name_of(place: usize) -> String {
    format!("found {}", place + 1)
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
    fn what_was_found_adds_up_between_files_and_meets_by_its_centres() {
        let (one, other) = (run(true, 1), run(true, 2));
        let mut both = Found::new(one.book());
        both.merge(&other.body()).unwrap();
        both.merge(&one.body()).unwrap();
        assert!(both.decides() && both.centres.len() == 2);
        assert_eq!(
            both.book().trials(),
            one.book().trials() + other.book().trials()
        );
        for text in [
            "solve the equation for x",
            "translate this letter into French",
        ] {
            let (here, there) = (both.sort(&of_text(text)), one.clone().sort(&of_text(text)));
            for model in 0..2 {
                let quality = |found: &Found, class| found.book().belief(class, model).quality;
                assert!((quality(&both, here) - quality(&one, there)).abs() < 0.1);
            }
        }
    }

    #[test]
    fn what_is_told_and_what_is_fresh_make_the_whole() {
        let mut found = run(true, 3);
        found.keep_fresh();
        let told = found.body();
        let place = found.sort(&of_text("solve the equation for x"));
        found.learn_quality(place, 0, 1.0, 0.5);
        let mut again = found.forgotten();
        assert_eq!(again.book().trials(), 0);
        again.merge(&told).unwrap();
        again.merge(&found.fresh().unwrap()).unwrap();
        assert_eq!(
            again.book().cell(place, 0).quality,
            found.book().cell(place, 0).quality
        );
        let mut counted = || found.take_fresh().map(|fresh| fresh.centres[place].1 > 0.5);
        assert_eq!(counted(), Some(true));
        assert_eq!(counted(), Some(false));
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

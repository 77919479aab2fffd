//! Hierarchical pooling of quality: who lends strength to whom, and how much.
//!
//! The model is in the module's theory; every effect is in logits. A cell's outcomes enter as one
//! *working* observation: its mean's logit, linearised at the mean leaned toward what the pool expects,
//! worth `n·q(1−q)/φ` (the weight of one step of iterated least squares for a logistic model). Fitting
//! alternates exact conditional means (each effect given the others, quirks integrated out) with
//! expectation-maximisation of the variances. One observation touches its model's lift and its class's
//! ease; a whole [`Pool::fit`] runs on a schedule the book keeps. Nothing here is state that could be
//! lost: it follows from the cells.

use super::{Belief, Cell};

/// Prior of the noise ratio φ = σ²/(q(1−q)), 1 for outcomes that are 0 or 1, and the outcomes it is worth.
const NOISE: (f64, f64) = (0.9, 20.0);
/// Prior variances and how many effects' worth of evidence each is.
const MODELS: (f64, f64) = (0.5, 3.0);
const CLASSES: (f64, f64) = (0.5, 3.0);
const CELLS: (f64, f64) = (0.08, 6.0);
/// Level of an unknown model of middle price, and its variance: logits about a quality of 0.7.
const BASE: (f64, f64) = (0.85, 1.0);
/// What the dearest model is expected to have over the cheapest, and its variance.
const SLOPE: (f64, f64) = (0.6, 0.7);
/// Outcomes of the pool's expectation in the mean at which a cell is linearised.
const LEAN: f64 = 2.0;
/// Models past which a class's ease is fitted on schedule alone.
const LONG_ROW: usize = 128;
/// Alternations of one fit; the effects converge geometrically, and the next fit starts from here.
const SWEEPS: usize = 3;

/// The fitted effects of all models and classes.
#[derive(Clone, Debug)]
pub struct Pool {
    base: f64,
    slope: f64,
    lift: Vec<f64>,
    lift_variance: Vec<f64>,
    ease: Vec<f64>,
    ease_variance: Vec<f64>,
    /// How much easier than usual the tasks were on which a class's models were seen side by side.
    luck: Vec<f64>,
    heard: Vec<Vec<Heard>>,
    /// Correlation of models' outcomes on one task.
    correlation: f64,
    noise: f64,
    model_variance: f64,
    class_variance: f64,
    cell_variance: f64,
}

/// A cell's outcomes as one observation of its logit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Heard {
    /// Its precision, 0 without outcomes.
    weight: f64,
    /// The logit.
    logit: f64,
    /// The share of it that rests on tasks seen side by side with other models.
    paired: f64,
}

/// What is known of a model without its outcomes: where its effect is expected, and how firmly.
#[derive(Clone, Copy, Debug)]
pub struct Anchor {
    /// Price rank in −½..=½.
    pub rank: f64,
    /// Logits that its kind is thought to be better than its price says.
    pub standing: f64,
    /// Quality measured elsewhere and the number of outcomes it is worth.
    pub card: Option<(f64, f64)>,
}

impl Default for Pool {
    fn default() -> Self {
        Self {
            base: BASE.0,
            slope: SLOPE.0,
            lift: Vec::new(),
            lift_variance: Vec::new(),
            ease: Vec::new(),
            ease_variance: Vec::new(),
            luck: Vec::new(),
            heard: Vec::new(),
            correlation: 0.0,
            noise: NOISE.0,
            model_variance: MODELS.0,
            class_variance: CLASSES.0,
            cell_variance: CELLS.0,
        }
    }
}

impl Pool {
    /// Makes room for all models and classes; new ones start without an effect.
    pub fn resize(&mut self, models: usize, classes: usize) {
        self.lift.resize(models, 0.0);
        self.lift_variance.resize(models, self.model_variance);
        self.ease.resize(classes, 0.0);
        self.ease_variance.resize(classes, self.class_variance);
        self.luck.resize(classes, 0.0);
        self.heard.resize_with(classes, Vec::new);
        for row in &mut self.heard {
            row.resize(models, Heard::default());
        }
    }

    /// What is known of a cell's quality.
    #[must_use]
    pub fn belief(&self, class: usize, model: usize, anchor: Anchor) -> Belief {
        let heard = self.heard[class][model];
        let prior = self.prior(class, model, anchor);
        let rest = self.rest(heard);
        let logit = prior + (1.0 - rest) * (self.fair(heard, class) - prior);
        let quirk = self.cell_variance * rest;
        Belief::new(logit, self.lift_variance[model], quirk, rest, self.noise)
    }

    /// Variances of model, class and cell effects, in squared logits, for those who ask how much
    /// classes differ.
    #[must_use]
    pub const fn variances(&self) -> (f64, f64, f64) {
        (self.model_variance, self.class_variance, self.cell_variance)
    }

    /// Takes in that one cell has changed.
    pub fn touch(&mut self, rows: &[Vec<Cell>], anchors: &[Anchor], class: usize, model: usize) {
        self.hear(&rows[class][model], class, model, anchors[model]);
        self.fit_lift(anchors, model);
        // A long row's ease hardly moves with one outcome: it waits for the next fit.
        if anchors.len() <= LONG_ROW {
            self.fit_ease(anchors, class);
        }
    }

    /// Fits everything anew to the cells.
    pub fn fit(&mut self, rows: &[Vec<Cell>], anchors: &[Anchor], correlation: f64) {
        self.correlation = correlation;
        for _ in 0..SWEEPS {
            self.fit_noise(rows, anchors);
            for (class, row) in rows.iter().enumerate() {
                for (model, cell) in row.iter().enumerate() {
                    self.hear(cell, class, model, anchors[model]);
                }
            }
            for (class, row) in rows.iter().enumerate() {
                self.fit_ease(anchors, class);
                self.fit_luck(row, anchors, class);
            }
            self.fit_base(anchors);
            (0..anchors.len()).for_each(|model| self.fit_lift(anchors, model));
            self.fit_variances(anchors);
        }
    }

    /// Logit expected of a cell before its own outcomes.
    fn prior(&self, class: usize, model: usize, anchor: Anchor) -> f64 {
        self.expected(model, anchor) + self.ease[class]
    }

    fn expected(&self, model: usize, anchor: Anchor) -> f64 {
        self.start(anchor) + self.lift[model]
    }

    /// Level expected of a model before its outcomes.
    fn start(&self, anchor: Anchor) -> f64 {
        self.base + self.slope * anchor.rank + anchor.standing
    }

    /// How much of a cell's logit is its pool's: 1 without outcomes.
    fn rest(&self, heard: Heard) -> f64 {
        1.0 / (1.0 + heard.weight * self.cell_variance)
    }

    /// Turns a cell's outcomes into an observation of its logit.
    fn hear(&mut self, cell: &Cell, class: usize, model: usize, anchor: Anchor) {
        let count = cell.quality.weight;
        self.heard[class][model] = if count > 0.0 {
            let pool = quality(self.prior(class, model, anchor));
            let (mean, seen) = (
                cell.quality.mean_toward(pool, LEAN),
                cell.quality.sum / count,
            );
            let (room, paired) = (room(mean), cell.paired_share());
            Heard {
                weight: count * room / self.noise / (1.0 - self.correlation * paired),
                logit: logit(mean) + (seen - mean) / room,
                paired,
            }
        } else {
            Heard::default()
        };
    }

    /// What a cell would have said had its tasks been as hard as usual.
    fn fair(&self, heard: Heard, class: usize) -> f64 {
        heard.logit - heard.paired * self.luck[class]
    }

    /// A cell's evidence about everything but its quirk: the precision.
    fn precision(&self, heard: Heard) -> f64 {
        heard.weight / (1.0 + heard.weight * self.cell_variance)
    }

    /// What a model's cells say about its level, ease taken out: (precision, precision-weighted sum).
    fn level(&self, model: usize) -> (f64, f64) {
        let (mut weight, mut sum) = (0.0, 0.0);
        for (class, row) in self.heard.iter().enumerate() {
            let precision = self.precision(row[model]);
            weight += precision;
            sum += precision * (self.fair(row[model], class) - self.ease[class]);
        }
        (weight, sum)
    }

    fn fit_lift(&mut self, anchors: &[Anchor], model: usize) {
        let (mut weight, mut sum) = self.level(model);
        if let Some((measured, evidence)) = anchors[model].card {
            let heard = Heard {
                weight: evidence * room(measured) / self.noise,
                logit: logit(measured),
                paired: 0.0,
            };
            let precision = self.precision(heard);
            weight += precision;
            sum += precision * heard.logit;
        }
        let expected = self.start(anchors[model]);
        let total = weight + 1.0 / self.model_variance;
        self.lift[model] = (sum - weight * expected) / total;
        self.lift_variance[model] = 1.0 / total;
    }

    fn fit_ease(&mut self, anchors: &[Anchor], class: usize) {
        let (mut weight, mut sum) = (1.0 / self.class_variance, 0.0);
        for (model, heard) in self.heard[class].iter().enumerate() {
            if heard.weight > 0.0 {
                let precision = self.precision(*heard);
                weight += precision;
                sum +=
                    precision * (self.fair(*heard, class) - self.expected(model, anchors[model]));
            }
        }
        self.ease[class] = sum / weight;
        self.ease_variance[class] = 1.0 / weight;
    }

    /// Tasks on which every model was seen are few, and easy or hard for all alike: what they had in
    /// common tells nothing about the tasks to come.
    fn fit_luck(&mut self, row: &[Cell], anchors: &[Anchor], class: usize) {
        let tasks = row
            .iter()
            .fold(0.0, |most: f64, cell| most.max(cell.paired));
        if tasks < 1.0 {
            self.luck[class] = 0.0;
            return;
        }
        let usual = room(quality(self.base + self.ease[class]));
        let variance = self.correlation * self.noise / usual / tasks;
        let (mut weight, mut sum) = (1.0 / variance.max(1e-6), 0.0);
        for (model, heard) in self.heard[class].iter().enumerate() {
            if heard.paired > 0.0 {
                let precision = heard.paired * self.precision(*heard);
                weight += precision * heard.paired;
                sum += precision * (heard.logit - self.prior(class, model, anchors[model]));
            }
        }
        self.luck[class] = sum / weight;
    }

    /// Ridge regression of the models' levels on base and price rank.
    fn fit_base(&mut self, anchors: &[Anchor]) {
        // Normal equations [[ones, cross], [cross, squares]]·[base, slope] = [sum, moment].
        let (mut ones, mut cross, mut squares) = (1.0 / BASE.1, 0.0, 1.0 / SLOPE.1);
        let (mut sum, mut moment) = (BASE.0 / BASE.1, SLOPE.0 / SLOPE.1);
        for (model, anchor) in anchors.iter().enumerate() {
            let (weight, total) = self.level(model);
            if weight > 0.0 {
                let precision = 1.0 / (self.model_variance + 1.0 / weight);
                ones += precision;
                cross += precision * anchor.rank;
                squares += precision * anchor.rank * anchor.rank;
                let level = total / weight - anchor.standing;
                sum += precision * level;
                moment += precision * anchor.rank * level;
            }
        }
        let determinant = ones * squares - cross * cross;
        if determinant > 1e-12 {
            self.base = (sum * squares - moment * cross) / determinant;
            self.slope = (ones * moment - cross * sum) / determinant;
        }
    }

    fn fit_noise(&mut self, rows: &[Vec<Cell>], anchors: &[Anchor]) {
        let (mut scatter, mut freedom) = (NOISE.0 * NOISE.1, NOISE.1);
        for (class, row) in rows.iter().enumerate() {
            for (model, cell) in row.iter().enumerate() {
                if cell.quality.weight > 1.0 {
                    let pool = quality(self.prior(class, model, anchors[model]));
                    scatter += cell.quality.scatter() / room(cell.quality.mean_toward(pool, LEAN));
                    freedom += cell.quality.weight - 1.0;
                }
            }
        }
        self.noise = (scatter / freedom).max(1e-3);
    }

    fn fit_variances(&mut self, anchors: &[Anchor]) {
        let models =
            (0..anchors.len()).filter(|model| self.lift_variance[*model] < self.model_variance);
        let lifts = models.map(|model| self.lift[model].powi(2) + self.lift_variance[model]);
        let model_variance = moment(MODELS, lifts);
        let classes =
            (0..self.ease.len()).filter(|class| self.ease_variance[*class] < self.class_variance);
        let eases = classes.map(|class| self.ease[class].powi(2) + self.ease_variance[class]);
        let class_variance = moment(CLASSES, eases);
        let mut quirks = Vec::new();
        for (class, row) in self.heard.iter().enumerate() {
            for (model, heard) in row
                .iter()
                .enumerate()
                .filter(|(_, heard)| heard.weight > 0.0)
            {
                let rest = self.rest(*heard);
                let surprise = self.fair(*heard, class) - self.prior(class, model, anchors[model]);
                let quirk = (1.0 - rest) * surprise;
                quirks.push(quirk * quirk + self.cell_variance * rest);
            }
        }
        self.cell_variance = moment(CELLS, quirks.into_iter());
        self.model_variance = model_variance;
        self.class_variance = class_variance;
    }
}

/// q(1−q), kept off 0 by a few outcomes' worth of doubt about q.
fn room(quality: f64) -> f64 {
    let quality = quality.clamp(0.02, 0.98);
    quality * (1.0 - quality)
}

fn logit(quality: f64) -> f64 {
    let quality = quality.clamp(0.002, 0.998);
    (quality / (1.0 - quality)).ln()
}

fn quality(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

/// Posterior mean of a variance from squared effects under an inverse-gamma prior (value, evidence).
fn moment(prior: (f64, f64), squares: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = squares.fold((prior.0 * prior.1, prior.1), |(sum, count), square| {
        (sum + square, count + 1.0)
    });
    (sum / count).max(1e-4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(good: f64, count: f64, paired: f64) -> Cell {
        let quality = crate::profile::Tally {
            weight: count,
            sum: good,
            squares: good,
        };
        Cell {
            quality,
            paired,
            ..Cell::default()
        }
    }

    fn fitted(rows: &[Vec<Cell>], correlation: f64) -> (Pool, Vec<Anchor>) {
        let anchor = Anchor {
            rank: 0.0,
            standing: 0.0,
            card: None,
        };
        let anchors = vec![anchor; rows[0].len()];
        let mut pool = Pool::default();
        pool.resize(anchors.len(), rows.len());
        (0..4).for_each(|_| pool.fit(rows, &anchors, correlation));
        (pool, anchors)
    }

    #[test]
    fn a_lucky_probe_does_not_make_the_one_that_went_on_look_worse_than_the_rest() {
        // Ten models, all at 0.7; the probe's tasks were easy, and one model was asked on.
        let mut row = vec![cell(9.0, 10.0, 10.0); 10];
        row[0] = cell(9.0 + 70.0, 110.0, 10.0);
        let rows = vec![row];
        let gap = |correlation| {
            let (pool, anchors) = fitted(&rows, correlation);
            let quality = |model: usize| pool.belief(0, model, anchors[model]).quality;
            quality(1) - quality(0)
        };
        assert!(gap(0.6) < 0.75 * gap(0.0), "{} {}", gap(0.6), gap(0.0));
    }

    #[test]
    fn a_class_lends_its_ease_and_a_model_its_level() {
        let strong = [cell(48.0, 50.0, 0.0), cell(30.0, 50.0, 0.0)];
        let weak = [cell(35.0, 50.0, 0.0), cell(0.0, 0.0, 0.0)];
        let rows: Vec<Vec<Cell>> = (0..2)
            .map(|class| vec![strong[class], weak[class]])
            .collect();
        let (pool, anchors) = fitted(&rows, 0.0);
        let unseen = pool.belief(1, 1, anchors[1]).quality;
        assert!(unseen < 0.5, "weaker than the strong one at 0.6: {unseen}");
    }
}

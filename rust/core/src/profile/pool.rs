//! Hierarchical pooling of quality: who lends strength to whom, and how much.
//!
//! The model is in the module's theory. Fitting alternates exact conditional means (each effect given
//! the others, quirks integrated out) with expectation-maximisation of the variances. One observation
//! touches its model's lift and its class's ease; a whole [`Pool::fit`] runs on a schedule the book
//! keeps. Nothing here is state that could be lost: it follows from the cells.

use super::Cell;

/// Prior of the noise ratio σ²/(q(1−q)), 1 for outcomes that are 0 or 1, and the outcomes it is worth.
const NOISE: (f64, f64) = (0.9, 20.0);
/// Prior variances and how many effects' worth of evidence each is.
const MODELS: (f64, f64) = (0.02, 3.0);
const CLASSES: (f64, f64) = (0.02, 3.0);
const CELLS: (f64, f64) = (0.003, 6.0);
/// Mean quality of an unknown model of middle price, and its variance.
const BASE: (f64, f64) = (0.7, 0.04);
/// What the dearest model is expected to have over the cheapest, and its variance.
const SLOPE: (f64, f64) = (0.12, 0.03);
/// Share of a quirk's variance that is worth resolving.
const QUIRK_INTEREST: f64 = 0.2;
/// Pseudo-outcomes of the base in a cell's mean where its noise is asked for.
const LEAN: f64 = 4.0;
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
    noise: f64,
    model_variance: f64,
    class_variance: f64,
    cell_variance: f64,
}

/// What is known of a model without its outcomes: where its effect is expected, and how firmly.
#[derive(Clone, Copy, Debug)]
pub struct Anchor {
    /// Price rank in −½..=½.
    pub rank: f64,
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
    }

    /// Quality expected of a cell before its own outcomes.
    #[must_use]
    pub fn prior(&self, class: usize, model: usize, anchor: Anchor) -> f64 {
        self.expected(model, anchor) + self.ease[class]
    }

    /// Posterior mean of a cell's quality, and the variance of it that is worth resolving: of the
    /// quirk's only a part, because what is learned of it serves this class alone.
    #[must_use]
    pub fn posterior(&self, cell: &Cell, class: usize, model: usize, anchor: Anchor) -> (f64, f64) {
        let prior = self.prior(class, model, anchor);
        let own = self.own(cell, prior);
        let mean = cell
            .quality
            .mean()
            .map_or(prior, |seen| prior + own * (seen - prior));
        let rest = 1.0 - own;
        let quirk = QUIRK_INTEREST * self.cell_variance * rest;
        let variance = quirk + rest * rest * self.lift_variance[model];
        (mean.clamp(0.002, 0.998), variance)
    }

    /// Variance of a single outcome of a cell whose mean is about `quality`: little room is left near
    /// 0 and 1.
    #[must_use]
    pub fn noise(&self, quality: f64) -> f64 {
        self.noise * room(quality)
    }

    /// How much of a cell's mean is its own: the rest is its pool's.
    fn own(&self, cell: &Cell, prior: f64) -> f64 {
        cell.quality.weight / (cell.quality.weight + self.noise(prior) / self.cell_variance)
    }

    /// Variances of model, class and cell effects, for those who ask how much classes differ.
    #[must_use]
    pub const fn variances(&self) -> (f64, f64, f64) {
        (self.model_variance, self.class_variance, self.cell_variance)
    }

    /// Takes in that one cell has changed.
    pub fn touch(&mut self, rows: &[Vec<Cell>], anchors: &[Anchor], class: usize, model: usize) {
        self.fit_lift(rows, anchors, model);
        // A long row's ease hardly moves with one outcome: it waits for the next fit.
        if anchors.len() <= LONG_ROW {
            self.fit_ease(rows, anchors, class);
        }
    }

    /// Fits everything anew to the cells.
    pub fn fit(&mut self, rows: &[Vec<Cell>], anchors: &[Anchor]) {
        for _ in 0..SWEEPS {
            self.fit_noise(rows);
            (0..rows.len()).for_each(|class| self.fit_ease(rows, anchors, class));
            self.fit_base(rows, anchors);
            (0..anchors.len()).for_each(|model| self.fit_lift(rows, anchors, model));
            self.fit_variances(rows, anchors);
        }
    }

    fn expected(&self, model: usize, anchor: Anchor) -> f64 {
        self.base + self.slope * anchor.rank + self.lift[model]
    }

    /// Evidence of one cell about everything but its quirk: (precision, mean).
    fn evidence(&self, cell: &Cell) -> Option<(f64, f64)> {
        let seen = cell.quality.mean()?;
        let noise = self.noise(cell.quality.mean_toward(self.base, LEAN));
        Some((
            1.0 / (self.cell_variance + noise / cell.quality.weight),
            seen,
        ))
    }

    /// What a model's cells say about its level, ease taken out: (precision, precision-weighted sum).
    fn level(&self, rows: &[Vec<Cell>], model: usize) -> (f64, f64) {
        rows.iter()
            .zip(&self.ease)
            .fold((0.0, 0.0), |(weight, sum), (row, ease)| {
                self.evidence(&row[model])
                    .map_or((weight, sum), |(precision, seen)| {
                        (weight + precision, sum + precision * (seen - ease))
                    })
            })
    }

    fn fit_lift(&mut self, rows: &[Vec<Cell>], anchors: &[Anchor], model: usize) {
        let (mut weight, mut sum) = self.level(rows, model);
        if let Some((quality, evidence)) = anchors[model].card {
            let noise = self.noise(quality);
            let precision = evidence / (noise + self.cell_variance * evidence).max(1e-9);
            weight += precision;
            sum += precision * quality;
        }
        let expected = self.base + self.slope * anchors[model].rank;
        let total = weight + 1.0 / self.model_variance;
        self.lift[model] = (sum - weight * expected) / total;
        self.lift_variance[model] = 1.0 / total;
    }

    fn fit_ease(&mut self, rows: &[Vec<Cell>], anchors: &[Anchor], class: usize) {
        let (mut weight, mut sum) = (1.0 / self.class_variance, 0.0);
        for (model, cell) in rows[class].iter().enumerate() {
            if let Some((precision, seen)) = self.evidence(cell) {
                weight += precision;
                sum += precision * (seen - self.expected(model, anchors[model]));
            }
        }
        self.ease[class] = sum / weight;
    }

    /// Ridge regression of the models' levels on base and price rank.
    fn fit_base(&mut self, rows: &[Vec<Cell>], anchors: &[Anchor]) {
        // Normal equations [[ones, cross], [cross, squares]]·[base, slope] = [sum, moment].
        let (mut ones, mut cross, mut squares) = (1.0 / BASE.1, 0.0, 1.0 / SLOPE.1);
        let (mut sum, mut moment) = (BASE.0 / BASE.1, SLOPE.0 / SLOPE.1);
        for (model, anchor) in anchors.iter().enumerate() {
            let (weight, total) = self.level(rows, model);
            if weight > 0.0 {
                let precision = 1.0 / (self.model_variance + 1.0 / weight);
                ones += precision;
                cross += precision * anchor.rank;
                squares += precision * anchor.rank * anchor.rank;
                sum += precision * total / weight;
                moment += precision * anchor.rank * total / weight;
            }
        }
        let determinant = ones * squares - cross * cross;
        if determinant > 1e-12 {
            self.base = (sum * squares - moment * cross) / determinant;
            self.slope = (ones * moment - cross * sum) / determinant;
        }
    }

    fn fit_noise(&mut self, rows: &[Vec<Cell>]) {
        let (mut scatter, mut freedom) = (NOISE.0 * NOISE.1, NOISE.1);
        for cell in rows
            .iter()
            .flatten()
            .filter(|cell| cell.quality.weight > 1.0)
        {
            let mean = cell.quality.mean_toward(self.base, LEAN);
            scatter += cell.quality.scatter() / room(mean);
            freedom += cell.quality.weight - 1.0;
        }
        self.noise = (scatter / freedom).max(1e-4);
    }

    fn fit_variances(&mut self, rows: &[Vec<Cell>], anchors: &[Anchor]) {
        let models =
            (0..anchors.len()).filter(|model| self.lift_variance[*model] < self.model_variance);
        let lifts = models.map(|model| self.lift[model].powi(2) + self.lift_variance[model]);
        self.model_variance = moment(MODELS, lifts);
        let eases = rows
            .iter()
            .zip(&self.ease)
            .filter(|(row, _)| row.iter().any(|cell| cell.quality.weight > 0.0));
        // The ease's own variance is small beside the class variance once a class has been used.
        self.class_variance = moment(CLASSES, eases.map(|(_, ease)| ease * ease));
        let mut quirks = Vec::new();
        for (class, row) in rows.iter().enumerate() {
            for (model, cell) in row.iter().enumerate() {
                if let Some(seen) = cell.quality.mean() {
                    let prior = self.prior(class, model, anchors[model]);
                    let own = self.own(cell, prior);
                    let quirk = own * (seen - prior);
                    quirks.push(quirk * quirk + self.cell_variance * (1.0 - own));
                }
            }
        }
        self.cell_variance = moment(CELLS, quirks.into_iter());
    }
}

/// q(1−q), kept off 0 by a few outcomes' worth of doubt about q.
fn room(quality: f64) -> f64 {
    let quality = quality.clamp(0.05, 0.95);
    quality * (1.0 - quality)
}

/// Posterior mean of a variance from squared effects under an inverse-gamma prior (value, evidence).
fn moment(prior: (f64, f64), squares: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = squares.fold((prior.0 * prior.1, prior.1), |(sum, count), square| {
        (sum + square, count + 1.0)
    });
    (sum / count).max(1e-5)
}

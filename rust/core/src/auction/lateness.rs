//! How late a plan's result may be: quantiles of the time to it, from the lanes' sketches.

use crate::profile::Book;

use super::{Kind, Plan};

/// Points at which an earlier lane's time is taken.
const POINTS: usize = 16;
/// Halvings of the search for a quantile: far finer than the sketches.
const HALVINGS: usize = 24;

impl Plan {
    /// Seconds within which a share `p` of results comes. Lanes of a cascade take their times
    /// independently of each other and of the verdicts.
    #[must_use]
    pub fn latency_quantile(&self, book: &Book, class: usize, p: f64) -> f64 {
        if self.kind != Kind::Cascade || self.lanes.len() < 2 {
            return book.latency_quantile(class, self.lanes[0], p);
        }
        let (mut low, mut high) = (
            0.0,
            self.lanes
                .iter()
                .map(|lane| book.latency_quantile(class, *lane, 0.999))
                .sum(),
        );
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(low, high);
            if self.later_than(book, class, middle) > 1.0 - p {
                low = middle;
            } else {
                high = middle;
            }
        }
        high
    }

    /// Chance that a cascade's result takes longer: a mixture over how many lanes run.
    fn later_than(&self, book: &Book, class: usize, seconds: f64) -> f64 {
        let ends =
            |place: usize| self.starts[place] - self.starts.get(place + 1).copied().unwrap_or(0.0);
        (0..self.lanes.len())
            .map(|last| ends(last) * sum_later(book, class, &self.lanes[..=last], seconds))
            .sum()
    }
}

/// Chance that lanes one after another take longer than `seconds` together.
fn sum_later(book: &Book, class: usize, lanes: &[usize], seconds: f64) -> f64 {
    match lanes {
        [] => f64::from(seconds < 0.0),
        _ if seconds <= 0.0 => 1.0,
        [last] => book.later_than(class, *last, seconds),
        [first, rest @ ..] => {
            // Beyond two lanes the middle ones are taken at their mean, which bounds the work.
            let fixed: f64 = rest[..rest.len() - 1]
                .iter()
                .map(|lane| book.latency(class, *lane))
                .sum();
            let point = |step: usize| {
                let taken =
                    book.latency_quantile(class, *first, (step as f64 + 0.5) / POINTS as f64);
                sum_later(
                    book,
                    class,
                    &rest[rest.len() - 1..],
                    seconds - fixed - taken,
                )
            };
            (0..POINTS).map(point).sum::<f64>() / POINTS as f64
        }
    }
}

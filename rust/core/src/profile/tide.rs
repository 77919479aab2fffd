//! Load and time of day: by what factor a model is slower than it usually is.
//!
//! For each hour of the day, and for each step of load (how many calls to the model are under way), the
//! mean of *seconds over what was usual for the cell* is learned, leaning on 1. The hour's factor is taken
//! off before the load's is learned, so that a busy hour is not counted twice.

use serde::{Deserialize, Serialize};

use super::Tally;

/// Hours of a day.
const HOURS: usize = 24;
/// Steps of load: none, 1, 2 or 3, 4 to 7, and so on; the last is open.
const STEPS: usize = 10;
/// Outcomes that "as usual" is worth.
const LEAN: f64 = 6.0;
/// Outcomes that are remembered in each place.
const MEMORY: f64 = 200.0;
/// The largest surprise that one outcome is.
const LARGEST: f64 = 20.0;

/// When, and under which load, a call is made; what is not known does not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Hour of the day, 0..24.
    pub hour: Option<u8>,
    /// Calls to the model that are under way already.
    pub load: Option<u32>,
}

impl Moment {
    fn hour(&self) -> Option<usize> {
        self.hour.map(|hour| usize::from(hour) % HOURS)
    }

    fn step(&self) -> Option<usize> {
        let step = |load: u32| (u32::BITS - load.leading_zeros()) as usize;
        self.load.map(|load| step(load).min(STEPS - 1))
    }
}

/// A model's factors; empty until something was learned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tide {
    hours: Vec<Tally>,
    loads: Vec<Tally>,
}

impl Tide {
    /// The factor on the seconds that are usual.
    #[must_use]
    pub fn factor(&self, moment: &Moment) -> f64 {
        of(&self.hours, moment.hour()) * of(&self.loads, moment.step())
    }

    /// Learns that a call took `ratio` times what was usual.
    pub fn learn(&mut self, moment: &Moment, ratio: f64) {
        let ratio = ratio.clamp(0.0, LARGEST);
        let hour = of(&self.hours, moment.hour());
        add(&mut self.hours, HOURS, moment.hour(), ratio);
        add(
            &mut self.loads,
            STEPS,
            moment.step(),
            ratio / hour.max(1.0 / LARGEST),
        );
    }

    /// Adds what another has seen.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in [
            (&mut self.hours, &other.hours),
            (&mut self.loads, &other.loads),
        ] {
            if mine.len() < theirs.len() {
                mine.resize(theirs.len(), Tally::default());
            }
            for (own, tally) in mine.iter_mut().zip(theirs) {
                own.merge(tally, MEMORY);
            }
        }
    }

    /// Whether one read from a file can be used.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let sound = |tallies: &Vec<Tally>, most| {
            tallies.len() <= most && tallies.iter().all(Tally::is_sound)
        };
        sound(&self.hours, HOURS) && sound(&self.loads, STEPS)
    }
}

fn of(tallies: &[Tally], place: Option<usize>) -> f64 {
    let tally = place.and_then(|place| tallies.get(place));
    tally.map_or(1.0, |tally| tally.mean_toward(1.0, LEAN))
}

fn add(tallies: &mut Vec<Tally>, most: usize, place: Option<usize>, ratio: f64) {
    let Some(place) = place else { return };
    if tallies.is_empty() {
        tallies.resize(most, Tally::default());
    }
    if let Some(tally) = tallies.get_mut(place) {
        tally.add(ratio, MEMORY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_hour_and_a_high_load_are_told_apart() {
        let mut tide = Tide::default();
        for turn in 0_u8..200 {
            let (hour, load) = (turn % 2 * 12, u32::from(turn / 2 % 2) * 8);
            let ratio = if hour == 12 { 1.5 } else { 0.5 } * if load == 8 { 1.6 } else { 0.4 };
            tide.learn(
                &Moment {
                    hour: Some(hour),
                    load: Some(load),
                },
                ratio,
            );
        }
        let factor = |hour, load| {
            tide.factor(&Moment {
                hour: Some(hour),
                load: Some(load),
            })
        };
        for (hour, load, wanted) in [(12, 8, 2.4), (12, 0, 0.6), (0, 8, 0.8), (0, 0, 0.2)] {
            assert!(
                (factor(hour, load) - wanted).abs() < 0.3,
                "{hour} {load}: {}",
                factor(hour, load)
            );
        }
        assert!((tide.factor(&Moment::default()) - 1.0).abs() < 1e-12);
        assert!((factor(5, 100) - 1.0).abs() < 1e-12);
    }
}

//! Which plan is awarded, and among which bids it is looked for.

use crate::profile::Joint;

use super::search::{CANDIDATES, Search};
use super::{Ask, Bid, Plan, Weights};

/// The smallest gain, as a share of V, for which a second lane is held ready.
const WORTH_HEDGING: f64 = 0.004;
/// Share of answers that are later than a hedge's delay: where time counts, and where it does not.
const LATE: (f64, f64) = (0.05, 0.01);

/// Prices of money, as shares of the present one, under which candidates are looked for.
const DEARNESS: [f64; 5] = [0.0, 0.3, 1.0, 4.0, 20.0];

/// The best plan that starts with bid `first`; if the market does not explore, with any bid where a
/// verifier allows cascades.
pub fn choose(
    bids: &[Bid],
    first: usize,
    exploring: bool,
    ask: &Ask<'_>,
    lanes: usize,
    weights: &Weights,
    joint: &Joint,
) -> Plan {
    let single = Plan::single(&bids[first], weights);
    if lanes < 2 || bids.len() < 2 {
        return single;
    }
    match ask.verifier {
        Some(verifier) => {
            let places = candidates(bids, first, weights);
            let chosen = places.iter().map(|place| &bids[*place]);
            let search = Search::new(chosen, joint, *weights, verifier).lanes_at_most(lanes);
            let leading = if exploring { 1 } else { places.len() };
            search
                .best(leading)
                .filter(|plan| plan.score > single.score)
                .unwrap_or(single)
        }
        None => hedge(bids, first, weights).unwrap_or(single),
    }
}

/// The best place by `key`; the first of equals.
pub fn best_by(bids: &[Bid], without: Option<usize>, key: impl Fn(&Bid) -> f64) -> Option<usize> {
    let places = (0..bids.len()).filter(|place| Some(*place) != without);
    places.reduce(|best, place| {
        if key(&bids[place]) > key(&bids[best]) {
            place
        } else {
            best
        }
    })
}

fn hedge(bids: &[Bid], first: usize, weights: &Weights) -> Option<Plan> {
    let late = if weights.per_s > 0.0 { LATE.0 } else { LATE.1 };
    let second = best_by(bids, Some(first), |bid| bid.score)?;
    let gain =
        weights.quality * (1.0 - bids[first].estimate.validity) * bids[second].estimate.quality;
    let plan = Plan::hedge(&bids[first], &bids[second], weights, late);
    (gain > WORTH_HEDGING * weights.quality).then_some(plan)
}

/// The bids among which plans are searched: `first`, then the best under the present price of money
/// and under cheaper and dearer money, for a cascade starts cheap and ends strong.
fn candidates(bids: &[Bid], first: usize, weights: &Weights) -> Vec<usize> {
    let mut places = vec![first];
    if bids.len() <= CANDIDATES {
        places.extend((0..bids.len()).filter(|place| *place != first));
        return places;
    }
    let scale = weights.per_usd.max(typical(bids, weights));
    for dearness in DEARNESS {
        let money = Weights {
            per_usd: scale * dearness,
            ..*weights
        };
        let top = leaders(bids, &money);
        let fresh: Vec<usize> = top
            .into_iter()
            .filter(|place| !places.contains(place))
            .collect();
        places.extend(fresh.into_iter().take(CANDIDATES.div_ceil(DEARNESS.len())));
    }
    places.truncate(CANDIDATES);
    places
}

/// The best [`CANDIDATES`] places under these weights, best first.
fn leaders(bids: &[Bid], weights: &Weights) -> Vec<usize> {
    let scored = bids
        .iter()
        .enumerate()
        .map(|(place, bid)| (weights.of(&bid.estimate), place));
    let mut scored: Vec<(f64, usize)> = scored.collect();
    let better = |one: &(f64, usize), other: &(f64, usize)| other.0.total_cmp(&one.0);
    if scored.len() > CANDIDATES {
        scored.select_nth_unstable_by(CANDIDATES, better);
        scored.truncate(CANDIDATES);
    }
    scored.sort_by(better);
    scored.into_iter().map(|(_, place)| place).collect()
}

/// A price of money at which quality and cost weigh about the same among these bids.
fn typical(bids: &[Bid], weights: &Weights) -> f64 {
    let total: f64 = bids.iter().map(|bid| bid.estimate.cost_usd).sum();
    if total > 0.0 {
        0.1 * weights.quality * bids.len() as f64 / total
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Estimate;

    #[test]
    fn among_many_bids_the_cheap_the_strong_and_the_best_are_candidates() {
        let bid = |place: usize| {
            let quality = 0.3 + 0.6 * place as f64 / 999.0;
            let estimate = Estimate {
                quality,
                cost_usd: 1e-5 * (1.0 + place as f64),
                ..Estimate::default()
            };
            Bid {
                model: place,
                estimate,
                score: quality,
                drawn: quality,
            }
        };
        let bids: Vec<Bid> = (0..1_000).map(bid).collect();
        let places = candidates(
            &bids,
            500,
            &Weights {
                quality: 1.0,
                per_usd: 10.0,
                per_s: 0.0,
            },
        );
        assert!(places.len() <= CANDIDATES && places[0] == 500);
        assert!(places.contains(&999) && places.contains(&0));
        let mut distinct = places.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), places.len());
    }
}

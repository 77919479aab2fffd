//! `hedge_prospect`: what a hedge is worth by an exchange's profiles.

use atomic_core::hedge::{Leg, Prospect};
use pyo3::prelude::*;

use crate::auction::exchange::{Exchange, weights_of};

/// A lane as Python gives it: model, seconds from first token to end, price of the prompt, price of a whole answer, whether
/// a close is billed in full.
type LegTuple = (String, f64, f64, f64, bool);
/// A prospect as Python gets it: seconds saved, chance to win, chance to rescue, USD extra, worth.
type ProspectTuple = (f64, f64, f64, f64, f64);

/// What is expected of the hedge `second`, sent after `delay_s` without a token of `first`.
#[pyfunction]
#[pyo3(signature = (exchange, first, second, delay_s, deadline_s, weights, quality))]
pub(super) fn hedge_prospect(
    exchange: &Exchange,
    first: LegTuple,
    second: LegTuple,
    delay_s: f64,
    deadline_s: Option<f64>,
    weights: (f64, f64, f64),
    quality: f64,
) -> PyResult<Option<ProspectTuple>> {
    let numbers = (exchange.number(&first.0)?, exchange.number(&second.0)?);
    let core = exchange.lock();
    let leg = |number: usize, (_, rest_s, in_usd, out_usd, bills_all): LegTuple| Leg {
        ttft: &core.book().record(number).ttft,
        rest_s,
        in_usd,
        out_usd,
        bills_all,
    };
    let legs = (leg(numbers.0, first), leg(numbers.1, second));
    let prospect = Prospect::of(&legs.0, &legs.1, delay_s, deadline_s);
    Ok(prospect.map(|prospect| {
        let worth = prospect.worth(&weights_of(weights), quality);
        (
            prospect.saved_s,
            prospect.wins,
            prospect.rescued,
            prospect.extra_usd,
            worth,
        )
    }))
}

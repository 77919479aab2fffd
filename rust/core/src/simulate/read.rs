//! A world read from JSON. Unknown keys and impossible numbers are refused by place.

use serde_json::Value;

use super::policy::{Delay, Plan, Policy};
use super::times::Times;
use super::world::{Actor, Task, World};
use crate::criteria::Malformed;
use crate::criteria::fields::{Fields, join, parse};

/// The most lanes of a policy.
const LANES: usize = 16;
/// The most races: a report keeps eight bytes of each.
const RACES: usize = 50_000_000;
/// Seconds beyond which a time is taken for a mistake: nanoseconds must fit.
const LONGEST_S: f64 = 1e6;

/// Reads a world:
///
/// ```json
/// {"races": 100000, "rate": 10.0, "seed": 0, "deadline_s": 20,
///  "models": [{"name": "a", "ttft": {"mixture": [[0.96, 0.5, 0.2], [0.04, 2.0, 0.4]]}, "rest": {"constant": 0.3},
///              "fails": 0.005, "valid": 0.98, "quality": 0.9, "in_usd": 1e-5, "out_usd": 1e-4, "bills_all": false},
///             {"name": "b", "ttft": {"samples": [0.3, 0.4]}}],
///  "policies": [{"name": "single", "lanes": [0]},
///               {"name": "hedge", "lanes": [0, 1], "plan": {"hedge": {"fixed": 0.8}}},
///               {"name": "own p95", "lanes": [0, 1], "plan": {"hedge": {"quantile": 0.95}},
///                "allowance": {"share": 0.05, "free": 10, "window_s": 60}},
///               {"name": "race", "lanes": [0, 1], "plan": "race"}]}
/// ```
///
/// A hedge's delay may also be `"spend"`: then the allowance's share is one of the spend.
///
/// # Errors
/// [`Malformed`] names the place and the remedy.
pub fn read(json: &[u8]) -> Result<World, Malformed> {
    let value = parse(json)?;
    let mut fields = Fields::of(&value, "")?;
    let races = fields.size("races")?.unwrap_or(100_000);
    if races > RACES {
        return Err(fields.error("races", "more than a report can keep"));
    }
    let rate = fields.amount("rate")?.unwrap_or(10.0);
    if rate <= 0.0 {
        return Err(fields.error("rate", "expected requests a second, above 0"));
    }
    let task = Task {
        races,
        rate,
        deadline_s: seconds(&mut fields, "deadline_s")?,
        seed: fields.u64("seed")?.unwrap_or(0),
    };
    let actors = each(&mut fields, "models", read_actor)?;
    let policies = each(&mut fields, "policies", |value, place| {
        read_policy(value, place, actors.len())
    })?;
    fields.done()?;
    Ok(World {
        actors,
        task,
        script: World::script(),
        policies,
    })
}

fn each<T>(
    fields: &mut Fields<'_>,
    key: &'static str,
    read: impl Fn(&Value, &str) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    let list = fields.list(key)?;
    let list = fields.need(key, list)?;
    if list.is_empty() {
        return Err(fields.error(key, "needs at least one"));
    }
    let place = fields.place(key);
    let read = |(at, value): (usize, &Value)| read(value, &join(&place, &at.to_string()));
    list.iter().enumerate().map(read).collect()
}

fn seconds(fields: &mut Fields<'_>, key: &'static str) -> Result<Option<f64>, Malformed> {
    match fields.amount(key)? {
        Some(value) if value > LONGEST_S => Err(fields.error(key, "longer than a million seconds")),
        value => Ok(value),
    }
}

fn chance(fields: &mut Fields<'_>, key: &'static str) -> Result<Option<f64>, Malformed> {
    match fields.amount(key)? {
        Some(value) if value > 1.0 => Err(fields.error(key, "expected a number from 0 to 1")),
        value => Ok(value),
    }
}

fn read_actor(value: &Value, place: &str) -> Result<Actor, Malformed> {
    let mut fields = Fields::of(value, place)?;
    let name = fields.str("name")?;
    let actor = Actor {
        name: fields.need("name", name)?.to_owned(),
        ttft: read_times(&mut fields, "ttft")?.ok_or_else(|| fields.error("ttft", "is missing"))?,
        rest: read_times(&mut fields, "rest")?.unwrap_or(Times::Constant(0.0)),
        fails: chance(&mut fields, "fails")?.unwrap_or(0.0),
        valid: chance(&mut fields, "valid")?.unwrap_or(1.0),
        quality: chance(&mut fields, "quality")?.unwrap_or(1.0),
        in_usd: fields.amount("in_usd")?.unwrap_or(0.0),
        out_usd: fields.amount("out_usd")?.unwrap_or(0.0),
        bills_all: fields.bool("bills_all")?.unwrap_or(false),
    };
    fields.done()?;
    Ok(actor)
}

fn read_times(fields: &mut Fields<'_>, key: &'static str) -> Result<Option<Times>, Malformed> {
    let place = fields.place(key);
    let Some(value) = fields.take(key) else {
        return Ok(None);
    };
    let wrong = || {
        Malformed::new(
            place.clone(),
            "expected {\"constant\": s}, {\"samples\": [s, …]} or {\"mixture\": [[weight, median, sigma], …]}",
        )
    };
    let mut fields = Fields::of(value, &place).map_err(|_| wrong())?;
    let constant = seconds(&mut fields, "constant")?.map(Times::Constant);
    let samples = fields.list("samples")?.map(|list| {
        let numbers: Option<Vec<f64>> = list.iter().map(time).collect();
        numbers.filter(|list| !list.is_empty()).map(Times::Samples)
    });
    let mixture = fields.list("mixture")?.map(read_mixture);
    fields.done()?;
    match (constant, samples, mixture) {
        (Some(times), None, None)
        | (None, Some(Some(times)), None)
        | (None, None, Some(Some(times))) => Ok(Some(times)),
        _ => Err(wrong()),
    }
}

fn time(value: &Value) -> Option<f64> {
    value
        .as_f64()
        .filter(|seconds| (0.0..=LONGEST_S).contains(seconds))
}

/// Parts with their weights made to add up to one.
fn read_mixture(list: &[Value]) -> Option<Times> {
    let part = |value: &Value| match value.as_array().map(Vec::as_slice) {
        Some([weight, median, sigma]) => {
            let sigma = sigma.as_f64().filter(|sigma| (0.0..=5.0).contains(sigma))?;
            Some((time(weight)?, time(median)?, sigma))
        }
        _ => None,
    };
    let mut parts: Vec<(f64, f64, f64)> = list.iter().map(part).collect::<Option<_>>()?;
    let total: f64 = parts.iter().map(|(weight, _, _)| weight).sum();
    if total <= 0.0 {
        return None;
    }
    for (weight, _, _) in &mut parts {
        *weight /= total;
    }
    Some(Times::Mixture(parts))
}

fn read_policy(value: &Value, place: &str, actors: usize) -> Result<Policy, Malformed> {
    let mut fields = Fields::of(value, place)?;
    let name = fields.str("name")?;
    let name = fields.need("name", name)?.to_owned();
    let lanes = fields.list("lanes")?;
    let lanes = fields.need("lanes", lanes)?;
    let numbers = lanes.iter().map(|lane| {
        let number = lane
            .as_u64()
            .and_then(|number| usize::try_from(number).ok());
        number.filter(|number| *number < actors)
    });
    let lanes = numbers
        .collect::<Option<Vec<usize>>>()
        .filter(|lanes| (1..=LANES).contains(&lanes.len()))
        .ok_or_else(|| fields.error("lanes", "expected one to sixteen numbers of models"))?;
    let policy = Policy {
        name,
        plan: read_plan(&mut fields)?,
        lanes,
        allowance: read_allowance(&mut fields)?,
    };
    fields.done()?;
    if policy.plan == Plan::Hedge(Delay::Spend) && policy.allowance.is_none() {
        return Err(Malformed::new(place, "a hedge by spend needs an allowance"));
    }
    Ok(policy)
}

fn read_plan(fields: &mut Fields<'_>) -> Result<Plan, Malformed> {
    let place = fields.place("plan");
    let Some(value) = fields.take("plan") else {
        return Ok(Plan::Single);
    };
    match value.as_str() {
        Some("single") => return Ok(Plan::Single),
        Some("race") => return Ok(Plan::Race),
        Some(_) => {
            return Err(Malformed::new(
                place,
                "expected single, race or {\"hedge\": …}",
            ));
        }
        None => {}
    }
    let mut fields = Fields::of(value, &place)?;
    let place = fields.place("hedge");
    let delay = fields.take("hedge");
    let delay = fields.need("hedge", delay)?;
    fields.done()?;
    if delay.as_str() == Some("spend") {
        return Ok(Plan::Hedge(Delay::Spend));
    }
    let mut fields = Fields::of(delay, &place)?;
    let fixed = seconds(&mut fields, "fixed")?.map(Delay::Fixed);
    let quantile = chance(&mut fields, "quantile")?.map(Delay::Quantile);
    fields.done()?;
    let delay = fixed.or(quantile).ok_or_else(|| {
        Malformed::new(
            place,
            "expected \"spend\", {\"fixed\": s} or {\"quantile\": p}",
        )
    })?;
    Ok(Plan::Hedge(delay))
}

fn read_allowance(fields: &mut Fields<'_>) -> Result<Option<(f64, f64, f64)>, Malformed> {
    let place = fields.place("allowance");
    let Some(value) = fields.take("allowance") else {
        return Ok(None);
    };
    let mut fields = Fields::of(value, &place)?;
    let share = fields.amount("share")?;
    let share = fields.need("share", share)?;
    let free = fields.amount("free")?.unwrap_or(0.0);
    let window_s = seconds(&mut fields, "window_s")?.unwrap_or(60.0);
    fields.done()?;
    Ok(Some((share, free, window_s)))
}

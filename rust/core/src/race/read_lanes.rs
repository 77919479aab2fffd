//! The lanes of a race's configuration.

use serde_json::Value;

use super::config::{Cancel, Channel, LaneConfig, Trigger};
use super::read::read_deadlines;
use crate::criteria::Malformed;
use crate::criteria::fields::{Fields, join};
use crate::json::lenient::{Repair, Repairs};
use crate::wire::Dialect;

pub(super) fn read_lanes(fields: &mut Fields, cascade: bool) -> Result<Vec<LaneConfig>, Malformed> {
    let lanes = fields.list("lanes")?;
    let lanes = fields.need("lanes", lanes)?;
    if lanes.is_empty() {
        return Err(fields.error("lanes", "a race needs at least one lane"));
    }
    let place = fields.place("lanes");
    let read = |(index, value)| read_lane(value, &place, index, lanes.len(), cascade);
    lanes.iter().enumerate().map(read).collect()
}

fn read_lane(
    value: &Value,
    place: &str,
    index: usize,
    count: usize,
    cascade: bool,
) -> Result<LaneConfig, Malformed> {
    let mut fields = Fields::of(value, &join(place, &index.to_string()))?;
    let standard = match index.checked_sub(1) {
        Some(before) if cascade => Trigger::Failed(before as u32),
        _ => Trigger::Now,
    };
    let cancels = [("stops", Cancel::Stops), ("bills_all", Cancel::BillsAll)];
    let lane = LaneConfig {
        dialect: read_dialect(&mut fields)?,
        channel: read_channel(&mut fields)?,
        start: read_triggers(&mut fields, standard, index, count)?,
        can_continue: fields.bool("can_continue")?.unwrap_or(false),
        deadlines: read_deadlines(&mut fields, "deadlines")?,
        cancel: fields.word("cancel", &cancels)?.unwrap_or_default(),
        start_usd: fields.amount("start_usd")?.unwrap_or(0.0),
        byte_usd: fields.amount("byte_usd")?.unwrap_or(0.0),
        lenient: read_lenient(&mut fields)?,
    };
    fields.done()?;
    Ok(lane)
}

fn read_lenient(fields: &mut Fields) -> Result<Repairs, Malformed> {
    let names = fields.strings("lenient")?.unwrap_or_default();
    let repair = |name: &&str| Repair::named(name);
    if let Some(unknown) = names.iter().find(|name| repair(name).is_none()) {
        return Err(fields.error("lenient", format!("no such repair: {unknown}")));
    }
    Ok(names.iter().filter_map(repair).collect())
}

fn read_dialect(fields: &mut Fields) -> Result<Option<Dialect>, Malformed> {
    let Some(name) = fields.str("dialect")? else {
        return Ok(None);
    };
    let names: Vec<_> = Dialect::ALL.iter().map(|dialect| dialect.name()).collect();
    let known = || format!("expected one of {}", names.join(", "));
    Dialect::from_name(name)
        .map(Some)
        .ok_or_else(|| fields.error("dialect", known()))
}

fn read_channel(fields: &mut Fields) -> Result<Channel, Malformed> {
    let place = fields.place("channel");
    match fields.take("channel") {
        None => Ok(Channel::Text),
        Some(Value::String(word)) if word == "text" => Ok(Channel::Text),
        Some(value @ Value::Object(_)) => {
            let mut fields = Fields::of(value, &place)?;
            let tool = fields.str("tool")?;
            let tool = fields.need("tool", tool)?.to_owned();
            fields.done()?;
            Ok(Channel::Tool(tool))
        }
        Some(_) => Err(fields.error("channel", "expected \"text\" or {\"tool\": name}")),
    }
}

fn read_triggers(
    fields: &mut Fields,
    standard: Trigger,
    index: usize,
    count: usize,
) -> Result<Vec<Trigger>, Malformed> {
    let place = fields.place("start");
    match fields.take("start") {
        None => Ok(vec![standard]),
        Some(Value::Array(list)) => list
            .iter()
            .enumerate()
            .map(|(at, value)| read_trigger(value, &join(&place, &at.to_string()), index, count))
            .collect(),
        Some(value) => Ok(vec![read_trigger(value, &place, index, count)?]),
    }
}

fn read_trigger(
    value: &Value,
    place: &str,
    index: usize,
    count: usize,
) -> Result<Trigger, Malformed> {
    let words =
        "expected \"now\", \"any_failed\", or an object with after_ns, late, failed or refused";
    match value.as_str() {
        Some("now") => return Ok(Trigger::Now),
        Some("any_failed") => return Ok(Trigger::AnyFailed),
        Some(_) => return Err(Malformed::new(place, words)),
        None => {}
    }
    let mut fields = Fields::of(value, place).map_err(|_| Malformed::new(place, words))?;
    let after = fields.positive("after_ns")?.map(Trigger::After);
    let failed = read_other(&mut fields, "failed", index, count)?.map(Trigger::Failed);
    let refused = read_other(&mut fields, "refused", index, count)?.map(Trigger::Refused);
    let late = read_late(&mut fields, index, count)?;
    let found: Vec<_> = [after, failed, refused, late]
        .into_iter()
        .flatten()
        .collect();
    fields.done()?;
    match found[..] {
        [trigger] => Ok(trigger),
        _ => Err(Malformed::new(
            place,
            "exactly one key, please; several triggers make a list",
        )),
    }
}

fn read_late(
    fields: &mut Fields,
    index: usize,
    count: usize,
) -> Result<Option<Trigger>, Malformed> {
    let place = fields.place("late");
    let Some(value) = fields.take("late") else {
        return Ok(None);
    };
    let mut fields = Fields::of(value, &place)?;
    let lane = read_other(&mut fields, "lane", index, count)?;
    let lane = fields.need("lane", lane)?;
    let by_ns = fields.positive("by_ns")?;
    let by_ns = fields.need("by_ns", by_ns)?;
    fields.done()?;
    Ok(Some(Trigger::Late { lane, by_ns }))
}

/// The number of another lane.
fn read_other(
    fields: &mut Fields,
    key: &'static str,
    index: usize,
    count: usize,
) -> Result<Option<u32>, Malformed> {
    let Some(lane) = fields.size(key)? else {
        return Ok(None);
    };
    if lane == index || lane >= count {
        return Err(fields.error(key, "expected the number of another lane"));
    }
    Ok(Some(lane as u32))
}

//! A race's configuration read from JSON. Unknown keys and impossible combinations are refused by place.

use serde_json::Value;

use super::config::{
    Bounds, Budget, Channel, Config, Deadlines, Gate, Join, Judge, Patience, Show,
};
use super::read_lanes::read_lanes;
use crate::criteria::Malformed;
use crate::criteria::fields::{Fields, parse};

/// How long to read a winner's stream on for its usage, unless told otherwise.
const DRAIN_NS: u64 = 500_000_000;

impl Config {
    /// Reads a configuration.
    ///
    /// # Errors
    /// [`Malformed`] names the place and the remedy.
    pub fn from_json(json: &[u8]) -> Result<Self, Malformed> {
        let value = parse(json)?;
        let mut fields = Fields::of(&value, "")?;
        let shows = [
            ("final", Show::Final),
            ("committed", Show::Committed),
            ("lead", Show::Lead),
        ];
        let rule = read_join(&mut fields)?;
        let config = Self {
            show: fields.word("show", &shows)?.unwrap_or_default(),
            gate: read_gate(&mut fields)?,
            acceptance: read_acceptance(&mut fields)?,
            judge: read_judge(&mut fields)?,
            criteria: read_patience_of(&mut fields, "criteria")?,
            deadlines: read_deadlines(&mut fields, "deadlines")?,
            lane_deadlines: read_deadlines(&mut fields, "lane_deadlines")?,
            drain_ns: fields.u64("drain_ns")?.unwrap_or(DRAIN_NS),
            budget: read_budget(&mut fields)?,
            bounds: read_bounds(&mut fields)?,
            lanes: read_lanes(&mut fields, rule == Join::Cascade)?,
            join: rule,
        };
        fields.done()?;
        config.check()?;
        Ok(config)
    }

    /// Refuses what cannot work together.
    fn check(&self) -> Result<(), Malformed> {
        let several = !matches!(self.join, Join::FirstValid | Join::Cascade);
        if several && self.show == Show::Committed {
            return Err(Malformed::new(
                "/show",
                "committed needs the join first_valid or cascade: others decide only at the end",
            ));
        }
        if self.gate.judge
            && self
                .judge
                .is_none_or(|(judge, _)| judge.every_chars.is_none())
        {
            return Err(Malformed::new(
                "/gate/judge",
                "needs /judge/every_chars: without checkpoints the gate never opens",
            ));
        }
        if self.lanes.len() > self.bounds.lanes {
            return Err(Malformed::new("/lanes", "more lanes than /limits/lanes"));
        }
        for (index, lane) in self.lanes.iter().enumerate() {
            if lane.can_continue && lane.channel != Channel::Text {
                let place = format!("/lanes/{index}/can_continue");
                return Err(Malformed::new(place, "needs the channel text"));
            }
        }
        Ok(())
    }
}

fn read_gate(fields: &mut Fields) -> Result<Gate, Malformed> {
    let place = fields.place("gate");
    let Some(value) = fields.take("gate") else {
        return Ok(Gate::default());
    };
    let mut fields = Fields::of(value, &place)?;
    let gate = Gate {
        chars: fields.positive("chars")?,
        sentence: fields.bool("sentence")?.unwrap_or(false),
        judge: fields.bool("judge")?.unwrap_or(false),
        hold_ns: fields.u64("hold_ns")?,
        settled: fields.bool("settled")?.unwrap_or(false),
    };
    fields.done()?;
    Ok(gate)
}

fn read_join(fields: &mut Fields) -> Result<Join, Malformed> {
    let place = fields.place("join");
    let Some(value) = fields.take("join") else {
        return Ok(Join::default());
    };
    if let Some(word) = value.as_str() {
        return named_join(word).ok_or_else(|| {
            fields.error("join", "expected first_valid, cascade, merge or an object")
        });
    }
    let mut fields = Fields::of(value, &place)?;
    let rule = fields.str("rule")?;
    let join = match fields.need("rule", rule)? {
        "first_valid" => Join::FirstValid,
        "cascade" => Join::Cascade,
        "best_of" => {
            let n = fields.positive("n")?;
            Join::BestOf {
                n: fields.need("n", n)? as usize,
                patience_ns: fields.positive("patience_ns")?,
            }
        }
        "quorum" => {
            let k = fields.positive("k")?;
            Join::Quorum {
                k: fields.need("k", k)? as usize,
                fields: read_pointers(&mut fields)?,
                patience_ns: fields.positive("patience_ns")?,
            }
        }
        "merge" => Join::Merge {
            enough: fields.positive("enough")?.map(|count| count as usize),
            patience_ns: fields.positive("patience_ns")?,
        },
        _ => {
            let known = "expected first_valid, best_of, quorum, merge or cascade";
            return Err(fields.error("rule", known));
        }
    };
    fields.done()?;
    Ok(join)
}

/// A join that needs no more than its name.
fn named_join(word: &str) -> Option<Join> {
    match word {
        "first_valid" => Some(Join::FirstValid),
        "cascade" => Some(Join::Cascade),
        "merge" => Some(Join::Merge {
            enough: None,
            patience_ns: None,
        }),
        _ => None,
    }
}

fn read_pointers(fields: &mut Fields) -> Result<Vec<String>, Malformed> {
    let pointers = fields.strings("fields")?.unwrap_or_default();
    match pointers.iter().find(|pointer| !pointer.starts_with('/')) {
        Some(_) => Err(fields.error("fields", "JSON Pointers begin with /")),
        None => Ok(pointers.into_iter().map(str::to_owned).collect()),
    }
}

/// The timeout and the default answer among `fields`; silence is a no unless told otherwise.
fn read_patience(fields: &mut Fields, default: bool) -> Result<Patience, Malformed> {
    let words = [("pass", true), ("fail", false)];
    Ok(Patience {
        timeout_ns: fields.positive("timeout_ns")?,
        default: fields.word("default", &words)?.unwrap_or(default),
    })
}

fn read_patience_of(fields: &mut Fields, key: &'static str) -> Result<Patience, Malformed> {
    let place = fields.place(key);
    let Some(value) = fields.take(key) else {
        return Ok(Patience {
            timeout_ns: None,
            default: false,
        });
    };
    let mut fields = Fields::of(value, &place)?;
    let patience = read_patience(&mut fields, false)?;
    fields.done()?;
    Ok(patience)
}

fn read_acceptance(fields: &mut Fields) -> Result<Option<Patience>, Malformed> {
    match fields.take("acceptance") {
        None | Some(Value::Bool(false)) => Ok(None),
        Some(Value::Bool(true)) => Ok(Some(Patience {
            timeout_ns: None,
            default: false,
        })),
        Some(_) => read_patience_of(fields, "acceptance").map(Some),
    }
}

/// A judge's silence is a yes unless told otherwise: judging is advice, acceptance is the contract.
fn read_judge(fields: &mut Fields) -> Result<Option<(Judge, Patience)>, Malformed> {
    let place = fields.place("judge");
    let Some(value) = fields.take("judge") else {
        return Ok(None);
    };
    let mut fields = Fields::of(value, &place)?;
    let every_chars = fields.positive("every_chars")?;
    let judge = Judge {
        every_chars,
        at_end: fields.bool("at_end")?.unwrap_or(every_chars.is_none()),
    };
    let patience = read_patience(&mut fields, true)?;
    fields.done()?;
    Ok(Some((judge, patience)))
}

pub(super) fn read_deadlines(
    fields: &mut Fields,
    key: &'static str,
) -> Result<Deadlines, Malformed> {
    let place = fields.place(key);
    let Some(value) = fields.take(key) else {
        return Ok(Deadlines::default());
    };
    let mut fields = Fields::of(value, &place)?;
    let deadlines = Deadlines {
        connect: fields.positive("connect_ns")?,
        first_byte: fields.positive("first_byte_ns")?,
        first_token: fields.positive("first_token_ns")?,
        gap: fields.positive("gap_ns")?,
        total: fields.positive("total_ns")?,
    };
    fields.done()?;
    Ok(deadlines)
}

fn read_budget(fields: &mut Fields) -> Result<Budget, Malformed> {
    let place = fields.place("budget");
    let Some(value) = fields.take("budget") else {
        return Ok(Budget::default());
    };
    let mut fields = Fields::of(value, &place)?;
    let extra = fields.u64("extra_requests")?;
    let budget = Budget {
        extra_requests: extra.map(|count| u32::try_from(count).unwrap_or(u32::MAX)),
        usd: fields.amount("usd")?,
        metered: fields.amount("metered")?,
    };
    fields.done()?;
    Ok(budget)
}

fn read_bounds(fields: &mut Fields) -> Result<Bounds, Malformed> {
    let place = fields.place("limits");
    let standard = Bounds::default();
    let Some(value) = fields.take("limits") else {
        return Ok(standard);
    };
    let mut fields = Fields::of(value, &place)?;
    let bounds = Bounds {
        text: fields.size("text")?.unwrap_or(standard.text),
        held: fields.size("held")?.unwrap_or(standard.held),
        beside: fields.size("beside")?.unwrap_or(standard.beside),
        calls: fields.size("calls")?.unwrap_or(standard.calls),
        lanes: fields.size("lanes")?.unwrap_or(standard.lanes),
    };
    if bounds.lanes > standard.lanes {
        return Err(fields.error("lanes", format!("at most {}", standard.lanes)));
    }
    fields.done()?;
    Ok(bounds)
}

//! Real-world schemas with labelled instances: end verdicts equal the labels, and no valid one is ever refused.
#![allow(
    clippy::disallowed_methods,
    reason = "the core does no I/O, its tests read files"
)]

mod conformance;
mod judging;

use std::fmt::Write as _;
use std::sync::Arc;

use atomic_core::schema::{CompileOptions, Schema, State, Stream, StreamOptions};
use judging::compile;
use serde_json::Value;

/// Labels that are decided otherwise, by schema id and place of the test; each with its reason.
const EXCEPTIONS: [(&str, usize, &str); 0] = [];

fn options() -> CompileOptions {
    CompileOptions {
        formats: Some(true),
        ..CompileOptions::default()
    }
}

fn state(schema: &Arc<Schema>, text: &str) -> (State, Option<i64>) {
    let mut stream = Stream::new(Arc::clone(schema), StreamOptions::default());
    stream.feed(text.as_bytes());
    stream.finish();
    assert!(stream.limit().is_none(), "a bound was reached");
    (stream.verdict().state, stream.verdict().dead_at)
}

/// The same value with its members reversed, or rotated by their number.
fn reordered(value: &Value, reverse: bool) -> Value {
    match value {
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| reordered(item, reverse)).collect())
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members
                .iter()
                .map(|(name, value)| (name.clone(), reordered(value, reverse)))
                .collect();
            if reverse {
                members.reverse();
            } else {
                let middle = members.len() / 2;
                members.rotate_left(middle);
            }
            Value::Object(members.into_iter().collect())
        }
        scalar => scalar.clone(),
    }
}

/// Every character beyond printable ASCII, and every letter of a string, as an escape.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    let (mut inside, mut after_slash) = (false, false);
    for scalar in text.chars() {
        let plain = !inside || after_slash || matches!(scalar, '"' | '\\');
        if inside && !after_slash && scalar == '\\' {
            after_slash = true;
            out.push(scalar);
            continue;
        }
        if scalar == '"' && !after_slash {
            inside = !inside;
        }
        if plain || scalar.is_ascii_digit() {
            out.push(scalar);
        } else {
            scalar
                .encode_utf16(&mut [0; 2])
                .iter()
                .for_each(|unit| write!(out, "\\u{unit:04x}").expect("a string takes all"));
        }
        after_slash = false;
    }
    out
}

#[test]
fn verdicts_equal_the_labels() {
    let Some(folder) = conformance::folder("maskbench") else {
        return;
    };
    let (mut right, mut wrong, mut uncompiled) = (0, Vec::new(), Vec::new());
    let (mut dead, mut share) = (0_usize, 0.0);
    for case in conformance::lines(&folder.join("cases.jsonl")) {
        let id = case["id"].as_str().unwrap_or_default();
        let schema = match compile(&case["schema"].to_string(), &options()) {
            Ok(schema) => schema,
            Err(error) => {
                uncompiled.push(format!("{id}: {error}"));
                continue;
            }
        };
        for (at, test) in case["tests"].as_array().expect("tests").iter().enumerate() {
            let data = &test["data"];
            let compact = data.to_string();
            let valid = test["valid"] == true;
            if EXCEPTIONS
                .iter()
                .any(|&(case, place, _)| (case, place) == (id, at))
            {
                continue;
            }
            let texts = [
                compact.clone(),
                serde_json::to_string_pretty(data).expect("JSON"),
                escaped(&compact),
                reordered(data, true).to_string(),
                reordered(data, false).to_string(),
            ];
            let cut = judging::judge_every_way(&schema, &texts[at % texts.len()]);
            assert!(cut.is_ok(), "{id} #{at}: {cut:?}");
            let verdicts = texts
                .iter()
                .map(|text| state(&schema, text))
                .collect::<Vec<_>>();
            if verdicts
                .iter()
                .all(|(state, _)| (*state == State::Complete) == valid)
            {
                right += 1;
            } else {
                wrong.push(format!("{id} #{at} valid {valid}: {verdicts:?}"));
            }
            if let (false, Some(dead_at)) = (valid, verdicts[0].1) {
                dead += 1;
                share += dead_at.max(0) as f64 / compact.len() as f64;
            }
        }
    }
    conformance::tally("real-world schemas", right, EXCEPTIONS.len());
    println!(
        "mean share of the text at death: {:.3} of {dead}",
        share / dead.max(1) as f64
    );
    assert!(
        wrong.is_empty() && uncompiled.is_empty(),
        "{}\n{}",
        uncompiled.join("\n"),
        wrong.join("\n")
    );
}

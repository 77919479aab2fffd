//! The earliest dead byte, case by case.

mod conformance;
mod judging;

use atomic_core::schema::{CompileOptions, State};
use judging::{compile, judge_every_way, judge_open};
use serde_json::Value;

/// Labels that are wrong, by text, with where the text dies and why.
const ARGUED: [(&str, i64, &str); 1] = [(
    "1e+308",
    1,
    "whole multiples of 0.123456789 are the multiples of 123456789, which begins with 1; no power of ten is one",
)];

/// What came of a case, compared with its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Exact,
    Late,
    Early,
}

fn outcome(case: &Value) -> Result<Outcome, String> {
    let schema = compile(&case["schema"].to_string(), &CompileOptions::default())
        .map_err(|error| error.to_string())?;
    let text = case["text"].as_str().expect("text");
    let (state, dead_at) = match case["status"].as_str() {
        Some("incomplete") => judge_open(&schema, text),
        _ => judge_every_way(&schema, text).map(|verdict| (verdict.state, verdict.dead_at))?,
    };
    let argued = ARGUED.iter().find(|(argued, ..)| *argued == text);
    let expected = argued.map(|(_, at, _)| *at).or(case["dead_at"].as_i64());
    Ok(match (expected, dead_at) {
        (None, None) if (state == State::Complete) == (case["valid"] == true) => Outcome::Exact,
        (None, None) => return Err(format!("{state:?}")),
        (Some(expected), Some(found)) if expected == found => Outcome::Exact,
        (Some(expected), Some(found)) if expected < found => Outcome::Late,
        (Some(_), None) => Outcome::Late,
        (_, Some(_)) => Outcome::Early,
    })
}

#[test]
fn deaths_are_at_the_labelled_byte() {
    let Some(folder) = conformance::folder("early") else {
        return;
    };
    let mut disagreements = Vec::new();
    let (mut all, mut dead, mut exact, mut killed) = (0, 0, 0, 0);
    for case in conformance::lines(&folder.join("cases.jsonl")) {
        let found = outcome(&case);
        all += 1;
        let by_hand = case["confidence"] == "hand+oracle" && case["dead_at"].is_i64();
        dead += usize::from(by_hand);
        exact += usize::from(by_hand && found == Ok(Outcome::Exact));
        killed += usize::from(found == Ok(Outcome::Early));
        if found != Ok(Outcome::Exact) {
            disagreements.push(format!(
                "{found:?} {} {} dead_at {} ({})",
                case["schema"], case["text"], case["dead_at"], case["confidence"]
            ));
        }
    }
    conformance::tally("earliest dead byte, by hand", exact, dead - exact);
    let late = disagreements.len() - killed;
    println!(
        "{all} cases: {} exact, {late} late, {killed} early",
        all - late - killed
    );
    for (text, at, why) in ARGUED {
        println!("argued: {text} dies at {at}: {why}");
    }
    assert_eq!(killed, 0, "a viable prefix was killed");
    assert!(
        disagreements.is_empty(),
        "not argued:\n{}",
        disagreements.join("\n")
    );
    assert!(exact * 100 >= dead * 98, "{exact} of {dead}");
}

//! The JSON parsing test suite: what must pass passes, what must fail fails, and what is left open is decided here.
#![allow(
    clippy::disallowed_methods,
    reason = "the core does no I/O, its tests read files"
)]

mod conformance;
mod judging;

use atomic_core::schema::{CompileOptions, State};
use judging::{compile, judge_bytes_every_way};

/// Open cases that are accepted: numbers of any size, and nothing else that is unusual.
const ACCEPTED: [&str; 9] = [
    "i_number_double_huge_neg_exp.json",
    "i_number_huge_exp.json",
    "i_number_neg_int_huge_exp.json",
    "i_number_pos_double_huge_exp.json",
    "i_number_real_neg_overflow.json",
    "i_number_real_pos_overflow.json",
    "i_number_real_underflow.json",
    "i_number_too_big_neg_int.json",
    "i_number_too_big_pos_int.json",
];
/// Also accepted: depth is within the bound.
const ACCEPTED_MORE: [&str; 2] = [
    "i_number_very_big_negative_int.json",
    "i_structure_500_nested_arrays.json",
];

#[test]
fn every_text_is_decided_as_named() {
    let Some(folder) = conformance::folder("json-parsing/test_parsing") else {
        return;
    };
    let schema = compile("true", &CompileOptions::default()).expect("a schema");
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("tests") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let text = std::fs::read(&path).expect("a text");
        let expected = match &name[..1] {
            "y" => true,
            "n" => false,
            _ => ACCEPTED.contains(&&*name) || ACCEPTED_MORE.contains(&&*name),
        };
        // Duplicate keys are the schema's business, which this one leaves to its default.
        let duplicates = name.starts_with("y_object_duplicated_key");
        let verdict = judge_bytes_every_way(&schema, &text).expect("no split matters");
        count += 1;
        if (verdict.state == State::Complete) != (expected && !duplicates) {
            wrong.push(format!("{name}: {verdict:?}"));
        }
    }
    conformance::tally("JSON parsing", count - wrong.len(), 0);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

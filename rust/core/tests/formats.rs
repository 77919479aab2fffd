//! The official suite's format tests, asked of the formats alone: whole, character by character,
//! and as complements.
#![expect(
    clippy::disallowed_methods,
    reason = "the suite is read from its files"
)]

mod conformance;

use std::path::Path;

use atomic_core::schema::text::format::Format;
use atomic_core::schema::text::{Answer, Constraint, Life, Member, StringLanguage, TextCompiler};
use serde_json::Value;

fn accepts(language: &StringLanguage, text: &str) -> bool {
    let mut state = language.start();
    language.step_str(&mut state, text).is_ok() && language.accepts(&state) == Answer::Yes
}

fn accepts_by_character(language: &StringLanguage, text: &str) -> bool {
    let mut state = language.start();
    let alive = text.chars().all(|c| {
        let possible = language.alive_in(&state, u32::from(c), u32::from(c));
        let alive = language.step(&mut state, c) == Life::Alive;
        assert!(
            possible || !alive,
            "a step that was said to be impossible: {text:?}"
        );
        alive
    });
    alive && language.accepts(&state) == Answer::Yes
}

/// The texts and expectations of one file for one format.
fn cases(file: &Path) -> Vec<(Format, String, String, bool)> {
    let text = std::fs::read_to_string(file).expect("a test file");
    let groups: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    let mut cases = Vec::new();
    for group in &groups {
        let format = group["schema"]["format"].as_str().and_then(Format::named);
        let (Some(format), Some(tests)) = (format, group["tests"].as_array()) else {
            continue;
        };
        for test in tests {
            if let (Some(data), Some(valid)) = (test["data"].as_str(), test["valid"].as_bool()) {
                let title = format!("{} | {}", file.display(), test["description"]);
                cases.push((format, title, data.to_owned(), valid));
            }
        }
    }
    cases
}

#[test]
fn the_official_format_tests() {
    let Some(root) = conformance::folder("json-schema/tests") else {
        return;
    };
    let (mut passed, mut failed) = (0, Vec::new());
    for draft in ["draft4", "draft6", "draft7", "draft2019-09", "draft2020-12"] {
        let folder = root.join(draft).join("optional/format");
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let mut compiler = TextCompiler::default();
            for (format, title, data, valid) in cases(&entry.expect("an entry").path()) {
                let constraint = Constraint::Format(format);
                let language = compiler
                    .compile(&[constraint.clone().into()])
                    .expect("a format");
                let opposite = compiler
                    .compile(&[Member::not(constraint)])
                    .expect("a format");
                let right = accepts(&language, &data) == valid
                    && accepts_by_character(&language, &data) == valid
                    && accepts(&opposite, &data) != valid;
                if right {
                    passed += 1;
                } else {
                    failed.push(format!("{title}: {data:?}"));
                }
            }
        }
    }
    conformance::tally("formats", passed, 0);
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

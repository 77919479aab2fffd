//! The official JSON Schema test suite: every draft, whole, byte by byte and in random splits.
#![allow(
    clippy::disallowed_methods,
    reason = "the core does no I/O, its tests read files"
)]

mod conformance;
mod judging;

use std::collections::BTreeMap;
use std::path::Path;

use atomic_core::schema::{CompileOptions, Draft, State};
use judging::{compile, judge_every_way};
use serde_json::Value;

fn folder(draft: Draft) -> String {
    format!("draft{}", draft.name())
}

fn remotes(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut stack = vec![folder.to_owned()];
    while let Some(next) = stack.pop() {
        for entry in std::fs::read_dir(&next)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
        {
            if entry.is_dir() {
                stack.push(entry);
            } else {
                let below = entry.strip_prefix(folder).expect("below").display();
                let text = std::fs::read_to_string(&entry).expect("a document");
                found.insert(format!("http://localhost:1234/{below}"), text);
            }
        }
    }
    found
}

/// Counts of passed and failed tests, and the names of the failed.
#[derive(Default)]
struct Count {
    passed: usize,
    failed: Vec<String>,
}

fn run_file(file: &Path, label: &str, options: &CompileOptions, count: &mut Count) {
    let text = std::fs::read_to_string(file).expect("a test file");
    let groups: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    for group in groups {
        let name = group["description"].as_str().unwrap_or_default();
        let schema = compile(&group["schema"].to_string(), options);
        for test in group["tests"].as_array().expect("tests") {
            let title = format!(
                "{label} | {name} | {}",
                test["description"].as_str().unwrap_or_default()
            );
            let outcome = schema
                .as_ref()
                .map_err(ToString::to_string)
                .and_then(|schema| {
                    let verdict = judge_every_way(schema, &test["data"].to_string())?;
                    let valid = verdict.state == State::Complete;
                    if Some(valid) == test["valid"].as_bool() {
                        Ok(())
                    } else {
                        Err(format!("{verdict:?}"))
                    }
                });
            match outcome {
                Ok(()) => count.passed += 1,
                Err(why) => count.failed.push(format!("{title}: {why}")),
            }
        }
    }
}

fn run_draft(draft: Draft, below: &str, formats: Option<bool>) -> Option<Count> {
    let tests = conformance::folder(&format!("json-schema/tests/{}/{below}", folder(draft)))?;
    let registry = remotes(&conformance::folder("json-schema/remotes")?);
    let options = CompileOptions {
        draft: Some(draft),
        registry,
        formats,
        ..CompileOptions::default()
    };
    let mut count = Count::default();
    let mut files: Vec<_> = std::fs::read_dir(tests)
        .expect("tests")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    for file in files
        .iter()
        .filter(|file| file.extension().is_some_and(|kind| kind == "json"))
    {
        let label = format!(
            "{} {below}{}",
            draft.name(),
            file.file_stem().unwrap_or_default().to_string_lossy()
        );
        run_file(file, &label, &options, &mut count);
    }
    Some(count)
}

#[test]
fn required_tests_of_every_draft() {
    let mut failed = Vec::new();
    for draft in Draft::ALL {
        let Some(count) = run_draft(draft, "", None) else {
            return;
        };
        conformance::tally(
            &format!("JSON Schema {}", draft.name()),
            count.passed,
            count.failed.len(),
        );
        failed.extend(count.failed);
    }
    assert!(
        failed.is_empty(),
        "{} failed:\n{}",
        failed.len(),
        failed.join("\n")
    );
}

/// Optional tests that are decided otherwise, by file; each with its reason.
const OPTIONAL_EXCEPTIONS: [(&str, &str); 0] = [];

#[test]
fn optional_tests_of_every_draft() {
    let mut failed = Vec::new();
    for draft in Draft::ALL {
        for (below, formats) in [("optional/", None), ("optional/format/", Some(true))] {
            let Some(count) = run_draft(draft, below, formats) else {
                return;
            };
            conformance::tally(
                &format!("JSON Schema {} {below}", draft.name()),
                count.passed,
                count.failed.len(),
            );
            failed.extend(count.failed);
        }
    }
    let unlisted = |name: &&String| {
        !OPTIONAL_EXCEPTIONS
            .iter()
            .any(|(known, _)| name.contains(known))
    };
    let unlisted: Vec<_> = failed.iter().filter(unlisted).map(String::as_str).collect();
    assert!(
        unlisted.is_empty(),
        "{} failed:\n{}",
        unlisted.len(),
        unlisted.join("\n")
    );
}

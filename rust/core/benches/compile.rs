//! What compiling real schemas costs: every schema of `MaskBench`, formats asserted, the best of three runs each.
//!
//! `cargo bench -p atomic-core --bench compile` prints one table; it needs the conformance data (`ATOMIC_CONFORMANCE`,
//! else beside the repository) and says so where there is none.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a bench reads files and a clock"
)]

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use atomic_core::schema::{CompileOptions, Schema};
use serde_json::Value;

/// The fastest of three compilations, and whether it gives a schema.
fn cost(source: &str, options: &CompileOptions) -> (Duration, bool) {
    let runs = (0..3).map(|_| {
        let begun = Instant::now();
        let compiled = black_box(Schema::compile(black_box(source), options)).is_ok();
        (begun.elapsed(), compiled)
    });
    runs.min().unwrap_or_default()
}

fn main() {
    let root = std::env::var("ATOMIC_CONFORMANCE").unwrap_or_else(|_| {
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/conformance").to_owned()
    });
    let file = Path::new(&root).join("maskbench/cases.jsonl");
    let Ok(text) = std::fs::read_to_string(&file) else {
        println!("skipped: no conformance data at {}", file.display());
        return;
    };
    let options = CompileOptions {
        formats: Some(true),
        ..CompileOptions::default()
    };
    let mut costs: Vec<(Duration, String, usize)> = Vec::new();
    let mut refused = 0;
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).expect("a case");
        let source = case["schema"].to_string();
        let (time, compiled) = cost(&source, &options);
        refused += usize::from(!compiled);
        let id = case["id"].as_str().unwrap_or_default();
        costs.push((time, id.to_owned(), source.len()));
    }
    costs.sort();
    println!("compile: {} schemas, {refused} refused", costs.len());
    for (name, share) in [
        ("median", 0.5),
        ("95 %", 0.95),
        ("99 %", 0.99),
        ("slowest", 1.0),
    ] {
        let at = ((costs.len() - 1) as f64 * share) as usize;
        println!("  {name:8} {:>10.3} ms", costs[at].0.as_secs_f64() * 1e3);
    }
    for (time, id, bytes) in costs.iter().rev().take(8) {
        println!(
            "  {:>10.3} ms  {id} ({bytes} bytes)",
            time.as_secs_f64() * 1e3
        );
    }
}

//! What a race costs: three lanes of sixty chunks, with schema and criteria on every chunk, and one chunk among very
//! many lanes.
//!
//! `cargo bench -p atomic-core --bench race`; the throughput of the first group counts races, of the second chunks.

#![allow(missing_docs, reason = "criterion's macros make public items")]

use std::hint::black_box;
use std::sync::Arc;

use atomic_core::criteria::Criteria;
use atomic_core::race::{Config, Input, Output, Race, Rules};
use atomic_core::schema::{CompileOptions, Schema};
use atomic_core::wire::Delta;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

const LANES: u32 = 3;
const CHUNKS: usize = 60;

const SCHEMA: &str = r#"{"type": "object", "additionalProperties": false,
    "properties": {"summary": {"type": "string", "maxLength": 4000}, "priority": {"type": "integer"}},
    "required": ["summary", "priority"]}"#;
const CRITERIA: &str = r#"[{"forbids": "guarantee"}, {"forbids": {"regex": "(?i)\\bcredit card\\b"}},
    {"repetition": true}, {"chars": {"max": 4000}}]"#;

/// A race of `lanes` open lanes.
fn started(config: &str, rules: Rules) -> Race {
    let config = Config::from_json(config.as_bytes()).expect("a configuration");
    let mut race = Race::new(config, rules);
    let mut opened = Vec::new();
    tell(&mut race, 0, Input::Start, &mut |output| {
        if let Output::Start { lane, .. } = output {
            opened.push(lane);
        }
    });
    for lane in opened {
        tell(
            &mut race,
            0,
            Input::Opened {
                lane,
                status: Some(200),
            },
            &mut |_| {},
        );
    }
    race
}

fn tell(race: &mut Race, now: u64, input: Input<'_>, heard: &mut impl FnMut(Output)) {
    race.input(now, input).expect("in order");
    loop {
        match race.poll() {
            Output::Wait { .. } => return,
            output => heard(output),
        }
    }
}

/// The chunks of one lane's answer.
fn chunks() -> Vec<Vec<Delta>> {
    let word = |n: usize| format!(" some words of chunk {n}");
    let mut texts: Vec<_> = (1..CHUNKS - 1).map(word).collect();
    texts.insert(0, "{\"summary\": \"It begins".to_owned());
    texts.push(".\", \"priority\": 3}".to_owned());
    texts
        .into_iter()
        .map(|text| vec![Delta::Text(text)])
        .collect()
}

/// Lanes speak in turns until one wins.
fn run(mut race: Race, chunks: &[Vec<Delta>]) -> usize {
    let mut outputs = 0;
    for (now, deltas) in chunks.iter().enumerate() {
        for lane in 0..LANES {
            tell(
                &mut race,
                now as u64,
                Input::Deltas { lane, deltas },
                &mut |_| outputs += 1,
            );
        }
    }
    outputs
}

fn races(criterion: &mut Criterion) {
    let schema = Arc::new(Schema::compile(SCHEMA, &CompileOptions::default()).expect("a schema"));
    let criteria = Arc::new(Criteria::from_json(CRITERIA.as_bytes()).expect("criteria"));
    let text = || Rules::default();
    let typed = || Rules {
        schema: Some(Arc::clone(&schema)),
        ..Rules::default()
    };
    let checked = || Rules {
        criteria: Some(Arc::clone(&criteria)),
        ..typed()
    };
    let chunks = chunks();
    let config = r#"{"deadlines": {"total_ns": 100000}, "lane_deadlines": {"gap_ns": 1000}, "lanes": [{}, {}, {}]}"#;
    let mut group = criterion.benchmark_group("race of three lanes, sixty chunks each");
    group.throughput(Throughput::Elements(1));
    for (name, rules) in [
        ("text", &text as &dyn Fn() -> Rules),
        ("schema", &typed),
        ("schema and criteria", &checked),
    ] {
        group.bench_function(name, |bencher| {
            let fresh = || started(config, rules());
            bencher.iter_batched(
                fresh,
                |race| black_box(run(race, &chunks)),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

fn lanes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("one chunk among many lanes");
    group.throughput(Throughput::Elements(1));
    for count in [3, 100, 10_000_usize] {
        let config = format!(
            r#"{{"lane_deadlines": {{"gap_ns": 1000000}}, "limits": {{"text": 1000000000}}, "lanes": [{}]}}"#,
            vec!["{}"; count].join(",")
        );
        let deltas = [Delta::Text("word".to_owned())];
        let mut race = started(&config, Rules::default());
        let mut now = 0;
        group.bench_function(count.to_string(), |bencher| {
            bencher.iter(|| {
                now += 1;
                let lane = (now % count as u64) as u32;
                tell(
                    &mut race,
                    now,
                    Input::Deltas {
                        lane,
                        deltas: &deltas,
                    },
                    &mut |_| {},
                );
            });
        });
    }
    group.finish();
}

criterion_group!(benches, races, lanes);
criterion_main!(benches);

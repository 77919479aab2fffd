//! Awards and updates in the core: instruction counts aside, what a decision costs.

use atomic_core::auction::{Ask, Exchange, Settings, Verifier};
use atomic_core::profile::{Card, Outcome};
use criterion::{Criterion, criterion_group, criterion_main};

fn outcome(quality: f64) -> Outcome {
    Outcome {
        quality: Some(quality),
        valid: true,
        cost_usd: Some(0.001),
        latency_s: Some(1.0),
        ttft_s: None,
        input_tokens: 100.0,
        output_tokens: None,
    }
}

fn exchange(models: u32) -> Exchange {
    let card = |number: u32| Card {
        name: format!("m{number}"),
        price_in: 0.1 * f64::from(number + 1),
        price_out: 0.4 * f64::from(number + 1),
        ..Card::default()
    };
    // Names differ and prices are numbers: nothing to refuse.
    let mut exchange =
        Exchange::new((0..models).map(card).collect(), Settings::default()).expect("sound cards");
    for turn in 0..2_000_u32 {
        let award = exchange
            .award(&Ask::new(["a", "b", "c"][turn as usize % 3], 100.0))
            .expect("everybody bids");
        let model = award.winning().model;
        exchange
            .observe(award.id, model, outcome(f64::from(turn % 5 > 0)))
            .expect("a fresh award");
    }
    exchange
}

fn awards(criterion: &mut Criterion) {
    for models in [20, 1_000] {
        let mut learned = exchange(models);
        let single = Ask {
            max_lanes: Some(1),
            ..Ask::new("a", 100.0)
        };
        criterion.bench_function(&format!("award/{models}/single"), |bench| {
            bench.iter(|| learned.award(&single));
        });
        let plan = Ask {
            verifier: Some(Verifier::of_accuracy(0.95)),
            ..Ask::new("a", 100.0)
        };
        criterion.bench_function(&format!("award/{models}/plan"), |bench| {
            bench.iter(|| learned.award(&plan));
        });
    }
}

fn update(criterion: &mut Criterion) {
    let mut learned = exchange(20);
    criterion.bench_function("learn/20", |bench| {
        bench.iter(|| learned.teach("a", 7, 3, outcome(1.0), None));
    });
}

criterion_group!(benches, awards, update);
criterion_main!(benches);

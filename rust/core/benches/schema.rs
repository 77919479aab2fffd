//! What judging a document costs: whole, in chunks, with its value.
//!
//! `cargo bench -p atomic-core --bench schema`; a figure is the time for one document, and bytes a second.

#![allow(missing_docs, reason = "criterion's macros make public items")]
#![allow(clippy::format_push_string, reason = "the document is built once")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;

use atomic_core::schema::{CompileOptions, Schema, State, Stream, StreamOptions};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const SCHEMA: &str = r##"{
    "$defs": {"line": {
        "type": "object",
        "properties": {
            "sku": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$"},
            "quantity": {"type": "integer", "minimum": 1, "maximum": 999},
            "price": {"type": "number", "minimum": 0}
        },
        "required": ["sku", "quantity"],
        "additionalProperties": false
    }},
    "type": "object",
    "properties": {"records": {"type": "array", "items": {
        "type": "object",
        "properties": {
            "id": {"type": "integer", "minimum": 0},
            "status": {"enum": ["new", "paid", "shipped", "cancelled"]},
            "customer": {"type": "string", "minLength": 1, "maxLength": 80},
            "note": {"type": ["string", "null"]},
            "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}, "maxItems": 50}
        },
        "required": ["id", "status", "lines"],
        "additionalProperties": false
    }}},
    "required": ["records"],
    "additionalProperties": false
}"##;

/// A valid document of about so many bytes.
fn document(bytes: usize) -> String {
    let mut text = String::from("{\"records\": [");
    for id in 0.. {
        let status = ["new", "paid", "shipped", "cancelled"][id % 4];
        let _ = write!(
            text,
            "{{\"id\": {id}, \"status\": \"{status}\", \"customer\": \"Customer number {id}\", \
             \"note\": \"please leave the parcel with the neighbour at number {id}\", \
             \"lines\": [{{\"sku\": \"ABC-{:04}\", \"quantity\": {}, \"price\": {}.{:02}}}, \
             {{\"sku\": \"XYZ-0001\", \"quantity\": 2}}]}}",
            id % 10_000,
            1 + id % 99,
            id % 500,
            id % 100,
        );
        if text.len() + 2 >= bytes {
            break;
        }
        text.push_str(", ");
    }
    text + "]}"
}

fn judge(schema: &Arc<Schema>, text: &[u8], chunk: usize, value: bool) -> State {
    let options = StreamOptions {
        value,
        ..StreamOptions::default()
    };
    let mut stream = Stream::new(Arc::clone(schema), options);
    for piece in text.chunks(chunk) {
        stream.feed(piece);
    }
    let state = stream.finish();
    if value {
        black_box(stream.value());
    }
    state
}

fn benches(criterion: &mut Criterion) {
    let schema = Arc::new(Schema::compile(SCHEMA, &CompileOptions::default()).expect("a schema"));
    let mut group = criterion.benchmark_group("judge");
    for kilobytes in [1, 16, 256] {
        let text = document(kilobytes << 10);
        group.throughput(Throughput::Bytes(text.len() as u64));
        for (name, chunk, value) in [
            ("whole", usize::MAX, false),
            ("whole with value", usize::MAX, true),
            ("by 10 bytes", 10, false),
        ] {
            assert_eq!(
                judge(&schema, text.as_bytes(), chunk, value),
                State::Complete
            );
            group.bench_with_input(BenchmarkId::new(name, kilobytes), &text, |bencher, text| {
                bencher.iter(|| judge(&schema, black_box(text.as_bytes()), chunk, value));
            });
        }
    }
    group.finish();
    criterion.bench_function("compile", |bencher| {
        bencher.iter(|| Schema::compile(black_box(SCHEMA), &CompileOptions::default()));
    });
}

criterion_group!(all, benches);
criterion_main!(all);

//! A schema and a document made of the same bytes, the document damaged a little: read whole, where whole tokens are
//! taken at a stride, and byte by byte, where a stride takes a bracket or comma at most: the same in all that is told.
#![no_main]

use std::sync::Arc;

use atomic_core::json::Limits;
use atomic_core::schema::{CompileOptions, Duplicates, Schema, Stream, StreamOptions, Violations};
use atomic_fuzz::Seed;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// The document as text: compact or spread over lines, and perhaps with a byte or two put in, left out or changed.
fn text(seed: &mut Seed<'_>) -> Vec<u8> {
    let value = seed.value(4);
    let mut text = if seed.upto(2) == 0 {
        value.to_string().into_bytes()
    } else {
        serde_json::to_vec_pretty(&value).unwrap_or_default()
    };
    for _ in 0..seed.upto(3) {
        let at = seed.upto(256) % text.len().max(1);
        let byte = seed.one(b"\"\\\\,:{}[]0-1.5eEtu ab\n\x00\xc3\xa9\xff");
        match seed.upto(3) {
            0 => text.insert(at, byte),
            1 if !text.is_empty() => drop(text.remove(at)),
            _ => text.iter_mut().skip(at).take(1).for_each(|old| *old = byte),
        }
    }
    text
}

fn judged(schema: &Arc<Schema>, options: StreamOptions, text: &[u8], size: usize) -> Stream {
    let mut stream = Stream::new(Arc::clone(schema), options);
    for chunk in text.chunks(size.max(1)) {
        stream.feed(chunk);
    }
    stream.finish();
    stream
}

/// Value and verdict; of a dead document only the verdict, as its chunk may have been read beyond.
fn told(stream: &mut Stream) -> (String, Option<String>) {
    let verdict = stream.verdict();
    let dead = verdict.dead_at.is_some() || stream.limit().is_some();
    let told = format!("{verdict:?} {:?}", stream.limit());
    let value = stream.value().filter(|_| !dead);
    (told, value.map(|value| value.to_string()))
}

fn options(seed: &mut Seed<'_>) -> StreamOptions {
    StreamOptions {
        value: seed.upto(2) == 1,
        violations: match seed.upto(3) {
            0 | 1 => Violations::First,
            _ => Violations::All { at_most: 20 },
        },
        limits: Limits {
            depth: seed.one(&[u32::MAX, 2]),
            number: seed.one(&[u32::MAX, 3]),
            ..Limits::default()
        },
        positions: seed.upto(2) == 1,
        ..StreamOptions::default()
    }
}

fn compiled(source: &Value, duplicates: Duplicates) -> Arc<Schema> {
    let options = CompileOptions {
        duplicates,
        ..CompileOptions::default()
    };
    Arc::new(Schema::compile(&source.to_string(), &options).expect("it is a schema"))
}

fuzz_target!(|bytes: &[u8]| {
    let mut seed = Seed(bytes);
    let source = seed.document();
    let duplicates = seed.one(&[
        Duplicates::Violation,
        Duplicates::Violation,
        Duplicates::Last,
    ]);
    let schema = compiled(&source, duplicates);
    for _ in 0..4 {
        let options = options(&mut seed);
        let text = text(&mut seed);
        let slow = told(&mut judged(&schema, options, &text, 1));
        for size in [text.len(), 1 + seed.upto(40)] {
            let quick = told(&mut judged(&schema, options, &text, size));
            assert_eq!(
                quick,
                slow,
                "{source}\n{}\nin chunks of {size}, {options:?}",
                String::from_utf8_lossy(&text)
            );
        }
    }
});

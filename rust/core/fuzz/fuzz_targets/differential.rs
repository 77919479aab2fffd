//! A schema and a document made of the same bytes, judged by the core and by the `jsonschema` crate: the same verdict.
//!
//! Left out, as the two differ by design: `format` and content keywords (annotations here unless asked for), numbers beyond
//! what a double holds (exact here), repeated keys (a violation here), references that lead to themselves at once (the
//! crate recurses), patterns with lookaround (the crate's engine has other bounds).
#![no_main]

use std::sync::Arc;

use atomic_core::json::lenient::Repairs;
use atomic_core::schema::{CompileOptions, Schema, State, Stream, StreamOptions, Violations};
use atomic_fuzz::Seed;
use libfuzzer_sys::fuzz_target;

/// What the core says, whole and in pieces; nothing where a bound stopped it.
fn judged(schema: &Arc<Schema>, options: StreamOptions, text: &str, size: usize) -> Option<bool> {
    let mut stream = Stream::new(Arc::clone(schema), options);
    text.as_bytes().chunks(size).for_each(|chunk| {
        stream.feed(chunk);
    });
    stream.finish();
    stream
        .limit()
        .is_none()
        .then(|| stream.verdict().state == State::Complete)
}

fuzz_target!(|bytes: &[u8]| {
    let mut seed = Seed(bytes);
    let source = seed.document();
    let Ok(schema) = Schema::compile(&source.to_string(), &CompileOptions::default()) else {
        panic!("it is a schema: {source}");
    };
    let schema = Arc::new(schema);
    let peer = jsonschema::draft202012::new(&source).expect("the crate takes it");
    for _ in 0..4 {
        let value = seed.value(3);
        let (text, expected) = (value.to_string(), peer.is_valid(&value));
        let all = StreamOptions {
            violations: Violations::All { at_most: 50 },
            ..StreamOptions::default()
        };
        let lenient = StreamOptions {
            lenient: Repairs::all(),
            ..StreamOptions::default()
        };
        for (options, size) in [
            (StreamOptions::default(), text.len()),
            (StreamOptions::default(), 1),
            (all, 3),
            (lenient, 2),
        ] {
            let verdict = judged(&schema, options, &text, size);
            assert!(
                verdict.is_none_or(|valid| valid == expected),
                "{source}\n{text}\nexpected {expected}: {options:?}"
            );
        }
    }
});

//! Any text as a schema, any bytes as a document: no panic, and a verdict that no split changes.
#![no_main]

use std::sync::Arc;

use atomic_core::schema::{CompileOptions, Schema, State, Stream, StreamOptions, Verdict};
use libfuzzer_sys::fuzz_target;

fn judged<'a>(schema: &Arc<Schema>, chunks: impl Iterator<Item = &'a [u8]>) -> Verdict {
    let mut stream = Stream::new(Arc::clone(schema), StreamOptions::default());
    for chunk in chunks {
        stream.feed(chunk);
    }
    stream.finish();
    stream.verdict().clone()
}

fuzz_target!(|input: (u8, &str, &[u8])| {
    let (size, source, document) = input;
    let Ok(schema) = Schema::compile(source, &CompileOptions::default()) else {
        return;
    };
    let schema = Arc::new(schema);
    let whole = judged(&schema, std::iter::once(document));
    assert_eq!(
        whole,
        judged(&schema, document.chunks(usize::from(size).max(1)))
    );
    assert!(whole.state != State::Complete || schema.is_satisfiable());
});

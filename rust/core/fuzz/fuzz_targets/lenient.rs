//! Any bytes, any repairs: no panic, the same repaired text and verdict however they are split, JSON never changed.
#![no_main]

use std::ops::ControlFlow;
use std::sync::Arc;

use atomic_core::json::lenient::{Filter, Repair, Repairs, Roots};
use atomic_core::json::{Limits, parse};
use atomic_core::schema::{
    CompileOptions, Schema, State, Stream, StreamOptions, Trailing, Verdict, Violations,
};
use libfuzzer_sys::fuzz_target;

const PERSON: &str = r#"{"type": "object", "properties": {"a": {"type": "integer"}, "b": {"items": {"enum": ["x", null]}}},
    "additionalProperties": {"type": "string", "maxLength": 3}}"#;

fn repaired<'t>(lenient: Repairs, chunks: impl Iterator<Item = &'t [u8]>) -> (Vec<u8>, usize) {
    let mut filter = Filter::new(lenient, Roots::default(), Limits::default());
    let mut out = Vec::new();
    let mut reader = |piece: atomic_core::json::lenient::Piece<'_>| {
        out.extend_from_slice(piece.text);
        ControlFlow::Continue(())
    };
    let read = chunks
        .map(|chunk| filter.feed(chunk, &mut reader))
        .all(|read| read.is_ok());
    if read {
        let _ = filter.finish(&mut reader);
    }
    (out, filter.repairs().len())
}

fn judged<'t>(
    schema: &Arc<Schema>,
    options: StreamOptions,
    chunks: impl Iterator<Item = &'t [u8]>,
) -> (Verdict, usize, Option<u64>) {
    let mut stream = Stream::new(Arc::clone(schema), options);
    for chunk in chunks {
        stream.feed(chunk);
    }
    stream.finish();
    let verdict = stream.verdict().clone();
    // How far a dead text was read is the chunk's business.
    let consumed = (verdict.state != State::Invalid).then(|| stream.consumed());
    (verdict, stream.repairs().len(), consumed)
}

fuzz_target!(|input: (u16, u8, bool, bool, &[u8])| {
    let (set, size, all, ignore, text) = input;
    let named = Repair::ALL.into_iter().enumerate();
    let lenient: Repairs = named
        .filter(|(at, _)| set >> at & 1 == 1)
        .map(|(_, repair)| repair)
        .collect();
    let chunks = || text.chunks(usize::from(size).max(1));
    let (whole, repairs) = repaired(lenient, std::iter::once(text));
    assert_eq!((whole.clone(), repairs), repaired(lenient, chunks()));
    let hasher = ahash::RandomState::with_seeds(1, 2, 3, 4);
    if let Ok(value) = parse(text, Limits::default(), &hasher) {
        assert_eq!(repairs, 0);
        let again = parse(&whole, Limits::default(), &hasher).expect("JSON stays JSON");
        assert_eq!(again.to_string(), value.to_string());
    }
    let schema =
        Arc::new(Schema::compile(PERSON, &CompileOptions::default()).expect("it is a schema"));
    let options = StreamOptions {
        lenient,
        positions: true,
        trailing: if ignore {
            Trailing::Ignore
        } else {
            Trailing::Violation
        },
        violations: if all {
            Violations::All { at_most: 20 }
        } else {
            Violations::First
        },
        ..StreamOptions::default()
    };
    let verdict = judged(&schema, options, std::iter::once(text));
    assert_eq!(verdict, judged(&schema, options, chunks()));
    let strict = StreamOptions {
        lenient: Repairs::default(),
        ..options
    };
    let (strict, ..) = judged(&schema, strict, std::iter::once(text));
    // Whatever is right as it stands is right however lenient.
    assert!(strict.state != State::Complete || verdict.0.state == State::Complete);
});

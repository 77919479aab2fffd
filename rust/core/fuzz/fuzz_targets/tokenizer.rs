//! Any bytes as JSON text: no panic, the same journal however they are split, and the value that `parse` reads.
#![no_main]

use atomic_core::json::{Growing, Halt, Journal, Limits, Tokenizer, parse};
use libfuzzer_sys::fuzz_target;

/// What a text comes to, read in chunks: how reading ended, where, and the value it left.
fn read<'t>(chunks: impl Iterator<Item = &'t [u8]>) -> (Result<(), Halt>, u64, Option<String>) {
    let (mut tokenizer, mut journal) = (Tokenizer::new(Limits::default()), Journal::default());
    let mut growing = Growing::new(hasher());
    let mut end = Ok(());
    for chunk in chunks {
        end = end.and_then(|()| tokenizer.feed(chunk, &mut journal));
        let mark = journal.mark();
        assert!(journal.entries(mark).next().is_none());
        growing.read(&mut journal);
    }
    end = end.and_then(|()| tokenizer.finish(&mut journal));
    growing.read(&mut journal);
    let value = growing.snapshot().map(|value| value.to_string());
    (end, tokenizer.offset(), value)
}

fn hasher() -> ahash::RandomState {
    ahash::RandomState::with_seeds(1, 2, 3, 4)
}

fuzz_target!(|input: (u8, &[u8])| {
    let (size, text) = input;
    let whole = read(std::iter::once(text));
    let split = read(text.chunks(usize::from(size).max(1)));
    // Where reading halts the values may differ by what the halt left unread of a run.
    assert_eq!((whole.0, whole.1), (split.0, split.1));
    let parsed = parse(text, Limits::default(), &hasher());
    assert_eq!(whole.0.is_ok(), parsed.is_ok());
    if let Ok(value) = parsed {
        assert_eq!(whole.2, Some(value.to_string()));
        assert_eq!(split.2, whole.2);
    }
});

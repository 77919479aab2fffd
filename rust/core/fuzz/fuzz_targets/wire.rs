//! Any bytes in any dialect, split anywhere: no panic, no unbounded buffer, and the same message as unsplit.
#![no_main]

use atomic_core::wire::{Decoder, Delta, Dialect, Limits, Message, WireError};
use libfuzzer_sys::fuzz_target;

fn heard<'a>(
    dialect: Dialect,
    chunks: impl Iterator<Item = &'a [u8]>,
) -> (Message, Option<WireError>) {
    let mut decoder = Decoder::new(dialect, Limits::default());
    let mut deltas: Vec<Delta> = Vec::new();
    for chunk in chunks {
        if let Err(error) = decoder.feed(chunk, &mut deltas) {
            return (decoder.message().clone(), Some(error));
        }
    }
    let error = decoder.finish(&mut deltas).err();
    (decoder.message().clone(), error)
}

fuzz_target!(|input: (u8, u8, &[u8])| {
    let (dialect, size, bytes) = input;
    let dialect = Dialect::ALL[usize::from(dialect) % Dialect::ALL.len()];
    let whole = heard(dialect, std::iter::once(bytes));
    let split = heard(dialect, bytes.chunks(usize::from(size).max(1)));
    assert_eq!(whole, split);
});

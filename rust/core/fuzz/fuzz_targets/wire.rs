//! Any bytes in any split: no panic, and the same deltas, message and error.
#![no_main]

use atomic_core::wire::{Decoder, Delta, Dialect, Limits, Message, WireError};
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits {
    line: 4096,
    event: 8192,
    stream: 1 << 16,
    tool_calls: 8,
};

fn decode<'a>(
    dialect: Dialect,
    chunks: impl Iterator<Item = &'a [u8]>,
) -> (Vec<Delta>, Message, Result<(), WireError>) {
    let mut decoder = Decoder::new(dialect, LIMITS);
    let mut deltas = Vec::new();
    let fed = chunks
        .into_iter()
        .try_for_each(|chunk| decoder.feed(chunk, &mut deltas));
    let ended = fed.and_then(|()| decoder.finish(&mut deltas));
    (deltas, decoder.message().clone(), ended)
}

fuzz_target!(|data: &[u8]| {
    let [choice, size, body @ ..] = data else {
        return;
    };
    let dialect = Dialect::ALL[usize::from(*choice) % Dialect::ALL.len()];
    let whole = decode(dialect, std::iter::once(body));
    assert_eq!(
        whole,
        decode(dialect, body.chunks(usize::from(*size).max(1)))
    );
    let mut sum = Message::default();
    whole.0.iter().for_each(|delta| sum.apply(delta));
    assert_eq!(sum, whole.1);
});

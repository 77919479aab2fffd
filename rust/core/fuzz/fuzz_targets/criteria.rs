//! Any JSON as criteria, any text: no panic, and states that no split changes.
#![no_main]

use std::sync::Arc;

use atomic_core::criteria::{Criteria, State};
use libfuzzer_sys::fuzz_target;

fn states<'a>(criteria: &Arc<Criteria>, pieces: impl Iterator<Item = &'a str>) -> Vec<State> {
    let mut stream = criteria.stream();
    for piece in pieces {
        stream.feed(piece);
    }
    stream.finish();
    stream.states().to_vec()
}

fuzz_target!(|input: (u8, &[u8], &str)| {
    let (size, source, text) = input;
    let Ok(criteria) = Criteria::from_json(source) else {
        return;
    };
    let criteria = Arc::new(criteria);
    let whole = states(&criteria, std::iter::once(text));
    let mut rest = text;
    let split = std::iter::from_fn(|| {
        let (at, last) = rest.char_indices().nth(usize::from(size) % 8)?;
        let (piece, after) = rest.split_at(at + last.len_utf8());
        rest = after;
        Some(piece)
    })
    .collect::<Vec<_>>();
    let after = &text[split.iter().map(|piece| piece.len()).sum()..];
    assert_eq!(whole, states(&criteria, split.into_iter().chain([after])));
});

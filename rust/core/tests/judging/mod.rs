//! Judging a text whole, byte by byte and in random splits, which must come to the same.
#![allow(dead_code, reason = "each test crate uses its part")]

use std::sync::Arc;

use atomic_core::schema::{
    CompileError, CompileOptions, Schema, State, Stream, StreamOptions, Verdict,
};

/// Compiles a schema.
pub fn compile(source: &str, options: &CompileOptions) -> Result<Arc<Schema>, CompileError> {
    Schema::compile(source, options).map(Arc::new)
}

/// The verdict on a text cut into these pieces.
fn judge<'t>(schema: &Arc<Schema>, pieces: impl Iterator<Item = &'t [u8]>) -> Verdict {
    let mut stream = Stream::new(Arc::clone(schema), StreamOptions::default());
    for piece in pieces {
        stream.feed(piece);
    }
    stream.finish();
    stream.verdict().clone()
}

/// The verdict on a text, if it does not depend on how it was cut.
pub fn judge_every_way(schema: &Arc<Schema>, text: &str) -> Result<Verdict, String> {
    judge_bytes_every_way(schema, text.as_bytes())
}

/// As [`judge_every_way`], of bytes that may be no text.
pub fn judge_bytes_every_way(schema: &Arc<Schema>, bytes: &[u8]) -> Result<Verdict, String> {
    let whole = judge(schema, std::iter::once(bytes));
    for (name, verdict) in [
        ("byte by byte", judge(schema, bytes.chunks(1))),
        ("by threes", judge(schema, bytes.chunks(3))),
        (
            "in random splits",
            judge(schema, random_pieces(bytes).into_iter()),
        ),
    ] {
        if (verdict.state, verdict.dead_at) != (whole.state, whole.dead_at) {
            return Err(format!("{name}: {verdict:?}, whole: {whole:?}"));
        }
    }
    Ok(whole)
}

/// Pieces of one to twelve bytes, by a generator seeded with the text's length.
fn random_pieces(bytes: &[u8]) -> Vec<&[u8]> {
    let mut state = bytes.len() as u64 ^ 0x9E37_79B9_7F4A_7C15;
    let mut rest = bytes;
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let length = (1 + (state >> 33) as usize % 12).min(rest.len());
        let (piece, left) = rest.split_at(length);
        pieces.push(piece);
        rest = left;
    }
    pieces
}

/// State and death of a text that has not ended.
pub fn judge_open(schema: &Arc<Schema>, text: &str) -> (State, Option<i64>) {
    let mut stream = Stream::new(Arc::clone(schema), StreamOptions::default());
    stream.feed(text.as_bytes());
    (stream.verdict().state, stream.verdict().dead_at)
}

//! What a chunk of a chat stream costs: decoded, and parsed into a tree as most clients do.
//!
//! `cargo bench -p atomic-core --bench wire`; a figure is the time for all chunks of a stream, and
//! chunks a second.

#![allow(missing_docs, reason = "criterion's macros make public items")]

use std::hint::black_box;

use atomic_core::wire::{Decoder, Dialect, Limits, sse};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const CHUNKS: u64 = 1_000;

/// A stream as `OpenAI` sends it, padding included.
fn stream() -> Vec<u8> {
    let chunk = |n: u64| {
        format!(
            "data: {{\"id\":\"chatcmpl-C1KMEUDb1vVwsROQUCZTgG6A6vtWo\",\"object\":\"chat.completion.chunk\",\
             \"created\":1754432618,\"model\":\"gpt-4o-2024-08-06\",\"service_tier\":\"default\",\
             \"system_fingerprint\":\"fp_07871e2ad8\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\" word{n}\"}},\
             \"logprobs\":null,\"finish_reason\":null}}],\"usage\":null,\"obfuscation\":\"8RXlE4Z5NT\"}}\n\n"
        )
    };
    (0..CHUNKS).map(chunk).collect::<String>().into_bytes()
}

/// Decodes with the reads of a busy socket (16 KiB) or of a slow one (a chunk each).
fn decode(body: &[u8], read: usize) -> usize {
    let mut decoder = Decoder::new(Dialect::OpenaiChat, Limits::default());
    let mut deltas = Vec::new();
    for piece in body.chunks(read) {
        deltas.clear();
        decoder
            .feed(piece, &mut deltas)
            .expect("the stream is sound");
    }
    decoder.message().text.len()
}

/// Frames by the same parser, but builds each event's JSON.
fn tree(body: &[u8]) -> usize {
    let mut parser = sse::Parser::new(Limits::default());
    let mut text = 0;
    let parsed = parser.feed(body, &mut |item| {
        if let sse::Item::Event(event) = item {
            let value: serde_json::Value = serde_json::from_slice(event.data).expect("JSON");
            text += value["choices"][0]["delta"]["content"]
                .as_str()
                .map_or(0, str::len);
        }
        Ok(())
    });
    parsed.expect("the stream is sound");
    text
}

fn frame(body: &[u8]) -> usize {
    let mut parser = sse::Parser::new(Limits::default());
    let mut bytes = 0;
    let parsed = parser.feed(body, &mut |item| {
        if let sse::Item::Event(event) = item {
            bytes += event.data.len();
        }
        Ok(())
    });
    parsed.expect("the stream is sound");
    bytes
}

fn chat(criterion: &mut Criterion) {
    let body = stream();
    let one = body.len() / CHUNKS as usize;
    assert_eq!(decode(&body, 1 << 14), tree(&body));
    let mut group = criterion.benchmark_group("wire/openai-chat");
    group.throughput(Throughput::Elements(CHUNKS));
    group.bench_function("frames alone", |bench| {
        bench.iter(|| frame(black_box(&body)));
    });
    group.bench_function("decoder, 16 KiB a read", |bench| {
        bench.iter(|| decode(black_box(&body), 1 << 14));
    });
    group.bench_function("decoder, a chunk a read", |bench| {
        bench.iter(|| decode(black_box(&body), one));
    });
    group.bench_function("serde_json::Value", |bench| {
        bench.iter(|| tree(black_box(&body)));
    });
    group.finish();
}

criterion_group!(benches, chat);
criterion_main!(benches);

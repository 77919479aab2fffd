//! Event streams by the WHATWG rules, split in every way.

mod conformance;

use atomic_core::wire::Limits;
use atomic_core::wire::sse::{Item, Parser};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// What a parser makes of chunks, in the vectors' own words.
fn parse<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Value {
    let mut parser = Parser::new(Limits::default());
    let (mut events, mut retry) = (Vec::new(), Vec::new());
    let text = String::from_utf8_lossy;
    for chunk in chunks {
        let parsed = parser.feed(chunk, &mut |item| {
            match item {
                Item::Event(event) => events.push(json!({
                    "type": if event.kind.is_empty() { "message".into() } else { text(event.kind) },
                    "data": text(event.data),
                    "last_event_id": text(event.last_event_id),
                })),
                Item::Retry(u64::MAX) => retry.push(json!("huge")),
                Item::Retry(time) => retry.push(json!(time)),
                Item::Unknown { .. } => {}
            }
            Ok(())
        });
        parsed.expect("within the limits");
    }
    json!({"events": events, "retry": retry, "final_last_event_id": text(parser.last_event_id())})
}

fn vectors() -> Option<Vec<(String, Vec<u8>, Value)>> {
    let folder = conformance::folder("wire")?;
    let vector = |case: Value| {
        let input = STANDARD
            .decode(case["input_b64"].as_str().expect("input"))
            .expect("base64");
        (
            format!("{} {}", case["id"], case["name"]),
            input,
            case["expected"].clone(),
        )
    };
    Some(
        conformance::lines(&folder.join("sse_vectors.jsonl"))
            .into_iter()
            .map(vector)
            .collect(),
    )
}

#[test]
fn vectors_whole_and_byte_by_byte() {
    let Some(vectors) = vectors() else { return };
    assert!(vectors.len() >= 83);
    for (name, input, expected) in &vectors {
        assert_eq!(parse([&input[..]]), *expected, "{name}, whole");
        assert_eq!(parse(input.chunks(1)), *expected, "{name}, byte by byte");
        let with_empty = input.chunks(1).flat_map(|byte| [byte, b""]);
        assert_eq!(
            parse(with_empty),
            *expected,
            "{name}, with empty chunks between"
        );
    }
    conformance::tally("event streams", vectors.len(), 0);
}

#[test]
fn vectors_at_every_two_way_split() {
    let Some(vectors) = vectors() else { return };
    for (name, input, expected) in &vectors {
        // The longest are split near their ends and at steps between: each split reads it all.
        let step = (input.len() / 100).max(1);
        let edge = |at: usize| at < 64 || at + 64 > input.len() || at.is_multiple_of(step);
        for at in (0..=input.len()).filter(|at| edge(*at)) {
            let (before, after) = input.split_at(at);
            assert_eq!(parse([before, after]), *expected, "{name}, split at {at}");
        }
    }
}

#[test]
fn unknown_fields_are_surfaced_with_their_place() {
    let mut found = Vec::new();
    let mut parser = Parser::new(Limits::default());
    let input = b": c\r\ndata: x\r\n\r\nerror: {\"a\":1}\n\nnoise\n";
    for byte in input.chunks(1) {
        let parsed = parser.feed(byte, &mut |item| {
            if let Item::Unknown {
                name,
                value,
                offset,
            } = item
            {
                found.push((name.to_vec(), value.to_vec(), offset));
            }
            Ok(())
        });
        parsed.expect("within the limits");
    }
    let expected: [(&[u8], &[u8], u64); 2] = [(b"error", b"{\"a\":1}", 16), (b"noise", b"", 32)];
    assert_eq!(
        found,
        expected.map(|(name, value, at)| (name.to_vec(), value.to_vec(), at))
    );
}

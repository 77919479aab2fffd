//! Bodies made to hurt: any bytes, any split, any size end in deltas or in a typed error.

mod hearing;

use atomic_core::wire::{Decoder, Delta, Dialect, Limits, WireError};
use hearing::{Heard, decode};
use proptest::prelude::*;

/// Pieces that providers' streams are made of, and what breaks them.
const PIECES: &[&str] = &[
    "data: ",
    "data:",
    "event: error\n",
    "event: message_delta\n",
    "id: 7\n",
    "retry: 1\n",
    ": ping\n",
    "error: ",
    "\n",
    "\r\n",
    "\r",
    "\n\n",
    "\r\n\r\n",
    "\u{feff}",
    "[DONE]",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\u",
    "d83d",
    "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\\n😀\"}}]}",
    "\"usage\":{\"prompt_tokens\":1}",
    "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":1,\"id\":\"x\",\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}]},\"finish_reason\":\"stop\"}]}",
    "{\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"tool_use\",\"id\":\"x\",\"name\":\"f\",\"input\":{}}}",
    "{\"type\":\"content_block_stop\",\"index\":1}",
    "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}",
    "{\"message\":{\"content\":\"a\"},\"done\":true}\n",
    "{\"type\":\"response.output_text.delta\",\"delta\":\"a\"}",
    "null",
    "1e9",
    "-0.5",
    "true",
    "<html>",
    "\0",
    "\u{1f}\u{8b}",
    "é",
    "{\"error\":{\"message\":\"busy\"}}",
];

fn body() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => prop::sample::select(PIECES).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// A stream of binary frames, some of them damaged.
fn frames() -> impl Strategy<Value = Vec<u8>> {
    let payload = prop::sample::select(
        &[
            "{}",
            "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"a\"}}",
            "{\"stopReason\":\"end_turn\"}",
            "no JSON",
            "{\"message\":\"busy\"}",
            "{\"bytes\":\"eyJ0ZXh0IjoiYSJ9\"}",
            "{\"bytes\":\"!\"}",
        ][..],
    );
    let name = prop::sample::select(&[":event-type", ":exception-type", ":other"][..]);
    let kind = prop::sample::select(
        &[
            "contentBlockDelta",
            "messageStop",
            "chunk",
            "throttlingException",
        ][..],
    );
    let damage = prop::option::weighted(0.1, (any::<prop::sample::Index>(), any::<u8>()));
    let frame = (name, kind, payload, damage).prop_map(|(name, kind, payload, damage)| {
        let mut frame = hearing::frame(&[(name, kind)], payload.as_bytes());
        if let Some((at, byte)) = damage {
            let at = at.index(frame.len());
            frame[at] = byte;
        }
        frame
    });
    prop::collection::vec(frame, 0..6).prop_map(|frames| frames.concat())
}

fn split(body: &[u8], dialect: Dialect, cuts: &[prop::sample::Index]) -> Heard {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
    at.extend([0, body.len()]);
    at.sort_unstable();
    decode(dialect, at.windows(2).map(|pair| &body[pair[0]..pair[1]]))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn text_does_not_depend_on_splits(
        body in body(),
        dialect in prop::sample::select(Dialect::ALL),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let whole = decode(dialect, std::iter::once(&body[..]));
        prop_assert_eq!(&whole, &split(&body, dialect, &cuts));
        prop_assert_eq!(&whole, &decode(dialect, body.chunks(1)));
    }

    #[test]
    fn frames_do_not_depend_on_splits(
        body in frames(),
        dialect in prop::sample::select(&[Dialect::BedrockConverse, Dialect::BedrockInvoke][..]),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let whole = decode(dialect, std::iter::once(&body[..]));
        prop_assert_eq!(&whole, &split(&body, dialect, &cuts));
        prop_assert_eq!(&whole, &decode(dialect, body.chunks(1)));
    }

    #[test]
    fn limits_do_not_depend_on_splits(body in body(), line in 1_usize..80, event in 1_usize..80, stream in 1_u64..200) {
        let limits = Limits { line, event, stream, tool_calls: 1 };
        for dialect in Dialect::ALL {
            let outcome = |size: usize| {
                let mut decoder = Decoder::new(*dialect, limits);
                let mut deltas = Vec::new();
                let fed = body.chunks(size).try_for_each(|chunk| decoder.feed(chunk, &mut deltas));
                let ended = fed.and_then(|()| decoder.finish(&mut deltas));
                (deltas, ended, decoder.message().clone())
            };
            prop_assert_eq!(outcome(1), outcome(body.len().max(1)));
        }
    }
}

const LIMITS: Limits = Limits {
    line: 1 << 20,
    event: 2 << 20,
    stream: 4 << 20,
    ..Limits::DEFAULT
};

/// Feeds a piece again and again until there is an error; the bytes fed until then.
fn feed_until_error(dialect: Dialect, first: &str, again: &[u8]) -> (u64, WireError) {
    let mut decoder = Decoder::new(dialect, LIMITS);
    let mut deltas = Vec::new();
    decoder
        .feed(first.as_bytes(), &mut deltas)
        .expect("the beginning is harmless");
    let mut fed = first.len() as u64;
    while fed < 2 * LIMITS.stream {
        fed += again.len() as u64;
        if let Err(error) = decoder.feed(again, &mut deltas) {
            assert_eq!(
                decoder.feed(again, &mut deltas),
                Err(error),
                "an error stays"
            );
            return (fed, error);
        }
        deltas.clear();
    }
    panic!("{dialect:?} took {fed} bytes");
}

#[test]
fn endless_lines_events_and_values_end_in_a_limit() {
    let piece = vec![b'x'; 1 << 18];
    for (dialect, first, limit, bound) in [
        (Dialect::OpenaiChat, "data: ", "line", LIMITS.line),
        (Dialect::OpenaiChat, ": ", "line", LIMITS.line),
        (Dialect::OllamaChat, "{\"message\":\"", "line", LIMITS.line),
        (
            Dialect::Gemini,
            "[{\"candidates\":\"",
            "event",
            LIMITS.event,
        ),
    ] {
        let (fed, error) = feed_until_error(dialect, first, &piece);
        let bound = bound as u64;
        assert!(
            matches!(error, WireError::Limit { limit: name, .. } if name == limit),
            "{error:?}"
        );
        assert!(
            fed <= bound + 2 * piece.len() as u64,
            "{dialect:?} held {fed} bytes"
        );
    }
}

#[test]
fn endless_data_lines_are_one_event_with_a_limit() {
    let lines = [b"data: ".as_slice(), &[b'x'; 1 << 12], b"\n"].concat();
    let (fed, error) = feed_until_error(Dialect::OpenaiChat, "", &lines);
    assert!(
        matches!(error, WireError::Limit { limit: "event", .. }),
        "{error:?}"
    );
    assert!(fed <= LIMITS.event as u64 + 2 * lines.len() as u64);
}

#[test]
fn endless_comments_events_and_white_space_end_with_the_stream() {
    for piece in [": ping\n\n", "data: {\"choices\":[]}\n\n", "\n", " \r"] {
        let again = piece.as_bytes().repeat((1 << 20) / piece.len());
        let (_, error) = feed_until_error(Dialect::OpenaiChat, "", &again);
        assert!(
            matches!(
                error,
                WireError::Limit {
                    limit: "stream",
                    ..
                }
            ),
            "{piece:?}: {error:?}"
        );
    }
}

#[test]
fn a_large_event_in_one_piece_is_heard() {
    let text = "y".repeat(10 << 20);
    let body =
        format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n");
    let (message, _, ended) = decode(Dialect::OpenaiChat, body.as_bytes().chunks(1 << 16));
    assert_eq!((message.text.len(), ended), (text.len(), Ok(())));
}

#[test]
fn deep_nesting_is_stepped_over() {
    let deep = "[".repeat(1 << 20);
    let open = format!("data: {{\"x\":{deep}}}\n\n");
    let (_, _, ended) = decode(Dialect::OpenaiChat, std::iter::once(open.as_bytes()));
    assert!(matches!(ended, Err(WireError::Json { .. })), "{ended:?}");
    let close = "]".repeat(1 << 20);
    for key in [
        "x",
        "choices",
        "usage",
        "error",
        "message",
        "candidates",
        "content_block",
    ] {
        let body = format!("data: {{\"{key}\":{deep}{close}}}\n\n");
        for dialect in Dialect::ALL {
            let (_, _, ended) = decode(*dialect, std::iter::once(body.as_bytes()));
            assert_eq!(ended, Ok(()), "{dialect:?} {key}");
        }
    }
    let errors = "{\"error\":".repeat(1 << 18) + "1" + &"}".repeat(1 << 18);
    let (message, _, _) = decode(Dialect::OpenaiChat, std::iter::once(errors.as_bytes()));
    assert!(message.error.is_some());
}

#[test]
fn endless_calls_end_in_a_limit() {
    let call = |n: u32| {
        format!(
            "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"tool_calls\":[{{\"index\":{n},\"id\":\"{n}\"}}]}}}}]}}\n\n"
        )
    };
    let body: String = (0..2_000).map(call).collect::<Vec<_>>().concat();
    let (message, deltas, ended) = decode(Dialect::OpenaiChat, std::iter::once(body.as_bytes()));
    assert!(matches!(
        ended,
        Err(WireError::Limit {
            limit: "tool_calls",
            ..
        })
    ));
    assert_eq!((message.tool_calls.len(), deltas.len()), (1024, 1024));
}

#[test]
fn damaged_frames_are_errors_with_their_place() {
    let good = hearing::frame(
        &[(":event-type", "contentBlockDelta")],
        br#"{"contentBlockIndex":0,"delta":{"text":"a"}}"#,
    );
    let at = good.len() as u64;
    for (place, fault) in [
        (0, "the checksum of its prelude does not match"),
        (8, "the checksum of its prelude does not match"),
        (20, "its checksum does not match"),
        (good.len() - 1, "its checksum does not match"),
    ] {
        let mut bad = good.clone();
        bad[place] ^= 1;
        let body = [&good[..], &bad].concat();
        for size in [1, body.len()] {
            let (message, _, ended) = decode(Dialect::BedrockConverse, body.chunks(size));
            assert_eq!(ended, Err(WireError::Frame { offset: at, fault }));
            assert_eq!(message.text, "a");
        }
    }
    let (message, deltas, _) = decode(
        Dialect::BedrockConverse,
        std::iter::once(&good[..good.len() - 1]),
    );
    assert_eq!((message.truncated, deltas), (true, vec![Delta::Truncated]));
}

#[test]
fn exceptions_in_frames_are_errors_of_the_provider() {
    let headers = [
        (":message-type", "exception"),
        (":exception-type", "throttlingException"),
    ];
    let body = hearing::frame(&headers, br#"{"message":"Too many requests"}"#);
    for dialect in [Dialect::BedrockConverse, Dialect::BedrockInvoke] {
        let (message, _, ended) = decode(dialect, body.chunks(3));
        assert_eq!(ended, Ok(()));
        let fault = message.error.expect("the frame carries an exception");
        assert_eq!(
            (fault.kind.as_deref(), fault.message.as_str()),
            (Some("throttlingException"), "Too many requests")
        );
    }
}

#[test]
fn errors_hold_no_text_of_the_stream() {
    for body in [
        "data: {\"secret prompt\" 1}\n\n",
        "<secret prompt>",
        "secret prompt",
        "data: {\"a\":\"\u{0}secret prompt",
    ] {
        let (_, _, ended) = decode(Dialect::OpenaiChat, std::iter::once(body.as_bytes()));
        if let Err(error) = ended {
            assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
        }
    }
}

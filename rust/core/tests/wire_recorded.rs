//! Recorded provider streams: each reproduces its expected message, whole, byte by byte and in
//! random splits.

mod conformance;

use atomic_core::wire::{Decoder, Delta, Dialect, Limits, Message};
use serde_json::Value;

/// Streams whose `expected` is not reproduced, with the reason.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "bedrock/0011",
        "the last frame says `MAX_TOKENS`; the reference does not read the Cohere family's finish",
    ),
    (
        "bedrock/0059",
        "the frames carry two calls, as the finish `tool_use` says; the reference does not read the Nova family's calls",
    ),
];

/// The dialect of a recording; `None` where it is no model's stream or none that is spoken here.
fn dialect(case: &Value) -> Option<Dialect> {
    let api = case["api"].as_str().unwrap_or_default();
    Some(match api {
        "chat.completions" if case["provider"] == "mistral" => Dialect::Mistral,
        "chat.completions" => Dialect::OpenaiChat,
        "completions" => Dialect::OpenaiCompletions,
        "responses" => Dialect::OpenaiResponses,
        "assistants" => Dialect::OpenaiAssistants,
        "messages" | "anthropic.complete" => Dialect::AnthropicMessages,
        "generateContent" => Dialect::Gemini,
        "ollama.chat" => Dialect::OllamaChat,
        "ollama.generate" => Dialect::OllamaGenerate,
        "cohere.v1.chat" => Dialect::CohereV1,
        "cohere.v2.chat" => Dialect::CohereV2,
        "bedrock.converse-stream" => Dialect::BedrockConverse,
        "bedrock.invoke-stream" => Dialect::BedrockInvoke,
        _ => return None,
    })
}

fn decode<'a>(dialect: Dialect, chunks: impl Iterator<Item = &'a [u8]>) -> (Message, Vec<Delta>) {
    let mut decoder = Decoder::new(dialect, Limits::default());
    let mut deltas = Vec::new();
    for chunk in chunks {
        decoder
            .feed(chunk, &mut deltas)
            .expect("a recorded stream decodes");
    }
    decoder.finish(&mut deltas).expect("a recorded stream ends");
    (decoder.message().clone(), deltas)
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// What of a message differs from what is expected of it.
fn differences(message: &Message, expected: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut same = |what: &str, heard: Value, expected: &Value| {
        if heard != *expected {
            found.push(format!("{what}: heard {heard}, expected {expected}"));
        }
    };
    same("text", message.text.as_str().into(), &expected["text"]);
    same(
        "reasoning",
        message.reasoning.as_str().into(),
        &expected["reasoning"],
    );
    same(
        "refusal",
        message.refusal.as_str().into(),
        &expected["refusal"],
    );
    same(
        "finish",
        message.finish_reason.clone().into(),
        &expected["finish_reason"],
    );
    same(
        "error",
        message.error.is_some().into(),
        &has_error(expected),
    );
    let calls = expected["tool_calls"]
        .as_array()
        .expect("tool calls are listed");
    same(
        "calls",
        message.tool_calls.len().into(),
        &calls.len().into(),
    );
    for (heard, expected) in message.tool_calls.iter().zip(calls) {
        same("id", heard.id.clone().into(), &expected["id"]);
        same("name", heard.name.as_str().into(), &expected["name"]);
        let arguments = expected["arguments"].as_str().expect("arguments are text");
        same("arguments", json(&heard.arguments), &json(arguments));
    }
    let norm = &expected["usage_norm"];
    if !norm.is_null() {
        let usage = message.usage.unwrap_or_default();
        same("input", usage.input_tokens.into(), &norm["input"]);
        same("output", usage.output_tokens.into(), &norm["output"]);
        same("cached", usage.cached_tokens.into(), &cached(expected));
    }
    found
}

fn has_error(expected: &Value) -> Value {
    (!expected["error"].is_null() || !expected["error_outside_sse_grammar"].is_null()).into()
}

/// The cached prompt tokens of a usage as sent.
fn cached(expected: &Value) -> Value {
    const PLACES: &[&str] = &[
        "/prompt_tokens_details/cached_tokens",
        "/input_tokens_details/cached_tokens",
        "/prompt_token_details/cached_tokens",
        "/cached_tokens",
        "/prompt_cache_hit_tokens",
        "/cache_read_input_tokens",
        "/cacheReadInputTokens",
        "/cacheReadInputTokenCount",
        "/cachedContentTokenCount",
    ];
    let usage = expected.get("usage_raw").unwrap_or(&expected["usage"]);
    PLACES
        .iter()
        .find_map(|place| usage.pointer(place))
        .cloned()
        .unwrap_or_default()
}

/// Adjacent pieces of one channel joined, as a consumer hears them.
fn coalesced(deltas: &[Delta]) -> Vec<Delta> {
    let mut joined: Vec<Delta> = Vec::new();
    for delta in deltas {
        match (joined.last_mut(), delta) {
            (Some(Delta::Text(text)), Delta::Text(more))
            | (Some(Delta::Reasoning(text)), Delta::Reasoning(more)) => text.push_str(more),
            _ => joined.push(delta.clone()),
        }
    }
    joined
}

#[test]
fn recorded_streams_reproduce_their_expected_message() {
    let Some(folder) = conformance::folder("wire") else {
        return;
    };
    let (mut passed, mut skipped, mut failures) = (0, 0, Vec::new());
    for (case, raw) in conformance::recordings(&folder) {
        let id = case["id"].as_str().expect("every recording has an id");
        let (false, Some(dialect)) = (case["expected"].is_null(), dialect(&case)) else {
            skipped += 1;
            continue;
        };
        let (message, _) = decode(dialect, std::iter::once(&raw[..]));
        let found = differences(&message, &case["expected"]);
        let excused = EXCEPTIONS.iter().any(|(exception, _)| *exception == id);
        if found.is_empty() == excused {
            failures.push(format!("{id} ({dialect:?}): {found:#?}"));
        } else {
            passed += 1;
        }
    }
    println!("{skipped} recordings are of no dialect here");
    conformance::tally(
        "recorded streams",
        passed - EXCEPTIONS.len(),
        EXCEPTIONS.len(),
    );
    assert!(
        failures.is_empty(),
        "{} failures\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(passed > 600, "only {passed} recordings were read");
}

#[test]
fn recorded_streams_do_not_depend_on_splits() {
    let Some(folder) = conformance::folder("wire") else {
        return;
    };
    let mut random = conformance::Random::new(7);
    for (case, raw) in conformance::recordings(&folder) {
        let Some(dialect) = dialect(&case) else {
            continue;
        };
        let whole = decode(dialect, std::iter::once(&raw[..]));
        assert_eq!(
            whole,
            decode(dialect, random.chunks(&raw, 400)),
            "{}",
            case["id"]
        );
        assert_eq!(
            whole,
            decode(dialect, random.chunks(&raw, 7)),
            "{}",
            case["id"]
        );
        if raw.len() < 20_000 {
            assert_eq!(whole, decode(dialect, raw.chunks(1)), "{}", case["id"]);
        }
    }
}

#[test]
fn what_was_heard_adds_up_to_the_message() {
    let Some(folder) = conformance::folder("wire") else {
        return;
    };
    for (case, raw) in conformance::recordings(&folder) {
        let Some(dialect) = dialect(&case) else {
            continue;
        };
        let (message, deltas) = decode(dialect, std::iter::once(&raw[..]));
        for deltas in [&deltas, &coalesced(&deltas)] {
            let mut sum = Message::default();
            for delta in deltas {
                sum.apply(delta);
            }
            assert_eq!(sum, message, "{}", case["id"]);
        }
    }
}

#[test]
fn a_stream_cut_before_its_finish_says_so() {
    let Some(folder) = conformance::folder("wire") else {
        return;
    };
    let mut cut = 0;
    for (case, raw) in conformance::recordings(&folder) {
        let Some(dialect) = dialect(&case) else {
            continue;
        };
        let mut decoder = Decoder::new(dialect, Limits::default());
        let mut deltas = Vec::new();
        decoder
            .feed(&raw[..raw.len() / 3], &mut deltas)
            .expect("a part decodes");
        // Some Gemini models say `STOP` in every event, so that no cut can be told.
        let told = decoder.message().finish_reason.is_none();
        decoder.finish(&mut deltas).expect("a part ends");
        assert_eq!(decoder.message().truncated, told, "{}", case["id"]);
        cut += usize::from(told);
    }
    assert!(cut > 500, "only {cut} streams were cut");
}

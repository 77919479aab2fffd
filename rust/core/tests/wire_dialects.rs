//! What providers send that the recordings do not show, dialect by dialect.

mod hearing;

use atomic_core::wire::{Delta, Dialect, WireError};
use hearing::{call, events, hear, message};

#[test]
fn a_body_that_is_no_stream_reads_the_same() {
    let answer = r#"{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"hi",
        "tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},
        "finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#;
    let heard = message(Dialect::OpenaiChat, answer);
    assert_eq!((heard.text.as_str(), heard.truncated), ("hi", false));
    assert_eq!(heard.tool_calls, [call(Some("a"), "f", "{}")]);
    let answer = r#"{"type":"message","content":[{"type":"text","text":"hi"},{"type":"tool_use","id":"a","name":"f","input":{"x":1}}],
        "stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":2}}"#;
    let heard = message(Dialect::AnthropicMessages, answer);
    assert_eq!(
        (heard.text.as_str(), heard.finish_reason.as_deref()),
        ("hi", Some("tool_use"))
    );
    assert_eq!(heard.tool_calls, [call(Some("a"), "f", r#"{"x":1}"#)]);
    let answer = r#"{"object":"response","status":"completed","output":[
        {"type":"reasoning","summary":[{"type":"summary_text","text":"t"}]},
        {"type":"message","content":[{"type":"output_text","text":"hi"}]},
        {"type":"function_call","id":"i","call_id":"a","name":"f","arguments":"{}"}],"usage":{"input_tokens":1,"output_tokens":2}}"#;
    let heard = message(Dialect::OpenaiResponses, answer);
    assert_eq!(
        (
            heard.text.as_str(),
            heard.reasoning.as_str(),
            heard.truncated
        ),
        ("hi", "t", false)
    );
    assert_eq!(heard.tool_calls, [call(Some("a"), "f", "{}")]);
    let answer = r#"{"id":"x","message":{"role":"assistant","content":[{"type":"text","text":"hi"}]},"finish_reason":"COMPLETE"}"#;
    assert_eq!(message(Dialect::CohereV2, answer).text, "hi");
}

#[test]
fn an_error_body_is_heard_in_every_dialect() {
    for dialect in Dialect::ALL {
        let (heard, _, ended) = hear(
            *dialect,
            "{\n  \"error\": {\n    \"message\": \"busy\"\n  }\n}\n",
        );
        if matches!(
            dialect,
            Dialect::OllamaChat | Dialect::OllamaGenerate | Dialect::CohereV1
        ) {
            // A JSON object a line: one over several lines is none.
            assert!(matches!(ended, Err(WireError::Json { .. })), "{dialect:?}");
            continue;
        }
        assert_eq!(ended, Ok(()), "{dialect:?}");
        assert_eq!(
            heard.error.map(|fault| fault.message).as_deref(),
            Some("busy"),
            "{dialect:?}"
        );
    }
}

#[test]
fn errors_of_gateways_are_heard() {
    for dialect in [
        Dialect::OpenaiChat,
        Dialect::AnthropicMessages,
        Dialect::Gemini,
    ] {
        let fault = message(dialect, r#"{"message":"no route matched","status":429}"#)
            .error
            .expect("an error was sent");
        assert_eq!(
            (fault.message.as_str(), fault.status),
            ("no route matched", Some(429)),
            "{dialect:?}"
        );
    }
}

#[test]
fn messages_pass_on_what_they_do_not_know() {
    let (heard, deltas, _) = hear(
        Dialect::AnthropicMessages,
        &events(&[
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"s","name":"web_search","input":{}}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{}"}}"#,
            r#"{"type":"content_block_stop","index":0}"#,
            r#"{"type":"new_kind","x":1}"#,
            r#"{"type":"content_block_delta","index":1,"delta":{"type":"new_delta","x":1}}"#,
        ]),
    );
    assert_eq!(heard.tool_calls, []);
    let names: Vec<_> = deltas
        .iter()
        .map(|delta| match delta {
            Delta::Other { kind, .. } => kind.as_str(),
            other => other.kind(),
        })
        .collect();
    assert_eq!(
        names,
        [
            "server_tool_use",
            "input_json_delta",
            "new_kind",
            "new_delta",
            "truncated"
        ]
    );
}

#[test]
fn messages_calls_without_fragments_have_their_starts_arguments() {
    let body = |input: &str| {
        events(&[
            &format!(
                r#"{{"type":"content_block_start","index":3,"content_block":{{"type":"tool_use","id":"a","name":"f","input":{input}}}}}"#
            ),
            r#"{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":""}}"#,
            r#"{"type":"content_block_stop","index":3}"#,
            r#"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":3}}"#,
        ])
    };
    assert_eq!(
        message(Dialect::AnthropicMessages, &body("{}")).tool_calls,
        [call(Some("a"), "f", "{}")]
    );
    assert_eq!(
        message(Dialect::AnthropicMessages, &body(r#"{"x":1}"#)).tool_calls,
        [call(Some("a"), "f", r#"{"x":1}"#)]
    );
}

#[test]
fn messages_usage_is_overwritten_field_by_field() {
    let heard = message(
        Dialect::AnthropicMessages,
        &events(&[
            r#"{"type":"message_start","message":{"content":[],"stop_reason":null,"usage":{"input_tokens":9,"cache_read_input_tokens":90,"output_tokens":1}}}"#,
            r#"{"type":"message_delta","delta":{"stop_reason":null},"usage":{"output_tokens":4}}"#,
            r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":7,"input_tokens":null}}"#,
            r#"{"type":"message_stop"}"#,
        ]),
    );
    let usage = heard.usage.expect("usage came");
    assert_eq!(
        (usage.input_tokens, usage.output_tokens, usage.cached_tokens),
        (Some(9), Some(7), Some(90))
    );
    assert_eq!(usage.prompt_tokens(), Some(99));
}

#[test]
fn messages_cut_before_their_count_have_none() {
    let start = r#"{"type":"message_start","message":{"content":[],"stop_reason":null,"usage":{"input_tokens":9,"output_tokens":1}}}"#;
    let usage = message(Dialect::AnthropicMessages, &events(&[start]))
        .usage
        .expect("usage came");
    assert_eq!((usage.input_tokens, usage.output_tokens), (Some(9), None));
}

#[test]
fn messages_errors_keep_their_type() {
    let body = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
    let fault = message(Dialect::AnthropicMessages, body)
        .error
        .expect("an error was sent");
    assert_eq!(
        (fault.kind.as_deref(), fault.message.as_str()),
        (Some("overloaded_error"), "Overloaded")
    );
    let unnamed = body.replace("event: error\n", "");
    assert_eq!(
        message(Dialect::AnthropicMessages, &unnamed).error,
        Some(fault)
    );
}

#[test]
fn gemini_in_an_array_with_odd_candidates() {
    let body = r#"[{"candidates":[{"content":{"role":"model"}}]}
,
{"candidates":[{"index":0,"finishReason":"STOP","content":{"parts":[{"thought":true,"text":"t"},{"text":"a"},
{"functionCall":{"name":"f"}},{"functionCall":{"name":"g","args":{"s":"}]\\\""}}},{"inlineData":{"data":"x"}}]}},{"index":1,"content":{"parts":[{"text":"no"}]}}],
"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":4,"thoughtsTokenCount":5,"cachedContentTokenCount":2}}]"#;
    let heard = message(Dialect::Gemini, body);
    assert_eq!(
        (
            heard.text.as_str(),
            heard.reasoning.as_str(),
            heard.truncated
        ),
        ("a", "t", false)
    );
    assert_eq!(
        heard.tool_calls,
        [call(None, "f", "{}"), call(None, "g", r#"{"s":"}]\\\""}"#)]
    );
    let usage = heard.usage.expect("usage came");
    assert_eq!(
        (
            usage.output_tokens,
            usage.generated_tokens(),
            usage.cached_tokens
        ),
        (Some(4), Some(9), Some(2))
    );
}

#[test]
fn gemini_blocks_prompts_and_fails_in_arrays() {
    let heard = message(
        Dialect::Gemini,
        &events(&[r#"{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"}}"#]),
    );
    assert_eq!(
        (heard.finish_reason.as_deref(), heard.truncated),
        (Some("PROHIBITED_CONTENT"), false)
    );
    let heard = message(
        Dialect::Gemini,
        "[{\"error\": {\"code\": 503, \"message\": \"busy\", \"status\": \"UNAVAILABLE\"}}\n]",
    );
    let fault = heard.error.expect("an error was sent");
    assert_eq!(
        (fault.status, fault.kind.as_deref(), fault.message.as_str()),
        (Some(503), Some("UNAVAILABLE"), "busy")
    );
}

#[test]
fn gemini_calls_in_pieces_pass_through() {
    let piece = r#"{"candidates":[{"content":{"parts":[{"functionCall":{"partialArgs":[{"jsonPath":"$.x","numberValue":1}]}}]}}]}"#;
    let (heard, deltas, _) = hear(Dialect::Gemini, &events(&[piece]));
    assert_eq!(heard.tool_calls, []);
    assert!(matches!(&deltas[0], Delta::Other { kind, .. } if kind == "functionCall"));
}

#[test]
fn ollama_lines_with_calls_errors_and_no_last_newline() {
    let body = "{\"message\":{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"t\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{\"x\":1}}},{\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}]},\"done\":false}\r\n\n{\"message\":{\"content\":\"a\"},\"done\":true,\"prompt_eval_count\":3,\"eval_count\":4}";
    let heard = message(Dialect::OllamaChat, body);
    assert_eq!(
        (
            heard.text.as_str(),
            heard.reasoning.as_str(),
            heard.truncated
        ),
        ("a", "t", false)
    );
    assert_eq!(
        heard.tool_calls,
        [call(None, "f", r#"{"x":1}"#), call(None, "g", "{}")]
    );
    assert_eq!(heard.usage.and_then(|usage| usage.output_tokens), Some(4));
    let heard = message(
        Dialect::OllamaChat,
        "{\"error\":\"model runner has stopped\"}\n",
    );
    assert_eq!(
        heard.error.map(|fault| fault.message).as_deref(),
        Some("model runner has stopped")
    );
    let heard = message(
        Dialect::OllamaChat,
        "{\"message\":{\"content\":\"a\"},\"done\":false}\n{\"message\":{\"con",
    );
    assert_eq!((heard.text.as_str(), heard.truncated), ("a", true));
}

#[test]
fn responses_say_once_what_they_repeat() {
    let done_only = events(&[
        r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"m","content":[]}}"#,
        r#"{"type":"response.output_text.done","output_index":0,"text":"hi"}"#,
        r#"{"type":"response.output_item.done","output_index":1,"item":{"type":"function_call","id":"i","call_id":"a","name":"f","arguments":"{\"x\":1}"}}"#,
        r#"{"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},
           "output":[{"type":"message","content":[{"type":"output_text","text":"hi"}]}],"usage":{"input_tokens":1,"output_tokens":2}}}"#.replace('\n', "").as_str(),
    ]);
    let heard = message(Dialect::OpenaiResponses, &done_only);
    assert_eq!(
        (heard.text.as_str(), heard.finish_reason.as_deref()),
        ("hi", Some("incomplete"))
    );
    assert_eq!(heard.tool_calls, [call(Some("a"), "f", r#"{"x":1}"#)]);
    let deltas = events(&[
        r#"{"type":"response.output_text.delta","output_index":0,"delta":"h"}"#,
        r#"{"type":"response.output_text.delta","output_index":0,"delta":"i"}"#,
        r#"{"type":"response.output_text.done","output_index":0,"text":"hi"}"#,
        r#"{"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","id":"i","call_id":"a","name":"f","arguments":""}}"#,
        r#"{"type":"response.function_call_arguments.done","output_index":1,"item_id":"i","arguments":"{}"}"#,
        r#"{"type":"response.output_item.done","output_index":1,"item":{"type":"function_call","id":"i","call_id":"a","name":"f","arguments":"{}"}}"#,
        r#"{"type":"response.failed","response":{"status":"failed","error":{"code":"server_error","message":"busy"}}}"#,
    ]);
    let heard = message(Dialect::OpenaiResponses, &deltas);
    assert_eq!(
        (heard.text.as_str(), heard.finish_reason.as_deref()),
        ("hi", Some("failed"))
    );
    assert_eq!(heard.tool_calls, [call(Some("a"), "f", "{}")]);
    assert_eq!(
        heard.error.and_then(|fault| fault.code).as_deref(),
        Some("server_error")
    );
}

#[test]
fn cohere_calls_plans_and_errors() {
    let heard = message(
        Dialect::CohereV2,
        &events(&[
            r#"{"type":"tool-plan-delta","delta":{"message":{"tool_plan":"plan"}}}"#,
            r#"{"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"a","type":"function","function":{"name":"f","arguments":""}}}}}"#,
            r#"{"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"{}"}}}}}"#,
            r#"{"type":"tool-call-end","index":0}"#,
            r#"{"type":"message-end","delta":{"finish_reason":"TOOL_CALL","usage":{"tokens":{"input_tokens":1,"output_tokens":2}}}}"#,
        ]),
    );
    assert_eq!(
        (heard.reasoning.as_str(), heard.finish_reason.as_deref()),
        ("plan", Some("TOOL_CALL"))
    );
    assert_eq!(heard.tool_calls, [call(Some("a"), "f", "{}")]);
    let failed =
        events(&[r#"{"type":"message-end","delta":{"finish_reason":"ERROR","error":"busy"}}"#]);
    assert_eq!(
        message(Dialect::CohereV2, &failed)
            .error
            .map(|fault| fault.message)
            .as_deref(),
        Some("busy")
    );
}

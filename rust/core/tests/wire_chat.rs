//! What servers of chat completions send that the recordings do not show.

mod hearing;

use atomic_core::wire::{Delta, Dialect, Foreign, Message, WireError};
use hearing::{call, events, hear, message};

/// Chat chunks whose first choice has these deltas, with a finish and the end.
fn chat(deltas: &[&str]) -> Message {
    let chunk = |delta: &&str| format!(r#"{{"choices":[{{"index":0,"delta":{delta}}}]}}"#);
    let chunks: Vec<String> = deltas.iter().map(chunk).collect();
    let mut body = events(&chunks.iter().map(String::as_str).collect::<Vec<_>>());
    body += "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let message = message(Dialect::OpenaiChat, &body);
    assert!(!message.truncated);
    message
}

#[test]
fn chat_content_is_text_null_or_a_list() {
    let heard = chat(&[
        r#"{"role":"assistant","content":null,"refusal":null,"tool_calls":null}"#,
        r#"{"content":"a"}"#,
        r#"{"content":[{"type":"text","text":"b"},"c",{"type":"thinking","thinking":[{"type":"text","text":"t"}]}]}"#,
        r#"{"content":[{"type":"thinking","thinking":"u"},{"type":"reference","reference_ids":[1]}]}"#,
        r#"{"content":""}"#,
    ]);
    assert_eq!(
        (heard.text.as_str(), heard.reasoning.as_str()),
        ("abc", "tu")
    );
}

#[test]
fn chat_thoughts_have_many_names_and_are_heard_once() {
    let heard = chat(&[
        r#"{"reasoning_content":"a"}"#,
        r#"{"reasoning":"b","reasoning_details":[{"type":"reasoning.text","text":"b"}]}"#,
        r#"{"reasoning_details":[{"type":"reasoning.summary","summary":"c"},{"type":"reasoning.encrypted","data":"x"}]}"#,
        r#"{"reasoning":null,"reasoning_content":"d","reasoning_details":[]}"#,
        r#"{"reasoning":"e","reasoning_content":"e"}"#,
    ]);
    assert_eq!(heard.reasoning, "abcde");
}

#[test]
fn chat_messages_beside_or_behind_deltas_are_not_heard_twice() {
    let body = events(&[
        r#"{"choices":[{"index":0,"message":{"content":"a"},"delta":{"content":"a"}}]}"#,
        r#"{"choices":[{"index":0,"message":{"content":"ab"},"delta":{"content":"b"}}]}"#,
        r#"{"choices":[{"index":0,"message":{"content":"ab"},"finish_reason":"stop"}]}"#,
    ]);
    assert_eq!(message(Dialect::OpenaiChat, &body).text, "ab");
}

#[test]
fn chat_calls_come_with_and_without_index() {
    let fragments = chat(&[
        r#"{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}]}"#,
        r#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\""}}]}"#,
        r#"{"tool_calls":[{"index":1,"id":"b","function":{"name":"g","arguments":"{}"}}]}"#,
        r#"{"tool_calls":[{"index":0,"id":"","function":{"name":null,"arguments":":1}"}}]}"#,
    ]);
    assert_eq!(
        fragments.tool_calls,
        [
            call(Some("a"), "f", r#"{"x":1}"#),
            call(Some("b"), "g", "{}")
        ]
    );
    let unnumbered = chat(&[
        r#"{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{\"x\""}},{"id":"b","function":{"name":"g","arguments":{"y": 2}}}]}"#,
        r#"{"tool_calls":[{"id":"a","function":{"arguments":":1}"}}]}"#,
    ]);
    assert_eq!(
        unnumbered.tool_calls,
        [
            call(Some("a"), "f", r#"{"x":1}"#),
            call(Some("b"), "g", r#"{"y": 2}"#)
        ]
    );
    let idless = chat(&[
        r#"{"tool_calls":[{"function":{"name":"f","arguments":"{"}}]}"#,
        r#"{"tool_calls":[{"function":{"arguments":"}"}}]}"#,
        r#"{"tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}"#,
    ]);
    assert_eq!(
        idless.tool_calls,
        [call(None, "f", "{}"), call(None, "f", "{}")]
    );
}

#[test]
fn chat_calls_that_share_an_index_are_told_apart_by_id() {
    let heard = chat(&[
        r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}"#,
        r#"{"tool_calls":[{"index":0,"id":"b","function":{"name":"f","arguments":"{\"x\""}}]}"#,
        r#"{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]}"#,
        r#"{"tool_calls":[{"index":0,"id":"b","function":{"name":"f","arguments":" "}}]}"#,
    ]);
    assert_eq!(
        heard.tool_calls,
        [
            call(Some("a"), "f", "{}"),
            call(Some("b"), "f", r#"{"x":1} "#)
        ]
    );
}

#[test]
fn chat_indexes_may_begin_anywhere() {
    let heard = chat(&[
        r#"{"tool_calls":[{"index":18446744073709551615,"id":"a","function":{"name":"f","arguments":"{}"}}]}"#,
    ]);
    assert_eq!(heard.tool_calls, [call(Some("a"), "f", "{}")]);
}

#[test]
fn chat_calls_of_the_older_form() {
    let heard = chat(&[
        r#"{"function_call":{"name":"f","arguments":""}}"#,
        r#"{"function_call":{"arguments":"{}"}}"#,
    ]);
    assert_eq!(heard.tool_calls, [call(None, "f", "{}")]);
}

#[test]
fn chat_finish_waits_for_the_delta_and_index_may_come_last() {
    let body = events(&[
        r#"{"choices":[{"finish_reason":"length","delta":{"content":"a"},"index":0}]}"#,
        r#"{"choices":[{"delta":{"content":"other"},"index":1},{"delta":{"content":"b"}}]}"#,
    ]);
    let (heard, deltas, _) = hear(Dialect::OpenaiChat, &body);
    assert_eq!(
        (heard.text.as_str(), heard.finish_reason.as_deref()),
        ("ab", Some("length"))
    );
    let kinds: Vec<_> = deltas.iter().map(Delta::kind).collect();
    assert_eq!(kinds, ["text", "finish", "text"]);
}

#[test]
fn chat_finish_twice_is_heard_once_and_the_last_word_stays() {
    let finish = |reason: &str| {
        format!(r#"{{"choices":[{{"index":0,"delta":{{}},"finish_reason":"{reason}"}}]}}"#)
    };
    let (stop, length) = (finish("stop"), finish("length"));
    let (heard, deltas, _) = hear(Dialect::OpenaiChat, &events(&[&stop, &stop, &length]));
    assert_eq!(heard.finish_reason.as_deref(), Some("length"));
    assert_eq!(deltas.len(), 2);
}

#[test]
fn chat_usage_is_the_last_never_the_sum() {
    let body = events(&[
        r#"{"choices":[],"usage":null}"#,
        r#"{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6}}"#,
        r#"{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":10,
            "prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":3}}}"#,
        r#"{"choices":[],"usage":null}"#,
        "[DONE]",
    ]
    .map(|data| data.replace('\n', "")).each_ref().map(String::as_str));
    let usage = message(Dialect::OpenaiChat, &body)
        .usage
        .expect("usage came");
    assert_eq!(
        (usage.input_tokens, usage.output_tokens, usage.cached_tokens),
        (Some(5), Some(2), Some(4))
    );
    assert_eq!(usage.generated_tokens(), Some(5));
}

#[test]
fn chat_errors_inside_a_success() {
    for (body, text, kind, code, status) in [
        (
            r#"data: {"error":{"message":"busy","type":"server_error","code":"overloaded"}}"#,
            "busy",
            Some("server_error"),
            Some("overloaded"),
            None,
        ),
        (
            r#"data: {"id":"x","choices":[],"error":{"code":502,"message":"busy"}}"#,
            "busy",
            None,
            Some("502"),
            Some(502),
        ),
        (
            "event: error\ndata: {\"message\":\"busy\",\"status_code\":429}",
            "busy",
            None,
            None,
            Some(429),
        ),
        ("event: error\ndata: busy", "busy", None, None, None),
        (r#"data: {"error":"busy"}"#, "busy", None, None, None),
        (
            r#"data: {"object":"error","message":"busy","type":"BadRequestError","code":400}"#,
            "busy",
            Some("BadRequestError"),
            Some("400"),
            Some(400),
        ),
        (r#"{"detail":"busy"}"#, "busy", None, None, None),
        (
            r#"error: {"detail":"busy","error":{"message":"other"}}"#,
            "busy",
            None,
            None,
            None,
        ),
    ] {
        let heard = message(Dialect::OpenaiChat, &format!("{body}\n\n"));
        let fault = heard.error.expect("an error was sent");
        assert_eq!(fault.message, text, "{body}");
        assert_eq!(
            (fault.kind.as_deref(), fault.code.as_deref(), fault.status),
            (kind, code, status),
            "{body}"
        );
        assert!(heard.truncated, "{body}");
    }
    assert_eq!(chat(&[r#"{"content":"a"}"#]).error, None);
    assert_eq!(
        message(
            Dialect::OpenaiChat,
            &events(&[r#"{"error":null,"choices":[]}"#])
        )
        .error,
        None
    );
}

#[test]
fn what_is_no_stream_is_named() {
    for (body, what) in [
        ("<!doctype html><title>Sign in</title>", Foreign::Markup),
        ("\r\n\r\n  <html>", Foreign::Markup),
        ("\u{feff}<?xml version='1.0'?><Error/>", Foreign::Markup),
        ("\u{1f}\u{8b}", Foreign::Compressed),
        ("\u{1}\u{2}", Foreign::Binary),
        ("Bad Gateway", Foreign::Text),
        ("upstream connect error: reset\n", Foreign::Text),
        ("data: not json\n\n", Foreign::Text),
    ] {
        for dialect in [
            Dialect::OpenaiChat,
            Dialect::AnthropicMessages,
            Dialect::Gemini,
            Dialect::OllamaChat,
        ] {
            let (_, _, ended) = hear(dialect, body);
            assert!(
                matches!(ended, Err(WireError::Foreign { what: found, .. }) if found == what),
                "{body}: {ended:?}"
            );
        }
    }
}

#[test]
fn keep_alives_and_empty_events_say_nothing() {
    let body = ": ping\n\ndata:\n\n\n\nevent: ping\n\nretry: 10\n\ndata: {\"choices\":[]}\n\ndata: [DONE]\n\n";
    let (heard, deltas, ended) = hear(Dialect::OpenaiChat, body);
    assert_eq!((heard, deltas, ended), (Message::default(), vec![], Ok(())));
}

#[test]
fn escapes_and_half_surrogates() {
    let heard = chat(&[r#"{"content":"\u00e9\n\"\\\/\ud83d\ude00|\ud83d|\ude00|\ud83dx"}"#]);
    assert_eq!(heard.text, "é\n\"\\/😀|\u{fffd}|\u{fffd}|\u{fffd}x");
    let heard = message(
        Dialect::OpenaiChat,
        &events(&[
            r#"{"ch\u006fices":[{"index":0,"d\u0065lta":{"content":"a"}}]}"#,
            "[DONE]",
        ]),
    );
    assert_eq!(heard.text, "a");
}

#[test]
fn malformed_events_are_errors_with_their_place() {
    let before = "data: {\"choices\":[]}\n\n";
    for (data, offset) in [
        (r#"{"choices":[}"#, 12),
        (r#"{"choices" 1}"#, 11),
        (r#"{"usage":{"prompt_tokens":"#, 26),
        (r#"{"choices":[{"delta":{"content":"\x"}}]}"#, 34),
        (r#"{"choices":[]} x"#, 15),
        (r#"{"choices":[{"index":0,"delta":{"content":"a}}]}"#, 48),
    ] {
        let (_, _, ended) = hear(Dialect::OpenaiChat, &format!("{before}data: {data}\n\n"));
        let event = before.len() as u64;
        assert_eq!(ended, Err(WireError::Json { event, offset }), "{data}");
    }
}

//! Streams as their callers use them.

use std::sync::Arc;

use proptest::prelude::*;

use super::{
    CompileError, CompileOptions, Duplicates, Schema, State, Stream, StreamOptions, Trailing,
};
use crate::json::{Limits, PathSegment};

fn schema_with(source: &str, options: &CompileOptions) -> Arc<Schema> {
    Arc::new(Schema::compile(source, options).expect("a schema"))
}

fn schema(source: &str) -> Arc<Schema> {
    schema_with(source, &CompileOptions::default())
}

fn judged(schema: &Arc<Schema>, text: &str) -> Stream {
    let mut stream = Stream::new(Arc::clone(schema), StreamOptions::default());
    stream.feed(text.as_bytes());
    stream.finish();
    stream
}

fn dead_at(source: &str, text: &str) -> Option<i64> {
    judged(&schema(source), text).verdict().dead_at
}

#[test]
fn a_violation_says_what_where_and_why() {
    let source = r#"{"properties": {"a/b": {"items": {"maximum": 5}}}, "required": ["z"]}"#;
    let stream = judged(&schema(source), r#"{"a/b": [1, 6e9]}"#);
    let violation = &stream.verdict().violations[0];
    assert_eq!(&*violation.keyword, "maximum");
    assert_eq!(&*violation.schema_path, "/properties/a~1b/items/maximum");
    assert_eq!(&*violation.instance_path, "/a~1b/1");
    assert_eq!(&*violation.message, "must be at most 5");
    let stream = judged(&schema(source), "{}");
    assert_eq!(
        &*stream.verdict().violations[0].message,
        "the member \"z\" is required"
    );
}

#[test]
fn alternatives_of_different_types_are_told_apart_by_the_first_byte() {
    let source = r#"{"anyOf": [{"type": "object", "properties": {"n": {"type": "integer"}}}, {"type": "null"}]}"#;
    let stream = judged(&schema(source), r#"{"n": "x"}"#);
    let violation = &stream.verdict().violations[0];
    assert_eq!(
        (&*violation.keyword, &*violation.instance_path),
        ("type", "/n")
    );
    assert_eq!(stream.verdict().dead_at, Some(6));
    assert_eq!(dead_at(source, "3"), Some(0));
}

#[test]
fn where_no_alternative_is_left_it_is_said_what_each_broke() {
    let source = r#"{"properties": {"a": {"anyOf": [
        {"type": "object", "required": ["x"], "properties": {"x": {"type": "integer"}}},
        {"type": "object", "required": ["y"], "properties": {"x": {"enum": ["p", "q"]}}}
    ]}}}"#;
    let stream = judged(&schema(source), r#"{"a": {"x": 3.5}}"#);
    let violation = &stream.verdict().violations[0];
    assert_eq!(
        (&*violation.keyword, &*violation.instance_path),
        ("anyOf", "/a")
    );
    let causes: Vec<_> = violation
        .causes
        .iter()
        .map(|cause| (&*cause.schema_path, &*cause.message))
        .collect();
    let first = "/properties/a/anyOf/0/properties/x/type";
    let second = "/properties/a/anyOf/1/properties/x/enum";
    assert_eq!(
        causes,
        [
            (first, "must be of type \"integer\""),
            (second, "must be one of [\"p\",\"q\"]")
        ]
    );
    let message = r#"/x must be of type "integer"; or must be one of ["p","q"] (1/properties/x)"#;
    assert!(
        violation.message.ends_with(message),
        "{}",
        violation.message
    );
    // Of a value that is gone its place in the schema is told.
    let source = r#"{"anyOf": [{"type": "object", "properties": {"kind": {"const": "p"}}}, {"required": ["z"], "type": "object"}]}"#;
    let stream = judged(&schema(source), r#"{"kind": "q"}"#);
    let message = &stream.verdict().violations[0].message;
    assert!(
        message.contains(r#"must be "p" (0/properties/kind); or the member "z" is required"#),
        "{message}"
    );
    // By types alone there is nothing to tell apart: the choice itself is quoted.
    let stream = judged(
        &schema(r#"{"anyOf": [{"type": "null"}, {"type": "string"}]}"#),
        "3",
    );
    let violation = &stream.verdict().violations[0];
    assert!(
        violation.message.contains(r#"{"type":"string"}"#),
        "{}",
        violation.message
    );
}

#[test]
fn a_container_that_cannot_be_as_asked_dies_as_it_opens() {
    let source = r#"{"required": ["a", "b"], "maxProperties": 1}"#;
    assert_eq!(dead_at(source, "{}"), Some(0));
    assert_eq!(dead_at(source, "3"), None);
    let source = r#"{"anyOf": [{"minItems": 2, "maxItems": 1}, {"type": "null"}], "items": {"contains": false}}"#;
    assert_eq!(dead_at(source, "[]"), Some(0));
    let stream = judged(
        &schema(r#"{"items": {"contains": false, "maxItems": 3}}"#),
        "[[1]]",
    );
    let violation = &stream.verdict().violations[0];
    assert_eq!(
        (
            &*violation.keyword,
            violation.offset,
            &*violation.instance_path
        ),
        ("contains", 1, "/0")
    );
}

#[test]
fn the_last_of_repeated_keys_counts_where_it_is_asked_for() {
    let options = CompileOptions {
        duplicates: Duplicates::Last,
        ..CompileOptions::default()
    };
    let schema = schema_with(r#"{"properties": {"a": {"type": "integer"}}}"#, &options);
    assert_eq!(
        judged(&schema, r#"{"a": "x", "a": 1}"#).verdict().state,
        State::Complete
    );
    let stream = judged(&schema, r#"{"a": 1, "a": "x"} "#);
    assert_eq!(stream.verdict().dead_at, Some(17));
    assert_eq!(&*stream.verdict().violations[0].instance_path, "/a");
}

#[test]
fn a_repeated_key_dies_where_it_is_certain() {
    assert_eq!(dead_at("true", r#"{"a": 1, "a": 2}"#), Some(11));
    assert_eq!(
        dead_at(r#"{"not": {"required": ["b"]}}"#, r#"{"a": 1, "a": 2}"#),
        Some(11)
    );
}

#[test]
fn items_of_a_small_set_that_must_differ_run_out() {
    let source = r#"{"items": {"enum": ["ab", "ac", "b"]}, "uniqueItems": true}"#;
    assert_eq!(dead_at(source, r#"["b", "b"]"#), Some(7));
    assert_eq!(dead_at(source, r#"["ab", "a"#), Some(9), "not closed");
    assert_eq!(dead_at(source, r#"["ab", "ab"]"#), Some(9));
}

#[test]
fn what_follows_the_root_is_a_violation_or_not_read() {
    assert_eq!(dead_at("true", "{} {"), Some(3));
    let options = StreamOptions {
        trailing: Trailing::Ignore,
        ..StreamOptions::default()
    };
    let mut stream = Stream::new(schema("true"), options);
    assert_eq!(stream.feed(b"{\"a\": 1} and more"), State::Complete);
    assert_eq!(stream.consumed(), 8);
    assert_eq!(stream.feed(b"]]"), State::Complete);
}

#[test]
fn an_unsatisfiable_schema_kills_before_the_first_byte() {
    for source in [
        "false",
        r#"{"allOf": [{"type": "string"}, {"type": "object"}]}"#,
        r#"{"type": "string", "minLength": 3, "maxLength": 2}"#,
        r#"{"type": "object", "required": ["a"], "properties": {"a": false}}"#,
        r##"{"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#"}}}"##,
        r#"{"type": "array", "minItems": 2, "prefixItems": [true], "items": false}"#,
    ] {
        let schema = schema(source);
        assert!(!schema.is_satisfiable(), "{source}");
        assert_eq!(
            judged(&schema, "{}").verdict().dead_at,
            Some(-1),
            "{source}"
        );
    }
}

#[test]
fn the_value_grows_with_the_text() {
    let options = StreamOptions {
        value: true,
        ..StreamOptions::default()
    };
    let mut stream = Stream::new(schema("true"), options);
    stream.feed(br#"{"a": [1, "he"#);
    assert_eq!(
        stream.value().expect("begun").to_string(),
        r#"{"a":[1,"he"]}"#
    );
    stream.feed(br#"llo"], "b": tr"#);
    assert_eq!(
        stream.value().expect("begun").to_string(),
        r#"{"a":[1,"hello"]}"#
    );
    let path = [PathSegment::Key("a".into()), PathSegment::Index(1)];
    assert_eq!(
        stream.value_at(&path).expect("there").as_str(),
        Some("hello")
    );
    assert_eq!(stream.value_at(&[PathSegment::Key("b".into())]), None);
}

fn limit_of(text: &[u8]) -> Option<&'static str> {
    let mut stream = Stream::new(schema("true"), StreamOptions::default());
    text.chunks(1 << 16).for_each(|chunk| {
        stream.feed(chunk);
    });
    assert_ne!(stream.verdict().state, State::Complete);
    stream.limit().map(|limit| limit.name)
}

#[test]
fn hostile_texts_reach_a_bound_and_no_verdict() {
    assert_eq!(limit_of(&b"[".repeat(1_000_000)), Some("depth"));
    assert_eq!(
        limit_of(&[b"\"".as_slice(), &b"x".repeat(100 << 20)].concat()),
        Some("bytes")
    );
    assert_eq!(limit_of(&b"1".repeat(10_000_000)), Some("number"));
}

#[test]
fn many_keys_are_looked_up_in_constant_time() {
    let members: Vec<String> = (0..200_000).map(|key| format!("\"k{key}\":0")).collect();
    let text = format!("{{{}}}", members.join(","));
    assert_eq!(
        judged(&schema("true"), &text).verdict().state,
        State::Complete
    );
}

#[test]
fn compile_bombs_are_typed_errors_or_bounded() {
    let levels = |count: usize, keyword: &str| {
        let each = |at: usize| {
            let next = format!("{{\"$ref\": \"#/$defs/d{}\"}}", at + 1);
            format!("\"d{at}\": {{\"{keyword}\": [{next}, {next}]}}")
        };
        let defs: Vec<String> = (0..count).map(each).collect();
        format!(
            "{{\"$defs\": {{{}, \"d{count}\": {{\"type\": \"null\"}}}}, \"$ref\": \"#/$defs/d0\"}}",
            defs.join(", ")
        )
    };
    for keyword in ["allOf", "anyOf", "oneOf"] {
        let compiled = Schema::compile(&levels(30, keyword), &CompileOptions::default());
        assert!(
            compiled.is_ok() || matches!(compiled, Err(CompileError::Limit(_))),
            "{keyword}"
        );
    }
    let values: Vec<String> = (0..1_000_000).map(|value| value.to_string()).collect();
    let source = format!("{{\"enum\": [{}]}}", values.join(","));
    let compiled = Schema::compile(&source, &CompileOptions::default());
    assert!(matches!(compiled, Err(CompileError::Limit(limit)) if limit.name == "enum_values"));
    let deep = format!("{}{}", "{\"not\": ".repeat(10_000), "}".repeat(10_000));
    assert!(matches!(
        Schema::compile(&deep, &CompileOptions::default()),
        Err(CompileError::Limit(_))
    ));
    let huge =
        schema(r#"{"minLength": 1e300, "maxItems": 99999999999999999999, "minProperties": 5}"#);
    assert!(huge.is_satisfiable());
}

#[test]
fn a_schema_error_names_its_place() {
    for (source, path) in [
        (
            r#"{"properties": {"a": {"type": "strin"}}}"#,
            "/properties/a/type",
        ),
        (r##"{"items": {"$ref": "#/$defs/none"}}"##, "/items/$ref"),
        (r#"{"anyOf": {"type": "null"}}"#, "/anyOf"),
        (r#"{"pattern": "("}"#, "/pattern"),
        (r#"{"multipleOf": 0}"#, "/multipleOf"),
        (r##"{"not": {"$ref": "#"}}"##, "/not"),
    ] {
        match Schema::compile(source, &CompileOptions::default()) {
            Err(CompileError::Schema { schema_path, .. }) => {
                assert_eq!(schema_path, path, "{source}");
            }
            other => panic!("{source}: {other:?}"),
        }
    }
}

#[test]
fn an_overlong_document_is_bounded_by_its_options() {
    let limits = Limits {
        bytes: 4,
        ..Limits::default()
    };
    let mut stream = Stream::new(
        schema("true"),
        StreamOptions {
            limits,
            ..StreamOptions::default()
        },
    );
    assert_eq!(stream.feed(b"[1, 2]"), State::Open);
    assert_eq!(stream.limit().map(|limit| limit.bound), Some(4));
}

#[test]
fn a_bound_hides_no_death_before_it_however_the_text_is_cut() {
    let source = r#"{"type": ["integer", "array"], "maximum": 1, "items": {"maxLength": 1}}"#;
    let schema = schema(source);
    for (text, limits, trailing) in [
        (
            "1110",
            Limits {
                number: 3,
                ..Limits::default()
            },
            Trailing::Violation,
        ),
        (
            r#"["abcdef"]"#,
            Limits {
                bytes: 6,
                ..Limits::default()
            },
            Trailing::Ignore,
        ),
    ] {
        let options = StreamOptions {
            trailing,
            limits,
            ..StreamOptions::default()
        };
        for size in [1, 2, text.len()] {
            let mut stream = Stream::new(Arc::clone(&schema), options);
            for chunk in text.as_bytes().chunks(size) {
                stream.feed(chunk);
            }
            assert_eq!(stream.verdict().state, State::Invalid, "{text} by {size}");
            assert_eq!(stream.limit(), None);
        }
    }
}

/// Schemas over a tiny vocabulary, nested a little.
fn schemas() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        r#"{"type": "integer"}"#,
        r#"{"type": "string", "maxLength": 2}"#,
        r#"{"const": "a"}"#,
        r#"{"enum": ["ab", "b", 1, null]}"#,
        r#"{"minimum": 3}"#,
        r#"{"multipleOf": 5}"#,
        r#"{"pattern": "^a+$"}"#,
        r#"{"required": ["a"]}"#,
        r#"{"type": "object", "additionalProperties": false, "properties": {"a": {"type": "integer"}}}"#,
        r#"{"maxProperties": 1}"#,
        r#"{"contains": {"type": "string"}, "maxContains": 1}"#,
        "true",
        "false",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(3, 12, 3, |inner| {
        let some = prop::collection::vec(inner.clone(), 1..3);
        prop_oneof![
            some.clone()
                .prop_map(|all| format!("{{\"allOf\": [{}]}}", all.join(","))),
            some.clone()
                .prop_map(|any| format!("{{\"anyOf\": [{}]}}", any.join(","))),
            some.clone()
                .prop_map(|one| format!("{{\"oneOf\": [{}]}}", one.join(","))),
            inner.clone().prop_map(|not| format!("{{\"not\": {not}}}")),
            inner
                .clone()
                .prop_map(|items| format!("{{\"items\": {items}}}")),
            inner
                .clone()
                .prop_map(|a| format!("{{\"properties\": {{\"a\": {a}}}}}")),
            (inner.clone(), inner.clone(), inner).prop_map(|(test, then, other)| format!(
                "{{\"if\": {test}, \"then\": {then}, \"else\": {other}}}"
            )),
        ]
    })
}

const TEXTS: [&str; 24] = [
    "1",
    "5",
    "2.5",
    "10",
    "-3",
    "\"a\"",
    "\"ab\"",
    "\"b\"",
    "\"aaa\"",
    "null",
    "true",
    "[]",
    "[1]",
    "[\"a\"]",
    "[\"a\",\"b\"]",
    "[5,null]",
    "{}",
    "{\"a\":1}",
    "{\"a\":\"a\"}",
    "{\"b\":1}",
    "{\"a\":1,\"b\":2}",
    "{\"a\":[\"a\"]}",
    "{\"a\":{\"a\":5}}",
    "[[]]",
];

proptest! {
    /// No prefix of a text is dead if another text with this prefix is valid; and no split changes a verdict.
    #[test]
    fn viable_prefixes_live_however_they_are_cut(source in schemas()) {
        let Ok(schema) = Schema::compile(&source, &CompileOptions::default()) else { return Ok(()) };
        let schema = Arc::new(schema);
        let valid: Vec<&str> = TEXTS.into_iter()
            .filter(|text| judged(&schema, text).verdict().state == State::Complete)
            .collect();
        for text in TEXTS {
            let whole = judged(&schema, text);
            let mut stream = Stream::new(Arc::clone(&schema), StreamOptions::default());
            for (at, byte) in text.bytes().enumerate() {
                stream.feed(&[byte]);
                let viable = valid.iter().any(|valid| valid.as_bytes().starts_with(&text.as_bytes()[..=at]));
                prop_assert!(!viable || stream.verdict().state != State::Invalid, "{source} killed {text} at {at}");
            }
            stream.finish();
            prop_assert_eq!(stream.verdict().dead_at, whole.verdict().dead_at, "{} {}", source, text);
        }
    }
}

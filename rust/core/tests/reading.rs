//! How a document is read: repaired on the way, judged on beyond its first violation, placed by line and column.

use std::sync::Arc;

use atomic_core::json::lenient::{Repair, Repairs};
use atomic_core::json::{Limits, parse};
use atomic_core::schema::{
    CompileOptions, Duplicates, Schema, State, Stream, StreamOptions, Trailing, Verdict, Violations,
};
use proptest::prelude::*;

fn schema(source: &str) -> Arc<Schema> {
    Arc::new(Schema::compile(source, &CompileOptions::default()).expect("it is a schema"))
}

fn lenient() -> StreamOptions {
    StreamOptions {
        lenient: Repairs::all(),
        value: true,
        ..StreamOptions::default()
    }
}

fn all() -> StreamOptions {
    StreamOptions {
        violations: Violations::All { at_most: 100 },
        positions: true,
        ..StreamOptions::default()
    }
}

/// A document read in chunks of this size.
fn read(schema: &Arc<Schema>, options: StreamOptions, text: &[u8], size: usize) -> Stream {
    let mut stream = Stream::new(Arc::clone(schema), options);
    text.chunks(size.max(1)).for_each(|chunk| {
        stream.feed(chunk);
    });
    stream.finish();
    stream
}

const AGES: &str = r#"{"type": "object", "properties": {"age": {"type": "integer", "maximum": 150}, "name": {"type": "string"}},
    "required": ["age"], "additionalProperties": false}"#;

#[test]
fn damage_is_repaired_and_the_repaired_text_is_judged() {
    let text = "Sure:\n```json\n{age: 42, 'name': 'Ann', // her\n}\n```\nBye";
    let stream = read(&schema(AGES), lenient(), text.as_bytes(), 3);
    assert_eq!(stream.verdict().state, State::Complete);
    let repaired = stream.repaired_text().map(str::trim);
    assert_eq!(repaired, Some(r#"{"age":42,"name":"Ann"}"#));
    let names: Vec<_> = stream
        .repairs()
        .iter()
        .map(|made| made.repair.name())
        .collect();
    let expected =
        "prose fence unquoted_keys single_quotes single_quotes comments trailing_commas prose";
    assert_eq!(names.join(" "), expected);
}

#[test]
fn a_violation_lies_where_the_original_has_it() {
    let schema = schema(AGES);
    for (text, fatal) in [
        ("```json\n{\"age\": \"x\"}", "\"x"),
        ("{'name': 'Ann', 'age': 1000}", "}"),
        ("Well, {age: None}", "None"),
        ("{name: 'Ann'}", "}"),
        ("{age: 1}{age: 2}", "2}"),
    ] {
        let without_prose = !text.starts_with('W');
        let options = StreamOptions {
            lenient: if without_prose {
                Repair::ALL
                    .into_iter()
                    .filter(|repair| *repair != Repair::Prose)
                    .collect()
            } else {
                Repairs::all()
            },
            ..lenient()
        };
        let at = text.rfind(fatal).and_then(|at| i64::try_from(at).ok());
        for size in [1, 2, 5, 100] {
            let stream = read(&schema, options, text.as_bytes(), size);
            assert_eq!(stream.verdict().state, State::Invalid, "{text}");
            assert_eq!(stream.verdict().dead_at, at, "{text} by {size}");
            assert_eq!(
                stream.verdict().violations[0].offset,
                at.unwrap_or(-2),
                "{text}"
            );
        }
    }
}

#[test]
fn a_race_reads_up_to_the_root_s_end() {
    let options = StreamOptions {
        trailing: Trailing::Ignore,
        ..lenient()
    };
    let text = "```json\n{\"age\": 1}\n``` and more";
    for size in [1, 4, 100] {
        let stream = read(&schema(AGES), options, text.as_bytes(), size);
        assert_eq!(stream.verdict().state, State::Complete);
        assert_eq!(stream.consumed(), 18);
        assert_eq!(stream.repairs().len(), 1);
        assert_eq!(stream.repaired_text(), Some("{\"age\":1}"));
    }
}

#[test]
fn brackets_that_cannot_be_the_document_are_prose() {
    let stream = read(&schema(AGES), lenient(), b"As [1] says: {\"age\": 1}", 1);
    assert_eq!(stream.verdict().state, State::Complete);
    let stream = read(&schema(AGES), lenient(), br#"[{"age": 1}]"#, 1);
    assert_eq!(stream.verdict().dead_at, Some(1));
    let stream = read(&schema(AGES), lenient(), br#""{\"age\": 1}""#, 1);
    assert_eq!(stream.verdict().dead_at, Some(0));
    let stream = read(&schema(AGES), lenient(), b"true: {\"age\": 1}", 1);
    assert_eq!(stream.verdict().state, State::Complete);
    let stream = read(
        &schema(r#"{"type": "array"}"#),
        lenient(),
        b"So {x} is no [], is it",
        1,
    );
    assert_eq!(stream.verdict().state, State::Complete);
}

#[test]
fn a_text_cut_short_is_judged_as_it_is_closed() {
    let schema = schema(AGES);
    let cut = |text: &str| {
        read(&schema, lenient(), text.as_bytes(), 1)
            .verdict()
            .clone()
    };
    assert_eq!(cut(r#"{"age": 1, "nam"#).state, State::Complete);
    // Without its age it is closed, and lacks it: dead of ending there.
    let dead = cut(r#"{"name": "Ann", "ag"#);
    assert_eq!((dead.state, dead.dead_at), (State::Invalid, Some(19)));
    // A key that is not allowed is taken back if the text ends before its value.
    assert_eq!(cut(r#"{"age": 1, "other":"#).state, State::Complete);
    assert_eq!(cut(r#"{"age": 1, "other": 1"#).dead_at, Some(20));
}

#[test]
fn all_violations_are_told_where_they_are() {
    let source = r#"{"type": "object", "properties": {
        "age": {"type": "integer", "maximum": 150},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 2},
        "kind": {"anyOf": [{"type": "null"}, {"type": "object", "required": ["x"]}]},
        "name": {"type": "string", "minLength": 3}, "id": {}, "other": {}},
        "required": ["id", "name", "other"], "additionalProperties": false}"#;
    // Offsets are bytes, columns characters; what is missing is told at the closing brace.
    let text = "{\"age\": \"x\",\n \"tags\": [\"a\", \"é\", \"c\"],\n \"kind\": {\"y\": 1},\n \"name\": \"ab\", \"extra\": 1}";
    let stream = read(&schema(source), all(), text.as_bytes(), 7);
    let told: Vec<_> = stream
        .verdict()
        .violations
        .iter()
        .map(|each| {
            let position = each
                .position
                .unwrap_or_else(|| panic!("positions were asked for: {each:?}"));
            (
                &*each.keyword,
                &*each.instance_path,
                (position.line, position.column),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("type", "/age", (1, 9)),
            ("enum", "/tags/1", (2, 17)),
            ("maxItems", "/tags", (2, 19)),
            ("enum", "/tags/2", (2, 22)),
            ("required", "/kind", (3, 17)),
            ("minLength", "/name", (4, 13)),
            ("additionalProperties", "", (4, 17)),
            ("required", "", (4, 26)),
            ("required", "", (4, 26)),
        ]
    );
    assert_eq!(stream.verdict().dead_at, Some(8));
    let first = read(
        &schema(source),
        StreamOptions::default(),
        text.as_bytes(),
        7,
    );
    assert_eq!(first.verdict().dead_at, Some(8));
    assert_eq!(first.verdict().violations.len(), 1);
}

#[test]
fn all_is_bounded_and_syntax_ends_it() {
    let options = StreamOptions {
        violations: Violations::All { at_most: 3 },
        ..StreamOptions::default()
    };
    let strings = schema(r#"{"items": {"type": "string"}}"#);
    let stream = read(&strings, options, b"[1, 2, 3, 4, 5]", 1);
    assert_eq!(stream.verdict().violations.len(), 3);
    assert_eq!(stream.consumed(), 7);
    let stream = read(&strings, options, b"[1, x, 2]", 1);
    let keywords: Vec<_> = stream
        .verdict()
        .violations
        .iter()
        .map(|each| &*each.keyword)
        .collect();
    assert_eq!(keywords, ["type", "syntax"]);
}

#[test]
fn where_the_last_key_counts_what_is_certain_is_said_at_once() {
    let last = |source: &str| {
        let options = CompileOptions {
            duplicates: Duplicates::Last,
            ..CompileOptions::default()
        };
        Arc::new(Schema::compile(source, &options).expect("it is a schema"))
    };
    let dies = |source: &str, text: &str| {
        let schema = last(source);
        let whole = read(&schema, StreamOptions::default(), text.as_bytes(), 100);
        let bytes = read(&schema, StreamOptions::default(), text.as_bytes(), 1);
        assert_eq!(whole.verdict(), bytes.verdict(), "{text}");
        whole.verdict().dead_at
    };
    assert_eq!(dies(AGES, r#"{"age": "x", "age": 1}"#), None);
    assert_eq!(
        dies(AGES, r#"{"age": 1, "age": "x", "name": ""}"#),
        Some(33)
    );
    assert_eq!(dies(AGES, "[1, 2]"), Some(0));
    assert_eq!(dies(AGES, r#"{"age": 1, "other": 2}"#), Some(12));
    assert_eq!(dies(AGES, r#"{"name": "x"}"#), Some(12));
    let items = r#"{"items": {"properties": {"a": {"type": "integer"}}, "maxProperties": 1}, "maxItems": 2}"#;
    assert_eq!(
        dies(items, r#"[{"a": "x", "a": 1}, {"a": {"a": 1}}, 3]"#),
        Some(35)
    );
    assert_eq!(
        dies(items, r#"[{"a": "x", "a": 1}, {"a": 2}, 3]"#),
        Some(29)
    );
    let stream = read(
        &last(AGES),
        all(),
        br#"{"age": "x", "name": 1, "name": 2}"#,
        3,
    );
    let told = stream.verdict().violations.iter();
    let told: Vec<_> = told
        .map(|each| (&*each.instance_path, each.offset))
        .collect();
    assert_eq!(told, [("/age", 33), ("/name", 33)]);
}

/// Small documents of the shape that `AGES` asks for, and others.
fn documents() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        Just("42"),
        Just("1000"),
        Just("\"Ann\""),
        Just("null"),
        Just("[]"),
        Just("{\"a\": [1.5]}")
    ];
    let key = prop_oneof![Just("age"), Just("name"), Just("other")];
    prop::collection::vec((key, scalar), 0..4).prop_map(|members| {
        let members: Vec<_> = members
            .iter()
            .map(|(key, value)| format!("\"{key}\": {value}"))
            .collect();
        format!("{{{}}}", members.join(", "))
    })
}

fn verdicts(schema: &Arc<Schema>, options: StreamOptions, text: &str) -> Verdict {
    let whole = read(schema, options, text.as_bytes(), text.len());
    for size in [1, 3] {
        let split = read(schema, options, text.as_bytes(), size);
        assert_eq!(split.verdict(), whole.verdict(), "{text}");
        assert_eq!(split.repairs(), whole.repairs(), "{text}");
    }
    whole.verdict().clone()
}

proptest! {
    #[test]
    fn json_is_judged_the_same_however_lenient(text in documents()) {
        let schema = schema(AGES);
        let strict = verdicts(&schema, StreamOptions::default(), &text);
        let loose = verdicts(&schema, lenient(), &text);
        prop_assert_eq!(strict.state, loose.state);
        prop_assert!(strict.dead_at <= loose.dead_at);
        // What never waits is known at the same byte.
        let prompt = [Repair::Fence, Repair::Repeat, Repair::SingleQuotes, Repair::Comments, Repair::PythonLiterals, Repair::UnquotedKeys];
        let options = StreamOptions { lenient: prompt.into_iter().collect(), ..lenient() };
        prop_assert_eq!(strict, verdicts(&schema, options, &text));
    }

    #[test]
    fn the_last_of_repeated_keys_counts(text in documents()) {
        let options = CompileOptions { duplicates: Duplicates::Last, ..CompileOptions::default() };
        let last = Arc::new(Schema::compile(AGES, &options).expect("it is a schema"));
        let loose = verdicts(&last, StreamOptions::default(), &text);
        let hasher = ahash::RandomState::with_seeds(1, 2, 3, 4);
        let value = parse(text.as_bytes(), Limits::default(), &hasher).expect("it is JSON").to_string();
        prop_assert_eq!(loose.state, verdicts(&schema(AGES), StreamOptions::default(), &value).state);
        let strict = verdicts(&schema(AGES), StreamOptions::default(), &text);
        prop_assert!(strict.state != State::Complete || loose.state == State::Complete);
        prop_assert!(loose.state != State::Invalid || strict.dead_at <= loose.dead_at);
    }

    #[test]
    fn all_begins_with_the_first(text in documents()) {
        let schema = schema(AGES);
        let first = verdicts(&schema, StreamOptions { positions: true, ..StreamOptions::default() }, &text);
        let all = verdicts(&schema, all(), &text);
        prop_assert_eq!(first.state, all.state);
        prop_assert_eq!(first.dead_at, all.dead_at);
        prop_assert_eq!(first.violations.first(), all.violations.first());
    }

    #[test]
    fn no_viable_beginning_is_given_up(text in documents(), at in any::<prop::sample::Index>()) {
        let schema = schema(AGES);
        let complete = verdicts(&schema, lenient(), &text).state == State::Complete;
        let upto = at.index(text.len());
        let mut stream = Stream::new(Arc::clone(&schema), StreamOptions { limits: Limits::default(), ..lenient() });
        let state = stream.feed(&text.as_bytes()[..upto]);
        prop_assert!(!complete || state != State::Invalid);
    }
}

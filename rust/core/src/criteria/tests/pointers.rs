//! Pointers against the whole value, at any split.

use proptest::prelude::*;

use super::*;

fn json_texts() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("1".to_owned()),
        Just("-2.5e1".to_owned()),
        Just("\"é\\u0041\"".to_owned()),
        Just("true".to_owned()),
        Just("null".to_owned()),
        Just("[]".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let key = prop::sample::select(vec!["a", "b", "\\u0061", "c"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::vec((key, inner), 0..4).prop_map(|members| {
                let members: Vec<_> = members
                    .iter()
                    .map(|(key, value)| format!("\"{key}\": {value}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

const POINTERS: &[&str] = &[
    r#"{"pointer": {"at": "/a"}}"#,
    r#"{"pointer": {"at": "/a/0", "is": "absent"}}"#,
    r#"{"pointer": {"at": "/a/b", "is": "==", "value": 1.0}}"#,
    r#"{"pointer": {"at": "/0/a", "is": "<=", "value": 0}}"#,
    r#"{"pointer": {"at": "/b", "is": "in", "value": [[], true, "éA"]}}"#,
    r#"{"pointer": {"at": "", "is": "!=", "value": 1}}"#,
];

proptest! {
    #[test]
    fn no_split_changes_a_pointer(text in json_texts(), cuts in prop::collection::vec(0usize..200, 0..6), cut in 0usize..200) {
        let end = (0..=cut % (text.len() + 1)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        for json in POINTERS {
            for text in [text.as_str(), &text[..end]] {
                let whole = seen(json, &[text], true);
                let chars: Vec<_> = text.char_indices().map(|(at, char)| &text[at..at + char.len_utf8()]).collect();
                prop_assert_eq!(&whole, &seen(json, &chars, true), "{} by characters of {}", json, text);
                prop_assert_eq!(&whole, &seen(json, &pieces(text, &cuts), true), "{} of {}", json, text);
            }
        }
    }

    #[test]
    fn pointers_agree_with_the_whole_value(text in json_texts()) {
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        // Of duplicate keys the first counts here and the last there: those texts are another test's.
        let doubled = serde_json::to_string(&value).unwrap().matches(':').count() != text.matches(':').count();
        if doubled {
            return Ok(());
        }
        prop_assert_eq!(holds(POINTERS[0], &text), value.pointer("/a").is_some());
        prop_assert_eq!(holds(POINTERS[1], &text), value.pointer("/a/0").is_none());
        let at = |pointer| value.pointer(pointer).and_then(serde_json::Value::as_f64);
        prop_assert_eq!(holds(POINTERS[2], &text), at("/a/b") == Some(1.0));
        prop_assert_eq!(holds(POINTERS[3], &text), at("/0/a").is_some_and(|number| number <= 0.0));
        prop_assert_eq!(holds(POINTERS[5], &text), at("") != Some(1.0));
    }
}

#[test]
fn a_pointer_settles_where_its_value_closes() {
    let mut stream = criteria(r#"{"pointer": {"at": "/a/b", "is": ">=", "value": 3}}"#).stream();
    assert_eq!(stream.feed(r#"{"x": [1], "a": {"b": 12"#), []);
    assert_eq!(
        stream.feed(r#", "c": "#),
        [Settled {
            criterion: 0,
            met: true,
            at: 25
        }]
    );
}

#[test]
fn a_pointer_into_no_json_fails_at_the_fatal_byte() {
    let stream = evaluate(r#"{"pointer": {"at": "/a"}}"#, "Here is");
    assert_eq!(stream.failure().map(|failure| failure.at), Some(1));
}

#[test]
fn of_a_duplicate_key_the_first_value_counts() {
    let json = r#"{"pointer": {"at": "/a", "is": "==", "value": 1}}"#;
    assert!(holds(json, r#"{"a": 1, "a": 2}"#));
    assert!(!holds(json, r#"{"a": 2, "a": 1}"#));
}

//! Criteria against whole-text evaluation, any split, and the promise that nothing settled ever flips.

mod pointers;

use std::sync::Arc;

use proptest::prelude::*;
use regex_automata::meta::Regex;
use regex_automata::{Anchored, Input};

use super::{Criteria, Failure, Fault, Settled, State, Stream};

fn criteria(json: &str) -> Arc<Criteria> {
    Arc::new(Criteria::from_json(json.as_bytes()).expect(json))
}

fn evaluate(json: &str, text: &str) -> Stream {
    let mut stream = criteria(json).stream();
    stream.feed(text);
    stream.finish();
    stream
}

fn holds(json: &str, text: &str) -> bool {
    evaluate(json, text).state() == State::Met
}

/// Everything a split must not change.
#[derive(Debug, PartialEq)]
struct Seen {
    settled: Vec<Settled>,
    states: Vec<State>,
    state: State,
    failure: Option<Failure>,
    safe: usize,
    score: u64,
}

fn seen(json: &str, pieces: &[&str], finish: bool) -> Seen {
    let mut stream = criteria(json).stream();
    let mut settled = Vec::new();
    for piece in pieces {
        settled.extend_from_slice(stream.feed(piece));
    }
    if finish {
        settled.extend_from_slice(stream.finish());
    }
    Seen {
        settled,
        states: stream.states().to_vec(),
        state: stream.state(),
        failure: stream.failure(),
        safe: stream.safe(),
        score: stream.score().to_bits(),
    }
}

fn pieces<'a>(text: &'a str, cuts: &[usize]) -> Vec<&'a str> {
    let mut ends: Vec<_> = cuts.iter().map(|cut| cut % (text.len() + 1)).collect();
    ends.retain(|end| text.is_char_boundary(*end));
    ends.push(text.len());
    ends.sort_unstable();
    let mut start = 0;
    ends.into_iter()
        .map(|end| &text[std::mem::replace(&mut start, end)..end])
        .collect()
}

/// One of each kind, over the alphabet of [`texts`].
const ALL_KINDS: &[&str] = &[
    r#"[{"contains": "ab"}]"#,
    r#"[{"contains": {"regex": "a+b\\b", "times": 2}}]"#,
    r#"[{"forbids": "aab"}]"#,
    r#"[{"forbids": {"regex": "\\ba.?b$"}}]"#,
    r#"[{"forbids": {"text": "É1", "ignore_case": true}}]"#,
    r#"[{"forbids": "abab"}, {"forbids": {"regex": "b(a|é)+1"}}, {"forbids": {"regex": "a[^1]{3}"}}, {"words": {"max": 4}}]"#,
    r#"[{"forbids": "b a b"}, {"forbids": {"regex": "a a+ 1"}}, {"words": {"max": 2}}]"#,
    r#"[{"not": {"contains": "ba"}}, {"forbids": "1 1"}]"#,
    r#"{"any": [{"forbids": "a"}, {"contains": "é"}, {"chars": {"max": 9}}]}"#,
    r#"[{"words": {"min": 2, "max": 5}}, {"lines": {"min": 2}}, {"chars": {"min": 3, "max": 30}}]"#,
    r#"[{"sections": {"titles": ["a", "b"], "ordered": true}}]"#,
    r#"[{"sections": ["a", "b"]}]"#,
    r#"[{"refusal": {"phrases": ["ab a"], "within_chars": 12}}]"#,
    r#"[{"repetition": {"times": 3, "period": 4, "span": 6}}]"#,
    r#"[{"script": {"is": "latin", "share": 0.5, "letters": 6}}]"#,
    r#"[{"custom": {"every_chars": 3}, "name": "x"}, {"contains": "b", "soft": true, "weight": 3}, {"contains": "a"}]"#,
];

fn texts() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a", "b", "ab", "é", "1", " ", "\n", "# a\n", "**b**\n", "abab", "Ж",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_split_changes_anything(text in texts(), cuts in prop::collection::vec(0usize..200, 0..6), finish: bool) {
        for json in ALL_KINDS {
            let whole = seen(json, &[&text], finish);
            let chars: Vec<_> = text.char_indices().map(|(at, char)| &text[at..at + char.len_utf8()]).collect();
            prop_assert_eq!(&whole, &seen(json, &chars, finish), "{} by characters", json);
            prop_assert_eq!(&whole, &seen(json, &pieces(&text, &cuts), finish), "{}", json);
        }
    }

    #[test]
    fn what_settled_never_flips_and_safe_never_shrinks(text in texts()) {
        for json in ALL_KINDS {
            let mut stream = criteria(json).stream();
            let mut before = (stream.states().to_vec(), stream.safe());
            for (at, char) in text.char_indices() {
                stream.feed(&text[at..at + char.len_utf8()]);
                for (old, new) in before.0.iter().zip(stream.states()) {
                    prop_assert!(*old == State::Open || old == new, "{}", json);
                }
                prop_assert!(before.1 <= stream.safe(), "{}", json);
                before = (stream.states().to_vec(), stream.safe());
            }
        }
    }

    #[test]
    fn literals_and_counts_agree_with_the_whole_text(text in texts()) {
        prop_assert_eq!(holds(r#"{"contains": "aba"}"#, &text), text.contains("aba"));
        prop_assert_eq!(holds(r#"{"forbids": "aba"}"#, &text), !text.contains("aba"));
        prop_assert_eq!(holds(r#"{"contains": {"text": "ab", "times": 3}}"#, &text), text.matches("ab").count() >= 3);
        prop_assert_eq!(holds(r#"{"chars": {"min": 3, "max": 9}}"#, &text), (3..=9).contains(&text.chars().count()));
        let words = text.split_whitespace().count();
        prop_assert_eq!(holds(r#"{"words": {"min": 3, "max": 5}}"#, &text), (3..=5).contains(&words));
        prop_assert_eq!(holds(r#"{"lines": {"min": 2, "max": 3}}"#, &text), (2..=3).contains(&text.lines().count()));
    }

    #[test]
    fn patterns_agree_with_a_regex_engine(text in texts()) {
        for pattern in ["a.b", r"\bab\b", "(ab|é)+1", "^b", "b$", "(?m)^a", "(?m)b$", r"a\B", "(?i)É", "a{2,3}b", r"[^a]{4}"] {
            let regex = Regex::new(pattern).unwrap();
            let json = format!(r#"{{"contains": {{"regex": {}}}}}"#, serde_json::json!(pattern));
            prop_assert_eq!(holds(&json, &text), regex.is_match(&text), "{} on {:?}", pattern, text);
        }
    }

    #[test]
    fn nothing_shown_is_part_of_a_later_match(text in texts()) {
        for pattern in ["a.b", r"\bab\b", "(ab|é)+1", "b$", "a[^1]{3}", "(a|b)* 1"] {
            let regex = Regex::new(pattern).unwrap();
            let json = format!(r#"{{"forbids": {{"regex": {}}}}}"#, serde_json::json!(pattern));
            let mut stream = criteria(&json).stream();
            let mut shown = 0;
            for (at, char) in text.char_indices() {
                stream.feed(&text[at..at + char.len_utf8()]);
                shown = stream.safe();
            }
            stream.finish();
            prop_assert!(shown <= stream.safe());
            let shown = stream.safe();
            let matches_at = |start: &usize| {
                let input = Input::new(&text).span(*start..text.len()).anchored(Anchored::Yes);
                text.is_char_boundary(*start) && regex.find(input).is_some()
            };
            // Where the text was cut off, matches beyond the failure were never looked for.
            let first = (0..shown).find(matches_at);
            prop_assert_eq!(first, None, "{} shows a match in {:?}", pattern, text);
        }
    }

    #[test]
    fn a_literal_is_held_back_exactly(text in texts()) {
        let needle = "abab1";
        let mut stream = criteria(r#"{"forbids": "abab1"}"#).stream();
        stream.feed(&text);
        let held = (1..needle.len()).rev().find(|length| text.ends_with(&needle[..*length])).unwrap_or(0);
        let expected = text.find(needle).unwrap_or(text.len() - held);
        prop_assert_eq!(stream.safe(), expected);
    }

    #[test]
    fn loops_agree_with_their_definition(units in prop::collection::vec(("[ab1]{1,7}", 1usize..5), 0..8)) {
        let text: String = units.iter().map(|(unit, times)| unit.repeat(*times)).collect();
        let (times, most, span) = (3usize, 5usize, 8usize);
        let looping = |end: usize| (1..=most).any(|period| {
            let length = (times * period).max(span);
            let tail = end.checked_sub(length).map(|start| &text.as_bytes()[start..end]);
            tail.is_some_and(|tail| tail.iter().zip(&tail[period..]).all(|(a, b)| a == b))
        });
        let stream = evaluate(r#"{"repetition": {"times": 3, "period": 5, "span": 8}}"#, &text);
        let at = stream.failure().map(|failure| failure.at);
        prop_assert_eq!(at, (0..=text.len()).find(|end| looping(*end)));
    }

    #[test]
    fn no_description_panics(json in "[\\[\\]{}\",:a-z0-9 ]{0,40}") {
        let _ = Criteria::from_json(json.as_bytes());
    }
}

#[test]
fn what_another_guard_held_at_the_fatal_byte_stays_hidden() {
    let json = r#"[{"forbids": "b c d"}, {"words": {"max": 2}}]"#;
    let mut stream = criteria(json).stream();
    stream.feed("a b c x and more");
    let failure = stream.failure().unwrap();
    assert_eq!((failure.at, failure.safe, stream.safe()), (5, 2, 2));
}

#[test]
fn headings_are_found_in_three_styles() {
    let json = r#"{"sections": ["Summary", "Next Steps", "Risks"]}"#;
    assert!(holds(
        json,
        "## Summary ##\ntext\n**next steps:**\ntext\nRisks:"
    ));
    assert!(!holds(json, "Summary\n## Next steps\nRisks:\n"));
    let ordered = r#"{"sections": {"titles": ["A", "B"], "ordered": true}}"#;
    assert!(holds(ordered, "# A\n# A\n# B\n"));
    assert_eq!(
        evaluate(ordered, "# B\nmore")
            .failure()
            .map(|failure| failure.at),
        Some(4)
    );
}

#[test]
fn refusals_are_told_from_ordinary_sentences() {
    let json = r#"{"refusal": true}"#;
    for refusal in [
        "I'm sorry, but I can’t help with that.",
        "I cannot assist with this request.",
        "As an AI language model, I do not have opinions.",
        "Sure… Actually that goes against my guidelines.",
    ] {
        let stream = evaluate(json, refusal);
        assert_eq!(
            stream.failure().map(|failure| failure.fault),
            Some(Fault::Refusal),
            "{refusal}"
        );
    }
    for answer in [
        "I can't help but notice the delay.",
        "We cannot find it.",
        "Paris is in Italy.",
    ] {
        assert!(holds(json, answer), "{answer}");
    }
    let late = format!("{} I cannot assist with this.", "word ".repeat(80));
    assert!(holds(json, &late));
}

#[test]
fn scripts_are_counted_by_letters() {
    assert!(holds(r#"{"script": "cyrillic"}"#, "Привет, мир! 123"));
    assert!(!holds(
        r#"{"script": "cyrillic"}"#,
        "Привет and hello and more"
    ));
    assert!(holds(r#"{"script": "japanese"}"#, "こんにちは、世界"));
    assert!(holds(r#"{"script": "greek"}"#, "123"));
}

#[test]
fn weights_make_the_score_and_soft_parts_never_fail() {
    let json = r#"[{"contains": "a", "weight": 3}, {"contains": "b", "soft": true}]"#;
    let stream = evaluate(json, "a");
    assert_eq!(stream.state(), State::Met);
    assert!((stream.score() - 0.75).abs() < 1e-12);
    assert_eq!(evaluate(json, "b").state(), State::Failed);
}

#[test]
fn a_custom_criterion_waits_for_the_outside() {
    let mut stream =
        criteria(r#"{"custom": {"every_chars": 2, "at_end": true}, "name": "tone"}"#).stream();
    stream.feed("text");
    assert_eq!(stream.answer(0, true, None), Ok(()));
    assert_eq!(stream.state(), State::Open);
    stream.finish();
    assert_eq!(stream.state(), State::Open);
    assert_eq!(stream.answer(0, true, Some(0.5)), Ok(()));
    assert_eq!(stream.state(), State::Met);
    assert!((stream.score() - 0.5).abs() < 1e-12);
    assert!(stream.answer(0, true, None).is_err());
    assert!(stream.answer(7, true, None).is_err());
}

#[test]
fn an_error_names_its_place() {
    for (json, place) in [
        (r#"[{"contain": "a"}]"#, "/0/contain"),
        (r#"[{"contains": ""}]"#, "/0/contains"),
        (r#"{"all": [{"any": []}]}"#, "/all/0/any"),
        (r#"[{"forbids": {"regex": "(a"}}]"#, "/0/forbids/regex"),
        (r#"[{"forbids": {"regex": "a*"}}]"#, "/0/forbids/regex"),
        (r#"[{"words": {"min": 5, "max": 2}}]"#, "/0/words"),
        (r#"[{"words": {"most": 2}}]"#, "/0/words/most"),
        (
            r#"[{"contains": "a", "name": "x"}, {"contains": "b", "name": "x"}]"#,
            "/1/name",
        ),
        (r#"[{"custom": {}}]"#, "/0/name"),
        (r#"[{"contains": "a", "forbids": "b"}]"#, "/0/forbids"),
        (r#"[{"contains": "a", "weight": -1}]"#, "/0/weight"),
        (r#"[{"pointer": {"at": "a"}}]"#, "/0/pointer/at"),
        (
            r#"[{"pointer": {"at": "/a", "is": "<"}}]"#,
            "/0/pointer/value",
        ),
        (r#"[{"script": "klingon"}]"#, "/0/script/is"),
        (r#"["a"]"#, "/0"),
        (r"[", ""),
    ] {
        let error = Criteria::from_json(json.as_bytes()).expect_err(json);
        assert_eq!(error.place, place, "{json}: {error}");
    }
}

#[test]
fn a_pattern_of_exponential_backtracking_is_linear() {
    let json = r#"{"forbids": {"regex": "(a|a)*(a|a)*(a|a)*b"}}"#;
    let stream = evaluate(json, &"a".repeat(100_000));
    assert_eq!(stream.state(), State::Met);
}

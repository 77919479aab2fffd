//! Configurations are read strictly; errors name their place.

use super::*;

#[test]
fn the_documented_example_is_read() {
    let docs = include_str!("../mod.rs");
    let (_, example) = docs.split_once("```json").expect("an example");
    let (example, _) = example.split_once("```").expect("its end");
    let json = example.replace("//!", "");
    // The example shows every key at once; a best-of is never shown early and its lane 0 answers through a tool.
    let config = Config::from_json(json.as_bytes()).expect("the example");
    assert_eq!(
        config.join,
        Join::BestOf {
            n: 2,
            patience_ns: Some(300_000_000)
        }
    );
    assert_eq!(config.lanes[0].channel, Channel::Tool("answer".to_owned()));
    assert_eq!(config.lanes[1].start.len(), 2);
}

#[test]
fn defaults_are_modest() {
    let config = Config::from_json(br#"{"lanes": [{}]}"#).unwrap();
    assert_eq!((config.show, config.join), (Show::Final, Join::FirstValid));
    assert_eq!(config.acceptance, None);
    assert_eq!(config.lanes[0].start, [Trigger::Now]);
}

#[test]
fn an_error_names_its_place() {
    for (json, place) in [
        ("{}", "/lanes"),
        ("[]", ""),
        (r#"{"lanes": []}"#, "/lanes"),
        (r#"{"lanes": [{}], "sho": "final"}"#, "/sho"),
        (r#"{"lanes": [{}], "show": "never"}"#, "/show"),
        (
            r#"{"lanes": [{}], "show": "committed", "join": "merge"}"#,
            "/show",
        ),
        (r#"{"lanes": [{}], "gate": {"judge": true}}"#, "/gate/judge"),
        (r#"{"lanes": [{}], "join": {"rule": "best_of"}}"#, "/join/n"),
        (
            r#"{"lanes": [{}], "join": {"rule": "quorum", "k": 1, "fields": ["a"]}}"#,
            "/join/fields",
        ),
        (
            r#"{"lanes": [{}], "acceptance": {"default": "maybe"}}"#,
            "/acceptance/default",
        ),
        (
            r#"{"lanes": [{}], "deadlines": {"total_ns": 0}}"#,
            "/deadlines/total_ns",
        ),
        (r#"{"lanes": [{}], "budget": {"usd": -1}}"#, "/budget/usd"),
        (r#"{"lanes": [{"dialect": "klingon"}]}"#, "/lanes/0/dialect"),
        (r#"{"lanes": [{"channel": "tool"}]}"#, "/lanes/0/channel"),
        (
            r#"{"lanes": [{"channel": {"tool": "a"}, "can_continue": true}]}"#,
            "/lanes/0/can_continue",
        ),
        (
            r#"{"lanes": [{"start": {"failed": 0}}]}"#,
            "/lanes/0/start/failed",
        ),
        (
            r#"{"lanes": [{}, {"start": [{"late": {"lane": 7, "by_ns": 1}}]}]}"#,
            "/lanes/1/start/0/late/lane",
        ),
        (
            r#"{"lanes": [{}, {"start": [{"failed": 0, "refused": 0}]}]}"#,
            "/lanes/1/start/0",
        ),
        (r#"{"lanes": [{"start": "later"}]}"#, "/lanes/0/start"),
        (r#"{"lanes": [{}, {}], "limits": {"lanes": 1}}"#, "/lanes"),
    ] {
        let error = Config::from_json(json.as_bytes()).expect_err(json);
        assert_eq!(error.place, place, "{json}: {error}");
    }
}

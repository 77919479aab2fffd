//! What is shown before the decision is never retracted and never doubled.

use super::*;

const COMMITTED: &str = r#"{"show": "committed", "gate": {"chars": 5}, "lanes": [
    {}, {"can_continue": true}, {"can_continue": true, "start": []}]}"#;

#[test]
fn nothing_is_shown_before_the_gate_then_one_lane_alone() {
    let mut rig = Rig::started(COMMITTED, Rules::default());
    assert_eq!(shown(&rig.say(0, &[text("abcd")])), "");
    assert_eq!(shown(&rig.say(1, &[text("xyz")])), "");
    let said = rig.say(0, &[text("efg")]);
    assert_eq!(shown(&said), "abcdefg");
    assert!(said.contains(&Output::Committed { lane: 0 }));
    assert_eq!(stopped(&said), [(1, StopReason::Lost)]);
    assert_eq!(rig.state(2), LaneState::Waiting);
    let said = rig.say(0, &[text("h"), stop()]);
    assert_eq!(shown(&said), "h");
    assert_eq!(winner(&said), Some(0));
    rig.end(0, Ending::End);
    assert_eq!(rig.outcome(2), "unused");
}

#[test]
fn a_dead_committed_lane_is_continued_from_what_was_shown() {
    let mut rig = Rig::started(COMMITTED, judged(r#"[{"forbids": "bad"}]"#));
    let said = rig.say(0, &[text("Hello ba")]);
    assert_eq!(shown(&said), "Hello ");
    let said = rig.say(0, &[text("d")]);
    assert_eq!(shown(&said), "");
    assert!(said.contains(&Output::Continued {
        from: 0,
        to: 2,
        at: 6
    }));
    let start = Output::Start {
        lane: 2,
        source: 2,
        prefix: Some("Hello ".to_owned()),
    };
    assert!(said.contains(&start));
    let said = rig.say(2, &[text("world"), stop()]);
    assert_eq!(shown(&said), "world");
    assert_eq!(winner(&said), Some(2));
    assert_eq!(rig.race.lanes()[2].text(), "Hello world");
    assert_eq!(rig.race.lanes()[2].prefix(), 6);
}

#[test]
fn after_the_reserves_a_rival_that_lost_goes_on_as_a_new_lane() {
    let mut rig = Rig::started(COMMITTED, Rules::default());
    rig.say(0, &[text("abcdef")]);
    rig.end(0, Ending::Cut);
    rig.say(2, &[text("ghi")]);
    let said = rig.end(2, Ending::Cut);
    let start = Output::Start {
        lane: 3,
        source: 1,
        prefix: Some("abcdefghi".to_owned()),
    };
    assert!(said.contains(&start), "{said:?}");
    let said = rig.end(3, Ending::Cut);
    assert!(starts(&said).is_empty(), "nobody serves twice");
    assert!(said.contains(&Output::Interrupted {
        lane: 3,
        reason: StopReason::Error
    }));
    assert_eq!(over(&said), Some((Verdict::Interrupted, Some(3))));
}

#[test]
fn nobody_to_continue_is_an_interruption() {
    let config = r#"{"show": "committed", "gate": {"chars": 2}, "lanes": [{}, {}]}"#;
    let mut rig = Rig::started(config, Rules::default());
    rig.say(0, &[text("abc")]);
    let said = rig.end(0, Ending::Cut);
    assert!(said.contains(&Output::Interrupted {
        lane: 0,
        reason: StopReason::Error
    }));
    assert_eq!(over(&said), Some((Verdict::Interrupted, Some(0))));
}

#[test]
fn before_anything_is_shown_everybody_can_go_on() {
    let config = r#"{"show": "committed", "gate": {"chars": 1}, "lanes": [{}, {"start": []}]}"#;
    let mut rig = Rig::started(config, judged(r#"[{"forbids": "abc"}]"#));
    assert_eq!(shown(&rig.say(0, &[text("ab")])), "");
    let said = rig.say(0, &[text("c")]);
    assert!(said.contains(&Output::Start {
        lane: 1,
        source: 1,
        prefix: None
    }));
    assert_eq!(winner(&rig.answer(1, "fine")), Some(1));
}

#[test]
fn refused_acceptance_after_the_commit_is_an_interruption() {
    let config = r#"{"show": "committed", "acceptance": true, "gate": {"chars": 2}, "lanes": [
        {}, {"can_continue": true}]}"#;
    let mut rig = Rig::started(config, Rules::default());
    let said = rig.answer(0, "abc");
    assert_eq!(stopped(&said), [(1, StopReason::Lost)]);
    let said = rig.check(tickets(&said)[0].0, false);
    assert!(said.contains(&Output::Interrupted {
        lane: 0,
        reason: StopReason::AcceptanceRefused
    }));
}

#[test]
fn a_judges_no_after_the_commit_is_recorded_not_enacted() {
    let config = r#"{"show": "committed", "gate": {"chars": 8}, "judge": {"every_chars": 4},
        "lanes": [{}, {}]}"#;
    let mut rig = Rig::started(config, Rules::default());
    let said = rig.say(0, &[text("abcdefghijkl")]);
    assert!(said.contains(&Output::Committed { lane: 0 }));
    let asked = tickets(&said);
    assert_eq!(asked.len(), 1);
    let said = rig.check(asked[0].0, false);
    assert!(matches!(
        said[..],
        [Output::Settled {
            passed: false,
            late: true,
            ..
        }]
    ));
    assert_eq!(winner(&rig.say(0, &[stop()])), Some(0));
}

#[test]
fn each_gate_opens_by_its_own_condition() {
    let open = |gate: &str, text_: &str, now: u64| {
        let config = format!(r#"{{"show": "committed", "gate": {gate}, "lanes": [{{}}, {{}}]}}"#);
        let mut rig = Rig::started(&config, judged(r#"[{"contains": "z", "soft": true}]"#));
        let mut said = rig.say(0, &[text(text_)]);
        said.extend(rig.at(now));
        shown(&said)
    };
    assert_eq!(open(r#"{"sentence": true}"#, "Pi is 3.14", 9), "");
    assert_eq!(
        open(r#"{"sentence": true}"#, "Pi is 3.14. More", 9),
        "Pi is 3.14. More"
    );
    assert_eq!(open(r#"{"sentence": true}"#, "你好。再", 9), "你好。再");
    assert_eq!(open(r#"{"hold_ns": 10}"#, "a", 9), "");
    assert_eq!(open(r#"{"hold_ns": 10}"#, "a", 10), "a");
    assert_eq!(open("{}", "a", 0), "a");
    assert_eq!(open(r#"{"chars": 2, "settled": true}"#, "aaaa", 9), "");
    assert_eq!(
        open(r#"{"chars": 2, "settled": true}"#, "aaazb", 9),
        "aaazb"
    );
}

#[test]
fn the_judge_opens_the_gate() {
    let config = r#"{"show": "committed", "gate": {"judge": true}, "judge": {"every_chars": 3},
        "lanes": [{}, {}]}"#;
    let mut rig = Rig::started(config, Rules::default());
    let said = rig.say(0, &[text("abcd")]);
    assert_eq!(shown(&said), "");
    assert_eq!(shown(&rig.check(tickets(&said)[0].0, true)), "abcd");
}

#[test]
fn too_much_held_back_is_a_limit() {
    let config =
        r#"{"show": "committed", "gate": {"chars": 1}, "limits": {"held": 8}, "lanes": [{}, {}]}"#;
    let mut rig = Rig::started(config, judged(r#"[{"forbids": {"regex": "a.*z"}}]"#));
    rig.say(0, &[text("ba")]);
    let said = rig.say(0, &[text("123456789")]);
    assert_eq!(stopped(&said), [(0, StopReason::Limit)]);
}

#[test]
fn the_fatal_byte_is_never_shown_and_partials_follow_the_text() {
    let config = r#"{"show": "committed", "gate": {"chars": 1}, "lanes": [{}, {}]}"#;
    let mut rig = Rig::started(config, typed());
    let said = rig.say(0, &[text(r#"{"n": 1"#)]);
    assert_eq!(shown(&said), r#"{"n": 1"#);
    assert!(said.contains(&Output::Partial { lane: 0 }));
    let said = rig.say(0, &[text("2x")]);
    assert_eq!(shown(&said), "2");
    assert_eq!(rig.outcome(0), "schema_dead");
}

#[test]
fn a_whole_answer_needs_no_gate() {
    let config = r#"{"show": "committed", "gate": {"chars": 100}, "lanes": [{}, {}]}"#;
    let mut rig = Rig::started(config, Rules::default());
    let said = rig.answer(1, "short");
    assert_eq!(shown(&said), "short");
    assert!(said.contains(&Output::Committed { lane: 1 }));
}

//! Questions to the outside: acceptance, judge, custom criteria, and their silence.

use super::*;

#[test]
fn acceptance_is_asked_before_rivals_are_stopped() {
    let mut rig = Rig::started(r#"{"acceptance": true, "lanes": [{}, {}]}"#, typed());
    let said = rig.answer(0, r#"{"n": 1}"#);
    let asked = tickets(&said);
    assert_eq!(asked[0].1, 0);
    assert_eq!(asked[0].2, By::Acceptance);
    assert_eq!(stopped(&said), []);
    assert_eq!(rig.state(0), LaneState::Checking);
    let said = rig.check(asked[0].0, false);
    assert_eq!(stopped(&said), [(0, StopReason::AcceptanceRefused)]);
    let said = rig.answer(1, r#"{"n": 2}"#);
    let said = rig.check(tickets(&said)[0].0, true);
    assert_eq!(winner(&said), Some(1));
}

#[test]
fn the_first_accepted_wins_not_the_first_asked() {
    let mut rig = Rig::started(r#"{"acceptance": true, "lanes": [{}, {}]}"#, typed());
    let first = tickets(&rig.answer(0, r#"{"n": 1}"#))[0].0;
    let second = tickets(&rig.answer(1, r#"{"n": 2}"#))[0].0;
    let said = rig.check(second, true);
    assert_eq!(winner(&said), Some(1));
    let said = rig.check(first, true);
    assert!(matches!(
        said[..],
        [Output::Settled {
            lane: 0,
            late: true,
            passed: true,
            ..
        }]
    ));
}

#[test]
fn silence_is_answered_by_the_configured_default() {
    for (default, expected) in [("pass", "none"), ("fail", "acceptance_refused")] {
        let config = format!(
            r#"{{"acceptance": {{"timeout_ns": 50, "default": "{default}"}}, "lanes": [{{}}, {{}}]}}"#
        );
        let mut rig = Rig::started(&config, typed());
        rig.now = 10;
        let ticket = tickets(&rig.answer(0, r#"{"n": 1}"#))[0].0;
        assert_eq!(rig.at(59), []);
        let said = rig.at(60);
        assert_eq!(rig.outcome(0), expected);
        assert_eq!(winner(&said).is_some(), default == "pass");
        let said = rig.check(ticket, default != "pass");
        assert!(matches!(said[..], [Output::Settled { late: true, .. }]));
        assert_eq!(rig.outcome(0), expected);
    }
}

#[test]
fn a_judge_is_asked_at_checkpoints_and_at_the_end() {
    let config = r#"{"judge": {"every_chars": 4, "at_end": true}, "lanes": [{}, {}]}"#;
    let mut rig = Rig::started(config, Rules::default());
    let said = rig.say(0, &[text("abcdefghij")]);
    let checks: Vec<_> = said
        .iter()
        .filter(|output| matches!(output, Output::Check { .. }))
        .collect();
    assert!(matches!(
        checks[..],
        [Output::Check {
            start: 0,
            end: 4,
            by: By::Judge,
            ..
        }]
    ));
    let first = tickets(&said)[0].0;
    let said = rig.say(0, &[stop()]);
    let second = tickets(&said)[0].0;
    assert_eq!(winner(&rig.check(second, true)), None);
    assert_eq!(winner(&rig.check(first, true)), Some(0));
}

#[test]
fn a_judges_no_stops_a_lane_early() {
    let config = r#"{"judge": {"every_chars": 4}, "lanes": [{}, {}]}"#;
    let mut rig = Rig::started(config, Rules::default());
    let said = rig.say(0, &[text("abcd")]);
    let said = rig.tell(Input::Checked {
        ticket: tickets(&said)[0].0,
        passed: false,
        score: Some(0.1),
    });
    assert_eq!(stopped(&said), [(0, StopReason::JudgeRefused)]);
    assert!((rig.race.lanes()[0].score() - 0.1).abs() < 1e-12);
}

#[test]
fn custom_criteria_are_asked_and_settle() {
    let rules = || judged(r#"[{"custom": {"every_chars": 3, "at_end": true}, "name": "tone"}]"#);
    let config = r#"{"criteria": {"timeout_ns": 9}, "lanes": [{}, {}]}"#;
    let mut rig = Rig::started(config, rules());
    let said = rig.say(0, &[text("abcdef")]);
    assert!(
        matches!(&said[..], [.., Output::Check { criterion, end: 3, .. }] if criterion == "tone")
    );
    rig.check(tickets(&said)[0].0, true);
    let said = rig.say(0, &[text("ghi"), stop()]);
    let asked = tickets(&said);
    assert_eq!(
        asked.len(),
        2,
        "at nine characters and at the end: {said:?}"
    );
    assert_eq!(winner(&rig.check(asked[0].0, true)), None);
    assert_eq!(winner(&rig.check(asked[1].0, true)), Some(0));
    let mut rig = Rig::started(config, rules());
    rig.answer(0, "ab");
    rig.at(9);
    assert_eq!(rig.outcome(0), "criterion_failed");
}

#[test]
fn answers_for_a_dead_lane_are_recorded() {
    let config = r#"{"judge": {"every_chars": 2}, "lanes": [{}, {}]}"#;
    let mut rig = Rig::started(config, Rules::default());
    let ticket = tickets(&rig.say(0, &[text("ab")]))[0].0;
    rig.end(0, Ending::Cut);
    assert!(matches!(
        rig.check(ticket, true)[..],
        [Output::Settled { late: true, .. }]
    ));
}

#[test]
fn a_lane_is_repaired_where_its_configuration_says_so() {
    let fenced = "Sure:\n```json\n{n: 1}\n``` as asked";
    let mut rig = Rig::started(
        r#"{"lanes": [{}, {"lenient": ["fence", "prose", "unquoted_keys"]}]}"#,
        typed(),
    );
    rig.answer(0, fenced);
    assert_eq!(rig.outcome(0), "schema_dead");
    let said = rig.answer(1, fenced);
    assert_eq!(winner(&said), Some(1));
    let lane = &rig.race.lanes()[1];
    assert_eq!(lane.repaired_text().map(str::trim), Some(r#"{"n": 1}"#));
    // As it was sent, and no further than the document's end.
    assert_eq!(lane.text(), "Sure:\n```json\n{n: 1}");
    let repairs: Vec<_> = lane.repairs().iter().map(|made| made.at).collect();
    assert_eq!(repairs, [0, 6, 15]);
    let unknown = Config::from_json(br#"{"lanes": [{"lenient": ["fences"]}]}"#);
    assert!(unknown.is_err_and(|error| error.to_string().contains("no such repair")));
}

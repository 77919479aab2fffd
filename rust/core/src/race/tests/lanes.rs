//! The first good lane wins, and what makes a lane good.

use super::*;

const TWO: &str = r#"{"lanes": [{}, {}]}"#;

#[test]
fn the_first_good_lane_wins_not_the_first_to_answer() {
    let mut rig = Rig::started(TWO, typed());
    let said = rig.answer(0, r#"{"n": "one"}"#);
    assert_eq!(stopped(&said), [(0, StopReason::SchemaDead)]);
    assert!(said.contains(&Output::Violated {
        lane: 0,
        call: None,
        at: 6
    }));
    let said = rig.answer(1, r#"{"n": 1}"#);
    assert_eq!(winner(&said), Some(1));
    assert_eq!(shown(&said), r#"{"n": 1}"#);
    let said = rig.end(1, Ending::End);
    assert_eq!(over(&said), Some((Verdict::Won, Some(1))));
    assert_eq!((rig.outcome(0), rig.outcome(1)), ("schema_dead", "won"));
}

#[test]
fn a_root_is_complete_when_it_closes_and_what_follows_is_ignored() {
    let mut rig = Rig::started(TWO, typed());
    let said = rig.say(0, &[text(r#"{"n": 1} and more {"n": "#)]);
    assert_eq!(winner(&said), Some(0));
    assert_eq!(shown(&said), r#"{"n": 1}"#);
    assert_eq!(stopped(&said), [(1, StopReason::Lost)]);
    let said = rig.say(0, &[text("even more")]);
    assert_eq!(said, []);
    assert_eq!(rig.race.lanes()[0].text(), r#"{"n": 1}"#);
}

#[test]
fn the_answer_of_a_dead_lane_ends_with_the_fatal_byte() {
    let mut rig = Rig::started(TWO, typed());
    rig.say(0, &[text(r#"{"n": tä"#)]);
    assert_eq!(rig.race.lanes()[0].text(), r#"{"n": t"#);
}

#[test]
fn text_is_good_when_it_ends_and_criteria_hold() {
    let mut rig = Rig::started(TWO, judged(r#"[{"contains": "yes"}]"#));
    let said = rig.answer(0, "no");
    assert_eq!(rig.outcome(0), "criterion_failed");
    assert_eq!(winner(&said), None);
    let said = rig.say(1, &[text("oh yes")]);
    let settled = Output::Settled {
        lane: 1,
        by: By::Text,
        criterion: "contains-1".to_owned(),
        passed: true,
        at: 6,
        score: None,
        late: false,
    };
    assert!(said.contains(&settled));
    assert_eq!(winner(&rig.say(1, &[stop()])), Some(1));
}

#[test]
fn faults_have_their_own_reasons() {
    let rules = || judged(r#"[{"repetition": true}, {"refusal": true}, {"words": {"max": 100}}]"#);
    let end = |deltas: &[Delta]| {
        let mut rig = Rig::started(TWO, rules());
        rig.say(0, deltas);
        rig.outcome(0)
    };
    assert_eq!(
        end(&[text(&"round and round we go ".repeat(12))]),
        "repetition"
    );
    assert_eq!(end(&[text("I cannot assist with that.")]), "refusal");
    assert_eq!(
        end(&[text(
            &(0..200)
                .map(|n| n.to_string())
                .collect::<Vec<_>>()
                .join(" ")
        )]),
        "criterion_failed"
    );
    assert_eq!(end(&[Delta::Refusal("No.".to_owned())]), "refusal");
    assert_eq!(
        end(&[
            text("Well"),
            Delta::Finish {
                reason: "max_tokens".to_owned()
            }
        ]),
        "truncated"
    );
    assert_eq!(
        end(&[
            text("Well"),
            Delta::Finish {
                reason: "SAFETY".to_owned()
            }
        ]),
        "refusal"
    );
    assert_eq!(
        end(&[
            text("Well"),
            Delta::Error(crate::wire::ProviderFault::default())
        ]),
        "error"
    );
    assert_eq!(end(&[text("Well"), Delta::Truncated]), "truncated");
}

#[test]
fn a_status_outside_2xx_ends_the_lane() {
    let config = Config::from_json(TWO.as_bytes()).unwrap();
    let mut rig = Rig {
        race: Race::new(config, Rules::default()),
        now: 0,
    };
    rig.tell(Input::Start);
    let said = rig.tell(Input::Opened {
        lane: 0,
        status: Some(503),
    });
    assert_eq!(stopped(&said), [(0, StopReason::Error)]);
    assert_eq!(rig.race.lanes()[0].detail(), "status 503");
}

#[test]
fn if_all_die_the_best_partial_is_named() {
    let mut rig = Rig::started(TWO, typed());
    rig.say(0, &[text(r#"{"n": 12345"#)]);
    rig.end(0, Ending::Cut);
    let said = rig.say(1, &[text(r#"{"x"#)]);
    assert_eq!(over(&said), Some((Verdict::Failed, Some(0))));
    assert_eq!((rig.outcome(0), rig.outcome(1)), ("error", "schema_dead"));
    let verdict = rig.race.lanes()[1]
        .referee()
        .and_then(Referee::verdict)
        .unwrap();
    assert_eq!(verdict.violations.len(), 1);
}

#[test]
fn a_refused_whole_is_a_better_partial_than_a_longer_broken_one() {
    let mut rig = Rig::started(
        r#"{"acceptance": true, "lanes": [{}, {}]}"#,
        Rules::default(),
    );
    let said = rig.answer(0, "short");
    rig.check(tickets(&said)[0].0, false);
    rig.say(1, &[text("a much longer one")]);
    let said = rig.end(1, Ending::Cut);
    assert_eq!(over(&said), Some((Verdict::Failed, Some(0))));
}

#[test]
fn what_a_lane_says_besides_is_bounded() {
    let config = r#"{"limits": {"beside": 10, "text": 20}, "lanes": [{}, {}]}"#;
    let mut rig = Rig::started(config, Rules::default());
    let said = rig.say(0, &[Delta::Reasoning("a long thought".to_owned())]);
    assert_eq!(stopped(&said), [(0, StopReason::Limit)]);
    let said = rig.say(1, &[text("an answer of more than twenty bytes")]);
    assert_eq!(stopped(&said), [(1, StopReason::Limit)]);
    assert_eq!(rig.race.lanes()[1].text(), "an answer of more th");
}

#[test]
fn late_input_is_counted_and_ignored() {
    let mut rig = Rig::started(TWO, typed());
    rig.say(0, &[text("x")]);
    assert_eq!(rig.say(0, &[text("more")]), []);
    assert_eq!(rig.end(0, Ending::Cut), []);
    let traffic = rig.race.lanes()[0].traffic();
    assert_eq!((traffic.chunks, traffic.bytes, traffic.late), (2, 5, 4));
}

#[test]
fn bytes_of_a_dialect_become_an_answer() {
    let config = r#"{"lanes": [{"dialect": "openai-chat"}, {}]}"#;
    let mut rig = Rig::started(config, typed());
    let body = concat!(
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"{\\\"n\\\":\"}}]}\n\n",
        ": keep-alive\n\n",
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\" 7}\"}}]}\n\n",
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":3}}\n\n",
        "data: [DONE]\n\n",
    );
    let said = rig.tell(Input::Bytes {
        lane: 0,
        data: body.as_bytes(),
    });
    assert_eq!(winner(&said), Some(0));
    assert_eq!(
        rig.race.lanes()[0]
            .usage()
            .and_then(|usage| usage.output_tokens),
        Some(3)
    );
    let said = rig.end(0, Ending::End);
    assert_eq!(over(&said), Some((Verdict::Won, Some(0))));
}

#[test]
fn a_page_instead_of_a_stream_is_an_error() {
    let config = r#"{"lanes": [{"dialect": "openai-chat"}, {}]}"#;
    let mut rig = Rig::started(config, Rules::default());
    rig.tell(Input::Bytes {
        lane: 0,
        data: b"<!DOCTYPE html><html><body>Sign in",
    });
    rig.end(0, Ending::End);
    assert_eq!(rig.outcome(0), "error");
}

#[test]
fn cancelling_stops_everybody() {
    let mut rig = Rig::started(TWO, Rules::default());
    rig.say(0, &[text("Well")]);
    let said = rig.tell(Input::Cancelled);
    assert_eq!(
        stopped(&said),
        [(0, StopReason::CallerGone), (1, StopReason::CallerGone)]
    );
    assert_eq!(over(&said), Some((Verdict::Cancelled, Some(0))));
    assert_eq!(rig.tell(Input::Cancelled), []);
}

#[test]
fn with_lead_the_best_lane_is_shown_and_replaced_when_it_dies() {
    let config = r#"{"show": "lead", "lanes": [{}, {}, {}]}"#;
    let mut rig = Rig::started(config, judged(r#"[{"forbids": "bad"}]"#));
    assert_eq!(shown(&rig.say(0, &[text("One b")])), "One ");
    rig.say(1, &[text("Two")]);
    rig.say(2, &[text("Three")]);
    let said = rig.say(0, &[text("ad")]);
    assert!(said.contains(&Output::Replaced { from: 0, to: 2 }));
    assert_eq!(shown(&said), "Three");
    let said = rig.answer(1, " and done");
    assert!(said.contains(&Output::Replaced { from: 2, to: 1 }));
    assert_eq!(shown(&said), "Two and done");
}

#[test]
fn a_body_that_breaks_after_the_answer_is_complete_costs_nothing() {
    let parts = [
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Yes.\"},\"finish_reason\":\"stop\"}]}\n\n",
        "data: {broken\n\n",
    ];
    let run = |chunks: &[&str]| {
        let config = r#"{"lanes": [{"dialect": "openai-chat"}, {}]}"#;
        let mut rig = Rig::started(config, Rules::default());
        let mut said = Vec::new();
        for chunk in chunks {
            let data = chunk.as_bytes();
            said.extend(rig.tell(Input::Bytes { lane: 0, data }));
        }
        said
    };
    let said = run(&parts);
    assert_eq!(over(&said), Some((Verdict::Won, Some(0))));
    assert_eq!(said, run(&[&parts.concat()]));
}

#[test]
fn an_empty_answer_is_none() {
    let mut rig = Rig::started(TWO, Rules::default());
    let said = rig.say(0, &[stop()]);
    assert_eq!(stopped(&said), [(0, StopReason::Truncated)]);
    let said = rig.end(1, Ending::End);
    assert_eq!(over(&said), Some((Verdict::Failed, None)));
}

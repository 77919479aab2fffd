//! Who starts, and when.

use super::*;

#[test]
fn a_hedge_starts_only_if_the_first_is_late() {
    let config =
        r#"{"lanes": [{}, {"start": [{"late": {"lane": 0, "by_ns": 100}}, {"failed": 0}]}]}"#;
    let (mut rig, said) = Rig::new(config, Rules::default());
    assert_eq!(starts(&said), [0]);
    assert_eq!(rig.drain().1, Some(100));
    assert!(starts(&rig.at(99)).is_empty());
    assert_eq!(starts(&rig.at(100)), [1]);

    let mut rig = Rig::started(config, Rules::default());
    rig.now = 50;
    rig.say(0, &[text("a")]);
    assert_eq!(rig.drain().1, None);
    assert!(starts(&rig.at(200)).is_empty());
    assert_eq!(starts(&rig.end(0, Ending::Cut)), [1]);
}

#[test]
fn lanes_start_by_the_clock_and_by_failures() {
    let config = r#"{"lanes": [{}, {}, {"start": {"after_ns": 30}}, {"start": "any_failed"},
        {"start": {"refused": 0}}, {"start": {"failed": 0}}]}"#;
    let mut rig = Rig::started(config, judged(r#"[{"forbids": "x"}]"#));
    assert_eq!(starts(&rig.at(30)), [2]);
    assert_eq!(starts(&rig.end(1, Ending::Failed)), [3]);
    assert_eq!(starts(&rig.say(0, &[text("x")])), [5, 4]);
}

#[test]
fn a_refusal_is_no_failure_of_the_connection() {
    let config = r#"{"lanes": [{}, {}, {"start": {"refused": 0}}]}"#;
    let mut rig = Rig::started(config, Rules::default());
    assert!(starts(&rig.end(0, Ending::Failed)).is_empty());
}

#[test]
fn nobody_waits_with_nothing_running() {
    let config = r#"{"lanes": [{}, {"start": {"after_ns": 1000}}, {"start": []}]}"#;
    let mut rig = Rig::started(config, Rules::default());
    assert_eq!(starts(&rig.end(0, Ending::Failed)), [1]);
    assert_eq!(starts(&rig.end(1, Ending::Failed)), [2]);
    assert_eq!(
        over(&rig.end(2, Ending::Failed)),
        Some((Verdict::Failed, None))
    );
}

#[test]
fn a_race_whose_lanes_all_wait_starts_the_first() {
    let (_, said) = Rig::new(
        r#"{"lanes": [{"start": {"after_ns": 5}}, {"start": []}]}"#,
        Rules::default(),
    );
    assert_eq!(starts(&said), [0]);
}

#[test]
fn a_cascade_goes_on_after_each_refusal() {
    let mut rig = Rig::started(r#"{"join": "cascade", "lanes": [{}, {}, {}]}"#, typed());
    assert_eq!(starts(&rig.answer(0, "[]")), [1]);
    assert_eq!(starts(&rig.end(1, Ending::Failed)), [2]);
    assert_eq!(winner(&rig.answer(2, r#"{"n": 0}"#)), Some(2));
}

#[test]
fn extra_requests_are_counted() {
    let config = r#"{"budget": {"extra_requests": 1}, "lanes": [{}, {}, {"start": "any_failed"},
        {"start": "any_failed"}]}"#;
    let mut rig = Rig::started(config, Rules::default());
    assert_eq!(starts(&rig.end(0, Ending::Failed)), [2]);
    assert!(starts(&rig.end(1, Ending::Failed)).is_empty());
    let said = rig.end(2, Ending::Failed);
    assert_eq!(over(&said), Some((Verdict::Failed, None)));
    assert!(said.contains(&Output::LaneEnded {
        lane: 3,
        outcome: Outcome::Unused,
        detail: "the budget".to_owned()
    }));
}

const METERED: &str = r#"{"budget": {"metered": 0.5}, "lanes": [{},
    {"start": [{"late": {"lane": 0, "by_ns": 100}}, {"failed": 0}]}]}"#;

fn asked(said: &[Output]) -> Vec<LaneId> {
    let asks = said.iter().filter_map(|output| match output {
        Output::Hedge { lane, weight, .. } => {
            assert!((weight - 0.5).abs() < 1e-12);
            Some(*lane)
        }
        _ => None,
    });
    asks.collect()
}

#[test]
fn a_metered_hedge_starts_only_if_granted_and_is_asked_for_again() {
    let mut rig = Rig::started(METERED, Rules::default());
    let said = rig.at(100);
    assert_eq!((asked(&said), starts(&said)), (vec![1], vec![]));
    assert_eq!(
        rig.drain().1,
        None,
        "nothing is due while the question is open"
    );
    assert!(asked(&rig.at(150)).is_empty());
    let refused = Input::Hedge {
        lane: 1,
        granted: false,
    };
    assert!(starts(&rig.tell(refused)).is_empty());
    assert_eq!(rig.drain().1, Some(200));
    assert_eq!(asked(&rig.at(200)), [1]);
    rig.tell(refused);
    assert_eq!(rig.drain().1, Some(400));
    assert_eq!(asked(&rig.at(400)), [1]);
    assert_eq!(
        starts(&rig.tell(Input::Hedge {
            lane: 1,
            granted: true
        })),
        [1]
    );
}

#[test]
fn a_lane_that_fails_is_replaced_unasked() {
    let mut rig = Rig::started(METERED, Rules::default());
    assert_eq!(starts(&rig.end(0, Ending::Failed)), [1]);

    let mut rig = Rig::started(METERED, Rules::default());
    assert_eq!(asked(&rig.at(100)), [1]);
    assert_eq!(starts(&rig.end(0, Ending::Failed)), [1]);
    let late = rig.tell(Input::Hedge {
        lane: 1,
        granted: true,
    });
    assert!(starts(&late).is_empty(), "it runs already");
}

#[test]
fn an_answer_that_nobody_waits_for_is_misuse_or_harmless() {
    let mut rig = Rig::started(METERED, Rules::default());
    let unasked = rig.race.input(
        0,
        Input::Hedge {
            lane: 1,
            granted: true,
        },
    );
    assert_eq!(unasked, Err(Misuse::NoHedge(1)));
    let nowhere = rig.race.input(
        0,
        Input::Hedge {
            lane: 9,
            granted: true,
        },
    );
    assert_eq!(nowhere, Err(Misuse::NoLane(9)));
    assert_eq!(asked(&rig.at(100)), [1]);
    rig.say(0, &[text("a")]);
    assert!(
        starts(&rig.tell(Input::Hedge {
            lane: 1,
            granted: false
        }))
        .is_empty()
    );
    assert!(asked(&rig.at(1_000)).is_empty(), "the first has spoken");
}

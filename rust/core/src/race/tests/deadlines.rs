//! Each deadline has its own outcome.

use super::*;

fn lane_dies_at(deadlines: &str, script: impl Fn(&mut Rig)) -> (&'static str, Option<u64>) {
    let config =
        format!(r#"{{"lane_deadlines": {deadlines}, "lanes": [{{"dialect": "openai-chat"}}]}}"#);
    let config = Config::from_json(config.as_bytes()).unwrap();
    let mut rig = Rig {
        race: Race::new(config, Rules::default()),
        now: 0,
    };
    rig.tell(Input::Start);
    script(&mut rig);
    let due = rig.drain().1;
    if let Some(due) = due {
        rig.at(due - 1);
        assert_eq!(rig.outcome(0), "none");
        rig.at(due);
    }
    (rig.outcome(0), due)
}

fn open(rig: &mut Rig) {
    rig.tell(Input::Opened {
        lane: 0,
        status: Some(200),
    });
}

fn hear(rig: &mut Rig, now: u64, data: &str) {
    rig.now = now;
    rig.tell(Input::Bytes {
        lane: 0,
        data: data.as_bytes(),
    });
}

const TOKEN: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";

#[test]
fn each_deadline_is_its_own() {
    assert_eq!(
        lane_dies_at(r#"{"connect_ns": 10}"#, |_| {}),
        ("late_connect", Some(10))
    );
    assert_eq!(
        lane_dies_at(r#"{"first_byte_ns": 20}"#, open),
        ("late_first_byte", Some(20))
    );
    let keep_alive = |rig: &mut Rig| {
        open(rig);
        hear(rig, 15, ": ping\n\n");
    };
    let both = r#"{"first_byte_ns": 20, "first_token_ns": 30}"#;
    assert_eq!(
        lane_dies_at(both, keep_alive),
        ("late_first_token", Some(30))
    );
    let token = |rig: &mut Rig| {
        open(rig);
        hear(rig, 15, TOKEN);
    };
    assert_eq!(
        lane_dies_at(r#"{"total_ns": 90, "connect_ns": 10}"#, token),
        ("late_total", Some(90))
    );
    assert_eq!(lane_dies_at("{}", token), ("none", None));
}

#[test]
fn comments_that_keep_alive_do_not_fill_a_gap() {
    let pings = |rig: &mut Rig| {
        open(rig);
        hear(rig, 15, TOKEN);
        hear(rig, 30, TOKEN);
        hear(rig, 60, ": ping\n\n");
    };
    assert_eq!(
        lane_dies_at(r#"{"gap_ns": 40}"#, pings),
        ("late_gap", Some(70))
    );
}

#[test]
fn the_races_deadlines_are_met_by_whichever_lane_is_first() {
    let config = r#"{"deadlines": {"first_token_ns": 50, "total_ns": 90}, "lanes": [{}, {}]}"#;
    let mut rig = Rig::started(config, Rules::default());
    rig.now = 40;
    rig.say(1, &[text("a")]);
    assert_eq!(rig.at(60), []);
    let said = rig.at(90);
    let late = StopReason::Late(Late::Total);
    assert_eq!(stopped(&said), [(0, late), (1, late)]);
    assert_eq!(over(&said), Some((Verdict::Late(Late::Total), Some(1))));
}

#[test]
fn a_deadline_interrupts_what_is_shown() {
    let config = r#"{"show": "committed", "gate": {"chars": 1}, "deadlines": {"total_ns": 9}, "lanes": [
        {"can_continue": true}]}"#;
    let mut rig = Rig::started(config, Rules::default());
    rig.say(0, &[text("a")]);
    let said = rig.at(9);
    assert!(said.contains(&Output::Interrupted {
        lane: 0,
        reason: StopReason::Late(Late::Total)
    }));
    assert_eq!(over(&said), Some((Verdict::Late(Late::Total), Some(0))));
}

#[test]
fn a_deadline_is_looked_at_before_the_input_that_came_with_the_time() {
    let config = r#"{"lanes": [{"deadlines": {"gap_ns": 10}}, {}]}"#;
    let mut rig = Rig::started(config, Rules::default());
    rig.say(0, &[text("a")]);
    rig.now = 10;
    rig.say(0, &[text("b")]);
    assert_eq!(rig.outcome(0), "late_gap");
}

#[test]
fn waiting_for_the_outside_is_no_silence() {
    let config = r#"{"acceptance": true, "deadlines": {"gap_ns": 10}, "lane_deadlines": {"gap_ns": 10},
        "lanes": [{}]}"#;
    let mut rig = Rig::started(config, Rules::default());
    let ticket = tickets(&rig.answer(0, "a"))[0].0;
    assert_eq!(rig.at(1000), []);
    assert_eq!(winner(&rig.check(ticket, true)), Some(0));
}

#[test]
fn the_winners_usage_is_waited_for_only_so_long() {
    let mut rig = Rig::started(r#"{"drain_ns": 25, "lanes": [{}, {}]}"#, Rules::default());
    rig.now = 5;
    assert_eq!(winner(&rig.answer(0, "a")), Some(0));
    assert_eq!(rig.drain().1, Some(30));
    let said = rig.at(30);
    assert_eq!(stopped(&said), [(0, StopReason::Drained)]);
    assert_eq!(over(&said), Some((Verdict::Won, Some(0))));
}

#[test]
fn time_does_not_run_backwards() {
    let mut rig = Rig::started(
        r#"{"lane_deadlines": {"total_ns": 50}, "lanes": [{}]}"#,
        Rules::default(),
    );
    rig.at(40);
    rig.now = 3;
    rig.say(0, &[text("a")]);
    assert_eq!(rig.race.lanes()[0].timing().first_token, Some(40));
}

#[test]
fn no_connection_in_time_is_an_outcome_of_its_own_and_starts_the_next() {
    let config = r#"{"lanes": [{}, {"start": {"failed": 0}}]}"#;
    let config = Config::from_json(config.as_bytes()).expect(config);
    let mut rig = Rig {
        race: Race::new(config, Rules::default()),
        now: 0,
    };
    rig.tell(Input::Start);
    let said = rig.end(0, Ending::Unconnected);
    assert_eq!(rig.outcome(0), "late_connect");
    assert_eq!(starts(&said), [1]);
}

//! The wrong order is told to whoever caused it, and changes nothing.

use super::*;

fn race() -> Race {
    let config = r#"{"lanes": [{"dialect": "openai-chat"}, {}, {"start": []}]}"#;
    Race::new(
        Config::from_json(config.as_bytes()).unwrap(),
        Rules::default(),
    )
}

fn drain(race: &mut Race) {
    while !matches!(race.poll(), Output::Wait { .. }) {}
}

#[test]
fn each_misuse_is_named() {
    let mut race = race();
    assert_eq!(
        race.poll(),
        Output::Wait {
            until: None,
            why: Why::Unstarted
        }
    );
    assert_eq!(race.input(0, Input::Tick), Err(Misuse::Unstarted));
    assert_eq!(race.input(0, Input::Start), Ok(()));
    assert_eq!(race.input(0, Input::Tick), Err(Misuse::Undrained));
    drain(&mut race);
    assert_eq!(race.input(0, Input::Start), Err(Misuse::Restarted));
    let opened = |lane| Input::Opened { lane, status: None };
    assert_eq!(race.input(0, opened(9)), Err(Misuse::NoLane(9)));
    assert_eq!(race.input(0, opened(2)), Err(Misuse::LaneWaiting(2)));
    let data = b"data: {}\n\n";
    assert_eq!(
        race.input(0, Input::Bytes { lane: 0, data }),
        Err(Misuse::LaneUnopened(0))
    );
    assert_eq!(race.input(0, opened(0)), Ok(()));
    drain(&mut race);
    assert_eq!(race.input(0, opened(0)), Err(Misuse::LaneReopened(0)));
    assert_eq!(
        race.input(
            0,
            Input::Deltas {
                lane: 0,
                deltas: &[]
            }
        ),
        Err(Misuse::WrongSource(0))
    );
    let checked = |score| Input::Checked {
        ticket: 0,
        passed: true,
        score,
    };
    assert_eq!(race.input(0, checked(None)), Err(Misuse::NoTicket(0)));
    let usage = |cost| Input::Usage {
        lane: 0,
        usage: crate::wire::Usage::default(),
        cost_usd: Some(cost),
    };
    assert_eq!(
        race.input(0, usage(-1.0)),
        Err(Misuse::OutOfRange("cost_usd"))
    );
    assert_eq!(
        race.input(0, usage(f64::NAN)),
        Err(Misuse::OutOfRange("cost_usd"))
    );
    assert_eq!(race.lanes()[0].outcome(), None);
}

#[test]
fn a_score_outside_its_range_is_refused() {
    let mut rig = Rig::started(
        r#"{"judge": {"every_chars": 1}, "lanes": [{}]}"#,
        Rules::default(),
    );
    let ticket = tickets(&rig.say(0, &[text("a")]))[0].0;
    let checked = Input::Checked {
        ticket,
        passed: true,
        score: Some(1.5),
    };
    assert_eq!(rig.race.input(0, checked), Err(Misuse::OutOfRange("score")));
    assert_eq!(rig.check(ticket, true).len(), 1);
}

#[test]
fn every_misuse_says_what_to_do() {
    for misuse in [
        Misuse::Undrained,
        Misuse::Unstarted,
        Misuse::LaneUnopened(3),
        Misuse::NoTicket(4),
    ] {
        assert!(misuse.to_string().len() > 15);
    }
}

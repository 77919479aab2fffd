//! What lanes cost, and what happens when the money is spent.

use super::*;
use crate::wire::Usage;

const PRICED: &str = r#"{"budget": {"usd": 1.0}, "lanes": [
    {"start_usd": 0.25, "byte_usd": 0.125}, {"start_usd": 0.25}, {"start_usd": 0.6, "start": "any_failed"}]}"#;

#[test]
fn a_lanes_cost_is_estimated_until_it_is_told() {
    let mut rig = Rig::started(PRICED, Rules::default());
    rig.say(0, &[text("ab")]);
    assert!((rig.race.lanes()[0].cost_usd() - 0.5).abs() < 1e-12);
    rig.tell(Input::Usage {
        lane: 0,
        usage: Usage::default(),
        cost_usd: Some(0.3),
    });
    rig.say(0, &[text("ab")]);
    assert!((rig.race.lanes()[0].cost_usd() - 0.3).abs() < 1e-12);
}

#[test]
fn a_lane_that_does_not_fit_the_budget_is_not_started() {
    let mut rig = Rig::started(PRICED, Rules::default());
    let said = rig.end(1, Ending::Failed);
    assert!(starts(&said).is_empty());
    rig.say(0, &[stop()]);
    rig.end(0, Ending::End);
    assert_eq!(rig.outcome(2), "unused");
}

#[test]
fn past_the_budget_every_lane_that_costs_is_stopped() {
    let mut rig = Rig::started(PRICED, Rules::default());
    let said = rig.say(0, &[text("abcdef")]);
    assert_eq!(
        stopped(&said),
        [(0, StopReason::Budget), (1, StopReason::Budget)]
    );
    assert_eq!(over(&said), Some((Verdict::Budget, Some(0))));
}

#[test]
fn a_budget_for_nobody_ends_the_race_at_once() {
    let config = r#"{"budget": {"usd": 0}, "lanes": [{"start_usd": 0.1}]}"#;
    let (_, said) = Rig::new(config, Rules::default());
    assert_eq!(over(&said), Some((Verdict::Budget, None)));
}

#[test]
fn usage_counts_after_the_end_too() {
    let mut rig = Rig::started(PRICED, Rules::default());
    rig.tell(Input::Cancelled);
    let usage = Usage {
        output_tokens: Some(9),
        ..Usage::default()
    };
    assert_eq!(
        rig.tell(Input::Usage {
            lane: 0,
            usage,
            cost_usd: Some(2.0)
        }),
        []
    );
    assert_eq!(rig.race.lanes()[0].usage(), Some(&usage));
}

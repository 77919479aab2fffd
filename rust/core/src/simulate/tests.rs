//! Policies over worlds whose figures can be computed by hand.

use super::*;

fn report(world: &str) -> Report {
    simulate(&read(world.as_bytes()).expect(world))
}

const STEADY: &str = r#""races": 2000, "models": [
    {"name": "a", "ttft": {"constant": 1.0}, "rest": {"constant": 0.5}, "in_usd": 1.0, "out_usd": 10.0},
    {"name": "b", "ttft": {"constant": 0.4}, "rest": {"constant": 0.1}, "in_usd": 2.0, "out_usd": 20.0}]"#;

#[test]
fn constant_worlds_give_the_figures_of_the_back_of_an_envelope() {
    let report = report(&format!(
        r#"{{{STEADY}, "policies": [{{"name": "single", "lanes": [0]}},
        {{"name": "hedge", "lanes": [0, 1], "plan": {{"hedge": {{"fixed": 0.2}}}}}},
        {{"name": "race", "lanes": [0, 1], "plan": "race"}}]}}"#
    ));
    let [single, hedge, race] = &report.policies[..] else {
        panic!("three policies")
    };
    assert!((single.p50_s - 1.5).abs() < 1e-6 && (single.cost_usd - 11.0).abs() < 1e-9);
    // The hedge starts at 0.2 s and is done at 0.7 s, before the first has said anything.
    assert!((hedge.p99_s - 0.7).abs() < 1e-6 && (hedge.cost_usd - 23.0).abs() < 1e-9);
    assert!((hedge.hedges - 1.0).abs() < 1e-12 && (hedge.extra_spend - 12.0 / 11.0).abs() < 1e-9);
    assert!((race.p50_s - 0.5).abs() < 1e-6 && (race.lanes - 2.0).abs() < 1e-12);
}

#[test]
fn refused_and_failed_answers_are_asked_for_again() {
    let report = report(
        r#"{"races": 4000, "models": [{"name": "a", "ttft": {"constant": 1.0}, "fails": 0.1, "valid": 0.8}],
        "policies": [{"name": "single", "lanes": [0]}]}"#,
    );
    let row = &report.policies[0];
    assert!((row.p50_s - 1.0).abs() < 1e-6);
    // One try succeeds with 0.72, there are four.
    assert!((row.unanswered - 0.28_f64.powi(4)).abs() < 0.004, "{row:?}");
    assert!(
        (row.lanes - (1.0 + 0.28 + 0.0784 + 0.021_952)).abs() < 0.04,
        "{row:?}"
    );
}

#[test]
fn an_allowance_bounds_the_hedges_of_a_day_on_which_all_are_late() {
    let report = report(&format!(
        r#"{{{STEADY}, "policies": [{{"name": "hedge", "lanes": [0, 1], "plan": {{"hedge": {{"fixed": 0.2}}}},
        "allowance": {{"share": 0.05}}}}]}}"#
    ));
    let row = &report.policies[0];
    assert!(row.hedges <= 0.05 && row.hedges > 0.04, "{row:?}");
}

#[test]
fn a_quantile_is_learned_although_its_own_hedges_cut_the_tail() {
    let world = r#"{"races": 40000, "models": [
        {"name": "a", "ttft": {"mixture": [[0.9, 0.5, 0.3], [0.1, 4.0, 0.4]]}, "rest": {"constant": 0.2}}],
        "policies": [{"name": "p90", "lanes": [0, 0], "plan": {"hedge": {"quantile": 0.85}}}]}"#;
    let row = &report(world).policies[0];
    assert!((row.hedges - 0.15).abs() < 0.02, "{row:?}");
}

#[test]
fn a_share_of_the_spend_is_kept() {
    let world = r#"{"races": 40000, "models": [
        {"name": "a", "ttft": {"mixture": [[0.95, 0.5, 0.3], [0.05, 4.0, 0.4]]}, "rest": {"constant": 0.2},
         "in_usd": 1.0, "out_usd": 4.0}],
        "policies": [{"name": "single", "lanes": [0]}, {"name": "spend", "lanes": [0, 0], "plan": {"hedge": "spend"},
            "allowance": {"share": 0.05}}]}"#;
    let report = report(world);
    let [single, spend] = &report.policies[..] else {
        panic!("two policies")
    };
    assert!(
        spend.extra_spend <= 0.05 && spend.extra_spend > 0.02,
        "{spend:?}"
    );
    assert!(
        spend.hedges > 0.1 && spend.p99_s < 0.6 * single.p99_s,
        "{spend:?}"
    );
}

#[test]
fn equal_seeds_give_equal_reports_and_lanes_meet_the_same_world() {
    let world = |seed: u64| {
        format!(
            r#"{{"races": 500, "seed": {seed}, "models": [{{"name": "a", "ttft": {{"mixture": [[1, 1.0, 0.5]]}}}}],
            "policies": [{{"name": "x", "lanes": [0]}}, {{"name": "y", "lanes": [0]}}]}}"#
        )
    };
    let (one, other) = (report(&world(1)), report(&world(2)));
    assert_eq!(one, report(&world(1)));
    assert_eq!(one.policies[0].curve, one.policies[1].curve);
    assert!(one.policies[0].p50_s.to_bits() != other.policies[0].p50_s.to_bits());
}

#[test]
fn a_deadline_leaves_requests_unanswered_and_counts_them_late() {
    let world = r#"{"races": 1000, "deadline_s": 0.9, "models": [{"name": "a", "ttft": {"samples": [0.5, 1.0]}}],
        "policies": [{"name": "x", "lanes": [0]}]}"#;
    let row = &report(world).policies[0];
    assert!((row.unanswered - 0.5).abs() < 0.05 && row.p99_s.is_infinite());
}

#[test]
fn worlds_that_make_no_sense_are_refused_by_place() {
    let model = r#"{"name": "a", "ttft": {"constant": 1}}"#;
    let cases = [
        (r#"{"models": [], "policies": []}"#.to_owned(), "/models"),
        (
            format!(r#"{{"models": [{model}], "policies": [{{"name": "x", "lanes": [1]}}]}}"#),
            "/policies/0/lanes",
        ),
        (
            r#"{"models": [{"name": "a", "ttft": {"mixture": []}}], "policies": []}"#.to_owned(),
            "/models/0/ttft",
        ),
        (
            r#"{"models": [{"name": "a", "ttft": {"samples": [-1]}}], "policies": []}"#.to_owned(),
            "/models/0/ttft",
        ),
        (
            r#"{"models": [{"name": "a", "ttft": {"constant": 1}, "fails": 2}], "policies": []}"#
                .to_owned(),
            "/models/0/fails",
        ),
        (
            format!(
                r#"{{"models": [{model}], "rate": 0, "policies": [{{"name": "x", "lanes": [0]}}]}}"#
            ),
            "/rate",
        ),
        (
            format!(
                r#"{{"models": [{model}], "policies": [{{"name": "x", "lanes": [0, 0], "plan": {{"hedge": "spend"}}}}]}}"#
            ),
            "/policies/0",
        ),
    ];
    for (world, place) in cases {
        let refused = read(world.as_bytes()).expect_err(&world);
        assert_eq!(refused.place, place, "{refused}");
    }
}

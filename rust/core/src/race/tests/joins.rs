//! The stopping rules of the joins.

use super::*;

fn config(join: &str, lanes: usize) -> String {
    format!(
        r#"{{"join": {join}, "lanes": [{}]}}"#,
        vec!["{}"; lanes].join(", ")
    )
}

const SCORED: &str = r#"[{"contains": "a", "soft": true}, {"contains": "b", "soft": true}]"#;

fn joined(said: &[Output]) -> Option<(Vec<LaneId>, &'static str)> {
    said.iter().find_map(|output| match output {
        Output::Decided { lanes, why, .. } => Some((lanes.clone(), *why)),
        _ => None,
    })
}

#[test]
fn best_of_waits_for_its_number_and_takes_the_best() {
    let mut rig = Rig::started(&config(r#"{"rule": "best_of", "n": 2}"#, 3), judged(SCORED));
    assert_eq!(joined(&rig.answer(0, "none")), None);
    let said = rig.answer(1, "only a");
    assert_eq!(joined(&said), Some((vec![1], "best_of")));
    assert_eq!((rig.outcome(0), rig.outcome(2)), ("lost", "lost"));
}

#[test]
fn best_of_stops_at_what_cannot_be_beaten() {
    let mut rig = Rig::started(&config(r#"{"rule": "best_of", "n": 3}"#, 3), judged(SCORED));
    assert_eq!(
        joined(&rig.answer(2, "a and b")),
        Some((vec![2], "best_of"))
    );
}

#[test]
fn patience_ends_a_join_with_what_there_is() {
    let join = r#"{"rule": "best_of", "n": 3, "patience_ns": 40}"#;
    let mut rig = Rig::started(&config(join, 3), judged(SCORED));
    rig.now = 10;
    rig.answer(0, "b");
    assert_eq!(rig.drain().1, Some(50));
    assert_eq!(joined(&rig.at(50)), Some((vec![0], "patience")));
}

#[test]
fn a_join_ends_when_no_lane_is_left() {
    let mut rig = Rig::started(&config(r#"{"rule": "best_of", "n": 3}"#, 2), judged(SCORED));
    rig.answer(0, "b");
    assert_eq!(
        joined(&rig.end(1, Ending::Cut)),
        Some((vec![0], "no lane is left"))
    );
}

#[test]
fn a_quorum_is_counted_field_by_field() {
    let mut rig = Rig::started(
        &config(r#"{"rule": "quorum", "k": 2}"#, 3),
        Rules::default(),
    );
    rig.answer(0, r#"{"a": 1, "b": 1}"#);
    assert_eq!(joined(&rig.answer(1, r#"{"a": 2, "b": 1}"#)), None);
    let said = rig.answer(2, r#"{"b": 1, "a": 2}"#);
    assert_eq!(joined(&said), Some((vec![1, 0, 2], "quorum")));
}

#[test]
fn a_quorum_stops_as_soon_as_all_agree() {
    let join = r#"{"rule": "quorum", "k": 2, "fields": ["/a"]}"#;
    let mut rig = Rig::started(&config(join, 3), Rules::default());
    rig.answer(2, r#"{"a": 1, "b": 5}"#);
    let said = rig.answer(0, r#"{"a": 1, "b": 6}"#);
    assert_eq!(joined(&said), Some((vec![2, 0], "quorum")));
    assert_eq!(stopped(&said), [(1, StopReason::Lost)]);
}

#[test]
fn merge_waits_for_all_or_for_enough() {
    let mut rig = Rig::started(&config(r#""merge""#, 3), Rules::default());
    rig.answer(1, "b");
    rig.end(0, Ending::Failed);
    let said = rig.answer(2, "c");
    assert_eq!(joined(&said), Some((vec![1, 2], "merge")));
    rig.end(1, Ending::End);
    let said = rig.end(2, Ending::End);
    assert_eq!((rig.outcome(1), rig.outcome(2)), ("won", "used"));
    assert_eq!(over(&said), Some((Verdict::Won, Some(1))));
    let mut rig = Rig::started(
        &config(r#"{"rule": "merge", "enough": 1}"#, 3),
        Rules::default(),
    );
    assert_eq!(joined(&rig.answer(1, "b")), Some((vec![1], "merge")));
}

#[test]
fn a_deadline_decides_by_what_came_through() {
    let config = r#"{"join": "merge", "deadlines": {"total_ns": 70}, "lanes": [{}, {}]}"#;
    let mut rig = Rig::started(config, Rules::default());
    rig.answer(0, "a");
    assert_eq!(joined(&rig.at(70)), Some((vec![0], "deadline")));
}

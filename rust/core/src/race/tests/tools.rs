//! Tool calls are proposals until the decision, and their arguments are judged as they stream.

use std::collections::BTreeMap;

use super::*;

fn call(index: usize, name: Option<&str>, arguments: &str) -> Delta {
    Delta::ToolCall {
        index,
        id: None,
        name: name.map(str::to_owned),
        arguments: arguments.to_owned(),
    }
}

fn tools() -> Rules {
    let tools = BTreeMap::from([
        ("add".to_owned(), schema(NUMBER)),
        ("now".to_owned(), schema("{}")),
    ]);
    Rules {
        tools: Some(tools),
        ..Rules::default()
    }
}

fn stages(said: &[Output]) -> Vec<(LaneId, usize, Stage)> {
    let stages = said.iter().filter_map(|output| match output {
        Output::ToolCall { lane, index, stage } => Some((*lane, *index, *stage)),
        _ => None,
    });
    stages.collect()
}

const TWO: &str = r#"{"acceptance": true, "lanes": [{}, {}]}"#;

#[test]
fn calls_are_proposed_whole_and_decided() {
    let mut rig = Rig::started(TWO, tools());
    assert_eq!(
        stages(&rig.say(0, &[call(0, Some("add"), "{\"n\"")])),
        [(0, 0, Stage::Proposed)]
    );
    assert_eq!(
        stages(&rig.say(0, &[call(0, None, ": 1}")])),
        [(0, 0, Stage::Whole)]
    );
    let said = rig.say(
        0,
        &[
            call(1, Some("now"), ""),
            Delta::Finish {
                reason: "tool_calls".to_owned(),
            },
        ],
    );
    assert_eq!(
        stages(&said),
        [(0, 1, Stage::Proposed), (0, 1, Stage::Whole)]
    );
    let said = rig.check(tickets(&said)[0].0, true);
    assert_eq!(winner(&said), Some(0));
    assert_eq!(
        stages(&said),
        [(0, 0, Stage::Decided), (0, 1, Stage::Decided)]
    );
}

#[test]
fn a_losers_calls_are_never_decided() {
    let mut rig = Rig::started(r#"{"lanes": [{}, {}]}"#, tools());
    rig.say(0, &[call(0, Some("add"), "{\"n\": 1}")]);
    let said = rig.answer(1, "done");
    assert_eq!(stages(&said), []);
    assert_eq!(rig.outcome(0), "lost");
}

#[test]
fn arguments_die_where_they_break_their_schema() {
    let mut rig = Rig::started(TWO, tools());
    let said = rig.say(0, &[call(0, Some("add"), "{\"n\": t")]);
    assert!(said.contains(&Output::Violated {
        lane: 0,
        call: Some(0),
        at: 6
    }));
    assert_eq!(stopped(&said), [(0, StopReason::SchemaDead)]);
    let said = rig.say(1, &[call(0, Some("add"), "{\"n\":"), stop()]);
    assert_eq!(stopped(&said), [(1, StopReason::SchemaDead)]);
}

#[test]
fn a_tool_that_was_not_offered_ends_the_lane() {
    let mut rig = Rig::started(TWO, tools());
    let said = rig.say(0, &[call(0, Some("format_disk"), "{}")]);
    assert_eq!(stopped(&said), [(0, StopReason::SchemaDead)]);
}

#[test]
fn the_answer_may_come_as_arguments_of_a_tool() {
    let config = r#"{"lanes": [{"channel": {"tool": "answer"}}, {}]}"#;
    let rules = Rules {
        schema: Some(schema(NUMBER)),
        ..tools()
    };
    let mut rig = Rig::started(config, rules);
    let deltas = [
        text("Let me see."),
        call(0, Some("answer"), "{\"n\":"),
        call(0, None, " 3}"),
    ];
    let said = rig.say(0, &deltas);
    assert_eq!(winner(&said), Some(0));
    assert_eq!(shown(&said), "{\"n\": 3}");
    assert_eq!(stages(&said), []);
}

#[test]
fn calls_are_counted() {
    let mut rig = Rig::started(
        r#"{"limits": {"calls": 2}, "lanes": [{}]}"#,
        Rules::default(),
    );
    let said = rig.say(
        0,
        &[
            call(0, Some("a"), ""),
            call(1, Some("b"), ""),
            call(2, Some("c"), ""),
        ],
    );
    assert_eq!(stopped(&said), [(0, StopReason::Limit)]);
}

#[test]
fn a_name_may_come_after_its_arguments() {
    let mut rig = Rig::started(TWO, tools());
    rig.say(0, &[call(0, None, "{\"n\": 4")]);
    let said = rig.say(0, &[call(0, Some("add"), "2}")]);
    assert_eq!(
        stages(&said),
        [(0, 0, Stage::Proposed), (0, 0, Stage::Whole)]
    );
}

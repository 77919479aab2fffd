//! What holds whatever happens in whatever order, and however bytes are split.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

/// One step of a script; lanes and tickets are taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    /// A lane says something.
    Say(u32, &'static str),
    /// A lane's answer is over.
    Finish(u32),
    /// A lane's stream ends.
    End(u32, Ending),
    /// The oldest question is answered.
    Check(bool),
    /// The price of a lane is told.
    Price(u32),
    /// Time passes.
    Pass(u64),
}

fn steps(words: &'static [&'static str]) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        12 => (0..4u32, prop::sample::select(words)).prop_map(|(lane, word)| Step::Say(lane, word)),
        2 => (0..4u32).prop_map(Step::Finish),
        1 => (0..4u32, prop::sample::select(Ending::NAMES)).prop_map(|(lane, (_, how))| Step::End(lane, how)),
        3 => any::<bool>().prop_map(Step::Check),
        1 => (0..4u32).prop_map(Step::Price),
        2 => (1..60u64).prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 0..60)
}

const TEXT: &[&str] = &[
    "b",
    "a",
    "d",
    "ba",
    "bad",
    "yes ",
    "é. ",
    "\n",
    "long words come here",
];
const JSON: &[&str] = &["{", "\"n\"", ":", "1", "2", "}", "{\"n\": 7}", " ", "x"];

/// Configurations of four lanes of deltas: shows, gates, joins, questions, deadlines, budgets.
const CONFIGS: &[&str] = &[
    r#"{"lanes": [{}, {}, {"start": {"after_ns": 40}}, {"start": "any_failed"}]}"#,
    r#"{"acceptance": {"timeout_ns": 80}, "deadlines": {"total_ns": 900}, "lanes": [{}, {}, {}, {"start": []}]}"#,
    r#"{"show": "committed", "gate": {"chars": 4}, "lanes": [{}, {"can_continue": true},
        {"can_continue": true, "start": []}, {"can_continue": true, "start": {"late": {"lane": 0, "by_ns": 30}}}]}"#,
    r#"{"show": "committed", "gate": {"sentence": true, "hold_ns": 50}, "acceptance": true,
        "judge": {"every_chars": 5, "timeout_ns": 30}, "budget": {"extra_requests": 2},
        "lanes": [{"can_continue": true}, {"can_continue": true}, {}, {"start": {"refused": 0}}]}"#,
    r#"{"show": "lead", "lane_deadlines": {"gap_ns": 70}, "lanes": [{}, {}, {}, {"start": "any_failed"}]}"#,
    r#"{"show": "lead", "join": {"rule": "best_of", "n": 2, "patience_ns": 90}, "lanes": [{}, {}, {}, {}]}"#,
    r#"{"join": {"rule": "quorum", "k": 2}, "budget": {"usd": 3}, "lanes": [{"byte_usd": 0.02}, {}, {}, {}]}"#,
    r#"{"join": "merge", "drain_ns": 0, "deadlines": {"gap_ns": 200}, "lanes": [{}, {}, {}, {}]}"#,
    r#"{"join": "cascade", "judge": {"at_end": true, "timeout_ns": 20}, "lanes": [{}, {}, {}, {}]}"#,
];

/// A driver that keeps the rules, and remembers what it was told.
struct Driver {
    race: Race,
    now: u64,
    open: BTreeSet<LaneId>,
    tickets: Vec<u64>,
    said: Vec<Output>,
}

impl Driver {
    fn new(config: &str, rules: Rules) -> Self {
        let config = Config::from_json(config.as_bytes()).expect(config);
        let race = Race::new(config, rules);
        let mut driver = Self {
            race,
            now: 0,
            open: BTreeSet::new(),
            tickets: Vec::new(),
            said: Vec::new(),
        };
        driver.tell(Input::Start);
        driver
    }

    fn tell(&mut self, input: Input<'_>) {
        self.race.input(self.now, input).expect("in order");
        let mut started = Vec::new();
        loop {
            let output = self.race.poll();
            match &output {
                Output::Wait { until, .. } => {
                    assert!(
                        until.is_none_or(|until| until > self.now),
                        "waits for the past"
                    );
                    break;
                }
                Output::Start { lane, .. } => started.push(*lane),
                Output::Stop { lane, .. } => {
                    assert!(self.open.remove(lane), "stops what is not open");
                }
                Output::Check { ticket, .. } => self.tickets.push(*ticket),
                _ => {}
            }
            if let Output::Start { lane, .. } = &output {
                self.open.insert(*lane);
            }
            self.said.push(output);
        }
        for lane in started {
            if self.open.contains(&lane) {
                self.tell(Input::Opened {
                    lane,
                    status: Some(200),
                });
            }
        }
    }

    /// An open lane, if there is any.
    fn lane(&self, number: u32) -> Option<LaneId> {
        let open: Vec<_> = self.open.iter().collect();
        (!open.is_empty()).then(|| *open[number as usize % open.len()])
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Say(lane, word) => self.with(lane, |it, lane| it.deltas(lane, &[text(word)])),
            Step::Finish(lane) => self.with(lane, |it, lane| it.deltas(lane, &[stop()])),
            Step::End(lane, how) => self.with(lane, |it, lane| {
                it.open.remove(&lane);
                it.tell(Input::Ended {
                    lane,
                    how,
                    detail: "",
                });
            }),
            Step::Check(passed) if !self.tickets.is_empty() => {
                let ticket = self.tickets.remove(0);
                self.tell(Input::Checked {
                    ticket,
                    passed,
                    score: None,
                });
            }
            Step::Check(_) => {}
            Step::Price(lane) => self.with(lane, |it, lane| {
                it.tell(Input::Usage {
                    lane,
                    usage: crate::wire::Usage::default(),
                    cost_usd: Some(0.4),
                });
            }),
            Step::Pass(by) => {
                self.now += by;
                self.tell(Input::Tick);
            }
        }
    }

    fn deltas(&mut self, lane: LaneId, deltas: &[Delta]) {
        self.tell(Input::Deltas { lane, deltas });
    }

    fn with(&mut self, number: u32, act: impl FnOnce(&mut Self, LaneId)) {
        if let Some(lane) = self.lane(number) {
            act(self, lane);
        }
    }

    fn run(config: &str, rules: Rules, steps: &[Step]) -> Self {
        let mut driver = Self::new(config, rules);
        for step in steps {
            driver.step(step);
        }
        driver.tell(Input::Cancelled);
        driver
    }
}

/// What must be true of everything a race has said once it is over.
fn check(driver: &Driver) -> Result<(), TestCaseError> {
    let mut ended = BTreeMap::new();
    let mut started = BTreeSet::new();
    let mut overs = Vec::new();
    let mut decided = None;
    for output in &driver.said {
        let late = matches!(output, Output::Settled { late: true, .. });
        prop_assert!(overs.is_empty() || late, "said after the end: {output:?}");
        match output {
            Output::Start { lane, .. } => prop_assert!(started.insert(*lane)),
            Output::LaneEnded { lane, outcome, .. } => {
                prop_assert_eq!(ended.insert(*lane, *outcome), None);
            }
            Output::Decided { winner, .. } => prop_assert_eq!(decided.replace(*winner), None),
            Output::Over { verdict, lane } => overs.push((*verdict, *lane)),
            _ => {}
        }
    }
    prop_assert_eq!(overs.len(), 1);
    prop_assert_eq!(ended.len(), driver.race.lanes().len());
    prop_assert!(driver.open.is_empty(), "left open: {:?}", driver.open);
    let won = overs[0].0 == Verdict::Won;
    prop_assert_eq!(won, decided.is_some());
    let winners = ended
        .iter()
        .filter(|(_, outcome)| **outcome == Outcome::Won)
        .map(|(lane, _)| *lane);
    prop_assert_eq!(
        winners.collect::<Vec<_>>(),
        decided.into_iter().collect::<Vec<_>>()
    );
    Ok(())
}

/// What the caller saw in the end, by the rules of `show`.
fn seen(driver: &Driver) -> String {
    let mut seen = String::new();
    for output in &driver.said {
        match output {
            Output::Replaced { .. } => seen.clear(),
            Output::Text { text, .. } => seen.push_str(text),
            _ => {}
        }
    }
    seen
}

fn text_rules() -> Rules {
    judged(
        r#"[{"forbids": "bad"}, {"forbids": {"regex": "dd+a"}}, {"contains": "yes"}, {"words": {"max": 30}}]"#,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn races_over_text_keep_every_promise(config in prop::sample::select(CONFIGS), steps in steps(TEXT)) {
        let driver = Driver::run(config, text_rules(), &steps);
        check(&driver)?;
        let seen = seen(&driver);
        prop_assert!(!seen.contains("bad") && !seen.contains("dda"));
        if let Some(winner) = winner(&driver.said) {
            let lane = &driver.race.lanes()[winner as usize];
            prop_assert_eq!(&seen, lane.text());
            prop_assert!(lane.text().contains("yes"));
        }
    }

    #[test]
    fn races_over_documents_keep_every_promise(config in prop::sample::select(CONFIGS), steps in steps(JSON)) {
        let driver = Driver::run(config, typed(), &steps);
        check(&driver)?;
        if let Some(winner) = winner(&driver.said) {
            let text = driver.race.lanes()[winner as usize].text();
            let value: serde_json::Value = serde_json::from_str(text).expect("valid JSON");
            prop_assert!(value["n"].is_i64());
            prop_assert_eq!(seen(&driver), text);
        }
    }

    #[test]
    fn a_committed_lane_is_never_retracted(config in prop::sample::select(&CONFIGS[2..4]), steps in steps(TEXT)) {
        let driver = Driver::run(config, text_rules(), &steps);
        let mut shown: Option<LaneId> = None;
        let mut length = 0;
        for output in &driver.said {
            match output {
                Output::Committed { lane } => prop_assert_eq!(shown.replace(*lane), None),
                Output::Continued { from, to, at } => {
                    prop_assert_eq!(*at, length);
                    prop_assert_eq!(shown.replace(*to), Some(*from));
                }
                Output::Text { lane, text } => {
                    prop_assert_eq!(shown, Some(*lane));
                    length += text.len();
                }
                Output::Replaced { .. } => prop_assert!(false, "replaced"),
                _ => {}
            }
        }
        if let Some(lane) = shown {
            prop_assert_eq!(&seen(&driver), &driver.race.lanes()[lane as usize].text()[..length]);
        }
    }

    #[test]
    fn nobody_loses_before_acceptance_said_yes(steps in steps(JSON)) {
        let driver = Driver::run(CONFIGS[1], typed(), &steps);
        let mut accepted = false;
        for output in &driver.said {
            match output {
                Output::Settled { by: By::Acceptance, passed: true, late: false, .. } => accepted = true,
                Output::Stop { reason: StopReason::Lost, .. } => prop_assert!(accepted),
                _ => {}
            }
        }
    }

    #[test]
    fn text_may_come_in_any_pieces(
        config in prop::sample::select(CONFIGS),
        script in prop::collection::vec((0..4u32, prop::collection::vec(prop::sample::select(TEXT), 1..6)), 0..12),
    ) {
        // Prices are estimated by the piece: a budget may run out one piece earlier.
        prop_assume!(!config.contains("usd"));
        let run = |split: bool| {
            let mut driver = Driver::new(config, text_rules());
            for (lane, words) in &script {
                let deltas: Vec<_> = if split {
                    words.iter().flat_map(|word| word.chars()).map(|char| text(&char.to_string())).collect()
                } else {
                    vec![text(&words.concat())]
                };
                driver.with(*lane, |it, lane| it.deltas(lane, &deltas));
            }
            driver
        };
        let (whole, split) = (run(false), run(true));
        let events = |driver: &Driver| {
            let said = driver.said.iter();
            let kept = said.filter(|output| !matches!(output, Output::Text { .. } | Output::Partial { .. }));
            kept.cloned().collect::<Vec<_>>()
        };
        prop_assert_eq!(events(&whole), events(&split));
        prop_assert_eq!(seen(&whole), seen(&split));
    }

    #[test]
    fn bytes_may_be_split_anywhere(
        config in 0..CONFIGS.len(),
        script in prop::collection::vec((0..4u32, prop::collection::vec(prop::sample::select(CHUNKS), 1..5)), 0..8),
        cuts in prop::collection::vec(0usize..400, 0..8),
    ) {
        let config = CONFIGS[config].replace("{}", r#"{"dialect": "openai-chat"}"#)
            .replace(r#"{"can"#, r#"{"dialect": "openai-chat", "can"#)
            .replace(r#"{"start""#, r#"{"dialect": "openai-chat", "start""#)
            .replace(r#"{"byte"#, r#"{"dialect": "openai-chat", "byte"#);
        let run = |cuts: &[usize]| {
            let mut driver = Driver::new(&config, text_rules());
            for (lane, chunks) in &script {
                let Some(lane) = driver.lane(*lane) else { break };
                let data = chunks.concat();
                let mut ends: Vec<_> = cuts.iter().map(|cut| cut % (data.len() + 1)).collect();
                ends.push(data.len());
                ends.sort_unstable();
                let mut start = 0;
                for end in ends {
                    driver.tell(Input::Bytes { lane, data: &data.as_bytes()[start..end] });
                    start = end;
                }
            }
            driver.tell(Input::Cancelled);
            driver
        };
        prop_assert_eq!(coalesced(&run(&[]).said), coalesced(&run(&cuts).said));
    }
}

const CHUNKS: &[&str] = &[
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ba\"}}]}\n\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"d yes. \"}}]}\r\n\r\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\u{e9}t\u{e9} yes\"}}]}\n\n",
    ": ping\n\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
    "data: {\"error\":{\"message\":\"no\",\"type\":\"overloaded\"}}\n\n",
    "data: [DONE]\n\n",
    "data: {broken\n\n",
];

/// Adjacent text of one lane as one, and without `Partial`, which is said once an input.
fn coalesced(said: &[Output]) -> Vec<Output> {
    let mut all: Vec<Output> = Vec::new();
    for output in said {
        match (all.last_mut(), output) {
            (_, Output::Partial { .. }) => {}
            (
                Some(Output::Text { lane, text }),
                Output::Text {
                    lane: next,
                    text: more,
                },
            ) if lane == next => {
                text.push_str(more);
            }
            _ => all.push(output.clone()),
        }
    }
    all
}

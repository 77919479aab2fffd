//! Any order of events: a race never panics, ends every started lane once, and is over at most once.
#![no_main]

use std::collections::BTreeMap;

use atomic_core::race::{Config, Ending, Input, Output, Race, Rules};
use libfuzzer_sys::fuzz_target;

const CONFIGS: &[&str] = &[
    r#"{"lanes": [{"dialect": "openai-chat"}, {"start": [{"late": {"lane": 0, "by_ns": 40}}, {"failed": 0}]}]}"#,
    r#"{"budget": {"metered": 1}, "lanes": [{"dialect": "openai-chat"}, {"start": [{"late": {"lane": 0, "by_ns": 9}}, {"failed": 0}]}]}"#,
    r#"{"show": "committed", "gate": {"chars": 3, "sentence": true, "hold_ns": 9}, "acceptance": true,
        "lanes": [{"dialect": "openai-chat", "can_continue": true}, {"dialect": "ollama-chat", "can_continue": true}]}"#,
    r#"{"show": "lead", "join": {"rule": "quorum", "k": 2, "patience_ns": 30}, "deadlines": {"total_ns": 900},
        "lanes": [{"dialect": "gemini"}, {"dialect": "anthropic-messages"}, {"dialect": "openai-chat"}]}"#,
    r#"{"join": "cascade", "judge": {"every_chars": 4, "at_end": true, "timeout_ns": 20}, "budget": {"usd": 0.001},
        "lanes": [{"dialect": "openai-chat", "start_usd": 0.0001, "byte_usd": 0.00001}, {"cancel": "bills_all"}]}"#,
];

const CHUNKS: &[&[u8]] = &[
    b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello. \"}}]}\n\n",
    b"data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
    b"{\"message\":{\"content\":\"Hi\"},\"done\":false}\n{\"done\":true}\n",
    b"data: {\"error\":{\"message\":\"no\"}}\n\n",
    b"\xff\x00",
];

struct Seen {
    ended: BTreeMap<u32, u32>,
    overs: u32,
    tickets: Vec<u64>,
}

impl Seen {
    fn drain(&mut self, race: &mut Race) {
        loop {
            match race.poll() {
                Output::Wait { .. } => return,
                Output::LaneEnded { lane, .. } => *self.ended.entry(lane).or_default() += 1,
                Output::Over { .. } => self.overs += 1,
                Output::Check { ticket, .. } => self.tickets.push(ticket),
                _ => {}
            }
        }
    }
}

fuzz_target!(|script: &[u8]| {
    let Some((first, steps)) = script.split_first() else {
        return;
    };
    let config = CONFIGS[usize::from(*first) % CONFIGS.len()];
    let config = Config::from_json(config.as_bytes()).expect("a good configuration");
    let mut race = Race::new(config, Rules::default());
    let mut seen = Seen {
        ended: BTreeMap::new(),
        overs: 0,
        tickets: Vec::new(),
    };
    let mut now = 0;
    for step in steps.chunks_exact(3) {
        let (what, lane, more) = (step[0], u32::from(step[1] % 4), step[2]);
        now += u64::from(more);
        let input = match what % 9 {
            0 => Input::Start,
            1 => Input::Opened {
                lane,
                status: Some(if more == 0 { 503 } else { 200 }),
            },
            2 | 3 => Input::Bytes {
                lane,
                data: CHUNKS[usize::from(more) % CHUNKS.len()],
            },
            4 => Input::Ended {
                lane,
                how: Ending::NAMES[usize::from(more) % Ending::NAMES.len()].1,
                detail: "",
            },
            5 => Input::Checked {
                ticket: seen.tickets.pop().unwrap_or(u64::from(more)),
                passed: more % 2 == 0,
                score: Some(f64::from(more) / 255.0),
            },
            6 if more == 255 => Input::Cancelled,
            7 => Input::Deltas { lane, deltas: &[] },
            8 if more % 2 == 0 => Input::Hedge {
                lane,
                granted: more % 4 == 0,
            },
            _ => Input::Tick,
        };
        // A misuse leaves the race as it was.
        let _ = race.input(now, input);
        seen.drain(&mut race);
    }
    let _ = race.input(now, Input::Start);
    seen.drain(&mut race);
    let _ = race.input(now + 1, Input::Cancelled);
    seen.drain(&mut race);
    assert!(seen.overs == 1 && race.is_over());
    assert!(seen.ended.values().all(|times| *times == 1));
});

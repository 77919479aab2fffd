//! Any texts as patterns, any text as a string: no panic, and answers that agree with each other.
#![no_main]

use atomic_core::schema::text::{
    Answer, Constraint, Life, Member, StringLanguage, StringState, TextCompiler, TextLimits,
};
use libfuzzer_sys::fuzz_target;

/// Steps few enough for thousands of executions a second.
const LIMITS: TextLimits = TextLimits {
    linear_only: false,
    backtrack_steps: 10_000,
    kept_bytes: 1 << 12,
};

fn by_character(language: &StringLanguage, text: &str) -> StringState {
    let mut state = language.start();
    for c in text.chars() {
        let possible = language.alive_in(&state, u32::from(c), u32::from(c));
        let alive = language.step(&mut state, c) == Life::Alive;
        assert!(possible || !alive, "a step that was said to be impossible");
        assert!(!language.certain(&state) || language.accepts(&state) == Answer::Yes);
    }
    state
}

fuzz_target!(
    |input: (&str, bool, &str, bool, Option<u8>, Option<u8>, u8, &str)| {
        let (first, not_first, second, not_second, min, max, at, text) = input;
        let pattern = |text: &str, negated| Member {
            constraint: Constraint::Pattern(text.into()),
            negated,
        };
        let mut members = vec![pattern(first, not_first), pattern(second, not_second)];
        members.extend(min.map(|min| Constraint::MinLength(u64::from(min)).into()));
        members.extend(max.map(|max| Constraint::MaxLength(u64::from(max)).into()));
        let mut compiler = TextCompiler::new(LIMITS);
        let Ok(language) = compiler.compile(&members) else {
            return;
        };
        let mut whole = language.start();
        let died = language.step_str(&mut whole, text).err();
        let stepped = by_character(&language, text);
        assert_eq!(language.accepts(&whole), language.accepts(&stepped));
        assert_eq!(language.failing(&whole), language.failing(&stepped));
        let at = usize::from(at).min(text.len());
        if text.is_char_boundary(at) {
            let mut split = language.start();
            let halves = language.step_str(&mut split, &text[..at]).and_then(|()| {
                language
                    .step_str(&mut split, &text[at..])
                    .map_err(|rest| rest + at)
            });
            assert_eq!(halves.err(), died);
        }
        // A text has a pattern or it does not.
        let one = |compiler: &mut TextCompiler, negated| {
            let language = compiler
                .compile(&[pattern(first, negated)])
                .expect("it compiled before");
            language.accepts(&by_character(&language, text))
        };
        let (yes, no) = (one(&mut compiler, false), one(&mut compiler, true));
        assert!(yes == no.opposite() || yes == Answer::Limit || no == Answer::Limit);
    }
);

//! Languages against brute force: every verdict and every death against an independent engine and
//! the enumeration of completions.

use std::collections::BTreeSet;

use proptest::prelude::*;
use regex_automata::meta::Regex;

use super::super::{Answer, Constraint as C, Life, Member, StringLanguage, StringState};
use super::{dead_at, language, pattern, verdict};

/// Patterns over `a`, `b` and `-` that every engine reads alike.
fn small_pattern() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "a", "b", "-", ".", "[ab]", "[^a]", r"\w", r"\W", r"\b", r"\B", "^", "$", "(?:)",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(3, 12, 3, |inner| {
        let repeat = prop::sample::select(vec!["*", "+", "?", "{2}", "{1,2}", "{0,2}", "*?"]);
        prop_oneof![
            (inner.clone(), repeat).prop_map(|(node, times)| format!("(?:{node}){times}")),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|nodes| nodes.concat()),
            prop::collection::vec(inner, 2..3).prop_map(|nodes| format!("({})", nodes.join("|"))),
        ]
    })
}

/// A conjunction over those patterns, and the same by an independent engine.
#[derive(Clone, Debug)]
struct Case {
    patterns: Vec<(String, bool)>,
    min: Option<u64>,
    max: Option<u64>,
}

impl Case {
    fn members(&self) -> Vec<Member> {
        let one = |(text, negated): &(String, bool)| Member {
            constraint: C::Pattern(text.as_str().into()),
            negated: *negated,
        };
        let mut members: Vec<Member> = self.patterns.iter().map(one).collect();
        members.extend(self.min.map(|min| C::MinLength(min).into()));
        members.extend(self.max.map(|max| C::MaxLength(max).into()));
        members
    }

    fn oracle(&self) -> impl Fn(&str) -> bool {
        let (min, max) = (self.min.unwrap_or(0), self.max.unwrap_or(u64::MAX));
        let compile = |text: &str| Regex::new(&text.replace(r"\B", r"(?-u:\B)")).ok();
        let engines: Vec<_> = self
            .patterns
            .iter()
            .map(|(text, negated)| (compile(text), *negated))
            .collect();
        move |text: &str| {
            let length = text.chars().count() as u64;
            let fits = min <= length && length <= max;
            fits && engines.iter().all(|(engine, negated)| {
                engine.as_ref().is_some_and(|engine| engine.is_match(text)) != *negated
            })
        }
    }
}

fn case() -> impl Strategy<Value = Case> {
    let patterns = prop::collection::vec((small_pattern(), prop::bool::weighted(0.25)), 1..3);
    let bound = || prop::option::weighted(0.3, 0u64..5);
    (patterns, bound(), bound()).prop_map(|(patterns, min, max)| Case { patterns, min, max })
}

/// Characters of the longest of shortest completions: every leaf twice for each of three repeats, and a bound on lengths.
const LONGEST: usize = 12 * 8 + 5;

/// Whether a completion of at most `more` characters is accepted.
fn completable(prefix: &str, more: usize, accepts: &dyn Fn(&str) -> bool) -> bool {
    accepts(prefix)
        || more > 0
            && "ab-"
                .chars()
                .any(|c| completable(&format!("{prefix}{c}"), more - 1, accepts))
}

/// A completion that the language itself accepts: the shortest, by breadth, each state looked at once.
fn witness(
    language: &StringLanguage,
    state: &StringState,
    text: &str,
    more: usize,
) -> Option<String> {
    let mut seen = BTreeSet::new();
    let mut frontier = vec![(state.clone(), text.to_owned())];
    for _ in 0..=more {
        let mut next = Vec::new();
        for (state, text) in frontier {
            if language.accepts(&state) == Answer::Yes {
                return Some(text);
            }
            for c in "abc-\n".chars() {
                let mut after = state.clone();
                let alive = language.step(&mut after, c) == Life::Alive;
                if alive && seen.insert(format!("{after:?}")) {
                    next.push((after, format!("{text}{c}")));
                }
            }
        }
        frontier = next;
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn alive_is_completable_and_dead_is_not(case in case(), text in "[ab-]{0,5}") {
        let language = language(&case.members());
        let oracle = case.oracle();
        let mut state = language.start();
        prop_assert!(!state.is_dead() || !completable("", 4, &oracle), "empty: {case:?}");
        let mut seen = String::new();
        for c in text.chars() {
            let before = state.clone();
            seen.push(c);
            let alive = language.step(&mut state, c) == Life::Alive;
            let possible = language.alive_in(&before, u32::from(c), u32::from(c));
            prop_assert_eq!(alive, possible, "{:?} {}", case, seen);
            if !alive {
                prop_assert!(!completable(&seen, 4, &oracle), "killed: {case:?} {seen}");
                break;
            }
            let accepted = language.accepts(&state) == Answer::Yes;
            prop_assert_eq!(accepted, oracle(&seen), "verdict: {:?} {}", case, seen);
            let found = witness(&language, &state, &seen, LONGEST);
            prop_assert!(found.is_some_and(|text| oracle(&text)), "kept: {case:?} {seen}");
            if language.certain(&state) {
                for more in ["", "a", "-", "ab", "b-a", "\n"] {
                    prop_assert!(oracle(&format!("{seen}{more}")), "certain: {case:?} {seen}");
                }
            }
        }
    }

    #[test]
    fn splits_do_not_matter(case in case(), text in "[ab-]{0,8}", at in 0usize..9) {
        let language = language(&case.members());
        let at = at.min(text.len());
        let (mut whole, mut split) = (language.start(), language.start());
        let one = language.step_str(&mut whole, &text);
        let two = language.step_str(&mut split, &text[..at]).and_then(|()| {
            language.step_str(&mut split, &text[at..]).map_err(|offset| offset + at)
        });
        prop_assert_eq!(one, two);
        prop_assert_eq!(language.accepts(&whole), language.accepts(&split));
        prop_assert_eq!(language.failing(&whole), language.failing(&split));
    }

    /// By the automata, by the backtracker at the close, and as the conjunction that it stands for.
    #[test]
    fn a_lookahead_at_the_front_is_a_conjunction(
        (ahead, rest) in (small_pattern(), small_pattern()),
        negative: bool,
        text in "[ab-]{0,6}",
    ) {
        let sign = if negative { "!" } else { "=" };
        let looking = format!("^(?{sign}{ahead})(?:{rest})");
        let member = C::Pattern(format!("^(?:{ahead})").as_str().into());
        let apart = [pattern(&format!("^(?:{rest})")), Member { constraint: member, negated: negative }];
        let (looking, not) = (pattern(&looking), Member::not(C::Pattern(looking.as_str().into())));
        let (one, two) = (language(&[looking]), language(&apart));
        prop_assert_eq!(dead_at(&one, &text), dead_at(&two, &text));
        prop_assert_eq!(verdict(&one, &text), verdict(&two, &text));
        prop_assert_eq!(verdict(&one, &text), verdict(&language(&[not]), &text).opposite());
    }
}

//! Languages against brute force: every verdict and every death against an independent engine and
//! the enumeration of completions.

use proptest::prelude::*;
use regex_automata::meta::Regex;

use super::format::Format;
use super::pattern::PatternErrorKind;
use super::{
    Answer, Constraint as C, Judgement, Life, Member, StringLanguage, StringState, TextCompiler,
    TextLimits,
};

fn language(members: &[Member]) -> StringLanguage {
    TextCompiler::default()
        .compile(members)
        .expect("small patterns")
}

fn pattern(text: &str) -> Member {
    C::Pattern(text.into()).into()
}

fn literals(strings: &[&str]) -> C {
    C::Literals(strings.iter().map(|&s| s.into()).collect())
}

fn dead_at(language: &StringLanguage, text: &str) -> Option<usize> {
    language.step_str(&mut language.start(), text).err()
}

fn verdict(language: &StringLanguage, text: &str) -> Answer {
    let mut state = language.start();
    match language.step_str(&mut state, text) {
        Ok(()) => language.accepts(&state),
        Err(_) => Answer::No,
    }
}

#[test]
fn a_pattern_dies_at_the_first_character_that_leaves_it() {
    let zip = language(&[pattern("^[0-9]{5}$")]);
    assert_eq!(dead_at(&zip, "123456"), Some(5));
    assert_eq!(dead_at(&zip, "12a"), Some(2));
    assert_eq!(verdict(&zip, "1234"), Answer::No);
    assert_eq!(verdict(&zip, "12345"), Answer::Yes);
    let cat = language(&[pattern("^(cat|dog)$")]);
    assert_eq!(dead_at(&cat, "dot"), Some(2));
    let anywhere = language(&[pattern("foo")]);
    assert_eq!(dead_at(&anywhere, "xxfo"), None);
    assert_eq!(verdict(&anywhere, "xxfo"), Answer::No);
}

#[test]
fn conjunctions_die_where_no_text_satisfies_all() {
    let both = language(&[pattern("^a*b?$"), pattern("^(aa)*$")]);
    assert_eq!(dead_at(&both, "ab"), Some(1));
    let none = language(&[pattern("^a+$"), pattern("^b+$")]);
    assert!(none.is_empty());
    let long = language(&[pattern("^a{3}$"), C::MinLength(4).into()]);
    assert!(long.is_empty());
    let gap = language(&[
        pattern("^(aaa)*$"),
        C::MinLength(4).into(),
        C::MaxLength(5).into(),
    ]);
    assert!(gap.is_empty());
    let gap = language(&[
        pattern("^(aaa)*b?$"),
        C::MinLength(4).into(),
        C::MaxLength(5).into(),
    ]);
    assert_eq!(dead_at(&gap, "aaaab"), Some(3));
    assert_eq!(verdict(&gap, "aaab"), Answer::Yes);
    let short = language(&[pattern("^[a-z]+-[0-9]$"), C::MaxLength(4).into()]);
    assert_eq!(dead_at(&short, "abc"), Some(2));
}

#[test]
fn finite_sets_are_filtered_by_everything_else() {
    let set = literals(&["red", "green", "blue"]);
    let short = language(&[set.clone().into(), C::MaxLength(4).into()]);
    assert_eq!(dead_at(&short, "green"), Some(0));
    let looked = language(&[set.clone().into(), pattern("^(?!b)")]);
    assert_eq!(looked.literals().map(|set| set.strings().len()), Some(2));
    assert!(language(&[set.clone().into(), C::Format(Format::Date).into()]).is_empty());
    let rest = language(&[set.into(), Member::not(literals(&["red", "blue"]))]);
    assert_eq!(dead_at(&rest, "red"), Some(0));
}

#[test]
fn complements_are_exact() {
    let no_a = language(&[Member::not(C::Pattern("a".into()))]);
    assert_eq!(dead_at(&no_a, "bba"), Some(2));
    let other = language(&[pattern("^[ab]$"), Member::not(literals(&["a"]))]);
    assert_eq!(dead_at(&other, "a"), Some(0));
    assert_eq!(verdict(&other, "b"), Answer::Yes);
    let undated = language(&[Member::not(C::Format(Format::Date))]);
    assert_eq!(verdict(&undated, "2020-02-29"), Answer::No);
    assert_eq!(verdict(&undated, "2021-02-29"), Answer::Yes);
}

#[test]
fn lengths_count_code_points() {
    let short = language(&[C::MaxLength(3).into(), C::MinLength(2).into()]);
    assert_eq!(dead_at(&short, "äöüß"), Some(6));
    assert_eq!(verdict(&short, "🐲"), Answer::No);
    assert_eq!(verdict(&short, "🐲🐲"), Answer::Yes);
    assert!(language(&[C::MinLength(2).into(), C::MaxLength(1).into()]).is_empty());
    assert!(language(&[Member::not(C::MinLength(0))]).is_empty());
}

#[test]
fn universal_is_certain_and_free() {
    for text in [".*", "", "a*", "^"] {
        assert!(language(&[pattern(text)]).is_universal(), "{text}");
    }
    let found = language(&[pattern("foo")]);
    let mut state = found.start();
    assert!(!found.certain(&state));
    assert_eq!(found.step_str(&mut state, "a foo"), Ok(()));
    assert!(found.certain(&state));
}

#[test]
fn ranges_of_characters_are_asked_for() {
    let accented = language(&[pattern("^[à-ü]$")]);
    let state = accented.start();
    assert!(accented.alive_in(&state, 0xc0, 0xff));
    assert!(!accented.alive_in(&state, 0, 0x7f));
    assert!(!accented.alive_in(&state, 0xd800, 0xdfff));
    let dragon = language(&[literals(&["🐲"]).into()]);
    assert!(dragon.alive_in(&dragon.start(), 0x1_f000, 0x1_f7ff));
    assert!(!dragon.alive_in(&dragon.start(), 0x1_f000, 0x1_f3ff));
    let full = language(&[C::MaxLength(0).into()]);
    assert!(!full.alive_in(&full.start(), 0, 0x10_ffff));
}

#[test]
fn lookaheads_at_the_front_are_exact() {
    let password = language(&[pattern(r"^(?=.*\d)(?=.*[a-z])(?!.*x)[a-z0-9]{3,4}$")]);
    assert_eq!(dead_at(&password, "12x"), Some(2));
    assert_eq!(dead_at(&password, "abcd"), Some(3));
    assert_eq!(verdict(&password, "abc1"), Answer::Yes);
    assert_eq!(password.judgement(0), Judgement::Exact);
    let other = language(&[pattern("^(?!pattern$).*$")]);
    assert_eq!(verdict(&other, "pattern"), Answer::No);
    assert_eq!(verdict(&other, "patterns"), Answer::Yes);
    assert!(language(&[pattern("^(?!a)"), pattern("^a")]).is_empty());
    let not = language(&[Member::not(C::Pattern("^(?!a)".into()))]);
    assert_eq!(verdict(&not, "ab"), Answer::Yes);
    assert_eq!(verdict(&not, "b"), Answer::No);
    assert_eq!(not.judgement(0), Judgement::Backtracking);
}

#[test]
fn lookarounds_die_early_by_their_superset_and_are_decided_at_the_close() {
    let behind = language(&[pattern(r"^[a-z]+(?<=[^q])-[a-z0-9]{4,8}$")]);
    assert_eq!(dead_at(&behind, "ab-_"), Some(3));
    assert_eq!(verdict(&behind, "abq-abcd"), Answer::No);
    assert_eq!(verdict(&behind, "abc-abcd"), Answer::Yes);
    assert_eq!(behind.judgement(0), Judgement::Backtracking);
    let limits = TextLimits {
        linear_only: true,
        ..TextLimits::default()
    };
    let linear = |text| TextCompiler::new(limits).compile(&[pattern(text)]).is_ok();
    assert!(linear("^ab?$"));
    assert!(!linear("^(?=a)b?") && !linear("(?=a)") && !linear(r"(a)\1"));
    let limits = TextLimits {
        kept_bytes: 8,
        ..TextLimits::default()
    };
    let short = TextCompiler::new(limits)
        .compile(&[pattern("(?=a)")])
        .expect("a pattern");
    assert_eq!(verdict(&short, "aaaaaaaaaaaa"), Answer::Limit);
}

#[test]
fn past_the_budget_a_language_is_judged_exactly_and_weakens_to_alive() {
    let bomb = "^[ab]*a[ab]{20}$";
    let one = language(&[pattern(bomb)]);
    let text = format!("{}a{}", "b".repeat(40), "b".repeat(20));
    assert_eq!(verdict(&one, &text), Answer::Yes);
    assert_eq!(verdict(&one, &text[1..]), Answer::Yes);
    assert_eq!(verdict(&one, &format!("{text}b")), Answer::No);
    assert_eq!(dead_at(&one, "aac"), Some(2));
    let not = language(&[Member::not(C::Pattern(bomb.into()))]);
    assert_eq!(verdict(&not, &text), Answer::No);
    assert_eq!(verdict(&not, "b"), Answer::Yes);
    let both = language(&[pattern(bomb), pattern("^b*$")]);
    assert_eq!(verdict(&both, &text), Answer::No);
}

#[test]
fn each_member_says_how_it_is_judged() {
    let judged = |constraint: C| language(&[constraint.into()]).judgement(0);
    assert_eq!(judged(C::Pattern("^a+$".into())), Judgement::Exact);
    assert_eq!(
        judged(C::Pattern("^[ab]*a[ab]{20}$".into())),
        Judgement::Apart
    );
    assert_eq!(judged(C::Pattern(r"(a)\1".into())), Judgement::Backtracking);
    assert_eq!(judged(C::Format(Format::Uri)), Judgement::Exact);
    assert_eq!(judged(C::Format(Format::DateTime)), Judgement::Exact);
    assert_eq!(judged(C::Format(Format::Hostname)), Judgement::AtClose);
}

#[test]
fn a_host_name_dies_at_its_length() {
    let host = language(&[C::Format(Format::Hostname).into()]);
    let labels = "a23456789.".repeat(26);
    assert_eq!(dead_at(&host, &labels), Some(253));
    assert_eq!(verdict(&host, &labels[..249]), Answer::Yes);
    let mut state = host.start();
    let _ = host.step_str(&mut state, &labels);
    assert_eq!(host.failing(&state), vec![0]);
}

#[test]
fn bombs_are_typed_errors_or_limits() {
    let mut compiler = TextCompiler::default();
    let refused = |compiler: &mut TextCompiler, text: &str| {
        let error = compiler.compile(&[pattern(text)]).err()?;
        Some(error.pattern.kind)
    };
    let too_large = Some(PatternErrorKind::TooLarge);
    assert_eq!(refused(&mut compiler, "(a{1000}){1000}"), too_large);
    assert_eq!(refused(&mut compiler, "(a?){4000}"), too_large);
    // Each is small enough, all together are not.
    let last = (0..10).find_map(|n| refused(&mut compiler, &format!("^{n}(a?){{400}}")));
    assert_eq!(last, too_large);
    // The set is not searched for longer than one string would be.
    let words: Vec<String> = (0..100)
        .map(|n| format!("{}{n}b", "a".repeat(30)))
        .collect();
    let words = words.iter().map(|word| word.as_str().into()).collect();
    let slow = language(&[C::Literals(words).into(), pattern(r"^(a+)+\1b$")]);
    assert_eq!(slow.literals().map(|set| set.strings().len()), Some(100));
    assert_eq!(
        verdict(&slow, &format!("{}7b", "a".repeat(30))),
        Answer::Limit
    );
}

#[test]
fn failing_members_are_named() {
    let members = [
        pattern("^a"),
        pattern("b$"),
        C::MinLength(3).into(),
        C::MaxLength(4).into(),
    ];
    let language = language(&members);
    let failing = |text: &str| {
        let mut state = language.start();
        let _ = language.step_str(&mut state, text);
        language.failing(&state)
    };
    assert_eq!(failing("aab"), Vec::<usize>::new());
    assert_eq!(failing("x"), vec![0]);
    assert_eq!(failing("aaa"), vec![1]);
    assert_eq!(failing("aa"), vec![1, 2]);
    assert_eq!(failing("aabab"), vec![3]);
}

#[test]
fn formats_die_early() {
    let cases: &[(Format, &str, Option<usize>)] = &[
        (Format::Date, "2021-02-29", Some(9)),
        (Format::Date, "1900-02-29", Some(9)),
        (Format::Date, "2000-02-29", None),
        (Format::Date, "2020-04-31", Some(9)),
        (Format::Date, "2020-13", Some(6)),
        (Format::DateTime, "2020-01-01 ", Some(10)),
        (Format::Time, "22:59:60Z", Some(8)),
        (Format::Time, "22:59:60+23:01", Some(13)),
        (Format::DateTime, "2016-12-31T22:59:60+22:00", Some(21)),
        (Format::Ipv4, "256", Some(2)),
        (Format::Ipv4, "1.2.3.4.", Some(7)),
        (Format::Ipv6, "1::2::", Some(5)),
        (Format::Ipv6, "12345", Some(4)),
        (Format::Uuid, "2eb8aa08-aa98-11ea-b4ga", Some(21)),
        (Format::Duration, "P1Y2D", Some(4)),
        (Format::Uri, "http://a b", Some(8)),
        (Format::Email, "a@b@", Some(3)),
        (Format::JsonPointer, "/~2", Some(2)),
    ];
    for &(format, text, expected) in cases {
        let language = language(&[C::Format(format).into()]);
        assert_eq!(dead_at(&language, text), expected, "{format:?} {text}");
    }
}

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

/// Whether a completion of at most `more` characters is accepted.
fn completable(prefix: &str, more: usize, accepts: &dyn Fn(&str) -> bool) -> bool {
    accepts(prefix)
        || more > 0
            && "ab-"
                .chars()
                .any(|c| completable(&format!("{prefix}{c}"), more - 1, accepts))
}

/// A completion that the language itself accepts, by depth.
fn witness(
    language: &StringLanguage,
    state: &StringState,
    text: &str,
    more: usize,
) -> Option<String> {
    if language.accepts(state) == Answer::Yes {
        return Some(text.to_owned());
    }
    let go_on = |c: char| {
        let mut next = state.clone();
        let alive = language.step(&mut next, c) == Life::Alive;
        alive
            .then(|| witness(language, &next, &format!("{text}{c}"), more - 1))
            .flatten()
    };
    if more == 0 {
        None
    } else {
        "abc-\n".chars().find_map(go_on)
    }
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
            let found = witness(&language, &state, &seen, 7);
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

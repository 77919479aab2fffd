//! What languages say, case by case.

mod oracle;

use super::format::Format;
use super::pattern::PatternErrorKind;
use super::{Answer, Constraint as C, Judgement, Member, StringLanguage, TextCompiler, TextLimits};

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

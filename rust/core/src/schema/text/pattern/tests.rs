//! Parsing and whole-text matching.

use super::parse::{Dialect, parse};
use super::program::Program;
use super::{Pattern, PatternErrorKind, backtrack, is_strict};
use crate::schema::text::{Answer, Constraint, TextCompiler};

/// By the backtracker, and by the language compiled; they must agree.
fn search(pattern: &str, text: &str) -> bool {
    let parsed = parse(pattern, Dialect::Tolerant).expect("a pattern");
    let program = Program::compile(&parsed.node, parsed.groups).expect("a small pattern");
    let found = backtrack::search(&program, text, 1_000_000).expect("few steps");
    let member = Constraint::Pattern(pattern.into()).into();
    let language = TextCompiler::default()
        .compile(&[member])
        .expect("a pattern");
    let mut state = language.start();
    let alive = language.step_str(&mut state, text).is_ok();
    let accepted = alive && language.accepts(&state) == Answer::Yes;
    assert_eq!(accepted, found, "{pattern} on {text:?}");
    found
}

#[test]
fn matches_by_ecma_262() {
    let cases: &[(&str, &str, bool)] = &[
        ("foo", "a foo b", true),
        ("^foo$", "foo\n", false),
        (r"^\d$", "\u{7c0}", false),
        (r"^\s$", "\u{feff}", true),
        (r"^\cC$", "\u{3}", true),
        (r"^\p{digit}+$", "৪২", true),
        (r"^\p{Script=Greek}$", "λ", true),
        (r"^.$", "\u{2028}", false),
        (r"^🐲*$", "🐲🐲", true),
        (r"^\uD83D\uDC32$", "🐲", true),
        (r"^\u{1F432}$", "🐲", true),
        (r"[^]", "\n", true),
        ("[]", "a", false),
        (r"\bfoo\b", "a foo.", true),
        (r"\bfoo\b", "afoo", false),
        (r"^[\w-.]+$", "a-.b", true),
        (r"^\-\_$", "-_", true),
        (r"^a{2,3}$", "aaaa", false),
        (r"^{a}$", "{a}", true),
        ("^(a*)*$", "aaab", false),
    ];
    for &(pattern, text, expected) in cases {
        assert_eq!(search(pattern, text), expected, "{pattern} on {text:?}");
    }
}

#[test]
fn looks_around_and_back() {
    let cases: &[(&str, &str, bool)] = &[
        (r"^(?!pattern$).*$", "pattern", false),
        (r"^(?!pattern$).*$", "patterns", true),
        (r"^(?=.*\d)(?=.*[a-z]).{4,}$", "abc1", true),
        (r"^(?=.*\d)(?=.*[a-z]).{4,}$", "1234", false),
        (r"(?<=\$)\d+(?!\.)$", "$42", true),
        (r"(?<!\$)\b\d+", "$42", false),
        (r"^(a|b)\1$", "aa", true),
        (r"^(a|b)\1$", "ab", false),
        (r"^(?<n>.)\k<n>$", "xx", true),
        (r"^(?:(a)|b)*\1$", "ab", true),
        (r"(?<=(\d)(\w))x\2", "1ax", false),
        (r"(?<=\1(a))b", "aab", true),
    ];
    for &(pattern, text, expected) in cases {
        assert_eq!(search(pattern, text), expected, "{pattern} on {text:?}");
    }
}

#[test]
fn an_exponential_search_ends_in_a_limit() {
    let pattern = Pattern::parse(r"^(a+)+\1$").expect("a pattern");
    let text = format!("{}b", "a".repeat(100));
    assert_eq!(pattern.search(&text, 100_000), Answer::Limit);
}

#[test]
fn refuses_what_is_no_pattern() {
    let cases: &[(&str, PatternErrorKind, usize)] = &[
        ("^(abc]", PatternErrorKind::UnbalancedGroup, 1),
        ("a)", PatternErrorKind::UnbalancedGroup, 1),
        ("*a", PatternErrorKind::NothingToRepeat, 0),
        ("a**", PatternErrorKind::NothingToRepeat, 2),
        ("[b-a]", PatternErrorKind::ClassRange, 4),
        ("[a", PatternErrorKind::UnclosedClass, 1),
        ("a{3,2}", PatternErrorKind::Quantifier, 1),
        ("(?P<n>a)", PatternErrorKind::UnknownGroup, 1),
        (r"\p{Foo}", PatternErrorKind::UnknownProperty, 2),
        (r"(?<n>a)\k<m>", PatternErrorKind::UnknownReference, 12),
        ("(a{1000}){1000}", PatternErrorKind::TooLarge, 0),
    ];
    for &(pattern, kind, offset) in cases {
        let error = Pattern::parse(pattern).expect_err(pattern);
        assert_eq!((error.kind, error.offset), (kind, offset), "{pattern}");
    }
}

#[test]
fn strictness_is_that_of_the_u_flag() {
    for pattern in [
        r"\a", r"\-", "{", "]", r"[\w-a]", r"\8", "(?=a)*", r"\Z", "(?i)abc", "(?#x)a",
    ] {
        assert!(!is_strict(pattern), "{pattern}");
    }
    for pattern in [
        "[]",
        "[^]",
        r"\cA",
        r"(?<=a+)b",
        r"(?<n>a)\k<n>",
        r"[\-a]",
        r"\/",
    ] {
        assert!(is_strict(pattern), "{pattern}");
    }
}

#[test]
fn deep_and_long_patterns_are_refused() {
    let deep = "(".repeat(100_000);
    assert!(Pattern::parse(&deep).is_err());
    let nested = format!("{}{}", "(".repeat(2000), ")".repeat(2000));
    assert_eq!(
        Pattern::parse(&nested).expect_err("deep").kind,
        PatternErrorKind::TooDeep
    );
}

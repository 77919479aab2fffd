//! Liveness against brute force, verdicts against exact arithmetic on finished numbers.

use proptest::prelude::*;

use super::{Decimal, Exponents, NumberConstraint as C, NumberLanguage, NumberMember};
use crate::schema::text::{Answer, Life};

fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).expect(text)
}

fn language(members: &[NumberMember]) -> NumberLanguage {
    NumberLanguage::compile(members, Exponents::Exact).expect("divisors are positive")
}

/// The offset of the fatal byte, where there is one.
fn dead_at(language: &NumberLanguage, text: &str) -> Option<usize> {
    language
        .step_bytes(&mut language.start(), text.as_bytes())
        .err()
}

fn verdict(language: &NumberLanguage, text: &str) -> bool {
    let mut state = language.start();
    language.step_bytes(&mut state, text.as_bytes()).is_ok()
        && language.accepts(&state) == Answer::Yes
}

#[test]
fn an_exponent_can_save_a_number() {
    let at_most_50 = language(&[C::Integer.into(), C::Maximum(decimal("50")).into()]);
    assert_eq!(dead_at(&at_most_50, "500"), None);
    assert!(verdict(&at_most_50, "500e-1"));
    assert_eq!(dead_at(&at_most_50, "51"), Some(1));
    assert_eq!(dead_at(&at_most_50, "1e2"), Some(2));
    assert_eq!(dead_at(&at_most_50, "1.5"), None);
    let positive = language(&[C::Integer.into(), C::ExclusiveMinimum(decimal("0")).into()]);
    assert_eq!(dead_at(&positive, "0"), None);
    assert!(verdict(&positive, "0.5e1"));
    assert_eq!(dead_at(&positive, "-"), Some(0));
    assert_eq!(dead_at(&positive, "0e"), Some(1));
}

#[test]
fn a_multiple_below_one_is_found() {
    let small = language(&[
        C::MultipleOf(decimal("0.01")).into(),
        C::Maximum(decimal("0.5")).into(),
    ]);
    assert_eq!(dead_at(&small, "7"), None);
    assert!(verdict(&small, "7e-2"));
    let least = language(&[
        C::MultipleOf(decimal("1e-5")).into(),
        C::Maximum(decimal("2e-5")).into(),
    ]);
    assert_eq!(dead_at(&least, "2"), None);
    assert_eq!(dead_at(&least, "3"), Some(0));
}

#[test]
fn without_exponents_numbers_die_earlier() {
    let members = [C::Integer.into(), C::Maximum(decimal("50")).into()];
    let plain = NumberLanguage::compile(&members, Exponents::Unexpected).expect("no divisors");
    assert_eq!(dead_at(&plain, "500"), Some(2));
    assert_eq!(dead_at(&plain, "50.0"), None);
    assert_eq!(dead_at(&plain, "5.5"), Some(2));
}

#[test]
fn draft_4_integers_have_no_point() {
    let lexical = language(&[C::LexicalInteger.into()]);
    assert_eq!(dead_at(&lexical, "10"), None);
    assert_eq!(dead_at(&lexical, "1.0"), Some(1));
    assert_eq!(dead_at(&lexical, "1e0"), Some(1));
    assert!(verdict(&lexical, "-0"));
    let positive = language(&[C::LexicalInteger.into(), C::Minimum(decimal("1")).into()]);
    assert_eq!(dead_at(&positive, "0"), Some(0));
}

#[test]
fn empty_languages_are_known_before_a_byte() {
    let empty = |members: &[NumberMember]| language(members).is_empty();
    assert!(empty(&[
        C::Minimum(decimal("2")).into(),
        C::Maximum(decimal("1")).into()
    ]));
    assert!(empty(&[
        C::Integer.into(),
        C::ExclusiveMinimum(decimal("1")).into(),
        C::ExclusiveMaximum(decimal("2")).into()
    ]));
    assert!(empty(&[C::OneOf(Vec::new()).into()]));
    assert!(empty(&[
        C::OneOf(vec![decimal("3")]).into(),
        C::MultipleOf(decimal("2")).into()
    ]));
    assert!(empty(&[
        C::Minimum(decimal("2")).into(),
        C::Maximum(decimal("2")).into(),
        NumberMember::not(C::OneOf(vec![decimal("2.0")]))
    ]));
    assert!(language(&[]).is_universal());
    assert!(!empty(&[C::MultipleOf(decimal("1e300")).into()]));
}

#[test]
fn huge_numbers_take_bounded_memory() {
    let members = [
        C::Maximum(decimal("1e400")).into(),
        C::MultipleOf(decimal("0.7")).into(),
    ];
    let language = language(&members);
    let zeros = "0".repeat(1_000_000);
    assert!(verdict(&language, &format!("7{zeros}e-1000001")));
    assert!(!verdict(&language, &format!("7{zeros}1e-1000001")));
    assert!(!verdict(&language, &format!("7{zeros}e1")));
    // Only the exponents 1000000 to 1000400 are left.
    let small = format!("0.{zeros}7e");
    assert_eq!(
        dead_at(&language, &format!("{small}{}", "9".repeat(1000))),
        Some(1_000_004)
    );
    assert_eq!(dead_at(&language, &format!("{small}1000400")), None);
    assert_eq!(
        dead_at(&language, &format!("{small}1000401")),
        Some(1_000_010)
    );
}

#[test]
fn bombs_are_typed_errors_or_cheap() {
    let long = Decimal::parse(&"7".repeat(5_000)).expect("digits");
    for constraint in [
        C::Minimum(long.clone()),
        C::MultipleOf(long.clone()),
        C::OneOf(vec![long]),
    ] {
        assert!(NumberLanguage::compile(&[constraint.into()], Exponents::Exact).is_err());
    }
    assert!(
        NumberLanguage::compile(&[C::MultipleOf(Decimal::zero()).into()], Exponents::Exact)
            .is_err()
    );
    let step = Decimal::parse(&"7".repeat(500)).expect("digits");
    let slow = language(&[
        C::MultipleOf(step).into(),
        C::Maximum(decimal("1e900")).into(),
    ]);
    assert_eq!(
        dead_at(&slow, &format!("1e{}", "9".repeat(100_000))),
        Some(1)
    );
    let whole = language(&[C::Integer.into(), C::Maximum(decimal("1e900")).into()]);
    assert_eq!(dead_at(&whole, &format!("1e{}", "0".repeat(100_000))), None);
    let many = (0..5_000).map(Decimal::from).collect();
    let members = [
        C::Integer.into(),
        C::Maximum(decimal("9")).into(),
        NumberMember::not(C::OneOf(many)),
    ];
    assert!(!verdict(&language(&members), "7"));
    assert!(verdict(&language(&members), "-7"));
}

/// Every completion of a prefix by at most `length` bytes.
fn completions(prefix: &str, length: usize, found: &mut dyn FnMut(&str) -> bool) -> bool {
    if found(prefix) {
        return true;
    }
    length > 0
        && b"0157.e-".iter().any(|&byte| {
            let mut longer = prefix.to_owned();
            longer.push(char::from(byte));
            completions(&longer, length - 1, found)
        })
}

/// By exact arithmetic on the whole number: independent of states, phases and intervals.
fn allowed(members: &[NumberMember], text: &str) -> bool {
    let Ok(value) = Decimal::parse(text) else {
        return false;
    };
    members.iter().all(|member| {
        let yes = match &member.constraint {
            C::Integer => value.is_integer(),
            C::LexicalInteger => !text.contains(['.', 'e']),
            C::Minimum(bound) => &value >= bound,
            C::ExclusiveMinimum(bound) => &value > bound,
            C::Maximum(bound) => &value <= bound,
            C::ExclusiveMaximum(bound) => &value < bound,
            C::OneOf(values) => values.contains(&value),
            C::MultipleOf(by) => is_multiple(&value, by),
        };
        yes != member.negated
    })
}

/// By machine integers counted in units of 10⁻¹².
fn is_multiple(value: &Decimal, by: &Decimal) -> bool {
    let units = |decimal: &Decimal| decimal.shifted(12).to_i128();
    match (units(value), units(by)) {
        (Some(value), Some(by)) => value % by == 0,
        _ => false,
    }
}

fn small() -> impl Strategy<Value = Decimal> {
    prop::sample::select(vec![
        "0", "1", "5", "7", "15", "50", "55", "51", "100", "-1", "-5", "-50", "0.5", "1.5", "-0.7",
        "0.05", "0.005", "10.5", "750", "5e3",
    ])
    .prop_map(decimal)
}

fn step() -> impl Strategy<Value = Decimal> {
    prop::sample::select(vec![
        "1", "5", "7", "15", "0.5", "0.25", "10", "3", "100", "0.07", "0.01", "0.001",
    ])
    .prop_map(decimal)
}

fn member() -> impl Strategy<Value = NumberMember> {
    let constraint = prop_oneof![
        2 => Just(C::Integer),
        1 => Just(C::LexicalInteger),
        2 => small().prop_map(C::Minimum),
        1 => small().prop_map(C::ExclusiveMinimum),
        3 => small().prop_map(C::Maximum),
        1 => small().prop_map(C::ExclusiveMaximum),
        2 => step().prop_map(C::MultipleOf),
        2 => prop::collection::vec(small(), 0..4).prop_map(C::OneOf),
    ];
    (constraint, prop::bool::weighted(0.15)).prop_map(|(constraint, negated)| NumberMember {
        constraint,
        negated,
    })
}

/// Negated divisors and integers are decided at the close, and exponents past four digits or completions of
/// many digits are beyond enumeration: there, only "never kill" is checked.
fn is_exact(members: &[NumberMember]) -> bool {
    members.iter().all(|member| {
        let loose = matches!(
            member.constraint,
            C::Integer | C::LexicalInteger | C::MultipleOf(_)
        );
        !(member.negated && loose)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// A viable prefix is never killed, and the verdict at the close is exact.
    #[test]
    fn never_kills_and_judges_exactly(
        members in prop::collection::vec(member(), 0..4),
        text in "-?(0|[157][0157]{0,3})(\\.[0157]{1,3})?(e-?[0157])?",
    ) {
        let language = language(&members);
        let expected = allowed(&members, &text);
        prop_assert_eq!(verdict(&language, &text), expected, "{:?} {}", members, text);
    }

    /// A prefix that is called alive has a completion, and one called dead has none.
    #[test]
    fn alive_means_completable(
        members in prop::collection::vec(member(), 0..4),
        prefix in "-?([157][0157]{0,2}|0)?",
        tail in "(\\.[0157]{0,1})?(e-?[0157]{0,1})?",
    ) {
        let text = if prefix.is_empty() || prefix == "-" { prefix } else { format!("{prefix}{tail}") };
        let language = language(&members);
        let mut state = language.start();
        let alive = language.step_bytes(&mut state, text.as_bytes()).is_ok() && !state.is_dead();
        let found = completions(&text, 4, &mut |whole| allowed(&members, whole));
        prop_assert!(alive || !found, "killed {:?} {}", members, text);
        let loose = !alive || !is_exact(&members);
        prop_assert!(found || loose || beyond(&members, &text), "kept {:?} {}", members, text);
    }
}

/// A constraint that the value satisfies, often only just.
fn satisfied(value: &Decimal, kind: u8, places: i64) -> Option<NumberMember> {
    let smaller = if value.is_negative() { places } else { -places };
    let step = |places| Decimal::from_digits(false, &[1], value.exponent() + 1 - places);
    let (zero, whole) = (value.is_zero(), value.is_integer());
    Some(match kind {
        0 => C::Minimum(value.shifted(smaller)).into(),
        1 => C::Maximum(value.shifted(-smaller)).into(),
        2 if !zero && places > 0 => C::ExclusiveMinimum(value.shifted(smaller)).into(),
        3 if !zero && places > 0 => C::ExclusiveMaximum(value.shifted(-smaller)).into(),
        4 if !zero => C::MultipleOf(value.magnitude().shifted(-places)).into(),
        5 => C::MultipleOf(step(places)).into(),
        6 => C::OneOf(vec![value.clone(), Decimal::from(7), Decimal::from(-10)]).into(),
        7 if !zero => NumberMember::not(C::OneOf(vec![value.shifted(places + 1)])),
        8 if whole => C::Integer.into(),
        _ => return None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    /// Bounds, steps and sets around a number: none of its prefixes may die.
    #[test]
    fn no_prefix_of_an_accepted_number_dies(
        text in "-?(0|[1-9][0-9]{0,4})(\\.[0-9]{1,4})?([eE][+-]?[0-9]{1,2})?",
        asked in prop::collection::vec((0u8..9, 0i64..4), 0..5),
    ) {
        let value = decimal(&text);
        let members: Vec<NumberMember> =
            asked.iter().filter_map(|&(kind, places)| satisfied(&value, kind, places)).collect();
        let language = language(&members);
        prop_assert_eq!(dead_at(&language, &text), None, "{:?}", members);
        prop_assert!(verdict(&language, &text), "{:?}", members);
    }
}

/// Whether a completion is found among those that the enumeration does not try.
fn beyond(members: &[NumberMember], text: &str) -> bool {
    let short = (0..1000).map(|number: u32| number.to_string());
    let padded = (0..100).map(|number: u32| format!("{number:02}"));
    let mut digits = short.chain(padded).chain([String::new()]);
    let tails = [
        "", "-", "e", "e-", "0e", "00e", ".0e", "e1", "e-1", ".5e", ".25e", ".75e",
    ];
    digits.any(|more| {
        tails.iter().any(|tail| {
            (0..12).any(|exponent| {
                allowed(members, &format!("{text}{more}{tail}{exponent}"))
                    || allowed(members, &format!("{text}.{more}e{exponent}"))
                    || allowed(members, &format!("{text}.{more}e-{exponent}"))
            })
        })
    })
}

#[test]
fn a_byte_outside_the_grammar_is_fatal() {
    let language = language(&[]);
    let mut state = language.start();
    assert_eq!(language.step(&mut state, b'+'), Life::Dead);
    assert_eq!(dead_at(&language, "01"), Some(1));
    assert_eq!(dead_at(&language, "1.e"), Some(2));
    assert_eq!(dead_at(&language, "1e+5."), Some(4));
}

#[test]
fn failing_members_are_named() {
    let members = [
        C::Integer.into(),
        C::Maximum(decimal("50")).into(),
        C::MultipleOf(decimal("7")).into(),
    ];
    let language = language(&members);
    let mut state = language.start();
    assert_eq!(language.step_bytes(&mut state, b"49.5"), Err(3));
    assert_eq!(language.failing(&state), vec![0, 2]);
    let mut state = language.start();
    assert_eq!(language.step_bytes(&mut state, b"421"), Err(2));
    assert_eq!(language.failing(&state), vec![1, 2]);
}

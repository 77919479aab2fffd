//! Any bounds and divisors, any text as a number: no panic, and verdicts that exact arithmetic on the
//! finished number confirms.
#![no_main]

use atomic_core::schema::number::{
    Decimal, DecimalError, Exponents, NumberConstraint as Constraint, NumberLanguage, NumberMember,
};
use atomic_core::schema::text::Answer;
use libfuzzer_sys::fuzz_target;

fn constraint(kind: u8, value: Decimal) -> Constraint {
    match kind % 7 {
        0 => Constraint::Minimum(value),
        1 => Constraint::ExclusiveMinimum(value),
        2 => Constraint::Maximum(value),
        3 => Constraint::ExclusiveMaximum(value),
        4 => Constraint::MultipleOf(value),
        5 => Constraint::OneOf(vec![value, Decimal::from(10), Decimal::zero()]),
        _ => Constraint::Integer,
    }
}

/// What a finished number says; nothing where only the language's own arithmetic could tell.
fn holds(member: &NumberMember, value: &Decimal) -> Option<bool> {
    let yes = match &member.constraint {
        Constraint::Minimum(bound) => value >= bound,
        Constraint::ExclusiveMinimum(bound) => value > bound,
        Constraint::Maximum(bound) => value <= bound,
        Constraint::ExclusiveMaximum(bound) => value < bound,
        Constraint::MultipleOf(step) => match (value.to_i128(), step.to_i128()) {
            (Some(value), Some(step)) => value % step == 0,
            _ => return None,
        },
        Constraint::OneOf(values) => values.contains(value),
        Constraint::Integer | Constraint::LexicalInteger => value.is_integer(),
    };
    Some(yes != member.negated)
}

fuzz_target!(|input: (Vec<(u8, bool, i32, i8)>, bool, &str)| {
    let (asked, plain, text) = input;
    let members: Vec<NumberMember> = asked
        .iter()
        .take(6)
        .filter_map(|&(kind, negated, digits, exponent)| {
            let value = Decimal::parse(&format!("{digits}e{exponent}")).ok()?;
            Some(NumberMember {
                constraint: constraint(kind, value),
                negated,
            })
        })
        .collect();
    let exponents = if plain {
        Exponents::Unexpected
    } else {
        Exponents::Exact
    };
    let Ok(language) = NumberLanguage::compile(&members, exponents) else {
        return;
    };
    let mut state = language.start();
    let walked = language.step_bytes(&mut state, text.as_bytes());
    let accepted = walked.is_ok() && language.accepts(&state) == Answer::Yes;
    let value = match Decimal::parse(text) {
        Ok(value) => value,
        Err(DecimalError::Limit) => return,
        Err(DecimalError::Syntax) => {
            assert!(!accepted, "a text that is no number");
            return;
        }
    };
    let verdicts: Option<Vec<bool>> = members.iter().map(|member| holds(member, &value)).collect();
    if let (Some(verdicts), false) = (verdicts, plain) {
        assert_eq!(
            accepted,
            verdicts.iter().all(|&yes| yes),
            "{members:?} {text}"
        );
    }
});

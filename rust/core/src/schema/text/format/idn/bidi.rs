//! The Bidi rule for labels (RFC 5893 §2).

use crate::schema::text::pattern::class;

/// `Bidi_Class`, as far as the rule tells the classes apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// `L`
    Left,
    /// `R` and `AL`
    Right,
    /// `AN`
    ArabicNumber,
    /// `EN`
    EuropeanNumber,
    /// `NSM`
    Mark,
    /// `ES`, `CS`, `ET`, `ON` and `BN`
    Neutral,
}

/// The classes of characters that labels may hold, from the defaults of `DerivedBidiClass.txt` by
/// block, digits and marks apart.
fn classify(c: char) -> Class {
    match c {
        '0'..='9' | '\u{6f0}'..='\u{6f9}' => Class::EuropeanNumber,
        '\u{600}'..='\u{605}'
        | '\u{660}'..='\u{669}'
        | '\u{66b}'
        | '\u{66c}'
        | '\u{6dd}'
        | '\u{8e2}'
        | '\u{10d30}'..='\u{10d39}'
        | '\u{10e60}'..='\u{10e7e}' => Class::ArabicNumber,
        '-' | '\u{b7}' | '\u{375}' | '\u{30fb}' | '\u{200c}' | '\u{200d}' => Class::Neutral,
        _ if is_mark(c) => Class::Mark,
        '\u{590}'..='\u{8ff}'
        | '\u{fb1d}'..='\u{fdff}'
        | '\u{fe70}'..='\u{feff}'
        | '\u{10800}'..='\u{10fff}'
        | '\u{1e800}'..='\u{1efff}' => Class::Right,
        _ => Class::Left,
    }
}

fn is_mark(c: char) -> bool {
    let set = |name| class::property(name).is_some_and(|set| class::contains(&set, c));
    !c.is_ascii() && !c.is_alphabetic() && (set("Mn") || set("Me"))
        || matches!(c, '\u{5b0}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}')
}

/// Whether a label makes its name one to which the rule applies.
pub(super) fn is_right_to_left(label: &str) -> bool {
    label
        .chars()
        .map(classify)
        .any(|class| matches!(class, Class::Right | Class::ArabicNumber))
}

/// The six conditions.
pub(super) fn satisfies_rule(label: &str) -> bool {
    let classes: Vec<Class> = label.chars().map(classify).collect();
    let last = classes
        .iter()
        .rev()
        .find(|&&class| class != Class::Mark)
        .copied();
    let has = |class| classes.contains(&class);
    match classes.first() {
        Some(Class::Right) => {
            let ends = matches!(
                last,
                Some(Class::Right | Class::EuropeanNumber | Class::ArabicNumber)
            );
            ends && !has(Class::Left) && !(has(Class::EuropeanNumber) && has(Class::ArabicNumber))
        }
        Some(Class::Left) => {
            let ends = matches!(last, Some(Class::Left | Class::EuropeanNumber));
            ends && !has(Class::Right) && !has(Class::ArabicNumber)
        }
        _ => false,
    }
}

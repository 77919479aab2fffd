//! The character sets that escapes and properties stand for.
//!
//! ECMA-262 defines `\d`, `\w` and `.` over ASCII and line terminators, `\s` over its `WhiteSpace`
//! and `LineTerminator` productions; Unicode properties come from the tables of `regex-syntax`.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

/// The set of the given inclusive ranges.
pub(crate) fn of(ranges: &[(char, char)]) -> ClassUnicode {
    ClassUnicode::new(
        ranges
            .iter()
            .map(|&(start, end)| ClassUnicodeRange::new(start, end)),
    )
}

/// Every scalar value.
pub(crate) fn any() -> ClassUnicode {
    of(&[('\0', char::MAX)])
}

/// No scalar value at all: `[]`.
pub(crate) fn none() -> ClassUnicode {
    ClassUnicode::empty()
}

/// One character.
pub(crate) fn one(c: char) -> ClassUnicode {
    of(&[(c, c)])
}

/// `\d`.
pub(crate) fn digit() -> ClassUnicode {
    of(&[('0', '9')])
}

/// `\w`.
pub(crate) fn word() -> ClassUnicode {
    of(&[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')])
}

/// `\s`: `WhiteSpace` (tab, vertical tab, form feed, U+FEFF, `Space_Separator`) and `LineTerminator`.
pub(crate) fn space() -> ClassUnicode {
    of(&[
        ('\t', '\r'),
        (' ', ' '),
        ('\u{a0}', '\u{a0}'),
        ('\u{1680}', '\u{1680}'),
        ('\u{2000}', '\u{200a}'),
        ('\u{2028}', '\u{2029}'),
        ('\u{202f}', '\u{202f}'),
        ('\u{205f}', '\u{205f}'),
        ('\u{3000}', '\u{3000}'),
        ('\u{feff}', '\u{feff}'),
    ])
}

/// `.`: everything but the line terminators.
pub(crate) fn dot() -> ClassUnicode {
    negated(of(&[('\n', '\n'), ('\r', '\r'), ('\u{2028}', '\u{2029}')]))
}

/// What the set leaves out.
pub(crate) fn negated(mut class: ClassUnicode) -> ClassUnicode {
    class.negate();
    class
}

/// `\p{name}` or `\p{name=value}`; `None` where the tables know no such property.
pub(crate) fn property(name: &str) -> Option<ClassUnicode> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '=');
    if name.is_empty() || !name.chars().all(plain) {
        return None;
    }
    let hir = regex_syntax::parse(&format!("\\p{{{name}}}")).ok()?;
    match hir.kind() {
        HirKind::Class(Class::Unicode(class)) => Some(class.clone()),
        // A property of one character (`Zl`, `Zp`) comes back as a literal.
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            text.chars().next().map(one)
        }
        _ => None,
    }
}

/// Whether the set holds the character.
pub(crate) fn contains(class: &ClassUnicode, c: char) -> bool {
    let ranges = class.ranges();
    let after = ranges.partition_point(|range| range.start() <= c);
    after > 0 && ranges[after - 1].end() >= c
}

/// Whether `\w` holds the character.
pub(crate) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

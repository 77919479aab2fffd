//! Which code points labels may hold: the derived property of RFC 5892.

use regex_syntax::hir::ClassUnicode;
use unicode_normalization::UnicodeNormalization;

use crate::schema::text::pattern::class;

/// What a code point may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// Stand anywhere (`PVALID`).
    Valid,
    /// Stand where its rule holds (`CONTEXTJ`, `CONTEXTO`).
    Context,
    /// Stand nowhere (`DISALLOWED`, `UNASSIGNED`).
    Disallowed,
}

/// The Unicode properties that the derivation asks for.
pub(super) struct Repertoire {
    letters_and_digits: ClassUnicode,
    marks: ClassUnicode,
    ignorable: ClassUnicode,
    folded: ClassUnicode,
}

/// Code points that are valid although the derivation says otherwise (§2.6).
const VALID: [char; 6] = [
    '\u{df}', '\u{3c2}', '\u{6fd}', '\u{6fe}', '\u{f0b}', '\u{3007}',
];

fn union(names: &[&str]) -> ClassUnicode {
    let mut all = ClassUnicode::empty();
    for name in names {
        if let Some(set) = class::property(name) {
            all.union(&set);
        }
    }
    all
}

impl Repertoire {
    pub(super) fn new() -> Repertoire {
        Repertoire {
            letters_and_digits: union(&["Ll", "Lu", "Lo", "Nd", "Lm", "Mn", "Mc"]),
            marks: union(&["Mn", "Mc", "Me"]),
            ignorable: union(&[
                "Default_Ignorable_Code_Point",
                "White_Space",
                "Noncharacter_Code_Point",
            ]),
            folded: union(&["Changes_When_Casefolded"]),
        }
    }

    /// A combining mark, with which no label may begin.
    pub(super) fn is_mark(&self, c: char) -> bool {
        class::contains(&self.marks, c)
    }

    /// §3, in the order given there.
    pub(super) fn status(&self, c: char) -> Status {
        match c {
            _ if VALID.contains(&c) => Status::Valid,
            '\u{b7}'
            | '\u{375}'
            | '\u{5f3}'
            | '\u{5f4}'
            | '\u{30fb}'
            | '\u{200c}'
            | '\u{200d}'
            | '\u{660}'..='\u{669}'
            | '\u{6f0}'..='\u{6f9}' => Status::Context,
            _ if self.is_excluded(c) => Status::Disallowed,
            _ if class::contains(&self.letters_and_digits, c) || c == '-' => Status::Valid,
            _ => Status::Disallowed,
        }
    }

    /// Excluded by name (§2.6), or by a property before letters are asked for.
    fn is_excluded(&self, c: char) -> bool {
        let named = matches!(
            c,
            '\u{640}' | '\u{7fa}' | '\u{302e}' | '\u{302f}' | '\u{3031}'..='\u{3035}' | '\u{303b}'
        );
        named || self.is_unstable(c) || self.is_ignorable(c)
    }

    /// Changed by normalisation or case folding (§2.2).
    fn is_unstable(&self, c: char) -> bool {
        class::contains(&self.folded, c) || !std::iter::once(c).nfkc().eq([c])
    }

    /// §2.3, §2.4 and §2.9: ignorable properties and blocks, and conjoining Hangul.
    fn is_ignorable(&self, c: char) -> bool {
        let blocks = matches!(
            c,
            '\u{20d0}'..='\u{20ff}'
                | '\u{1d100}'..='\u{1d24f}'
                | '\u{1100}'..='\u{11ff}'
                | '\u{a960}'..='\u{a97f}'
                | '\u{d7b0}'..='\u{d7ff}'
        );
        blocks || class::contains(&self.ignorable, c)
    }
}

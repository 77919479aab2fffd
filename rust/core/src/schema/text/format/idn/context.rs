//! Where the code points with a contextual rule may stand (RFC 5892 appendix A).

use regex_syntax::hir::ClassUnicode;

use super::repertoire::Repertoire;
use crate::schema::text::pattern::class;

/// Whether the rule of the code point at this place holds.
pub(super) fn allows(label: &[char], at: usize, repertoire: &Repertoire) -> bool {
    let before = at.checked_sub(1).map(|before| label[before]);
    let after = label.get(at + 1).copied();
    let script = |c: Option<char>, names: &[&str]| {
        c.is_some_and(|c| names.iter().any(|name| class::contains(&named(name), c)))
    };
    match label[at] {
        '\u{200c}' => before.is_some_and(is_virama) || joins(label, at, repertoire),
        '\u{200d}' => before.is_some_and(is_virama),
        '\u{b7}' => before == Some('l') && after == Some('l'),
        '\u{375}' => script(after, &["Greek"]),
        '\u{5f3}' | '\u{5f4}' => script(before, &["Hebrew"]),
        '\u{30fb}' => label
            .iter()
            .any(|&c| script(Some(c), &["Hiragana", "Katakana", "Han"])),
        '\u{660}'..='\u{669}' => !label.iter().any(|c| ('\u{6f0}'..='\u{6f9}').contains(c)),
        '\u{6f0}'..='\u{6f9}' => !label.iter().any(|c| ('\u{660}'..='\u{669}').contains(c)),
        _ => false,
    }
}

fn named(script: &str) -> ClassUnicode {
    class::property(&format!("Script={script}")).unwrap_or_else(ClassUnicode::empty)
}

/// Appendix A.1: the non-joiner between letters that would join, marks in between left out.
fn joins(label: &[char], at: usize, repertoire: &Repertoire) -> bool {
    let transparent = |c: &&char| repertoire.is_mark(**c);
    let before = label[..at].iter().rev().find(|c| !transparent(c));
    let after = label[at + 1..].iter().find(|c| !transparent(c));
    let forward = before.is_some_and(|&c| is_joining(c) && !joins_only_before(c));
    forward && after.is_some_and(|&c| is_joining(c))
}

/// Letters with a joining behaviour, of the cursive scripts (Unicode, `ArabicShaping.txt`): those
/// of `Joining_Type` `Dual_Joining`, and `Right_Joining` ([`joins_only_before`]).
fn is_joining(c: char) -> bool {
    let alone = matches!(
        c,
        '\u{621}' | '\u{674}' | '\u{6d4}' | '\u{6dd}' | '\u{880}'..='\u{888}'
    );
    let letters = matches!(
        c,
        '\u{620}'..='\u{64a}'
            | '\u{66e}'..='\u{6d5}'
            | '\u{6ee}'..='\u{6ff}'
            | '\u{710}'..='\u{72f}'
            | '\u{74d}'..='\u{77f}'
            | '\u{7ca}'..='\u{7ea}'
            | '\u{840}'..='\u{858}'
            | '\u{860}'..='\u{86a}'
            | '\u{870}'..='\u{8c8}'
            | '\u{1820}'..='\u{18aa}'
            | '\u{a840}'..='\u{a872}'
            | '\u{10ac0}'..='\u{10aef}'
            | '\u{10b80}'..='\u{10baf}'
            | '\u{10d00}'..='\u{10d23}'
            | '\u{1e900}'..='\u{1e943}'
    );
    letters && !alone
}

/// `Joining_Type` `Right_Joining` in the Arabic and Syriac blocks: alef, dal, reh, waw and their kin.
fn joins_only_before(c: char) -> bool {
    matches!(
        c,
        '\u{622}'..='\u{625}'
            | '\u{627}'
            | '\u{629}'
            | '\u{62f}'..='\u{632}'
            | '\u{648}'
            | '\u{671}'..='\u{673}'
            | '\u{675}'..='\u{677}'
            | '\u{688}'..='\u{699}'
            | '\u{6c0}'
            | '\u{6c3}'..='\u{6cb}'
            | '\u{6cd}'
            | '\u{6cf}'
            | '\u{6d2}'
            | '\u{6d3}'
            | '\u{6d5}'
            | '\u{6ee}'
            | '\u{6ef}'
            | '\u{710}'
            | '\u{715}'..='\u{719}'
            | '\u{71e}'
            | '\u{728}'
            | '\u{72a}'
            | '\u{72c}'
            | '\u{72f}'
            | '\u{74d}'
            | '\u{759}'..='\u{75b}'
            | '\u{76b}'
            | '\u{76c}'
            | '\u{771}'
            | '\u{773}'
            | '\u{774}'
            | '\u{778}'
            | '\u{779}'
    )
}

/// `Canonical_Combining_Class` `Virama`.
fn is_virama(c: char) -> bool {
    const VIRAMAS: [u32; 65] = [
        0x94d, 0x9cd, 0xa4d, 0xacd, 0xb4d, 0xbcd, 0xc4d, 0xccd, 0xd3b, 0xd3c, 0xd4d, 0xdca, 0xe3a,
        0xeba, 0xf84, 0x1039, 0x103a, 0x1714, 0x1715, 0x1734, 0x17d2, 0x1a60, 0x1b44, 0x1baa,
        0x1bab, 0x1bf2, 0x1bf3, 0x2d7f, 0xa806, 0xa82c, 0xa8c4, 0xa953, 0xa9c0, 0xaaf6, 0xabed,
        0x1_0a3f, 0x1_1046, 0x1_1070, 0x1_107f, 0x1_10b9, 0x1_1133, 0x1_1134, 0x1_11c0, 0x1_1235,
        0x1_12ea, 0x1_134d, 0x1_1442, 0x1_14c2, 0x1_15bf, 0x1_163f, 0x1_16b6, 0x1_172b, 0x1_1839,
        0x1_193d, 0x1_193e, 0x1_19e0, 0x1_1a34, 0x1_1a47, 0x1_1a99, 0x1_1c3f, 0x1_1d44, 0x1_1d45,
        0x1_1d97, 0x1_1f41, 0x1_1f42,
    ];
    VIRAMAS.binary_search(&u32::from(c)).is_ok()
}

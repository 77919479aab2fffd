//! Internationalised domain names by IDNA 2008 (RFC 5890 to RFC 5893).

mod bidi;
mod context;
mod punycode;
mod repertoire;

use unicode_normalization::is_nfc;

use repertoire::{Repertoire, Status};

/// Longest label and longest name, in octets of the ASCII form (RFC 1035 §2.3.4, less the root).
const MAX_LABEL: usize = 63;
pub(super) const MAX_NAME: usize = 253;

/// The dots that separate labels (RFC 3490 §3.1).
const DOTS: [char; 4] = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'];

/// Whether an ASCII name by the grammar is short enough and its A-labels stand for U-labels.
pub(super) fn is_hostname(name: &str) -> bool {
    name.len() <= MAX_NAME
        && name
            .split('.')
            .all(|label| !is_encoded(label) || decoded(label).is_some())
}

/// Whether a name is one of LDH labels, A-labels and U-labels.
pub(super) fn is_idn_hostname(name: &str) -> bool {
    let Some(labels) = name
        .split(DOTS)
        .map(Label::new)
        .collect::<Option<Vec<Label>>>()
    else {
        return false;
    };
    let length = labels.iter().map(|label| label.octets + 1).sum::<usize>() - 1;
    let right_to_left = labels
        .iter()
        .any(|label| bidi::is_right_to_left(&label.unicode));
    length <= MAX_NAME
        && (!right_to_left
            || labels
                .iter()
                .all(|label| bidi::satisfies_rule(&label.unicode)))
}

/// A label that is valid by itself.
struct Label {
    unicode: String,
    /// Length of the ASCII form.
    octets: usize,
}

impl Label {
    fn new(label: &str) -> Option<Label> {
        if is_encoded(label) {
            return Some(Label {
                unicode: decoded(label)?,
                octets: label.len(),
            });
        }
        let hyphens = label.starts_with('-') || label.ends_with('-') || has_reserved_hyphens(label);
        if label.is_empty() || hyphens {
            return None;
        }
        let octets = if label.is_ascii() {
            let fits = label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-');
            fits.then_some(label.len())?
        } else {
            is_valid(label).then(|| punycode::encode(label))??.len() + "xn--".len()
        };
        (octets <= MAX_LABEL).then(|| Label {
            unicode: label.to_owned(),
            octets,
        })
    }
}

/// `--` in the third and fourth place is kept for encodings (RFC 5891 §4.2.3.1).
fn has_reserved_hyphens(label: &str) -> bool {
    label.chars().skip(2).take(2).eq(['-', '-'])
}

fn is_encoded(label: &str) -> bool {
    label
        .get(..4)
        .is_some_and(|prefix| prefix.eq_ignore_ascii_case("xn--"))
}

/// The U-label that an A-label stands for, if it does.
fn decoded(label: &str) -> Option<String> {
    let ascii = label.get(4..)?.to_ascii_lowercase();
    let unicode = punycode::decode(&ascii)?;
    let hyphens =
        unicode.starts_with('-') || unicode.ends_with('-') || has_reserved_hyphens(&unicode);
    let canonical = punycode::encode(&unicode)? == ascii;
    let valid = label.len() <= MAX_LABEL && !unicode.is_ascii() && canonical && !hyphens;
    let reads = !bidi::is_right_to_left(&unicode) || bidi::satisfies_rule(&unicode);
    (valid && reads && is_valid(&unicode)).then_some(unicode)
}

/// Whether every character may stand where it does (RFC 5891 §4.2).
fn is_valid(label: &str) -> bool {
    let repertoire = Repertoire::new();
    let chars: Vec<char> = label.chars().collect();
    let marked = chars
        .first()
        .is_some_and(|&first| repertoire.is_mark(first));
    let allowed = |(at, &c): (usize, &char)| match repertoire.status(c) {
        Status::Valid => true,
        Status::Disallowed => false,
        Status::Context => context::allows(&chars, at, &repertoire),
    };
    !marked && is_nfc(label) && chars.iter().enumerate().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_checked_one_by_one() {
        for name in [
            "example.com",
            "실례.테스트",
            "faß.de",
            "l·l",
            "xn--zca29lwxobi7a",
            "بي\u{200c}بي",
        ] {
            assert!(is_idn_hostname(name), "{name}");
        }
        for name in [
            "a..b",
            "-a",
            "Ünter",
            "ﬁ",
            "a·b",
            "xn--x",
            "aא",
            "0a.א",
            "क\u{200d}ष",
            "√",
        ] {
            assert!(!is_idn_hostname(name), "{name}");
        }
        assert!(is_hostname("a--b.com"));
        assert!(!is_hostname("XN--aa---o47jg78q"));
    }
}

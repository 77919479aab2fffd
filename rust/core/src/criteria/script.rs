//! `script`: the writing system of most letters, a cheap sign of the language.

use serde_json::Value;

use super::fields::{Fields, Malformed};

/// Blocks of the Unicode Standard (`Blocks.txt`) that hold the letters of living languages, by script.
const SCRIPTS: &[(&str, &[(char, char)])] = &[
    (
        "latin",
        &[
            ('A', 'z'),
            ('\u{c0}', '\u{24f}'),
            ('\u{1e00}', '\u{1eff}'),
            ('\u{ff21}', '\u{ff5a}'),
        ],
    ),
    (
        "cyrillic",
        &[
            ('\u{400}', '\u{52f}'),
            ('\u{1c80}', '\u{1c8f}'),
            ('\u{2de0}', '\u{2dff}'),
        ],
    ),
    ("greek", &[('\u{370}', '\u{3ff}'), ('\u{1f00}', '\u{1fff}')]),
    (
        "arabic",
        &[
            ('\u{600}', '\u{6ff}'),
            ('\u{750}', '\u{77f}'),
            ('\u{8a0}', '\u{8ff}'),
            ('\u{fb50}', '\u{fdff}'),
            ('\u{fe70}', '\u{feff}'),
        ],
    ),
    (
        "hebrew",
        &[('\u{590}', '\u{5ff}'), ('\u{fb1d}', '\u{fb4f}')],
    ),
    (
        "devanagari",
        &[('\u{900}', '\u{97f}'), ('\u{a8e0}', '\u{a8ff}')],
    ),
    ("bengali", &[('\u{980}', '\u{9ff}')]),
    ("tamil", &[('\u{b80}', '\u{bff}')]),
    ("thai", &[('\u{e00}', '\u{e7f}')]),
    (
        "georgian",
        &[('\u{10a0}', '\u{10ff}'), ('\u{1c90}', '\u{1cbf}')],
    ),
    ("armenian", &[('\u{530}', '\u{58f}')]),
    (
        "han",
        &[
            ('\u{2e80}', '\u{2fdf}'),
            ('\u{3400}', '\u{4dbf}'),
            ('\u{4e00}', '\u{9fff}'),
            ('\u{f900}', '\u{faff}'),
            ('\u{20000}', '\u{3134f}'),
        ],
    ),
    (
        "japanese",
        &[
            ('\u{3040}', '\u{30ff}'),
            ('\u{31f0}', '\u{31ff}'),
            ('\u{3400}', '\u{4dbf}'),
            ('\u{4e00}', '\u{9fff}'),
            ('\u{ff66}', '\u{ff9f}'),
        ],
    ),
    (
        "hangul",
        &[
            ('\u{1100}', '\u{11ff}'),
            ('\u{3130}', '\u{318f}'),
            ('\u{ac00}', '\u{d7af}'),
        ],
    ),
];

/// `{"script": "latin"}` or `{"script": {"is": "latin", "share": 0.8, "letters": 100}}`.
///
/// Decided once `letters` letters were seen, or at the end; a text without letters is met.
#[derive(Clone, Copy, Debug)]
pub(super) struct Script {
    ranges: &'static [(char, char)],
    share: f64,
    letters: u64,
}

impl Script {
    pub(super) fn read(value: &Value, place: &str) -> Result<Self, Malformed> {
        let wrapped;
        let value = if value.is_string() {
            wrapped = serde_json::json!({ "is": value });
            &wrapped
        } else {
            value
        };
        let mut fields = Fields::of(value, place)?;
        let ranges = fields.word("is", SCRIPTS)?;
        let script = Self {
            ranges: fields.need("is", ranges)?,
            share: fields.amount("share")?.unwrap_or(0.8),
            letters: fields.positive("letters")?.unwrap_or(100),
        };
        if script.share > 1.0 {
            return Err(fields.error("share", "expected a number in 0..=1"));
        }
        fields.done()?;
        Ok(script)
    }

    pub(super) fn probe(self) -> Probe {
        Probe {
            criterion: self,
            letters: 0,
            inside: 0,
        }
    }
}

/// The count in one text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probe {
    criterion: Script,
    letters: u64,
    inside: u64,
}

impl Probe {
    pub(super) fn feed(&mut self, text: &str, offset: usize) -> Option<(bool, usize)> {
        let letters = text.char_indices().filter(|(_, char)| char.is_alphabetic());
        for (at, char) in letters {
            let within = |(low, high): &(char, char)| (*low..=*high).contains(&char);
            self.letters += 1;
            self.inside += u64::from(self.criterion.ranges.iter().any(within));
            if self.letters == self.criterion.letters {
                return Some((self.finish(), offset + at + char.len_utf8()));
            }
        }
        None
    }

    pub(super) fn finish(self) -> bool {
        self.inside as f64 >= self.criterion.share * self.letters as f64
    }
}

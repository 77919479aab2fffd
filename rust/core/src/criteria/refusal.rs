//! `refusal`: the phrases by which a model refuses, near the beginning of its answer.

use serde_json::Value;

use super::fields::{Fields, Malformed};
use super::needle::{Needle, Scan};
use super::pattern::Scratch;

/// Characters at the beginning in which a refusal is looked for: further on such words are quotations more often.
const WINDOW: u64 = 240;

/// English phrases of refusal. "I can't help but notice" is none of them.
const PHRASES: &str = concat!(
    r"\bI(?:['’]m| am)? (?:very |so |really |truly )?(?:sorry|afraid)[,.]? (?:but )?(?:that )?I (?:can(?:no|['’])t|can not|am unable|won['’]t)",
    r"|\bI (?:can(?:no|['’])t|can not|won['’]t|am unable to|am not able to|must decline to|will not) ",
    r"(?:assist|comply|fulfil|engage|provide|answer that|discuss|do that|do this|continue with|help (?:you|with))",
    r"|\bI['’]m (?:unable to|not able to) (?:assist|comply|fulfil|engage|provide|answer|discuss|do|continue|help)",
    r"|\bas an AI(?: language model| model| assistant)?,? I",
    r"|\b(?:goes )?against (?:my|our) (?:guidelines|polic(?:y|ies)|programming)",
);

/// `{"refusal": true}` or `{"refusal": {"within_chars": n, "phrases": ["…"]}}`; own phrases replace the built-in ones.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    needle: Needle,
    window: u64,
}

impl Refusal {
    pub(super) fn read(value: &Value, place: &str) -> Result<Self, Malformed> {
        let empty = Value::Object(serde_json::Map::new());
        let value = if value == &Value::Bool(true) {
            &empty
        } else {
            value
        };
        let mut fields = Fields::of(value, place)?;
        let window = fields.positive("within_chars")?.unwrap_or(WINDOW);
        let phrases = fields.strings("phrases")?;
        let pattern = match &phrases {
            None => PHRASES.to_owned(),
            Some(phrases) => {
                let phrases: Vec<_> = phrases
                    .iter()
                    .map(|one| regex_syntax::escape(one))
                    .collect();
                phrases.join("|")
            }
        };
        let needle =
            Needle::pattern(&pattern, true).map_err(|what| fields.error("phrases", what))?;
        fields.done()?;
        Ok(Self { needle, window })
    }

    pub(super) fn probe(&self) -> Probe {
        Probe {
            scan: self.needle.scan(),
            left: self.window,
            criterion: self.clone(),
            found: None,
        }
    }
}

/// The search in one text.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    criterion: Refusal,
    scan: Scan,
    /// Characters of the window still to come.
    left: u64,
    found: Option<usize>,
}

impl Probe {
    pub(super) fn feed(
        &mut self,
        text: &str,
        offset: usize,
        scratch: &mut Scratch,
    ) -> Option<(bool, usize)> {
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        let within = text
            .char_indices()
            .nth(left)
            .map_or(text, |(end, _)| &text[..end]);
        self.left -= (within.chars().count() as u64).min(self.left);
        let needle = &self.criterion.needle;
        if let Some(found) = self.scan.feed(needle, within, offset, scratch) {
            self.found = Some(found.start);
            return Some((false, found.end));
        }
        if self.left > 0 {
            return None;
        }
        let end = offset + within.len();
        Some((self.finish(scratch), end))
    }

    pub(super) fn finish(&mut self, scratch: &mut Scratch) -> bool {
        self.found = self.scan.finish(&self.criterion.needle, scratch);
        self.found.is_none()
    }

    /// Where the phrase, or what may become one, begins.
    pub(super) fn hold(&self) -> Option<usize> {
        self.found.or_else(|| self.scan.hold())
    }
}

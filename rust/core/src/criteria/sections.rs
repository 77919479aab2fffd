//! `sections`: headings that a text must have.

use std::sync::Arc;

use serde_json::Value;

use super::fields::{Fields, Malformed};

/// Bytes of a line that are kept: a longer line is no heading.
const LINE_LIMIT: usize = 512;
/// Titles of one criterion.
const TITLES_LIMIT: usize = 64;

/// `{"sections": ["Summary", "Next steps"]}` or `{"sections": {"titles": […], "ordered": true}}`.
///
/// A heading is a line `## Title`, `**Title**` or `Title:`; case, and a colon at the end, do not matter.
#[derive(Clone, Debug)]
pub(super) struct Sections {
    titles: Arc<[String]>,
    ordered: bool,
}

impl Sections {
    pub(super) fn read(value: &Value, place: &str) -> Result<Self, Malformed> {
        let wrapped;
        let value = if value.is_array() {
            wrapped = serde_json::json!({ "titles": value });
            &wrapped
        } else {
            value
        };
        let mut fields = Fields::of(value, place)?;
        let titles = fields.strings("titles")?;
        let titles = fields.need("titles", titles)?;
        let ordered = fields.bool("ordered")?.unwrap_or(false);
        fields.done()?;
        let titles: Arc<[_]> = titles.into_iter().map(normal).collect();
        if titles.is_empty() || titles.len() > TITLES_LIMIT || titles.contains(&String::new()) {
            let what = format!("needs 1 to {TITLES_LIMIT} titles, none empty");
            return Err(Malformed::new(place, what));
        }
        Ok(Self { titles, ordered })
    }

    pub(super) fn probe(&self) -> Probe {
        Probe {
            sections: self.clone(),
            found: 0,
            line: String::new(),
            long: false,
        }
    }
}

/// A title without case, colon and white space around it.
fn normal(title: &str) -> String {
    title.trim().trim_end_matches(':').trim().to_lowercase()
}

/// The title of a heading line.
fn heading(line: &str) -> Option<String> {
    let line = line.trim();
    let text = line.trim_start_matches('#');
    let hashes = line.len() - text.len();
    if (1..=6).contains(&hashes) && text.starts_with(char::is_whitespace) {
        return Some(normal(text.trim_end_matches('#')));
    }
    let plain = line.strip_suffix(':');
    let bold = plain.unwrap_or(line);
    let bold = bold
        .strip_prefix("**")
        .and_then(|rest| rest.strip_suffix("**"));
    bold.or(plain).map(normal)
}

/// The search in one text.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    sections: Sections,
    /// A bit a title that was found.
    found: u64,
    line: String,
    /// The line is too long for a heading.
    long: bool,
}

impl Probe {
    pub(super) fn feed(&mut self, text: &str, offset: usize) -> Option<(bool, usize)> {
        let mut at = 0;
        while let Some(length) = memchr::memchr(b'\n', &text.as_bytes()[at..]) {
            self.extend(&text[at..at + length]);
            at += length + 1;
            if let Some(met) = self.end_line() {
                return Some((met, offset + at));
            }
        }
        self.extend(&text[at..]);
        None
    }

    fn extend(&mut self, text: &str) {
        self.long |= self.line.len() + text.len() > LINE_LIMIT;
        if self.long {
            self.line.clear();
        } else {
            self.line.push_str(text);
        }
    }

    fn end_line(&mut self) -> Option<bool> {
        let title = heading(&self.line).filter(|_| !self.long);
        self.line.clear();
        self.long = false;
        let titles = &self.sections.titles;
        let index = titles
            .iter()
            .position(|known| Some(known) == title.as_ref())?;
        // The first one not yet found is the next in order.
        let in_order = self.found.trailing_ones() as usize >= index;
        self.found |= 1 << index;
        if self.sections.ordered && !in_order {
            return Some(false);
        }
        (self.found.count_ones() as usize == titles.len()).then_some(true)
    }

    pub(super) fn finish(&mut self) -> bool {
        self.end_line() == Some(true)
    }
}

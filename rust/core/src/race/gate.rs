//! The commit gate, and the characters at which something must be looked at.

use super::config::Gate;
use super::lane::Body;

/// Characters that end a sentence by themselves.
const FULL_STOPS: [char; 4] = ['\n', '。', '！', '？'];

/// Whether a sentence or line ends with `char`, given the character before it.
fn ends_sentence(before: Option<char>, char: char) -> bool {
    FULL_STOPS.contains(&char)
        || (char.is_whitespace() && matches!(before, Some('.' | '!' | '?' | '…')))
}

/// Bytes of `text` up to the end of its first sentence or line, given the character before it.
pub(super) fn sentence_end(before: Option<char>, text: &str) -> Option<usize> {
    let mut before = before;
    for (at, char) in text.char_indices() {
        if ends_sentence(before, char) {
            return Some(at + char.len_utf8());
        }
        before = Some(char);
    }
    None
}

/// Bytes of the first `chars` characters of `text`, or all of it.
pub(super) fn bytes_of(chars: u64, text: &str) -> usize {
    let chars = usize::try_from(chars).unwrap_or(usize::MAX);
    text.char_indices()
        .nth(chars)
        .map_or(text.len(), |(at, _)| at)
}

impl Gate {
    /// Whether any of the conditions holds for the lane at `now`; without conditions it always does.
    pub(super) fn is_open(&self, body: &Body, now: u64) -> bool {
        let Some(first) = body.first_char else {
            return false;
        };
        if self.settled && !body.referee.settled() {
            return false;
        }
        let unconditional =
            self.chars.is_none() && !self.sentence && !self.judge && self.hold_ns.is_none();
        unconditional
            || self.chars.is_some_and(|chars| body.chars >= chars)
            || (self.sentence && body.sentence)
            || (self.judge && body.judging.approved)
            || self
                .hold_ns
                .is_some_and(|hold| now >= first.saturating_add(hold))
    }

    /// Bytes of `text` after which the gate must be looked at: where it may open inside it.
    pub(super) fn next(&self, body: &Body, text: &str, now: u64) -> usize {
        if self.settled || self.opens_at_once(body, now) {
            return bytes_of(1, text);
        }
        let chars = self
            .chars
            .map(|chars| bytes_of(chars.saturating_sub(body.chars).max(1), text));
        let before = body.answer.chars().next_back();
        let sentence = if self.sentence {
            sentence_end(before, text)
        } else {
            None
        };
        chars
            .into_iter()
            .chain(sentence)
            .min()
            .unwrap_or(text.len())
    }

    /// Whether the next character opens it, whichever it is.
    fn opens_at_once(&self, body: &Body, now: u64) -> bool {
        let unconditional =
            self.chars.is_none() && !self.sentence && !self.judge && self.hold_ns.is_none();
        let first = body.first_char.unwrap_or(now);
        let held = |hold: u64| now >= first.saturating_add(hold);
        unconditional || (self.judge && body.judging.approved) || self.hold_ns.is_some_and(held)
    }
}

//! Lines and columns, counted only where somebody asks.

use super::verdict::{Position, Violation};

/// How many lines were read, and how much of the last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines {
    next: Position,
}

impl Default for Lines {
    fn default() -> Self {
        let next = Position { line: 1, column: 1 };
        Self { next }
    }
}

impl Position {
    /// Where a byte of a text is.
    #[must_use]
    pub fn of(text: &[u8], offset: usize) -> Self {
        Lines::default().at(text, offset.min(text.len()))
    }
}

impl Lines {
    /// Where a byte of the chunk that comes next is.
    fn at(mut self, chunk: &[u8], into: usize) -> Position {
        self.read(&chunk[..into]);
        // Inside a character its own column counts.
        let inside = chunk.get(into).is_some_and(|&byte| !begins(byte));
        self.next.column -= u64::from(inside && self.next.column > 1);
        self.next
    }

    /// Gives violations found in a chunk their positions, and reads it; it begins at `start`.
    pub fn locate(&mut self, violations: &mut [Violation], chunk: &[u8], start: u64) {
        for violation in violations {
            let Some(into) = u64::try_from(violation.offset)
                .ok()
                .and_then(|offset| offset.checked_sub(start))
            else {
                continue;
            };
            let into = usize::try_from(into).unwrap_or(usize::MAX).min(chunk.len());
            violation.position = Some(self.at(chunk, into));
            for cause in &mut violation.causes {
                cause.position = violation.position;
            }
        }
        self.read(chunk);
    }

    fn read(&mut self, text: &[u8]) {
        let last = match memchr::memrchr(b'\n', text) {
            None => text,
            Some(at) => {
                self.next.line += memchr::memchr_iter(b'\n', text).count() as u64;
                self.next.column = 1;
                &text[at + 1..]
            }
        };
        self.next.column += last.iter().filter(|&&byte| begins(byte)).count() as u64;
    }
}

/// Whether a byte begins a character.
const fn begins(byte: u8) -> bool {
    byte & 0xC0 != 0x80
}

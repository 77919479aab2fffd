//! Strings and keys: runs of text, UTF-8 sequences, escapes.

use super::super::escape::{Escape, Escaped};
use super::super::scan;
use super::super::sink::{Between, Sink, Step, Syntax};
use super::super::utf8::Grown;
use super::{Role, State, Tokenizer};

impl Tokenizer {
    /// A run of a string or key, and the byte that ends it.
    pub(super) fn text<S: Sink>(&mut self, role: Role, rest: &[u8], sink: &mut S) -> Step {
        if !self.pending.is_empty() {
            return self.sequence(rest[0], sink);
        }
        let (length, ascii) = scan::text_run(rest);
        let run = &rest[..length];
        if length > 0 {
            self.run(run, ascii, sink)?;
        }
        let Some(&byte) = rest.get(length) else {
            return Ok(());
        };
        if !self.pending.is_empty() {
            return self.refuse(Syntax::Utf8);
        }
        match byte {
            b'"' => {
                sink.text_end(self.at)?;
                self.state = if role == Role::Key {
                    State::Between(Between::Colon)
                } else {
                    self.ended()
                };
            }
            b'\\' => {
                sink.partial(&crate::json::Scalars::ALL, self.at)?;
                self.state = State::Escape(role, Escape::Start);
            }
            _ => return self.refuse(Syntax::Control),
        }
        self.at += 1;
        Ok(())
    }

    /// Tells a run; a sequence cut at its end is left pending.
    fn run<S: Sink>(&mut self, run: &[u8], ascii: bool, sink: &mut S) -> Step {
        let text = match std::str::from_utf8(run) {
            Ok(text) => text,
            Err(error) => {
                debug_assert!(!ascii, "ASCII is UTF-8");
                let (whole, broken) = run.split_at(error.valid_up_to());
                let whole = std::str::from_utf8(whole).unwrap_or_default(); // cannot fail: validated up to here
                sink.text(whole, self.at)?;
                self.at += whole.len() as u64;
                // The broken sequence is at most a few bytes ahead of its fatal one, or is the run's end.
                return broken
                    .iter()
                    .try_for_each(|&byte| self.sequence(byte, sink));
            }
        };
        sink.text(text, self.at)?;
        self.at += run.len() as u64;
        Ok(())
    }

    /// A byte of a UTF-8 sequence that is told byte by byte.
    fn sequence<S: Sink>(&mut self, byte: u8, sink: &mut S) -> Step {
        match self.pending.push(byte) {
            Grown::Partial(among) => sink.partial(&among, self.at)?,
            Grown::Scalar(scalar) => sink.scalar(scalar, self.at)?,
            Grown::Invalid => return self.refuse(Syntax::Utf8),
        }
        self.at += 1;
        Ok(())
    }

    pub(super) fn escape<S: Sink>(
        &mut self,
        role: Role,
        escape: Escape,
        byte: u8,
        sink: &mut S,
    ) -> Step {
        match escape.push(byte) {
            Escaped::Partial(next, among) => {
                sink.partial(&among, self.at)?;
                self.state = State::Escape(role, next);
            }
            Escaped::Scalar(scalar) => {
                sink.scalar(scalar, self.at)?;
                self.state = State::Text(role);
            }
            Escaped::Invalid => return self.refuse(Syntax::Escape),
        }
        self.at += 1;
        Ok(())
    }
}

//! Numbers and literals.

use super::super::number::Digits;
use super::super::sink::{Sink, Step, Syntax};
use super::{State, Tokenizer, limit};

impl Tokenizer {
    /// Digits of a number, and the byte that ends it.
    pub(super) fn number<S: Sink>(
        &mut self,
        mut digits: Digits,
        length: u32,
        rest: &[u8],
        sink: &mut S,
    ) -> Step {
        let room = (self.limits.number - length) as usize;
        let (mut run, mut is_over) = (0, false);
        while let Some(next) = rest.get(run).and_then(|&byte| digits.push(byte)) {
            if run == room {
                // What lies before the bound is told first: it may be fatal.
                is_over = true;
                break;
            }
            digits = next;
            run += 1;
        }
        if run > 0 {
            sink.number(&rest[..run], self.at)?;
            self.at += run as u64;
        }
        self.state = State::Number {
            digits,
            length: length + run as u32,
        };
        if is_over {
            return Err(limit("number", u64::from(self.limits.number)));
        }
        match rest.get(run) {
            None => Ok(()),
            Some(_) if !digits.may_end() => self.refuse(Syntax::Number),
            Some(byte) => self.number_end(*byte, sink),
        }
    }

    /// The byte after a number must be able to follow a value; it is read again by the next state.
    fn number_end<S: Sink>(&mut self, byte: u8, sink: &mut S) -> Step {
        if !matches!(byte, b',' | b']' | b'}' | b' ' | b'\n' | b'\r' | b'\t') {
            return self.refuse(Syntax::Number);
        }
        if self.open.is_empty() && matches!(byte, b',' | b']' | b'}') {
            return self.refuse(Syntax::Trailing);
        }
        sink.number_end(self.at)?;
        self.state = self.ended();
        Ok(())
    }

    /// A byte of a literal.
    pub(super) fn literal<S: Sink>(
        &mut self,
        word: &'static [u8],
        next: usize,
        byte: u8,
        sink: &mut S,
    ) -> Step {
        if byte != word[next] {
            return self.refuse(Syntax::Literal);
        }
        if next + 1 == word.len() {
            sink.literal_end(self.at)?;
            self.state = self.ended();
        } else {
            self.state = State::Literal {
                word,
                next: next + 1,
            };
        }
        self.at += 1;
        Ok(())
    }
}

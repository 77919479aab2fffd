//! Between tokens: how values, keys and containers begin and end.

use super::super::number::Digits;
use super::super::sink::{Between, Container, Kind, Sink, Step, Syntax};
use super::{Role, State, Tokenizer, limit};

impl Tokenizer {
    /// The first byte of a value.
    pub(super) fn value<S: Sink>(&mut self, byte: u8, first: bool, sink: &mut S) -> Step {
        let (kind, state) = match byte {
            b'"' => (Kind::String, State::Text(Role::Value)),
            b'{' => {
                return self.open(
                    Kind::Object,
                    Container::Object,
                    State::Between(Between::Key { first: true }),
                    sink,
                );
            }
            b'[' => {
                return self.open(
                    Kind::Array,
                    Container::Array,
                    State::Between(Between::Value { first: true }),
                    sink,
                );
            }
            b'-' | b'0'..=b'9' => {
                sink.begin(Kind::Number, self.at)?;
                sink.number(&[byte], self.at)?;
                self.state = State::Number {
                    digits: Digits::first(byte),
                    length: 1,
                };
                return Ok(());
            }
            b't' => (
                Kind::True,
                State::Literal {
                    word: b"true",
                    next: 1,
                },
            ),
            b'f' => (
                Kind::False,
                State::Literal {
                    word: b"false",
                    next: 1,
                },
            ),
            b'n' => (
                Kind::Null,
                State::Literal {
                    word: b"null",
                    next: 1,
                },
            ),
            b']' if first => return self.close(Container::Array, sink),
            _ => return self.refuse(Syntax::Value),
        };
        sink.begin(kind, self.at)?;
        self.state = state;
        Ok(())
    }

    fn open<S: Sink>(
        &mut self,
        kind: Kind,
        container: Container,
        state: State,
        sink: &mut S,
    ) -> Step {
        if self.open.len() >= self.limits.depth as usize {
            return Err(limit("depth", u64::from(self.limits.depth)));
        }
        sink.begin(kind, self.at)?;
        self.open.push(container);
        self.state = state;
        Ok(())
    }

    pub(super) fn key<S: Sink>(&mut self, byte: u8, first: bool, sink: &mut S) -> Step {
        match byte {
            b'"' => {
                sink.key(self.at)?;
                self.state = State::Text(Role::Key);
                Ok(())
            }
            b'}' if first => self.close(Container::Object, sink),
            _ => self.refuse(Syntax::Key),
        }
    }

    /// A comma, or the end of the innermost container.
    pub(super) fn after_value<S: Sink>(&mut self, byte: u8, sink: &mut S) -> Step {
        let container = self.open.last().copied();
        match (byte, container) {
            (b',', Some(Container::Array)) => {
                sink.comma(Container::Array, self.at)?;
                self.state = State::Between(Between::Value { first: false });
                Ok(())
            }
            (b',', Some(Container::Object)) => {
                sink.comma(Container::Object, self.at)?;
                self.state = State::Between(Between::Key { first: false });
                Ok(())
            }
            (b']', Some(Container::Array)) => self.close(Container::Array, sink),
            (b'}', Some(Container::Object)) => self.close(Container::Object, sink),
            _ => self.refuse(Syntax::Comma),
        }
    }

    fn close<S: Sink>(&mut self, container: Container, sink: &mut S) -> Step {
        sink.close(container, self.at)?;
        self.open.pop();
        self.state = self.ended();
        Ok(())
    }
}

//! Where dialects say what they heard.

use super::delta::{Delta, ProviderFault, Usage};
use super::message::Message;
use super::read::Malformed;

/// Why an event could not be taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unheard {
    /// Not the JSON it should be; the position in its text.
    Malformed(usize),
    /// More tool calls than the limit.
    ToolCalls(usize),
}

impl From<Malformed> for Unheard {
    fn from(Malformed(at): Malformed) -> Self {
        Self::Malformed(at)
    }
}

/// What a dialect's reader returns.
pub(super) type Hear = Result<(), Unheard>;

/// How a provider refers to a tool call.
#[derive(Clone, Copy, Debug)]
pub(super) enum CallKey<'a> {
    /// By a number of its own.
    Number(u64),
    /// By a name that is no part of the call, such as an item id.
    Name(&'a str),
    /// Not at all: the call it was speaking of, or the next one.
    Unsaid,
}

/// What an event says of a tool call.
#[derive(Clone, Debug, Default)]
pub(super) struct CallPart<'a> {
    /// The provider's id, if it is there and not empty.
    pub id: Option<&'a str>,
    /// The tool's name, if it is there and not empty.
    pub name: Option<&'a str>,
    /// A fragment of the arguments.
    pub arguments: &'a str,
}

/// How earlier events referred to a call.
#[derive(Clone, Debug)]
enum Known {
    Number(u64),
    Name(Box<str>),
    Unsaid,
}

/// Hears deltas, adds them to the message and keeps them for the caller.
#[derive(Clone, Debug)]
pub(super) struct Ear {
    /// What was heard so far.
    pub message: Message,
    /// What was heard since the caller took it.
    pub fresh: Vec<Delta>,
    /// The provider announced the end.
    pub ended: bool,
    calls: Vec<Known>,
    most_calls: usize,
}

impl Ear {
    /// An ear that takes at most so many tool calls.
    pub(super) fn new(most_calls: usize) -> Self {
        Self {
            message: Message::default(),
            fresh: Vec::new(),
            ended: false,
            calls: Vec::new(),
            most_calls,
        }
    }

    fn hear(&mut self, delta: Delta) {
        self.message.apply(&delta);
        self.fresh.push(delta);
    }

    /// No answer was heard yet; thinking is none.
    pub(super) fn is_silent(&self) -> bool {
        let Message {
            text,
            refusal,
            tool_calls,
            ..
        } = &self.message;
        text.is_empty() && refusal.is_empty() && tool_calls.is_empty()
    }

    /// Answer text.
    pub(super) fn text(&mut self, text: &str) {
        if !text.is_empty() {
            self.hear(Delta::Text(text.to_owned()));
        }
    }

    /// Thinking.
    pub(super) fn reasoning(&mut self, text: &str) {
        if !text.is_empty() {
            self.hear(Delta::Reasoning(text.to_owned()));
        }
    }

    /// The refusal channel.
    pub(super) fn refusal(&mut self, text: &str) {
        if !text.is_empty() {
            self.hear(Delta::Refusal(text.to_owned()));
        }
    }

    /// A count; nothing where the provider counted nothing.
    pub(super) fn usage(&mut self, usage: Usage) {
        if usage != Usage::default() && self.message.usage != Some(usage) {
            self.hear(Delta::Usage(usage));
        }
    }

    /// The end, with the provider's word for it; said twice, it is heard once.
    pub(super) fn finish(&mut self, reason: &str) {
        self.ended = true;
        if self.message.finish_reason.as_deref() != Some(reason) {
            self.hear(Delta::Finish {
                reason: reason.to_owned(),
            });
        }
    }

    /// An error inside the stream.
    pub(super) fn error(&mut self, fault: ProviderFault) {
        self.hear(Delta::Error(fault));
    }

    /// What the dialect does not interpret.
    pub(super) fn other(&mut self, kind: &str, data: &str) {
        self.hear(Delta::Other {
            kind: kind.to_owned(),
            data: data.to_owned(),
        });
    }

    /// The stream is over without its end.
    pub(super) fn cut(&mut self) {
        self.hear(Delta::Truncated);
    }

    /// Part of a tool call, which begins if it is a new one.
    pub(super) fn call(&mut self, key: CallKey<'_>, part: &CallPart<'_>) -> Hear {
        let index = self.find(key, part).unwrap_or(self.calls.len());
        if index == self.calls.len() {
            if index == self.most_calls {
                return Err(Unheard::ToolCalls(index));
            }
            self.calls.push(match key {
                CallKey::Number(number) => Known::Number(number),
                CallKey::Name(name) => Known::Name(name.into()),
                CallKey::Unsaid => Known::Unsaid,
            });
        }
        self.hear(Delta::ToolCall {
            index,
            id: part.id.map(str::to_owned),
            name: part.name.map(str::to_owned),
            arguments: part.arguments.to_owned(),
        });
        Ok(())
    }

    /// The arguments of the call a key refers to, as far as they came.
    pub(super) fn arguments(&self, key: CallKey<'_>) -> Option<&str> {
        let index = self.find(key, &CallPart::default())?;
        self.message
            .tool_calls
            .get(index)
            .map(|call| call.arguments.as_str())
    }

    /// The call a key refers to. The latest comes first, so that a number used again means it.
    fn find(&self, key: CallKey<'_>, part: &CallPart<'_>) -> Option<usize> {
        let known = match key {
            CallKey::Number(number) => self
                .calls
                .iter()
                .rposition(|known| matches!(known, Known::Number(n) if *n == number)),
            CallKey::Name(name) => self
                .calls
                .iter()
                .rposition(|known| matches!(known, Known::Name(n) if **n == *name)),
            CallKey::Unsaid => self.unsaid(part),
        }?;
        // Some servers number all parallel calls alike: a name under another id begins a new one.
        let call = self.message.tool_calls.get(known)?;
        let another = part.name.is_some()
            && part.id.is_some()
            && call.id.is_some()
            && call.id.as_deref() != part.id;
        (!another).then_some(known)
    }

    /// Without a number, an id that is known means its call, a new id or a name begins one, and
    /// anything else goes on with the latest.
    fn unsaid(&self, part: &CallPart<'_>) -> Option<usize> {
        let calls = &self.message.tool_calls;
        match part.id {
            Some(id) => calls
                .iter()
                .rposition(|call| call.id.as_deref() == Some(id)),
            None if part.name.is_some() => None,
            None => calls.len().checked_sub(1),
        }
    }
}

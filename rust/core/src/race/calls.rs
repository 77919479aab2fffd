//! The tool calls a lane proposes, their arguments judged as they stream.

use std::sync::Arc;

use super::config::Channel;
use super::referee::{Rules, document};
use crate::json::lenient::Repairs;
use crate::schema;

/// The calls of one lane.
#[derive(Debug)]
pub(super) struct Calls {
    rules: Arc<Rules>,
    all: Vec<Call>,
}

/// One call.
#[derive(Debug)]
struct Call {
    role: Role,
    /// Arguments that came before the name.
    early: String,
    empty: bool,
    whole: bool,
}

/// What a call is for.
#[derive(Debug)]
enum Role {
    /// Its name has not come.
    Nameless,
    /// It carries the answer.
    Answer,
    /// A tool without a known schema.
    Free,
    /// A tool whose arguments are judged.
    Judged(Box<schema::Stream>),
}

/// What a delta of a call means for its lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Nothing new.
    Nothing,
    /// The call's name is known.
    Proposed,
    /// The call is the answer's channel: its arguments are the answer.
    Answer,
    /// The arguments died at this byte.
    Dead(u64),
    /// A tool that nobody offered.
    Unknown,
    /// More calls than may be, or arguments past a bound.
    Limit,
}

impl Calls {
    pub(super) fn new(rules: &Arc<Rules>) -> Self {
        Self {
            rules: Arc::clone(rules),
            all: Vec::new(),
        }
    }

    /// Calls that are not the answer's channel.
    pub(super) fn proposals(&self) -> impl Iterator<Item = usize> {
        let all = self.all.iter().enumerate();
        all.filter(|(_, call)| matches!(call.role, Role::Free | Role::Judged(_)))
            .map(|(index, _)| index)
    }

    /// Makes room for the call of this index; false past `bound`.
    pub(super) fn reach(&mut self, index: usize, bound: usize) -> bool {
        while self.all.len() <= index && self.all.len() < bound {
            self.all.push(Call {
                role: Role::Nameless,
                early: String::new(),
                empty: true,
                whole: false,
            });
        }
        index < self.all.len()
    }

    /// The call's name came. Returns with it what came of the arguments before it, which are the answer's in its channel.
    pub(super) fn name(&mut self, index: usize, name: &str, channel: &Channel) -> (Heard, String) {
        let Some(call) = self
            .all
            .get_mut(index)
            .filter(|call| matches!(call.role, Role::Nameless))
        else {
            return (Heard::Nothing, String::new());
        };
        let early = std::mem::take(&mut call.early);
        if matches!(channel, Channel::Tool(tool) if tool == name) {
            call.role = Role::Answer;
            return (Heard::Answer, early);
        }
        call.role = match &self.rules.tools {
            None => Role::Free,
            Some(tools) => match tools.get(name) {
                None => return (Heard::Unknown, String::new()),
                Some(schema) => Role::Judged(Box::new(document(schema, false, Repairs::default()))),
            },
        };
        (Heard::Proposed, early)
    }

    /// More arguments.
    pub(super) fn arguments(&mut self, index: usize, text: &str) -> Heard {
        let Some(call) = self.all.get_mut(index) else {
            return Heard::Nothing;
        };
        call.empty &= text.is_empty();
        match &mut call.role {
            Role::Nameless => call.early.push_str(text),
            Role::Answer => return Heard::Answer,
            Role::Free => {}
            Role::Judged(stream) => match stream.feed(text.as_bytes()) {
                schema::State::Invalid => return Heard::Dead(dead_at(stream)),
                schema::State::Open if stream.limit().is_some() => return Heard::Limit,
                schema::State::Open | schema::State::Complete => {}
            },
        }
        Heard::Nothing
    }

    /// Whether the call has just become whole: its judged arguments are complete, or it `ended`.
    pub(super) fn became_whole(&mut self, index: usize, ended: bool) -> bool {
        let Some(call) = self.all.get_mut(index).filter(|call| !call.whole) else {
            return false;
        };
        call.whole = match &call.role {
            Role::Nameless | Role::Answer => false,
            Role::Free => ended,
            Role::Judged(stream) => stream.verdict().state == schema::State::Complete,
        };
        call.whole
    }

    /// The lane's answer is over: the first call whose arguments are not complete, and where they died.
    pub(super) fn finish(&mut self) -> Option<(usize, u64)> {
        for (index, call) in self.all.iter_mut().enumerate() {
            let Role::Judged(stream) = &mut call.role else {
                continue;
            };
            if call.empty {
                // Some providers send nothing at all for a tool without arguments.
                stream.feed(b"{}");
            }
            if stream.finish() != schema::State::Complete {
                return Some((index, dead_at(stream)));
            }
        }
        None
    }
}

fn dead_at(stream: &schema::Stream) -> u64 {
    let dead_at = stream.verdict().dead_at;
    dead_at.map_or_else(|| stream.consumed(), |at| u64::try_from(at).unwrap_or(0))
}

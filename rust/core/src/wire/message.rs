//! What a stream has said so far.

use super::delta::{Delta, ProviderFault, Usage};

/// The sum of a stream's deltas.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// The answer.
    pub text: String,
    /// Thinking, or its summary.
    pub reasoning: String,
    /// The refusal channel.
    pub refusal: String,
    /// Tool calls in the order in which they began.
    pub tool_calls: Vec<ToolCall>,
    /// The provider's last word for why the answer is over, as sent.
    pub finish_reason: Option<String>,
    /// The last usage; `None` where the provider sent none.
    pub usage: Option<Usage>,
    /// The first error inside the stream.
    pub error: Option<ProviderFault>,
    /// The stream ended before its end was announced.
    pub truncated: bool,
}

/// A tool call, complete once the message is finished.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolCall {
    /// The provider's id; `None` where it gives none.
    pub id: Option<String>,
    /// The tool's name.
    pub name: String,
    /// The arguments' JSON text, as far as it came.
    pub arguments: String,
}

impl Message {
    /// Adds a delta. Deltas from a [`Decoder`](super::Decoder) are already in its own message.
    ///
    /// A tool call's index may be at most the number of calls so far; a delta with a larger one
    /// begins the next call.
    pub fn apply(&mut self, delta: &Delta) {
        match delta {
            Delta::Text(text) => self.text.push_str(text),
            Delta::Reasoning(text) => self.reasoning.push_str(text),
            Delta::Refusal(text) => self.refusal.push_str(text),
            Delta::ToolCall {
                index,
                id,
                name,
                arguments,
            } => {
                let call = self.call(*index);
                if id.is_some() {
                    call.id.clone_from(id);
                }
                if let Some(name) = name {
                    call.name.clone_from(name);
                }
                call.arguments.push_str(arguments);
            }
            Delta::Usage(usage) => self.usage = Some(*usage),
            Delta::Finish { reason } => self.finish_reason = Some(reason.clone()),
            Delta::Error(fault) => {
                self.error.get_or_insert_with(|| fault.clone());
            }
            Delta::Truncated => self.truncated = true,
            Delta::Other { .. } => {}
        }
    }

    fn call(&mut self, index: usize) -> &mut ToolCall {
        let index = index.min(self.tool_calls.len());
        if index == self.tool_calls.len() {
            self.tool_calls.push(ToolCall::default());
        }
        &mut self.tool_calls[index]
    }
}

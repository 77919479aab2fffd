//! What one event of a stream adds to the message.

/// The smallest thing that is heard from a model: the one currency of all dialects and sources.
#[derive(Clone, Debug, PartialEq)]
pub enum Delta {
    /// Answer text.
    Text(String),
    /// Thinking, or a summary of it.
    Reasoning(String),
    /// The provider's own refusal channel; a refusal written as an answer is [`Delta::Text`].
    Refusal(String),
    /// A tool call begins, or its arguments grow.
    ToolCall {
        /// Position in [`Message::tool_calls`](super::Message::tool_calls), counted from 0 in the
        /// order in which calls began, whatever the provider numbers them by.
        index: usize,
        /// The provider's id, where this event carries it.
        id: Option<String>,
        /// The tool's name, where this event carries it.
        name: Option<String>,
        /// The next fragment of the arguments' JSON text; may be empty.
        arguments: String,
    },
    /// What the provider counts so far. A later one replaces an earlier one, it never adds to it.
    Usage(Usage),
    /// The provider says that the answer is over.
    Finish {
        /// The provider's word, as sent.
        reason: String,
    },
    /// An error inside a stream that began with a success status.
    Error(ProviderFault),
    /// The stream ended before its end was announced.
    Truncated,
    /// An event, block or field the dialect does not interpret.
    Other {
        /// The provider's name for it.
        kind: String,
        /// Its text, as sent.
        data: String,
    },
}

impl Delta {
    /// One lower-case word for the variant.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Reasoning(_) => "reasoning",
            Self::Refusal(_) => "refusal",
            Self::ToolCall { .. } => "tool_call",
            Self::Usage(_) => "usage",
            Self::Finish { .. } => "finish",
            Self::Error(_) => "error",
            Self::Truncated => "truncated",
            Self::Other { .. } => "other",
        }
    }

    /// The text the delta adds to its channel; `None` for what is not text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Reasoning(text) | Self::Refusal(text) => Some(text),
            _ => None,
        }
    }
}

/// Token counts under the provider's own rules, one name each. `None` is "not said".
///
/// Whether `cached_tokens` are part of `input_tokens` differs: `OpenAI` and Gemini count them inside,
/// Anthropic and Bedrock beside. `cached_beside` says which, so that a price can be computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Prompt tokens as the provider counts them.
    pub input_tokens: Option<u64>,
    /// Answer tokens as the provider counts them.
    pub output_tokens: Option<u64>,
    /// Prompt tokens read from a cache.
    pub cached_tokens: Option<u64>,
    /// Prompt tokens written to a cache.
    pub cache_write_tokens: Option<u64>,
    /// Tokens spent on thinking.
    pub reasoning_tokens: Option<u64>,
    /// The provider's own sum.
    pub total_tokens: Option<u64>,
    /// Cached tokens are counted beside `input_tokens`, not inside.
    pub cached_beside: bool,
    /// Thinking is counted beside `output_tokens`, not inside.
    pub reasoning_beside: bool,
}

impl Usage {
    /// All prompt tokens, cached ones included.
    #[must_use]
    pub fn prompt_tokens(&self) -> Option<u64> {
        let beside = if self.cached_beside {
            self.cached_tokens
                .unwrap_or(0)
                .saturating_add(self.cache_write_tokens.unwrap_or(0))
        } else {
            0
        };
        Some(self.input_tokens?.saturating_add(beside))
    }

    /// All generated tokens, thinking included: what the provider charges as output.
    #[must_use]
    pub fn generated_tokens(&self) -> Option<u64> {
        let beside = if self.reasoning_beside {
            self.reasoning_tokens.unwrap_or(0)
        } else {
            0
        };
        Some(self.output_tokens?.saturating_add(beside))
    }
}

/// An error the provider sent as part of its stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderFault {
    /// The provider's message; empty where it sent none.
    pub message: String,
    /// The provider's type or status word, such as `overloaded_error`.
    pub kind: Option<String>,
    /// The provider's code, as text.
    pub code: Option<String>,
    /// The HTTP status the provider names for it.
    pub status: Option<u16>,
}

//! The languages providers speak.

/// How a provider's stream is framed and what its events mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Dialect {
    /// `OpenAI` chat completions and the many that speak like it.
    OpenaiChat,
    /// Anthropic messages, also over Vertex.
    AnthropicMessages,
    /// Gemini and Vertex `streamGenerateContent`, as events or as a JSON array.
    Gemini,
    /// Ollama's `/api/chat`.
    OllamaChat,
}

impl Dialect {
    /// All dialects.
    pub const ALL: &[Self] = &[
        Self::OpenaiChat,
        Self::AnthropicMessages,
        Self::Gemini,
        Self::OllamaChat,
    ];

    /// The public name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenaiChat => "openai-chat",
            Self::AnthropicMessages => "anthropic-messages",
            Self::Gemini => "gemini",
            Self::OllamaChat => "ollama-chat",
        }
    }

    /// A JSON object a line, not events.
    pub(super) const fn is_line_based(self) -> bool {
        matches!(self, Self::OllamaChat)
    }

    /// The dialect of a public name; `None` for any other.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|dialect| dialect.name() == name)
    }
}

//! The languages providers speak.

/// How a provider's stream is framed and what its events mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Dialect {
    /// `OpenAI` chat completions and the many that speak like it.
    OpenaiChat,
    /// `OpenAI` responses.
    OpenaiResponses,
    /// Text completions, the API before chat.
    OpenaiCompletions,
    /// `OpenAI` assistants' runs.
    OpenaiAssistants,
    /// Anthropic messages, also over Vertex, and its text completions.
    AnthropicMessages,
    /// Gemini and Vertex `streamGenerateContent`, as events or as a JSON array.
    Gemini,
    /// Mistral's chat completions: content may be a list, calls may have no index.
    Mistral,
    /// Cohere chat, version 1.
    CohereV1,
    /// Cohere chat, version 2.
    CohereV2,
    /// Bedrock's `ConverseStream`.
    BedrockConverse,
    /// Bedrock's `InvokeModelWithResponseStream`, of any maker's models.
    BedrockInvoke,
    /// Ollama's `/api/chat`.
    OllamaChat,
    /// Ollama's `/api/generate`.
    OllamaGenerate,
}

impl Dialect {
    /// All dialects.
    pub const ALL: &[Self] = &[
        Self::OpenaiChat,
        Self::OpenaiResponses,
        Self::OpenaiCompletions,
        Self::OpenaiAssistants,
        Self::AnthropicMessages,
        Self::Gemini,
        Self::Mistral,
        Self::CohereV1,
        Self::CohereV2,
        Self::BedrockConverse,
        Self::BedrockInvoke,
        Self::OllamaChat,
        Self::OllamaGenerate,
    ];

    /// The public name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenaiChat => "openai-chat",
            Self::OpenaiResponses => "openai-responses",
            Self::OpenaiCompletions => "openai-completions",
            Self::OpenaiAssistants => "openai-assistants",
            Self::AnthropicMessages => "anthropic-messages",
            Self::Gemini => "gemini",
            Self::Mistral => "mistral",
            Self::CohereV1 => "cohere-v1",
            Self::CohereV2 => "cohere-v2",
            Self::BedrockConverse => "bedrock-converse",
            Self::BedrockInvoke => "bedrock-invoke",
            Self::OllamaChat => "ollama-chat",
            Self::OllamaGenerate => "ollama-generate",
        }
    }

    /// The dialect of a public name; `None` for any other.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|dialect| dialect.name() == name)
    }

    /// A JSON object a line, not events.
    pub(super) const fn is_line_based(self) -> bool {
        matches!(
            self,
            Self::OllamaChat | Self::OllamaGenerate | Self::CohereV1
        )
    }

    /// Binary frames, not text.
    pub(super) const fn is_binary(self) -> bool {
        matches!(self, Self::BedrockConverse | Self::BedrockInvoke)
    }
}

"""The provider APIs that a simulated endpoint speaks."""

from __future__ import annotations

from typing import Literal

from atomic_ai.testing.dialects.anthropic_messages import AnthropicMessages
from atomic_ai.testing.dialects.dialect import Dialect, in_forced_tool
from atomic_ai.testing.dialects.gemini import Gemini
from atomic_ai.testing.dialects.ollama_chat import OllamaChat
from atomic_ai.testing.dialects.openai_chat import OpenAIChat
from atomic_ai.testing.dialects.openai_responses import OpenAIResponses

DialectName = Literal["openai-chat", "openai-responses", "anthropic-messages", "gemini", "ollama-chat"]

DIALECTS: dict[DialectName, Dialect] = {
    "openai-chat": OpenAIChat(),
    "openai-responses": OpenAIResponses(),
    "anthropic-messages": AnthropicMessages(),
    "gemini": Gemini(),
    "ollama-chat": OllamaChat(),
}

__all__ = ["DIALECTS", "Dialect", "DialectName", "in_forced_tool"]

"""Who builds requests, by the name of the wire dialect that answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atomic_ai.providers import (
    anthropic_messages,
    bedrock_converse,
    cohere_chat,
    gemini,
    ollama_chat,
    openai_chat,
    openai_responses,
)

if TYPE_CHECKING:
    from atomic_ai.providers.request import DialectBuilder

DIALECTS: dict[str, DialectBuilder] = {
    "openai-chat": openai_chat,
    "openai-responses": openai_responses,
    "anthropic-messages": anthropic_messages,
    "gemini": gemini,
    "ollama-chat": ollama_chat,
    "mistral": openai_chat,  # it asks like OpenAI and answers with oddities of its own
    "cohere-v2": cohere_chat,
    "bedrock-converse": bedrock_converse,
}

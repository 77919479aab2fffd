"""The dialects by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atomic_ai.providers import anthropic_messages, gemini, ollama_chat, openai_chat

if TYPE_CHECKING:
    from atomic_ai.providers.request import DialectBuilder

DIALECTS: dict[str, DialectBuilder] = {
    "openai-chat": openai_chat,
    "anthropic-messages": anthropic_messages,
    "gemini": gemini,
    "ollama-chat": ollama_chat,
}

"""Conversations for providers that want user and assistant in strict alternation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from atomic_ai.message import Message, Part


def alternating(messages: Iterable[Message], block: Callable[[Part], dict[str, Any]]) -> list[dict[str, Any]]:
    """Turns without the system's: neighbours of one role are one turn, tool results are the user's.

    Args:
        messages: the conversation.
        block: a part as the dialect has it.
    """
    turns: list[dict[str, Any]] = []
    for message in messages:
        if message.role == "system":
            continue
        role = "assistant" if message.role == "assistant" else "user"
        blocks = [block(part) for part in message.parts]
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        else:
            turns.append({"role": role, "content": blocks})
    return turns

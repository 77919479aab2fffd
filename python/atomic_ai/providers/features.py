"""What a call needs of a model, whatever the dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atomic_ai.message import File, Image, Message, Text
from atomic_ai.providers.media import inlined

if TYPE_CHECKING:
    from atomic_ai.providers.call import Call


def lacking(call: Call) -> tuple[str, ...]:
    """Names of what the call needs and the model's card does not claim."""
    parts = [part for message in call.messages for part in message.parts]
    needs = {
        "vision": any(isinstance(part, Image) for part in parts),
        "files": any(isinstance(part, File) and not isinstance(inlined(part), Text) for part in parts),
        "tools": bool(call.tools),
        "reasoning": call.reasoning_effort is not None,
        "prefill": call.prefix is not None,
    }
    names = [name for name, needed in needs.items() if needed and name not in call.model.capabilities]
    if any(_strange(message) for message in call.messages):
        names.append("pictures or files outside the user's turns")
    bound = call.model.max_output
    if bound is not None and call.max_tokens > bound:
        names.append("max_tokens")
    return tuple(names)


def _strange(message: Message) -> bool:
    return message.role != "user" and any(isinstance(part, Image | File) for part in message.parts)

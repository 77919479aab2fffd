"""Adapt: an award becomes the exact calls, one for each model.

Fixed by default: the task's own words, its examples and parameters; the provider negotiates each model's native way to
structured output.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import orjson

from atomic_ai.cost import estimate_tokens
from atomic_ai.message import File, Image, Text, ToolResult, ToolUse
from atomic_ai.providers.call import Call, OutputFormat

if TYPE_CHECKING:
    from collections.abc import Iterable

    from atomic_ai.message import Message
    from atomic_ai.model import Model
    from atomic_ai.task import Task
    from atomic_ai.tool import Tool

MAX_TOKENS = 4096
"""The bound on an answer where neither task nor model card has one: a call without bound cannot be reserved."""

MIN_TOKENS = 256
"""The shortest bound on an answer that a budget is cut down to: a typed answer or a paragraph."""

IMAGE_TOKENS = 800
"""A picture's price in input tokens, about the median of the large vendors' published rules at 1024 pixels a side."""

TURN_TOKENS = 4
"""What a message costs besides its words: its role and separators."""

_RETRIES_ALONE = 2


@dataclass(frozen=True, slots=True)
class Prompt:
    """What every model of a round is told.

    Attributes:
        messages: system, history and input, in order.
        output: the asked-for shape, or None for text.
        tokens: an estimate of all that it says, tools and shape too, before a provider has counted it.
    """

    messages: tuple[Message, ...]
    output: OutputFormat | None
    tokens: int

    @classmethod
    def of(cls, task: Task[object]) -> Prompt:
        """The task's words, once for all models.

        Raises:
            TaskError: there is nothing to say.
        """
        messages = task.conversation()
        output = None if task.shape is None else OutputFormat(task.shape.name, task.shape.schema)
        return cls(messages, output, _tokens(messages, task.tools, output))


def adapt(
    task: Task[object], model: Model, prompt: Prompt | None = None, *, alone: bool = False, prefix: str | None = None
) -> Call:
    """The call that `model` gets for `task`.

    Args:
        task: what is asked.
        model: who is asked.
        prompt: the task's words, where they are at hand.
        alone: no other lane stands by, so the provider may try again before the first byte.
        prefix: a text that was already shown and is to be continued.
    """
    prompt = prompt or Prompt.of(task)
    return Call(
        model=model,
        messages=prompt.messages,
        max_tokens=max_tokens(task, model),
        input_tokens=prompt.tokens,
        tools=task.tools,
        output=prompt.output,
        sampling=task.sampling,
        reasoning_effort=task.reasoning_effort,
        prefix=prefix,
        metadata=task.metadata,
        retries=_RETRIES_ALONE if alone else 0,
    )


def max_tokens(task: Task[object], model: Model) -> int:
    """The bound on the answer's tokens that is sent to `model`."""
    wanted = task.max_tokens or model.max_output or MAX_TOKENS
    return min(wanted, model.max_output or wanted)


def within(call: Call, usd: float, lanes: int) -> Call:
    """The call with its answer bounded by what `usd` affords, for a caller who set a budget and no `max_tokens`.

    A lane reserves its longest answer, so a default bound that is too long for a small budget would shut out models
    that can well answer within it. The budget is shared out among `lanes` where each share still holds a useful answer.
    """
    prompt_usd, token_usd = call.model.cost(call.input_tokens, 0), call.model.cost(0, 1)
    if token_usd <= 0:
        return call
    for share in (usd / lanes, usd):
        affordable = int((share - prompt_usd) / token_usd)
        if affordable >= MIN_TOKENS:
            return replace(call, max_tokens=min(call.max_tokens, affordable))
    return call


def _tokens(messages: Iterable[Message], tools: Iterable[Tool], output: OutputFormat | None) -> int:
    tokens = sum(TURN_TOKENS + sum(map(_part_tokens, message.parts)) for message in messages)
    for tool in tools:
        tokens += TURN_TOKENS + estimate_tokens(len(tool.name) + len(tool.description)) + _json_tokens(tool.parameters)
    return tokens if output is None else tokens + _json_tokens(output.schema)


def _json_tokens(value: object) -> int:
    return estimate_tokens(len(orjson.dumps(value, default=str)))


def _part_tokens(part: object) -> int:
    match part:
        case Text():
            return estimate_tokens(len(part.text))
        case Image():
            return IMAGE_TOKENS
        case File():
            return estimate_tokens(len(part.data))
        case ToolUse():
            return estimate_tokens(len(part.arguments))
        case ToolResult():
            return estimate_tokens(len(part.content))
    return 0

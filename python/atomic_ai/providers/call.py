"""The seam between the engine and whatever answers: a `Call` goes out, a `Source` comes back.

Adapters (`openai_chat`, `anthropic_messages`, …) turn a `Call` into bytes on a wire; the LiteLLM adapter, local
specialists and scripted models answer with deltas. The engine knows only this file.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from atomic_ai.errors import TaskError

if TYPE_CHECKING:
    from atomic_ai._core import Delta, Race
    from atomic_ai.message import Message
    from atomic_ai.model import Model
    from atomic_ai.tool import Tool

OutputMode = Literal["json_schema", "json_object", "tool", "grammar", "prompt"]
ReasoningEffort = Literal["none", "minimal", "low", "medium", "high"]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a model draws its tokens; None leaves the provider's default.

    Raises:
        TaskError: a value that no provider takes; the message names it.
    """

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    frequency_penalty: float | None = None
    presence_penalty: float | None = None

    def __post_init__(self) -> None:
        for name, least, most in _RANGES:
            value = getattr(self, name)
            if value is not None and not (type(value) in (int, float) and least <= value <= most):
                raise TaskError(f"Task({name}=…) takes a number from {least:g} to {most:g}")
        for name in ("top_k", "seed"):
            value = getattr(self, name)
            if value is not None and (type(value) is not int or value < (name == "top_k")):
                raise TaskError(f"Task({name}=…) takes a whole number, not below {int(name == 'top_k')}")
        if not all(isinstance(text, str) and text for text in self.stop):
            raise TaskError("Task(stop=…) takes texts that are not empty")


_RANGES = (("temperature", 0, 100), ("top_p", 0, 1), ("frequency_penalty", -2, 2), ("presence_penalty", -2, 2))


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """The answer's shape as the provider is asked for it.

    Attributes:
        name: a name for the schema, as some providers want one.
        schema: the task's JSON Schema; the adapter strips what its provider refuses.
        mode: how this model is asked; None takes the best mode that model and schema allow.
    """

    name: str
    schema: Mapping[str, Any]
    mode: OutputMode | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One prepared question to one model.

    Attributes:
        model: the model's card.
        messages: system, history and input, in order.
        tools: what the model may propose to call.
        output: the asked-for shape, or None for text.
        max_tokens: always sent, since budgets are reserved on it.
        input_tokens: an estimate of all that the call says, before a provider has counted it.
        prefix: the text already shown to the caller; the answer continues it (prefill).
        metadata: the caller's; it goes to LiteLLM's callbacks and to no vendor.
        retries: how often the provider may send it again before the first byte; zero where other lanes stand by,
            so that retries and fallbacks do not multiply.
        patient: whether a millisecond's delay of what arrives does not matter; it spares work where many streams run.
        at_risk: how likely the answer is to be left before its end, from 0 to 1; as many connections as are expected to
            be lost that way are made ahead.
    """

    model: Model
    messages: tuple[Message, ...]
    max_tokens: int
    input_tokens: int = 0
    tools: tuple[Tool, ...] = ()
    output: OutputFormat | None = None
    sampling: Sampling = Sampling()
    reasoning_effort: ReasoningEffort | None = None
    prefix: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    retries: int = 2
    patient: bool = False
    at_risk: float = 0.0

    @property
    def most_usd(self) -> float:
        """The most it can cost: the prompt, as estimated, and an answer of full length."""
        return self.model.cost(self.input_tokens, self.max_tokens)


SERVED: ContextVar[tuple[Race, int] | None] = ContextVar("atomic_ai_served", default=None)
"""The race and the lane that the running task calls for. A transport that can ends the call as soon as the race stops
the lane, before any task knows of it."""


@dataclass(frozen=True, slots=True)
class Negotiated:
    """What became of a call on its way to a provider.

    Attributes:
        channel: where the answer arrives: "text", or "tool:<name>" when a forced tool carries it.
        mode: how the shape was asked for, or None for text.
        stripped: schema keywords that the provider refuses, as JSON Pointers; the original schema still judges.
        narrowed: places where more is asked for than the schema demands (an optional property made required).
    """

    channel: str = "text"
    mode: OutputMode | None = None
    stripped: tuple[str, ...] = ()
    narrowed: tuple[str, ...] = ()


class Source(Protocol):
    """One opened stream."""

    @property
    def status(self) -> int:
        """The HTTP status, 200 where there is none."""
        ...

    @property
    def dialect(self) -> str | None:
        """The wire dialect of the chunks, or None where they are deltas."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes] | AsyncIterator[list[Delta]]:
        """Chunks as they arrive: raw bytes of the dialect, or lists of deltas."""
        ...


class Provider(Protocol):
    """Answers calls."""

    @property
    def name(self) -> str:
        """As in `Model(provider=…)`."""
        ...

    @property
    def dialect(self) -> str | None:
        """The wire dialect, or None for deltas."""
        ...

    def unsupported(self, call: Call) -> tuple[str, ...]:
        """Names of the features of `call` that this provider or model lacks; the engine filters the lane by them."""
        ...

    def negotiate(self, call: Call) -> Negotiated:
        """Where the answer will arrive and what the provider's schema dialect loses."""
        ...

    def open(self, call: Call) -> AbstractAsyncContextManager[Source]:
        """Send the call; leaving the context closes the socket at once.

        Raises:
            ProviderError: nothing usable arrived (one of its subclasses); raised before the first chunk only
                after the provider's own bounded retries.
        """
        ...

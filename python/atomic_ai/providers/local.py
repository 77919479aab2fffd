"""Local specialists: a Python callable that answers like a model, from this process."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson

from atomic_ai._core import Delta, Usage
from atomic_ai.errors import ConfigError, ProviderError
from atomic_ai.providers.call import Negotiated
from atomic_ai.providers.features import lacking

if TYPE_CHECKING:
    from atomic_ai.model import Model
    from atomic_ai.providers.call import Call


@dataclass(frozen=True, slots=True)
class Confident:
    """An answer, or a piece of one, with the specialist's own trust in it.

    Attributes:
        value: the answer: text, a pydantic model or JSON.
        confidence: in 0..=1; heard as a delta of kind "other" named "confidence".
    """

    value: Any = field(repr=False)
    confidence: float

    def __post_init__(self) -> None:
        if not 0 <= self.confidence <= 1:
            raise ConfigError("Confident(confidence=…) lies between 0 and 1")


class LocalProvider:
    """Runs `Model(run=…)`: a function, coroutine function, generator or async generator of the call.

    What blocks runs in a worker thread, which a lost race leaves to finish by itself.
    """

    name = "local"
    dialect = None

    def unsupported(self, call: Call) -> tuple[str, ...]:
        """What the model's card does not claim."""
        return lacking(call)

    def negotiate(self, call: Call) -> Negotiated:
        """The answer is the text; the callable reads the schema from the call."""
        return Negotiated(mode=None if call.output is None else "json_schema")

    @asynccontextmanager
    async def open(self, call: Call) -> AsyncIterator[LocalSource]:
        """Start the callable.

        Raises:
            ConfigError: the model has nothing to run.
        """
        if call.model.run is None:
            raise ConfigError(f"model {call.model.name!r} is local and has nothing to run: Model(run=…)")
        async with aclosing(_deltas(call.model.run, call)) as deltas:
            yield LocalSource(deltas)


class LocalSource:
    """What a specialist says, as deltas."""

    __slots__ = ("_deltas", "dialect", "status")

    def __init__(self, deltas: AsyncIterator[list[Delta]]) -> None:
        self._deltas = deltas
        self.status = 200
        self.dialect: str | None = None

    def __aiter__(self) -> AsyncIterator[list[Delta]]:
        return self._deltas


async def _deltas(run: Callable[..., Any], call: Call) -> AsyncGenerator[list[Delta], None]:
    # No `finally` here awaits anything, so that closing it half-way is immediate.
    async with aclosing(_values(run, call)) as values:
        async for value in values:
            yield _said(value, call.model)
    yield [Delta("usage", usage=Usage(0, 0)), Delta("finish", reason="stop")]


async def _values(run: Callable[..., Any], call: Call) -> AsyncGenerator[Any, None]:
    """What the callable gives, whichever way it gives it; what it raises is told by its class alone."""
    from anyio import to_thread

    threaded = partial(to_thread.run_sync, abandon_on_cancel=True)
    try:
        # In a tuple, since trio hands no coroutine out of a thread.
        (result,) = (run(call),) if _waits(run) else await threaded(lambda: (run(call),))
        if inspect.isasyncgen(result):
            async with aclosing(result):
                async for value in result:
                    yield value
        elif isinstance(result, Iterator):
            while (value := await threaded(next, result, _END)) is not _END:
                yield value
        else:
            yield await result if inspect.isawaitable(result) else result
    except Exception as error:
        # The specialist's words may quote the input: they stay with its own exception.
        raise ProviderError(
            f"{call.model.name} (local): its callable raised {type(error).__name__}",
            provider="local",
            model=call.model.name,
            retryable=False,
        ) from error


_END = object()


def _waits(run: Callable[..., Any]) -> bool:
    """Whether calling it returns at once: it gives a coroutine or an async generator."""
    called = run if inspect.isroutine(run) else type(run).__call__
    return inspect.iscoroutinefunction(called) or inspect.isasyncgenfunction(called)


def _said(value: Any, model: Model) -> list[Delta]:
    if isinstance(value, Delta):
        return [value]
    if isinstance(value, Confident):
        return [*_said(value.value, model), Delta("other", name="confidence", data=repr(value.confidence))]
    if isinstance(value, str):
        return [Delta("text", value)]
    if hasattr(value, "model_dump_json"):
        return [Delta("text", value.model_dump_json())]
    try:
        return [Delta("text", orjson.dumps(value).decode())]
    except orjson.JSONEncodeError:
        raise ProviderError(
            f"{model.name} (local): its callable gave {type(value).__name__}: text, JSON or a pydantic model is wanted",
            provider="local",
            model=model.name,
            retryable=False,
        ) from None

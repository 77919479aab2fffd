"""Scripted models without sockets: the scripts, paces and faults of the simulated endpoints, in virtual time."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import anyio

from atomic_ai.errors import ProviderError, RateLimitedError, StatusError, TransportError, TruncatedError
from atomic_ai.providers.call import Call, Negotiated
from atomic_ai.testing.composer import Answers, Composer, Faults, Seed
from atomic_ai.testing.dialects import DIALECTS
from atomic_ai.testing.pace import AT_ONCE, Pace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from atomic_ai.testing.exchange import Outcome
    from atomic_ai.testing.plan import Plan, Split
    from atomic_ai.testing.virtual import VirtualClock

_DIALECT = DIALECTS["openai-chat"]


@dataclass(slots=True)
class ScriptedCall:
    """One call of a scripted model, and what it sent back.

    Attributes:
        call: what was asked.
        number: which call of the model it is, from 0.
        chunks_planned: the chunks of the whole answer.
        chunks_sent: the chunks taken by the engine.
        started_s: virtual seconds at which it came in.
        ended_s: virtual seconds at which it ended or was closed; None while it runs.
        outcome: how it ended.
    """

    call: Call = field(repr=False)
    number: int
    started_s: float
    chunks_planned: int = 0
    chunks_sent: int = 0
    ended_s: float | None = None
    outcome: Outcome = "running"
    target = "/v1/chat/completions"
    body = b""

    @property
    def json(self) -> dict[str, Any]:
        """The request as the dialect of the answer reads it."""
        return {"model": self.call.model.model, "stream_options": {"include_usage": True}}


class ScriptedModel:
    """A simulated model in process, without sockets and in virtual time: a provider for `Model(run=…)`.

    Args:
        script: what it answers; a function is given the `ScriptedCall`.
        clock: whose time it speaks in; give the same one to `Atomic(clock=…)`.
        faults: what it does wrong; those of HTTP alone (a page, a redirect, a bomb) reach the engine as the
            adapters report them: an error, not bytes.
        pace: how fast; at once by default.
        seed: of times and random splits.
        split: how the answer is cut into chunks.
    """

    name = "simulated"
    dialect = _DIALECT.name

    def __init__(
        self,
        script: Answers[ScriptedCall],
        clock: VirtualClock,
        *,
        faults: Faults[ScriptedCall] = None,
        pace: Pace = AT_ONCE,
        seed: Seed[ScriptedCall] = 0,
        split: Split = "event",
    ) -> None:
        self._composer = Composer(_DIALECT, script, faults, pace, split, seed)
        self._clock = clock
        self.calls: list[ScriptedCall] = []
        """The calls so far, in the order of arrival."""

    def unsupported(self, call: Call) -> tuple[str, ...]:
        """A scripted model can do all."""
        return ()

    def negotiate(self, call: Call) -> Negotiated:
        """The answer comes as text; no keyword is lost."""
        return Negotiated(mode=None if call.output is None else call.output.mode or "json_schema")

    @asynccontextmanager
    async def open(self, call: Call) -> AsyncIterator[ScriptedSource]:
        """Answer the call in virtual time.

        Raises:
            StatusError: the plan's status is none of success.
            TransportError: the plan ends before it opens.
        """
        played = ScriptedCall(call, len(self.calls), self._clock.now() / 1e9)
        self.calls.append(played)
        source = ScriptedSource(self._composer.plan(played), played, self._clock)
        try:
            await source.opened()
            yield source
        finally:
            played.ended_s = self._clock.now() / 1e9
            if played.outcome == "running":
                played.outcome = "closed"

    def __repr__(self) -> str:
        return f"<simulated model, {len(self.calls)} calls>"


class ScriptedSource:
    """One answer, chunk by chunk as its plan has them due."""

    __slots__ = ("_clock", "_plan", "_played", "dialect", "status")

    def __init__(self, plan: Plan, played: ScriptedCall, clock: VirtualClock) -> None:
        self._plan, self._played, self._clock = plan, played, clock
        self.status, self.dialect = plan.status, _DIALECT.name
        played.chunks_planned = len(plan.chunks)

    async def opened(self) -> None:
        """Wait for the headers."""
        if not self._plan.opens:
            await self._end()
        if self.status == 429:
            raise self._failed(RateLimitedError("the simulated model is busy"))
        if self.status != 200:
            raise self._failed(StatusError(f"the simulated model answers {self.status}", status=self.status))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        played = self._played
        if played.chunks_sent == len(self._plan.chunks):
            await self._end()
            raise StopAsyncIteration
        chunk = self._plan.chunks[played.chunks_sent]
        await self._clock.wait(anyio.Event(), round((played.started_s + chunk.at_s) * 1e9))
        played.chunks_sent += 1
        return chunk.data

    async def _end(self) -> None:
        self._played.outcome = "stalled" if self._plan.ending == "stall" else self._plan.ending
        if self._plan.ending == "stall":
            await anyio.Event().wait()
        if self._plan.ending == "reset":
            raise self._failed(TransportError("the simulated connection was reset"))
        if self._plan.ending == "cut":
            raise self._failed(TruncatedError("the simulated stream was cut"))

    def _failed(self, error: ProviderError) -> ProviderError:
        error.provider, error.model = "simulated", self._played.call.model.name
        return error

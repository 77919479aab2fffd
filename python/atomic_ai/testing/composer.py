"""Makes the plan for one request: which answer, which fault, how cut, when due."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from atomic_ai.testing.dialects import Dialect, in_forced_tool
from atomic_ai.testing.exchange import Exchange
from atomic_ai.testing.fault import Fault
from atomic_ai.testing.plan import Chunk, Frame, Plan, Split, cut, timed
from atomic_ai.testing.replay import Replay
from atomic_ai.testing.script import Script, Usage

if TYPE_CHECKING:
    from atomic_ai.testing.pace import Pace

Answer = Script | Replay
Answers = Answer | Sequence[Answer] | Callable[[Exchange], Answer]
"""One answer for all, one after the other (the last one stays), or what a function makes of a request."""

Faults = Fault | Sequence[Fault | None] | Callable[[Exchange], Fault | None] | None
"""One fault for all requests, one after the other (then none), or whatever a function decides."""


@dataclass(frozen=True, slots=True)
class Composer:
    """What an endpoint was told to answer; the same seed and requests give the same plans."""

    dialect: Dialect
    answers: Answers
    faults: Faults
    pace: Pace
    split: Split
    seed: int

    def plan(self, exchange: Exchange) -> Plan:
        """The plan for this request, faults included."""
        if not self.dialect.serves(urlsplit(exchange.target).path):
            message = f"this simulated endpoint serves {self.dialect.name} only"
            return Plan([Chunk(self.dialect.error_body(404, message))], 404, {"content-type": "application/json"})
        rng = Random(f"{self.seed}:{exchange.number}")  # noqa: S311 - simulation, no secret
        fault = self._fault(exchange) or Fault()
        answer = self._answer(exchange)
        split = answer.splits if isinstance(answer, Replay) and answer.splits is not None else self.split
        plan = Plan(timed(cut(self._frames(answer, fault, exchange), split, rng), self.pace, rng))
        plan.headers["content-type"] = self.dialect.content_type(exchange)
        return fault.apply(plan, self.dialect, exchange)

    def _answer(self, exchange: Exchange) -> Answer:
        if isinstance(self.answers, Script | Replay):
            return self.answers
        if callable(self.answers):
            return self.answers(exchange)
        return self.answers[min(exchange.number, len(self.answers) - 1)]

    def _fault(self, exchange: Exchange) -> Fault | None:
        if self.faults is None or isinstance(self.faults, Fault):
            return self.faults
        if callable(self.faults):
            return self.faults(exchange)
        return self.faults[exchange.number] if exchange.number < len(self.faults) else None

    def _frames(self, answer: Answer, fault: Fault, exchange: Exchange) -> list[Frame]:
        if isinstance(answer, Replay):
            return [Frame(answer.body)]
        script = in_forced_tool(fault.rewrite(answer), self.dialect.forced_tool(exchange.json))
        usage = script.usage or Usage(max(1, len(exchange.body) // 4), script.tokens)
        return self.dialect.frames(script, exchange, usage)

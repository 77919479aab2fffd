"""Makes the plan for one request: which answer, which fault, how cut, when due."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import urlsplit

from atomic_ai.testing.body import Replay
from atomic_ai.testing.dialects import Dialect, in_forced_tool
from atomic_ai.testing.dialects.dialect import Query
from atomic_ai.testing.fault import Fault
from atomic_ai.testing.plan import Chunk, Frame, Plan, Split, cut, timed
from atomic_ai.testing.script import Script, Usage

if TYPE_CHECKING:
    from atomic_ai.testing.pace import Pace

Q = TypeVar("Q", bound=Query)

Answer = Script | Replay
Answers = Answer | Sequence[Answer] | Callable[[Q], Answer]
"""One answer for all, one after the other (the last one stays), or what a function makes of a request."""

Faults = Fault | Sequence[Fault | None] | Callable[[Q], Fault | None] | None
"""One fault for all requests, one after the other (then none), or whatever a function decides."""

Seed = int | Callable[[Q], str]
"""Of times and random splits: a number (and the request's), or what a function makes of a request."""


@dataclass(frozen=True, slots=True)
class Composer(Generic[Q]):
    """What an endpoint was told to answer; the same seed and requests give the same plans."""

    dialect: Dialect
    answers: Answers[Q]
    faults: Faults[Q]
    pace: Pace
    split: Split
    seed: Seed[Q]

    def plan(self, query: Q) -> Plan:
        """The plan for this request, faults included."""
        if not self.dialect.serves(urlsplit(query.target).path):
            body = self.dialect.error_body(404, f"this simulated endpoint serves {self.dialect.name} only")
            return Plan([Chunk(body)], 404, {"content-type": "application/json"})
        drawn = self.seed(query) if callable(self.seed) else f"{self.seed}:{query.number}"
        rng = Random(drawn)  # noqa: S311 - simulation, no secret
        fault = self._fault(query) or Fault()
        answer = self._answer(query)
        split = answer.splits if isinstance(answer, Replay) and answer.splits is not None else self.split
        plan = Plan(timed(cut(self._frames(answer, fault, query), split, rng), self.pace, rng))
        plan.headers["content-type"] = self.dialect.content_type(query)
        return fault.apply(plan, self.dialect, query)

    def _answer(self, query: Q) -> Answer:
        if isinstance(self.answers, Script | Replay):
            return self.answers
        if callable(self.answers):
            return self.answers(query)
        return self.answers[min(query.number, len(self.answers) - 1)]

    def _fault(self, query: Q) -> Fault | None:
        if self.faults is None or isinstance(self.faults, Fault):
            return self.faults
        if callable(self.faults):
            return self.faults(query)
        return self.faults[query.number] if query.number < len(self.faults) else None

    def _frames(self, answer: Answer, fault: Fault, query: Q) -> list[Frame]:
        if isinstance(answer, Replay):
            return [Frame(answer.body)]
        script = in_forced_tool(fault.rewrite(answer), self.dialect.forced_tool(query.json))
        usage = script.usage or Usage(words(query.json) // 4 + 1, script.tokens)
        return self.dialect.frames(script, query, usage)


def words(value: object) -> int:
    """Characters of all strings in a request's JSON: what a simulated model counts its input tokens by."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(words(item) for item in value.values())
    return sum(words(item) for item in value) if isinstance(value, list) else 0

"""Who may bid, and the queue where everybody who may has to rest first.

A model that rests (its breaker is open, its rate limit used up, its provider asked for a pause) is filtered by name
while others may bid. Where all of them rest the request waits for the first to come back, within its deadline, instead
of failing or of calling anyway. After a pause one call goes first; of those who wait, who has less time left comes
sooner.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import anyio

from atomic_ai import events
from atomic_ai.eligibility import Eligible, eligible
from atomic_ai.errors import DeadlineError, RateLimitedError, TaskError
from atomic_ai.providers.headroom import TRIAL_S

if TYPE_CHECKING:
    from atomic_ai.context import Context
    from atomic_ai.engine import Engine
    from atomic_ai.task import Task

QUEUE_S = 60.0
"""How long a request without deadline waits for a model to come back."""


async def bidders(engine: Engine, context: Context, microtask: str, task: Task[Any], only: str | None) -> Eligible:
    """Who may bid now, or after a wait, with the prepared calls; and who may not, with the reasons.

    Raises:
        TaskError: none may bid at all; the message names every model's reason.
        DeadlineError: all of them rest for longer than the deadline.
        RateLimitedError: all of them rest for longer than a request without deadline waits.
    """
    models = engine.models if only is None else {only: engine.models[only]}
    waited = 0.0
    while True:
        who = eligible(task, models, engine.providers)
        if not waited or who.calls:
            for name, reasons in who.filtered.items():
                context.emit(events.Filtered, microtask, model=name, reasons=reasons)
        if who.calls:
            return who
        seconds = _wait_s(who, context.left_s, waited)
        context.emit(events.Queued, microtask, models=tuple(who.resting), wait_s=seconds)
        await context.clock.wait(anyio.Event(), context.clock.now() + round(seconds * 1e9))
        waited += seconds


def _wait_s(who: Eligible, left_s: float | None, waited: float) -> float:
    """Seconds until it is worth asking again."""
    told = "; ".join(f"{name}: {', '.join(reasons)}" for name, reasons in who.filtered.items())
    if not who.resting:
        raise TaskError(f"no model may bid for this task ({told}): change the task's allow or features, or add a model")
    shortest = min(wait.seconds for wait in who.resting.values())
    if left_s is not None and shortest >= left_s:
        raise DeadlineError(f"every model that may bid rests for longer than the deadline ({told})")
    if shortest > QUEUE_S - waited and left_s is None:
        raise RateLimitedError(f"every model that may bid rests ({told})", status=429, retry_after_s=shortest)
    urgency = min(1.0, (math.inf if left_s is None else left_s) / QUEUE_S)
    return shortest + TRIAL_S * urgency

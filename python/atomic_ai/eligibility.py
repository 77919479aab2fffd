"""Who may bid: models that a task's tags allow and that can do what it needs. Nobody vanishes without a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from atomic_ai.adapt import Prompt, adapt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from atomic_ai.model import Model
    from atomic_ai.providers.call import Call, Provider
    from atomic_ai.providers.headroom import Wait
    from atomic_ai.task import Task


@dataclass(frozen=True, slots=True)
class Eligible:
    """Who may bid for a task and who may not.

    Attributes:
        calls: the prepared call of each model that may bid.
        filtered: the reasons for each that may not: in words, or the names of the features that it lacks.
        told: the same in words, a line each.
        resting: of these, the models that only have to be waited for, and what for.
    """

    calls: Mapping[str, Call]
    filtered: Mapping[str, tuple[str, ...]]
    told: Mapping[str, str]
    resting: Mapping[str, Wait]


def eligible(task: Task[object], models: Mapping[str, Model], providers: Mapping[str, Provider]) -> Eligible:
    """Sort the models into those that may bid and those that may not, with reasons."""
    calls: dict[str, Call] = {}
    filtered: dict[str, tuple[str, ...]] = {}
    told: dict[str, str] = {}
    resting: dict[str, Wait] = {}
    prompt = Prompt.of(task)
    for name, model in models.items():
        call = adapt(task, model, prompt)
        reasons, lacks = _reasons(task, model, call), providers[name].unsupported(call)
        wait = None if reasons or lacks else waits(providers[name], call)
        if wait is not None:
            resting[name] = wait
            reasons = (f"{wait.reason}: asked again in {wait.seconds:.2f} s",)
        if reasons or lacks:
            filtered[name] = reasons or lacks
            told[name] = ", ".join(reasons) or f"it does not support {', '.join(lacks)}"
        else:
            calls[name] = call
    return Eligible(calls, filtered, told, resting)


def waits(provider: Provider, call: Call) -> Wait | None:
    """What stands against a call only for now: a rest after failures, a rate limit; local models know neither."""
    ask = getattr(provider, "wait", None)
    return None if ask is None else ask(call)


def _reasons(task: Task[object], model: Model, call: Call) -> tuple[str, ...]:
    labels = model.tags if model.region is None else model.tags | {model.region}
    if not task.allows(labels):
        return (f"the task allows {', '.join(sorted(task.allow or ()))}",)
    needed = call.input_tokens + call.max_tokens
    if model.context is not None and needed > model.context:
        return (f"about {needed} tokens do not fit its context of {model.context}",)
    return ()

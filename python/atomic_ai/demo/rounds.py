"""One policy over the whole inbox: what it answered, what it says it cost, what the endpoints counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import anyio

from atomic_ai.atomic import Atomic
from atomic_ai.budget import Budget
from atomic_ai.demo.cast import Role, Stage
from atomic_ai.demo.triage import QUESTIONS, TRIAGE, Triage
from atomic_ai.errors import AtomicError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from atomic_ai.artifacts import Execution
    from atomic_ai.demo.mail import Mail
    from atomic_ai.events import Event
    from atomic_ai.market.terms import Weights
    from atomic_ai.model import Model
    from atomic_ai.settings import PlanKind

Hear = Callable[["Mail", "Event"], None]
"""Hears every event of every mail's request."""

BUDGET = Budget(usd=0.05, deadline_s=30)
"""Of each mail of a simulated inbox."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request for one mail.

    Attributes:
        output: the answer, or None.
        error: why there is none, or "".
        retryable: whether the error says that asking again may help.
        began: `time.monotonic()` at the zero of the executions' times.
        cost_usd: what Atomic says it cost.
        executions: every lane's outcome, as Atomic tells it.
    """

    output: Triage | None
    error: str
    retryable: bool
    began: float
    cost_usd: float
    executions: tuple[Execution, ...]


@dataclass(frozen=True, slots=True)
class Sorted:
    """What became of one mail.

    Attributes:
        mail: the mail.
        attempts: its requests, the last one decides.
        latency_s: from the first request to the last one's outcome.
    """

    mail: Mail
    attempts: tuple[Attempt, ...]
    latency_s: float

    @property
    def output(self) -> Triage | None:
        """The answer, or None."""
        return self.attempts[-1].output

    @property
    def error(self) -> str:
        """Why there is no answer, or ""."""
        return self.attempts[-1].error

    @property
    def cost_usd(self) -> float:
        """What Atomic says it cost."""
        return sum(attempt.cost_usd for attempt in self.attempts)

    @property
    def executions(self) -> tuple[Execution, ...]:
        """Every lane's outcome, as Atomic tells it."""
        return tuple(execution for attempt in self.attempts for execution in attempt.executions)


@dataclass(slots=True)
class Round:
    """One policy's run.

    Attributes:
        name: the policy's.
        stages: the simulated models it could use, with their endpoints' counters.
        mails: what became of each mail, in the inbox's order.
    """

    name: str
    stages: list[Stage] = field(default_factory=list)
    mails: list[Sorted] = field(default_factory=list)

    def about(self, mails: Collection[str]) -> Round:
        """The same run, looked at for these mails alone."""
        return replace(self, mails=[mail for mail in self.mails if mail.mail.name in mails])

    @property
    def names(self) -> set[str]:
        """The mails' names."""
        return {mail.mail.name for mail in self.mails}

    @property
    def claimed_usd(self) -> float:
        """What Atomic says it cost."""
        return sum(mail.cost_usd for mail in self.mails)

    @property
    def billed_usd(self) -> float:
        """What the providers would bill for these mails, by the endpoints' own counters."""
        return sum(stage.billed_usd(self.names) for stage in self.stages)

    @property
    def tokens(self) -> int:
        """Output tokens made for these mails, by the endpoints' own counters."""
        exchanges = (exchange for stage in self.stages for exchange in stage.exchanges(self.names))
        return sum(exchange.counters.tokens_made for exchange in exchanges)


@dataclass(frozen=True, slots=True)
class Setting:
    """What all rounds of a demo share.

    Attributes:
        mails: the inbox.
        seed: of the simulated models and of Atomic.
        parallel: how many mails are sorted at once.
        weights: what quality, money and time are worth.
    """

    mails: Sequence[Mail]
    seed: int
    parallel: int
    weights: Weights


@dataclass(frozen=True, slots=True)
class Policy:
    """How Atomic is set up for a round.

    Attributes:
        name: for people.
        plan: "auto" for what the auction clears, or the plan that is run in its place.
        max_lanes: the most lanes of a plan.
        profiles: what the market has learned before, or None.
    """

    name: str
    plan: PlanKind = "auto"
    max_lanes: int = 2
    profiles: Path | None = None


async def simulated_round(
    policy: Policy,
    setting: Setting,
    roles: Iterable[Role],
    locals_: Sequence[Model] = (),
    hear: Hear | None = None,
) -> Round:
    """Sort the inbox with simulated models on fresh endpoints, and local ones besides."""
    stages = [Stage(role, setting.mails, QUESTIONS, setting.seed) for role in roles]
    with ExitStack() as stack:
        for stage in stages:
            stack.enter_context(stage.endpoint)
        models = [*(stage.model() for stage in stages), *locals_]
        played = await sort_inbox(policy, setting, models, hear)
        for stage in stages:  # an endpoint that bills to the end counts on after its client has gone
            await stage.endpoint.until(lambda endpoint: endpoint.running == 0)
    played.stages = stages
    return played


async def sort_inbox(
    policy: Policy,
    setting: Setting,
    models: Sequence[Model],
    hear: Hear | None = None,
    cap_usd: float | None = None,
) -> Round:
    """Sort the inbox with these models; a mail whose request fails is counted, not raised.

    Args:
        policy: how Atomic is set up.
        setting: inbox, seed and pace of work.
        models: who may bid.
        hear: hears every event.
        cap_usd: bound on the whole inbox's money, which makes mails wait for each other; None bounds each by itself.
    """
    done: dict[str, Sorted] = {}
    limit = anyio.CapacityLimiter(setting.parallel if cap_usd is None else 1)

    async def sort(atomic: Atomic, mail: Mail) -> None:
        async with limit:
            spent = sum(other.cost_usd for other in done.values())
            left = BUDGET.usd if cap_usd is None else cap_usd - spent
            done[mail.name] = await _sorted(atomic, mail, left, hear)

    async with (
        Atomic(
            models,
            weights=setting.weights,
            profiles=policy.profiles,
            plan=policy.plan,
            max_lanes=policy.max_lanes,
            seed=setting.seed,
            trace_text=hear is not None,
        ) as atomic,
        anyio.create_task_group() as group,
    ):
        for mail in setting.mails:
            group.start_soon(sort, atomic, mail)
    return Round(policy.name, mails=[done[mail.name] for mail in setting.mails])


async def _sorted(atomic: Atomic, mail: Mail, left_usd: float | None, hear: Hear | None) -> Sorted:
    """Ask for one mail, and once more where the error says that it may help, as a caller would."""
    began = time.monotonic()
    attempts = [await _attempt(atomic, mail, left_usd, hear)]
    if attempts[0].retryable:
        left = None if left_usd is None else left_usd - attempts[0].cost_usd
        attempts.append(await _attempt(atomic, mail, left, hear))
    return Sorted(mail, tuple(attempts), time.monotonic() - began)


async def _attempt(atomic: Atomic, mail: Mail, left_usd: float | None, hear: Hear | None) -> Attempt:
    began: float | None = None
    output, error, trace = None, None, None
    try:
        budget = Budget(usd=left_usd, deadline_s=BUDGET.deadline_s)
        async with atomic.stream(TRIAGE.with_input(mail.prompt), budget=budget) as stream:
            async for event in stream:
                # Events queue on their way: the earliest zero that any of them implies is the tightest.
                zero = time.monotonic() - event.at_s
                began = zero if began is None else min(began, zero)
                if hear is not None:
                    hear(mail, event)
            response = stream.response
        output, trace = response.output, response.trace
    except AtomicError as failure:
        error, trace = failure, getattr(failure, "trace", None)
    return Attempt(
        output=output,
        error="" if error is None else f"{type(error).__name__}: {error}",
        retryable=error is not None and error.retryable,
        began=began or 0.0,
        cost_usd=0.0 if trace is None else trace.cost.total_usd,
        executions=() if trace is None else trace.executions,
    )

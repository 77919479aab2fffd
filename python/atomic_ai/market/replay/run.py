"""Running policies over a table, each task seen once, in shuffled orders, paired by seed."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from atomic_ai.market.replay.policy import Policy
from atomic_ai.market.replay.table import Recorded, Row, Table

if TYPE_CHECKING:
    from atomic_ai.market.market import Market

MakePolicy = Callable[[Table, float, int], Policy]
"""A policy for a table, a cost weight and a seed."""


@dataclass(frozen=True, slots=True)
class Run:
    """One pass over a table.

    Attributes:
        reward: mean of quality less λ·cost/unit over the tasks after the probe.
        quality: mean quality over the same tasks.
        cost_usd: mean cost over the same tasks.
        best_single: mean reward of the one model that is best for them in hindsight.
        regret: what the best single model had ahead, summed up to each task.
    """

    reward: float
    quality: float
    cost_usd: float
    best_single: float
    regret: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Paired differences between a policy and something else over seeds.

    Attributes:
        mean: mean difference in reward per task.
        low: lower end of its 95 % interval (Student's t).
        high: upper end.
    """

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, differences: Sequence[float]) -> Comparison:
        """The interval of these differences."""
        mean = fmean(differences)
        if len(differences) < 2:
            return cls(mean, -math.inf, math.inf)
        half = _student(len(differences) - 1) * stdev(differences) / math.sqrt(len(differences))
        return cls(mean, mean - half, mean + half)


def replay(table: Table, make: MakePolicy, *, cost_weight: float, seed: int, probe: int = 0) -> Run:
    """Runs a policy once over the table in the order of `seed`.

    Args:
        table: the outcomes.
        make: makes the policy.
        cost_weight: λ, in units of `table.unit_usd`.
        seed: of the order, and of the policy.
        probe: tasks at the start on which the policy sees every model's outcome and nothing is counted.
    """
    rows = shuffled(table, seed)
    policy = make(table, cost_weight, seed)
    for row in rows[:probe]:
        for model in table.models:
            policy.learn(row, model.name, row.outcomes[model.name])
    rest = rows[probe:]
    chosen = [_ask(policy, row) for row in rest]
    reward = [_reward(table, cost_weight, outcome) for outcome in chosen]
    best = _best_single(table, cost_weight, rest)
    ahead = [_reward(table, cost_weight, row.outcomes[best]) - got for row, got in zip(rest, reward, strict=True)]
    return Run(
        reward=fmean(reward),
        quality=fmean(outcome.quality for outcome in chosen),
        cost_usd=fmean(outcome.cost_usd for outcome in chosen),
        best_single=fmean(reward) + fmean(ahead),
        regret=tuple(_sums(ahead)),
    )


def shuffled(table: Table, seed: int) -> list[Row]:
    """The table's tasks in the order of `seed`."""
    rows = list(table.rows)
    random.Random(seed).shuffle(rows)  # noqa: S311  # an order, no secret
    return rows


def teach(market: Market, row: Row) -> None:
    """Teaches a market what every model did on one task."""
    for model, one in row.outcomes.items():
        market.teach(
            row.prompt, row.task_class, model=model, quality=one.quality, cost_usd=one.cost_usd, latency_s=one.latency_s
        )


def compare(runs: Sequence[Run], others: Sequence[Run] | None = None) -> Comparison:
    """Runs against other runs of the same seeds, or against the best single model in hindsight."""
    if others is None:
        return Comparison.of([run.reward - run.best_single for run in runs])
    return Comparison.of([run.reward - other.reward for run, other in zip(runs, others, strict=True)])


def _ask(policy: Policy, row: Row) -> Recorded:
    model = policy.choose(row)
    outcome = row.outcomes[model]
    policy.learn(row, model, outcome)
    return outcome


def _reward(table: Table, cost_weight: float, outcome: Recorded) -> float:
    return outcome.quality - cost_weight * outcome.cost_usd / table.unit_usd


def _best_single(table: Table, cost_weight: float, rows: Sequence[Row]) -> str:
    def total(name: str) -> float:
        return sum(_reward(table, cost_weight, row.outcomes[name]) for row in rows)

    return max((model.name for model in table.models), key=total)


def _sums(values: Sequence[float]) -> list[float]:
    sums, total = [], 0.0
    for value in values:
        total += value
        sums.append(total)
    return sums


def _student(freedom: int) -> float:
    """The 97.5 % quantile of Student's t (Cornish-Fisher about the normal one; within 1 % from 3 on)."""
    z = 1.959964
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3

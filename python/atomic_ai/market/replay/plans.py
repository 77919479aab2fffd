"""Plans over a table: cascades under a verifier of stated accuracy, and their forecasts against what happened."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from atomic_ai.market.market import EXPLORE, Market
from atomic_ai.market.replay.run import shuffled, teach

if TYPE_CHECKING:
    from atomic_ai._core import Award
    from atomic_ai.market.replay.table import Recorded, Row, Table
    from atomic_ai.market.terms import Weights


@dataclass(frozen=True, slots=True)
class PlanRun:
    """One pass of plans over a table; means over the tasks after the probe.

    Attributes:
        quality: of the results.
        cost_usd: spend over all lanes that ran.
        best_single: quality of the model that is best for these tasks in hindsight.
        lanes: how many ran a task.
        quality_off: forecast over seen quality, less 1.
        cost_off: the same of cost.
        p90_off: the 0.9 quantile of seen over forecast 0.9 quantile of seconds, less 1; None where the table
            has no latencies.
    """

    quality: float
    cost_usd: float
    best_single: float
    lanes: float
    quality_off: float
    cost_off: float
    p90_off: float | None


@dataclass(frozen=True, slots=True)
class _Result:
    """What one award forecast and what came of it."""

    forecast: tuple[float, float, float]
    quality: float
    cost_usd: float
    latency_s: float | None
    lanes: int


class _Price:
    """What a dollar weighs, so that tasks cost `cap_usd` in the mean: dual descent on the logarithm of the price.

    The price rises after a task that cost more than the cap and falls after one that cost less (the multiplicative
    update of Balseiro, Lu and Mirrokni 2020), by a factor of exp(`STEP`) for a task that cost twice the cap. A bill
    counts for at most `MOST` caps.
    """

    START, STEP, MOST = 0.15, 0.05, 20.0

    def __init__(self, cap_usd: float) -> None:
        self.cap_usd = cap_usd
        self.per_usd = self.START / cap_usd

    def paid(self, cost_usd: float) -> None:
        """Moves the price after a task's bill."""
        self.per_usd *= math.exp(self.STEP * (min(cost_usd / self.cap_usd, self.MOST) - 1.0))


def replay_plans(
    table: Table,
    *,
    cost_weight: float,
    seed: int,
    verifier: float = 0.95,
    probe: int = 0,
    cap_usd: float | None = None,
    max_lanes: int = 3,
) -> PlanRun:
    """Runs a market that may award cascades once over the table.

    Args:
        table: the outcomes.
        cost_weight: λ, in units of `table.unit_usd`.
        seed: of the order, the market's draws and the verifier's errors.
        verifier: how often the verifier is right about an answer, good or bad.
        probe: tasks at the start on which every model's outcome is taught and nothing is counted.
        cap_usd: mean cost of a task to be kept to; the price of money then follows the bills and `cost_weight` does not
            count.
        max_lanes: most lanes of a plan.
    """
    rows = shuffled(table, seed)
    dice = random.Random(seed ^ 0x5EED)  # noqa: S311  # a simulated verifier, no secret
    weights: Weights = {"quality": 1.0, "cost": cost_weight / table.unit_usd}
    market = Market(table.models, weights=weights, seed=seed, explore=EXPLORE, max_lanes=max_lanes)
    price = None if cap_usd is None else _Price(cap_usd)
    for row in rows[:probe]:
        teach(market, row)
    rest = rows[probe:]
    results = [_run(market, row, verifier, dice, price) for row in rest]
    best = max(fmean(row.outcomes[model.name].quality for row in rest) for model in table.models)
    return _summary(results, best)


def _run(market: Market, row: Row, verifier: float, dice: random.Random, price: _Price | None) -> _Result:
    weights: Weights | None = None if price is None else {"quality": 1.0, "cost": price.per_usd}
    award = market.award(row.prompt, row.task_class, verifier=verifier, weights=weights)
    expected = award.expected
    forecast = (expected.quality, expected.cost_usd, expected.latency_p90_s)
    ran: list[Recorded] = []
    for model in award.plan.lanes:
        ran.append(row.outcomes[model])
        _observe(market, award, model, ran[-1])
        if (dice.random() < verifier) == (dice.random() < ran[-1].quality):
            break
    if price is not None:
        price.paid(sum(one.cost_usd for one in ran))
    times = [one.latency_s for one in ran if one.latency_s is not None]
    latency = sum(times) if len(times) == len(ran) else None
    return _Result(forecast, ran[-1].quality, sum(one.cost_usd for one in ran), latency, len(ran))


def _observe(market: Market, award: Award, model: str, one: Recorded) -> None:
    market.observe(award, model=model, quality=one.quality, cost_usd=one.cost_usd, latency_s=one.latency_s)


def _summary(results: Sequence[_Result], best: float) -> PlanRun:
    quality, cost = fmean(one.quality for one in results), fmean(one.cost_usd for one in results)
    late = sorted(one.latency_s / one.forecast[2] for one in results if one.latency_s is not None)
    return PlanRun(
        quality=quality,
        cost_usd=cost,
        best_single=best,
        lanes=fmean(one.lanes for one in results),
        quality_off=fmean(one.forecast[0] for one in results) / (quality or 1.0) - 1.0,
        cost_off=fmean(one.forecast[1] for one in results) / (cost or 1.0) - 1.0,
        p90_off=late[len(late) * 9 // 10] - 1.0 if late else None,
    )

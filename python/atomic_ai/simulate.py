"""Policies compared before they are used: the core's race machine over virtual races.

A world says how models behave: from a market's profiles (`world_of`), or written down as JSON. The report says what
each policy does to the time to a valid answer, to cost and to quality. What is simulated, and what is not known, stands
in the documentation of the core's module `simulate`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from atomic_ai import _core
from atomic_ai.errors import ConfigError

if TYPE_CHECKING:
    from atomic_ai._core import Bid
    from atomic_ai.market import Market
    from atomic_ai.model import Model

POINTS = 200
"""Quantiles of a profile that a simulated time is drawn from."""

FIXED = (0.5, 0.75, 0.9, 0.95, 0.99)
"""The standard fixed delays, as quantiles of the first model's times."""

SHARE = {"share": 0.1, "free": 0.0, "window_s": 60.0}


class Row(NamedTuple):
    """One policy's figures. Times are seconds to the accepted answer; None where so many requests had none.

    Attributes:
        name: the policy's.
        races: requests.
        unanswered: share of requests without an accepted answer.
        p50_s: half are faster.
        p90_s: nine in ten.
        p99_s: 99 in a hundred.
        p999_s: 999 in a thousand.
        mean_s: mean of the answered ones.
        cost_usd: mean cost of a request.
        extra_spend: cost over the first policy's, less one.
        quality: mean, a request without answer counting 0.
        hedges: lanes started because another was late, per request.
        lanes: lanes started, per request.
        delay_s: wait before a hedge at the end of the run, or None.
        curve: (quantile, seconds).
    """

    name: str
    races: int
    unanswered: float
    p50_s: float | None
    p90_s: float | None
    p99_s: float | None
    p999_s: float | None
    mean_s: float
    cost_usd: float
    extra_spend: float
    quality: float
    hedges: float
    lanes: float
    delay_s: float | None
    curve: Sequence[tuple[float, float | None]]


def simulate(world: Mapping[str, Any]) -> list[Row]:
    """Run every policy of a world over the same requests. Equal seeds give equal rows.

    Raises:
        ConfigError: the world makes no sense; the message names the place.
    """
    report = orjson.loads(_core.simulate(orjson.dumps(world)))
    return [Row(**row) for row in report["policies"]]


def world_of(
    market: Market, models: Mapping[str, Model], *, task_class: str | None = None, input_tokens: int = 500
) -> dict[str, Any]:
    """The world that a market's profiles describe, best bid first.

    Times to the first token are drawn from the profile's quantiles; what follows takes its mean, as profiles do not
    keep how it varies. Models that were never timed are left out.

    Args:
        market: what was learned.
        models: the cards, for prices and cancel semantics.
        task_class: the class of tasks.
        input_tokens: the prompt's length.

    Raises:
        ConfigError: no model was timed.
    """
    award = market.award("", task_class, input_tokens=input_tokens)
    bids = sorted(award.bids, key=lambda bid: -bid.score)
    actors = [_actor(market, bid, models[bid.model], input_tokens) for bid in bids]
    known = [actor for actor in actors if actor is not None]
    if not known:
        raise ConfigError("no model of these profiles was ever timed: run some tasks first, or write a world as JSON")
    return {"models": known, "policies": standard_policies(known)}


def standard_policies(actors: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each model alone, hedges of the first by the second at fixed delays, at its own quantile and by spend, races."""
    policies: list[dict[str, Any]] = [
        {"name": f"{actor['name']} alone", "lanes": [number]} for number, actor in enumerate(actors)
    ]
    second = min(1, len(actors) - 1)
    times = actors[0]["ttft"].get("samples")
    for quantile in FIXED if times else ():
        seconds = sorted(times)[int(quantile * len(times))]
        plan = {"hedge": {"fixed": seconds}}
        policies.append({"name": f"hedge after {seconds:.3g} s", "lanes": [0, second], "plan": plan})
    for quantile in (0.9, 0.95):
        plan = {"hedge": {"quantile": quantile}}
        name = f"hedge at own p{quantile * 100:.0f}"
        policies.append({"name": name, "lanes": [0, second], "plan": plan, "allowance": SHARE})
    spend = {"share": 0.05, "free": 0.0, "window_s": 60.0}
    policies.append(
        {"name": "hedge by 5 % spend", "lanes": [0, second], "plan": {"hedge": "spend"}, "allowance": spend}
    )
    policies += [
        {"name": f"race of {count}", "lanes": list(range(count)), "plan": "race"}
        for count in range(2, min(3, len(actors)) + 1)
    ]
    return policies


def curves_of(rows: Sequence[Row]) -> dict[str, list[float]]:
    """The policies' curves for a plot, each up to where requests have no answer; p50 to p99.9, tails drawn out."""
    return {row.name: [seconds for _, seconds in row.curve if seconds is not None] for row in rows}


def _actor(market: Market, bid: Bid, card: Model, input_tokens: int) -> dict[str, Any] | None:
    times = [market.ttft_quantile(bid.model, (point + 0.5) / POINTS) for point in range(POINTS)]
    samples = [seconds for seconds in times if seconds is not None]
    if not samples:
        return None
    in_usd = card.cost(input_tokens, 0)
    return {
        "name": bid.model,
        "ttft": {"samples": samples},
        "rest": {"constant": max(0.0, bid.latency_s - sum(samples) / len(samples))},
        "valid": bid.validity,
        "quality": min(1.0, max(0.0, bid.quality / max(bid.validity, 1e-9))),
        "in_usd": in_usd,
        "out_usd": max(0.0, bid.cost_usd - in_usd),
        "bills_all": card.cancel == "bills",
    }

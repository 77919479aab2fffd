"""The tail bar: hedges over published mixtures of times to the first token, against the best fixed delay in hindsight.

    python benches/tails.py [--races N] [--json]

Each mixture is a body of log-normal times around half a second and a slow mode, such as a queue or a cold replica,
whose median is fitted so that p99/p50 of the whole is 3, 5 or 8 (published ratios of hosted models: 2.7 to 8). The
hedge goes to a twin of the same distribution, or to a standby that is faster in the median and as heavy in the tail.
Every run is seeded and repeats. "hindsight" is the fixed delay with the lowest p99 among those that spend no more than
the policy.
"""

from __future__ import annotations

import argparse
import json
import math
from typing import Any

from atomic_ai.simulate import Row, simulate

RATIOS = (3, 5, 8)
BODY, SLOW_SHARE, SLOW_SIGMA = (0.5, 0.2), 0.04, 0.4
"""Median and sigma of the body; share and sigma of the slow mode."""

STANDBY = 0.5
"""The standby's median as a share of the primary's."""

REST_S = 0.25
"""Seconds from the first token to the end: a typed answer of 25 tokens at a hundred a second."""

PRICES = {"in_usd": 300 * 0.15e-6, "out_usd": 150 * 0.60e-6}
"""300 tokens in and 150 out, reasoning included, at the list price of a small model."""

SHARE = 0.05
DELAYS = [0.05 * 1.06**step for step in range(70)]


def fitted(ratio: float, scale: float = 1.0) -> list[list[float]]:
    """The mixture whose p99 is `ratio` times its p50; `scale` stretches it."""
    median, sigma = BODY
    low, high = median, 100.0
    for _ in range(60):
        slow = (low + high) / 2
        parts = [[1 - SLOW_SHARE, median, sigma], [SLOW_SHARE, slow, SLOW_SIGMA]]
        low, high = (slow, high) if quantile(parts, 0.99) < ratio * quantile(parts, 0.5) else (low, slow)
    return [[weight, scale * middle, spread] for weight, middle, spread in parts]


def quantile(parts: list[list[float]], p: float) -> float:
    """The mixture's quantile, by bisection."""
    low, high = 1e-6, 1e4
    for _ in range(80):
        middle = math.sqrt(low * high)
        below = sum(w * 0.5 * (1 + math.erf(math.log(middle / m) / (s * math.sqrt(2)))) for w, m, s in parts)
        low, high = (middle, high) if below < p else (low, middle)
    return high


def world(ratio: float, standby: float, races: int, seed: int) -> dict[str, Any]:
    """The policies over one mixture."""
    models = [
        {"name": name, "ttft": {"mixture": fitted(ratio, scale)}, "rest": {"constant": REST_S}, **PRICES}
        for name, scale in (("primary", 1.0), ("second", standby))
    ]
    bounded = {"share": SHARE, "free": 0.0, "window_s": 600.0}
    policies = [
        {"name": "single", "lanes": [0]},
        {"name": "p95", "lanes": [0, 1], "plan": {"hedge": {"quantile": 0.95}}, "allowance": bounded | {"share": 0.1}},
        {"name": "spend", "lanes": [0, 1], "plan": {"hedge": "spend"}, "allowance": bounded},
    ]
    policies += [{"name": "fixed", "lanes": [0, 1], "plan": {"hedge": {"fixed": seconds}}} for seconds in DELAYS]
    return {"races": races, "seed": seed, "rate": 50.0, "models": models, "policies": policies}


def measured(ratio: float, standby: float, races: int = 40_000, seed: int = 1) -> dict[str, Any]:
    """One mixture's figures."""
    single, p95, spend, *fixed = simulate(world(ratio, standby, races, seed))
    return {
        "ratio": ratio,
        "hedge_to": "twin" if standby == 1.0 else "standby",
        "single_p99_s": single.p99_s,
        **{policy.name: _against(policy, single, fixed) for policy in (p95, spend)},
    }


def _against(policy: Row, single: Row, fixed: list[Row]) -> dict[str, Any]:
    affordable = [row for row in fixed if row.extra_spend <= policy.extra_spend]
    best = min(affordable, key=lambda row: row.p99_s or math.inf)
    assert policy.p99_s is not None
    assert single.p99_s is not None
    assert best.p99_s is not None
    return {
        "p99_s": policy.p99_s,
        "delay_s": policy.delay_s,
        "hedged": policy.hedges,
        "extra_spend": policy.extra_spend,
        "off_single": 1 - policy.p99_s / single.p99_s,
        "hindsight_p99_s": best.p99_s,
        "hindsight_delay_s": best.delay_s,
        "over_hindsight": policy.p99_s / best.p99_s - 1,
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--races", type=int, default=200_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = [measured(ratio, standby, options.races) for standby in (1.0, STANDBY) for ratio in RATIOS]
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    print("p99/p50  hedge to  policy  single p99  p99     off   hindsight  over it  extra spend  hedged  delay")
    for row in rows:
        for name in ("p95", "spend"):
            told = row[name]
            print(
                f"{row['ratio']:<8} {row['hedge_to']:<9} {name:<7} {row['single_p99_s']:<11.3f} {told['p99_s']:<7.3f} "
                f"{told['off_single']:<5.0%} {told['hindsight_p99_s']:<10.3f} {told['over_hindsight']:<+8.1%} "
                f"{told['extra_spend']:<+12.2%} {told['hedged']:<7.1%} {told['delay_s']:.3f}"
            )


if __name__ == "__main__":
    main()

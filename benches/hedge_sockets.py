"""Simulation against real sockets: the same policies, the same law of times, through endpoints on loopback.

    python benches/hedge_sockets.py [--races N] [--at-once N]

Two simulated endpoints draw their times to the first token from a published mixture (see `tails.py`), scaled so that
the time sockets take is small beside them. What the endpoints drew is what the simulation draws from: both see one law.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio
from tails import fitted

from atomic_ai import Atomic, Hedge, Model, Task
from atomic_ai.simulate import simulate
from atomic_ai.testing import Pace, Script, SimulatedEndpoint

if TYPE_CHECKING:
    from random import Random

SCALE = 4.0
"""Makes the median two seconds: on a busy machine a race over sockets takes tens of milliseconds of its own."""

DELAYS = (2.4, 3.0)
TASK = Task("Say something.")


@dataclass(frozen=True, slots=True)
class Mixture(Pace):
    """Times of a mixture; remembers what it drew."""

    parts: tuple[tuple[float, float, float], ...] = ()
    drawn: list[float] = field(default_factory=list)

    def first_token_s(self, rng: Random) -> float:
        """A draw."""
        weights = [weight for weight, _, _ in self.parts]
        _, median, sigma = rng.choices(self.parts, weights)[0]
        self.drawn.append(median * rng.lognormvariate(0.0, sigma))
        return self.drawn[-1]


async def over_sockets(races: int, at_once: int, options: dict[str, Any]) -> tuple[list[float], list[float]]:
    """Seconds of each race, and the times that the endpoints drew."""
    pace = Mixture(parts=tuple((w, m * SCALE, s) for w, m, s in fitted(5)))
    seconds: list[float] = []
    with (
        SimulatedEndpoint("openai-chat", Script("Well then."), pace=pace, seed=1) as one,
        SimulatedEndpoint("openai-chat", Script("Well then."), pace=pace, seed=2) as other,
    ):
        models = [
            Model(name, provider="openai", base_url=endpoint.base_url, api_key="simulated", price_in=1, price_out=2)
            for name, endpoint in (("one", one), ("other", other))
        ]
        async with Atomic(models, transport="native", **options) as atomic:
            limit = anyio.Semaphore(at_once)

            async def run() -> None:
                async with limit:
                    seconds.append((await atomic.run(TASK)).latency_s)

            async with anyio.create_task_group() as tasks:
                for _ in range(races):
                    tasks.start_soon(run)
    return seconds, pace.drawn


def quantile(seconds: list[float], p: float) -> float:
    """As the report counts."""
    return sorted(seconds)[min(len(seconds) - 1, int(p * len(seconds)))]


def main() -> None:
    """Print both sides."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--races", type=int, default=1000)
    parser.add_argument("--at-once", type=int, default=20)
    options = parser.parse_args()
    runs: list[tuple[str, dict[str, Any], Any]] = [("single", {"plan": "single"}, "single")]
    for delay in DELAYS:
        hedge = Hedge(after_s=delay, share=1.0)
        runs.append((f"hedge after {delay} s", {"plan": "hedge", "hedge": hedge}, {"hedge": {"fixed": delay}}))
    print("policy              sockets p50  simulated  differ    sockets p99  simulated  differ")
    for name, arguments, plan in runs:
        seconds, drawn = anyio.run(over_sockets, options.races, options.at_once, arguments)
        lanes = [0] if plan == "single" else [0, 0]
        model = {"name": "one", "ttft": {"samples": drawn}}
        policy = {"name": name, "lanes": lanes, "plan": plan}
        row = simulate({"races": 200_000, "models": [model], "policies": [policy]})[0]
        assert row.p50_s is not None
        assert row.p99_s is not None
        pairs = [(quantile(seconds, p), told) for p, told in ((0.5, row.p50_s), (0.99, row.p99_s))]
        print(f"{name:<19}", *(f"{real:<12.3f} {told:<10.3f} {real / told - 1:<+9.1%}" for real, told in pairs))


if __name__ == "__main__":
    main()

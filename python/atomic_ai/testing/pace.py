"""When a simulated model speaks: seeded, with the heavy tails that hosted models have."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast an answer comes.

    The time to the first token is log-normal around `ttft_s`; with `tail_probability` it is multiplied by a
    Pareto factor (hosted models show a p99 of 3 to 8 times the median). The speed is log-normal around
    `tokens_per_s` once per answer; the gaps between tokens are log-normal around it with mean one.

    Attributes:
        ttft_s: median time to the first token, seconds.
        tokens_per_s: median speed afterwards.
        ttft_sigma: sigma of the logarithm of the time to the first token.
        speed_sigma: sigma of the logarithm of the speed, from answer to answer.
        gap_sigma: sigma of the logarithm of the gaps within one answer.
        tail_probability: how many answers start late, 0 to 1.
        tail_alpha: the Pareto tail's exponent; smaller is heavier.
    """

    ttft_s: float = 0.0
    tokens_per_s: float = math.inf
    ttft_sigma: float = 0.35
    speed_sigma: float = 0.2
    gap_sigma: float = 0.5
    tail_probability: float = 0.03
    tail_alpha: float = 1.3

    def faster(self, times: float) -> Pace:
        """The same pace, so many times as fast."""
        return replace(self, ttft_s=self.ttft_s / times, tokens_per_s=self.tokens_per_s * times)

    def first_token_s(self, rng: Random) -> float:
        """A time to the first token, in seconds."""
        late = rng.random() < self.tail_probability
        factor = rng.paretovariate(self.tail_alpha) if late else 1.0
        return self.ttft_s * factor * math.exp(rng.gauss(0.0, self.ttft_sigma))

    def gaps_s(self, rng: Random) -> Iterator[float]:
        """The time one token takes after the one before it, in seconds, without end."""
        mean = math.exp(rng.gauss(0.0, self.speed_sigma)) / self.tokens_per_s
        drift = self.gap_sigma**2 / 2
        while True:
            yield mean * math.exp(rng.gauss(0.0, self.gap_sigma) - drift)


AT_ONCE = Pace()
"""No delay at all: what tests use."""

"""Stated confidence: what a bidder says of itself, held against what came of it.

A claim is a feature to calibrate, never the quality itself. Outcomes are gathered by claim in a few bins, each
leaning on the bidder's mean as a few outcomes would; pooling adjacent violators (isotonic regression: Barlow et
al. 1972) makes the result never fall as the claim rises. A bidder that says 0.99 of everything gets its mean; one
whose claims tell good answers from bad gets the difference.
"""

from __future__ import annotations

import math

from atomic_ai.errors import MisuseError

BINS = 10
LEAN = 4.0
"""Outcomes that the bidder's mean is worth in each bin."""
START = (0.5, 2.0)
"""Mean quality of a bidder without outcomes, and what that is worth."""
MEMORY = 500.0
"""Outcomes a bin remembers."""


class Stated:
    """The calibration of one bidder's claims."""

    def __init__(self) -> None:
        self._bins = [(0.0, 0.0)] * BINS

    def observe(self, claim: float, quality: float) -> None:
        """Learns that an answer of stated quality `claim` had this quality, both 0 to 1.

        Raises:
            MisuseError: a number out of range; nothing is learned then.
        """
        place = _bin(claim)
        _bin(quality)
        weight, total = self._bins[place]
        kept = min(1.0, MEMORY / (weight + 1.0))
        self._bins[place] = ((weight + 1.0) * kept, (total + quality) * kept)

    def quality(self, claim: float) -> float:
        """What a claim has meant so far; it never falls as the claim rises.

        Raises:
            MisuseError: a claim outside 0 to 1.
        """
        return self._curve()[_bin(claim)]

    def _curve(self) -> list[float]:
        weights, sums = zip(*self._bins, strict=True)
        mean = (sum(sums) + START[0] * START[1]) / (sum(weights) + START[1])
        pools: list[tuple[float, float, int]] = []
        for weight, total in self._bins:
            pool = (total + LEAN * mean, weight + LEAN, 1)
            while pools and pools[-1][0] / pools[-1][1] >= pool[0] / pool[1]:
                last = pools.pop()
                pool = (last[0] + pool[0], last[1] + pool[1], last[2] + pool[2])
            pools.append(pool)
        return [total / weight for total, weight, width in pools for _ in range(width)]


def _bin(value: float) -> int:
    if not (math.isfinite(value) and 0.0 <= value <= 1.0):
        raise MisuseError(f"a quality is within 0 and 1, not {value}")
    return min(int(value * BINS), BINS - 1)

"""Stated confidence: what a bidder says of itself, held against what came of it.

A claim is a feature to calibrate, never the quality itself. Outcomes are gathered by claim in a few bins, each
leaning on the bidder's mean as a few outcomes would; pooling adjacent violators (isotonic regression: Barlow et
al. 1972) makes the result never fall as the claim rises. A bidder that says 0.99 of everything gets its mean; one
whose claims tell good answers from bad gets the difference.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping

from atomic_ai.errors import MisuseError

BINS = 10
LEAN = 4.0
"""Outcomes that the bidder's mean is worth in each bin."""
START = (0.5, 2.0)
"""Mean quality of a bidder without outcomes, and what that is worth."""
MEMORY = 500.0
"""Outcomes a bin remembers."""
CREDIT = 5.0
"""Outcomes that a bidder's own word about its quality is worth."""
REMEMBERED = 65_536
"""Awards whose claims wait for an outcome."""


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

    @property
    def outcomes(self) -> float:
        """How many outcomes are remembered."""
        return sum(weight for weight, _ in self._bins)

    @property
    def mean(self) -> float:
        """The quality that its answers have had on the whole."""
        return (sum(total for _, total in self._bins) + START[0] * START[1]) / (self.outcomes + START[1])

    def believed(self, claim: float, learned: float, evidence: float) -> float:
        """The quality that a claim is taken for, where `evidence` outcomes of this class of tasks say `learned`.

        The word itself counts as a few outcomes: as it was said while nothing is known of the bidder's claims, and as
        what such claims have meant once that is known. Where its claims tell good answers from bad, the difference
        that this one makes is added to what was learned; one that always claims the same adds nothing.

        Raises:
            MisuseError: a claim outside 0 to 1.
        """
        meant, outcomes = self.quality(claim), self.outcomes
        word = (CREDIT * claim + outcomes * meant) / (CREDIT + outcomes)
        lift = (meant - self.mean) * outcomes / (CREDIT + outcomes)
        believed = (evidence * (learned + lift) + CREDIT * word) / (evidence + CREDIT)
        return min(max(believed, 0.0), 1.0)

    def _curve(self) -> list[float]:
        mean = self.mean
        pools: list[tuple[float, float, int]] = []
        for weight, total in self._bins:
            pool = (total + LEAN * mean, weight + LEAN, 1)
            while pools and pools[-1][0] / pools[-1][1] >= pool[0] / pool[1]:
                last = pools.pop()
                pool = (last[0] + pool[0], last[1] + pool[1], last[2] + pool[2])
            pools.append(pool)
        return [total / weight for total, weight, width in pools for _ in range(width)]


class Claims:
    """What every bidder claimed in which award, until the outcome is known; and each one's calibration.

    It is of this process: claims are not kept with the profiles.
    """

    def __init__(self) -> None:
        self._bidders: dict[str, Stated] = {}
        self._open: OrderedDict[int, dict[str, float]] = OrderedDict()

    def of(self, bidder: str) -> Stated:
        """The calibration of one bidder."""
        return self._bidders.setdefault(bidder, Stated())

    def made(self, award: int, claims: Mapping[str, float]) -> None:
        """Notes what was claimed for an award."""
        if claims:
            self._open[award] = dict(claims)
            if len(self._open) > REMEMBERED:
                self._open.popitem(last=False)

    def judged(self, award: int, bidder: str, quality: float) -> None:
        """Learns how good an answer was, the first time that anybody says so."""
        claim = self._open.get(award, {}).pop(bidder, None)
        if claim is not None:
            self.of(bidder).observe(claim, quality)


def _bin(value: float) -> int:
    if not (math.isfinite(value) and 0.0 <= value <= 1.0):
        raise MisuseError(f"a quality is within 0 and 1, not {value}")
    return min(int(value * BINS), BINS - 1)

"""Hedging: a second lane starts because the first is late, if that is worth its money and within the share.

The theory, with its sources, is the documentation of the core's module `hedge`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

from atomic_ai._core import Allowance
from atomic_ai.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from atomic_ai._core import Award, Bid
    from atomic_ai.market import Market
    from atomic_ai.providers.call import Call

EVIDENCE = 20
"""Outcomes from which on a 95th percentile is taken at its word: one in twenty lies above it."""

UNKNOWN_S = 2.0
"""The wait before a hedge where a model's latency is not known yet: above most hosted models' median first token."""

EARLIEST, LATEST = 0.5, 0.995
"""Between these the quantile moves where a share of the spend, not of the requests, is allowed."""


@dataclass(frozen=True, slots=True)
class Hedge:
    """When a late lane gets a hedge, and how many there may be. A lane that *fails* is replaced at once all the same.

    Attributes:
        quantile: how late the running lane must be: this quantile of its own profile's time to the first token. The
            95th percentile costs about 5 % more requests (Dean and Barroso, The Tail at Scale, 2013).
        after_s: this many seconds instead, for every model.
        share: hedges allowed, as a share of the requests of the window.
        of: what the share is of: "requests", or "spend", where a hedge counts as much as it is expected to cost. Then
            `quantile` is not used: the delay is the earliest that the share allows.
        window_s: how long the window is, in seconds.
        spare: hedges that each window has besides, so that a quiet service can hedge its only call.
        worthwhile: hold a hedge back that is expected to cost more than it gains by the weights, as far as profiles
            know both lanes.

    Raises:
        ConfigError: a number outside its range.
    """

    quantile: float = 0.95
    after_s: float | None = None
    share: float = 0.1
    of: Literal["requests", "spend"] = "requests"
    window_s: float = 60.0
    spare: float = 10.0
    worthwhile: bool = True

    def __post_init__(self) -> None:
        rules = {
            "quantile": 0 < self.quantile < 1,
            "after_s": self.after_s is None or 0 < self.after_s < math.inf,
            "share": 0 <= self.share < math.inf,
            "of": self.of in ("requests", "spend"),
            "window_s": 0 < self.window_s < math.inf,
            "spare": 0 <= self.spare < math.inf,
        }
        for name, holds in rules.items():
            if not holds:
                raise ConfigError(f"Hedge({name}={getattr(self, name)!r}) is outside its range")


@dataclass(frozen=True, slots=True)
class Hop:
    """How one lane of a line hedges the one before it.

    Attributes:
        by_ns: how late the one before must be, in nanoseconds; None if only its failure starts this one.
        weight: what the hedge takes from the share, in requests.
        why: the grounds, in words.
    """

    by_ns: int | None
    weight: float
    why: str


class Prospect(NamedTuple):
    """What is expected of a hedge, given that the first lane is late.

    Attributes:
        saved_s: seconds saved in the mean.
        wins: chance that the hedge is first.
        rescued: chance that it keeps a deadline that the first misses.
        extra_usd: what is paid more than without it.
        worth: its value less its price, by the weights.
    """

    saved_s: float
    wins: float
    rescued: float
    extra_usd: float
    worth: float


class Hedger:
    """The policy at work for one `Atomic`: its profiles, and the bucket that all its races share.

    Attributes:
        policy: what was asked for.
        allowance: requests and hedges of the window.
    """

    __slots__ = ("_market", "allowance", "policy")

    def __init__(self, policy: Hedge, market: Market) -> None:
        self.policy = policy
        self._market = market
        self.allowance = Allowance(policy.share, policy.spare, int(policy.window_s * 1e9))

    def hops(
        self, award: Award, names: Sequence[str], calls: Mapping[str, Call], deadline_s: float | None
    ) -> tuple[Hop, ...]:
        """How each lane but the first hedges the one before it.

        Args:
            award: the bids.
            names: the lanes' models, in order.
            calls: what each is asked.
            deadline_s: seconds until the request must be answered, or None.
        """
        bids = {bid.model: bid for bid in award.bids}
        return tuple(self._hop(bids[first], bids[second], calls, deadline_s) for first, second in pairwise(names))

    def _hop(self, first: Bid, second: Bid, calls: Mapping[str, Call], deadline_s: float | None) -> Hop:
        legs = self._leg(first, calls), self._leg(second, calls)
        known = min(first.evidence, second.evidence) >= EVIDENCE
        delay_s, why = self._delay(first, legs, known=known)
        prospect = self._prospect(legs, delay_s, deadline_s, second.quality) if known else None
        if prospect is None:
            return Hop(int(delay_s * 1e9), 1.0, why)
        if self.policy.worthwhile and prospect.worth < 0:
            told = f"it would save {prospect.saved_s:.2f} s in the mean and cost ${prospect.extra_usd:.6f} more"
            return Hop(None, 1.0, f"not worth it: {told}")
        weight = self._weight(prospect, legs[0]) if self.policy.of == "spend" else 1.0
        return Hop(int(delay_s * 1e9), weight, why)

    def _delay(self, first: Bid, legs: tuple[_Leg, _Leg], *, known: bool) -> tuple[float, str]:
        """Seconds to wait, and on what grounds."""
        policy = self.policy
        if policy.after_s is not None:
            return policy.after_s, f"{first.model} has no token after {policy.after_s:.3f} s, the fixed delay"
        seconds = self._market.ttft_quantile(first.model, policy.quantile)
        if seconds is None or first.evidence < EVIDENCE:
            # While the quantile rests on few outcomes the wait is not below the one for an unknown model: the largest
            # of three samples is no percentile, and a hedge that starts too soon is paid for.
            seconds = max(seconds or 0.0, UNKNOWN_S)
            return seconds, f"{first.model} has no token after {seconds:.3f} s, the wait for a model hardly known"
        quantile = self._quantile(legs) if policy.of == "spend" and known else policy.quantile
        seconds = self._market.ttft_quantile(first.model, quantile) or seconds
        return seconds, f"{first.model} has no token after {seconds:.3f} s, its {quantile:.1%} quantile"

    def _quantile(self, legs: tuple[_Leg, _Leg]) -> float:
        """The earliest quantile that a share of the spend allows: 1 - p of the requests are hedged, at their weight."""
        quantile = self.policy.quantile
        # A hedge's weight depends little on the delay: two steps settle it.
        for _ in range(2):
            seconds = self._market.ttft_quantile(legs[0].model, quantile) or 0.0
            prospect = self._prospect(legs, seconds, None, 0.0)
            weight = 1.0 if prospect is None else self._weight(prospect, legs[0])
            quantile = min(LATEST, max(EARLIEST, 1 - self.policy.share / max(weight, 1e-9)))
        return quantile

    def _leg(self, bid: Bid, calls: Mapping[str, Call]) -> _Leg:
        card, call = calls[bid.model].model, calls[bid.model]
        in_usd = card.cost(call.input_tokens, 0)
        median_s = self._market.ttft_quantile(bid.model, 0.5) or bid.latency_s
        return _Leg(
            bid.model,
            rest_s=max(0.0, bid.latency_s - median_s),
            in_usd=in_usd,
            out_usd=max(0.0, bid.cost_usd - in_usd),
            bills_all=card.cancel == "bills",
        )

    @staticmethod
    def _weight(prospect: Prospect, first: _Leg) -> float:
        """What a hedge costs, in requests of the first lane's price; one where that is nothing."""
        price = first.in_usd + first.out_usd
        return max(0.0, prospect.extra_usd) / price if price > 0 else 1.0

    def _prospect(
        self, legs: tuple[_Leg, _Leg], delay_s: float, deadline_s: float | None, quality: float
    ) -> Prospect | None:
        told = self._market.hedge_prospect(*legs, delay_s=delay_s, deadline_s=deadline_s, quality=quality)
        return None if told is None else Prospect(*told)


class _Leg(NamedTuple):
    """One lane as the core's formula takes it."""

    model: str
    rest_s: float
    in_usd: float
    out_usd: float
    bills_all: bool

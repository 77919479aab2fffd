"""Policies: who is asked next, knowing only what was seen of those asked before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from atomic_ai.market.market import EXPLORE, Market

if TYPE_CHECKING:
    from atomic_ai._core import Award
    from atomic_ai.market.replay.table import Recorded, Row, Table
    from atomic_ai.market.terms import Weights


class Policy(Protocol):
    """Chooses a model for each task and sees the outcome of that one alone."""

    def choose(self, row: Row) -> str:
        """The model that gets this task; the row's outcomes must not be looked at."""

    def learn(self, row: Row, model: str, outcome: Recorded) -> None:
        """What came of it, or of another model in a probe."""


class MarketPolicy:
    """A stand-alone market, one lane a task.

    Args:
        table: whose models bid.
        cost_weight: λ: what the dearest model's mean cost weighs against a quality of 1.
        seed: of the market's draws.
        explore: see `Market`.
    """

    def __init__(self, table: Table, cost_weight: float, seed: int, *, explore: float = EXPLORE) -> None:
        weights: Weights = {"quality": 1.0, "cost": cost_weight / table.unit_usd}
        self.market = Market(table.models, weights=weights, seed=seed, explore=explore, max_lanes=1)
        self._award: Award | None = None

    def choose(self, row: Row) -> str:
        """The award's winner."""
        self._award = self.market.award(row.prompt, row.task_class)
        return self._award.winner

    def learn(self, row: Row, model: str, outcome: Recorded) -> None:
        """Tells the market, as the award's outcome or as one from elsewhere."""
        quality, cost_usd, latency_s = outcome.quality, outcome.cost_usd, outcome.latency_s
        if self._award is None:
            self.market.teach(
                row.prompt, row.task_class, model=model, quality=quality, cost_usd=cost_usd, latency_s=latency_s
            )
        else:
            self.market.observe(self._award, model=model, quality=quality, cost_usd=cost_usd, latency_s=latency_s)
            self._award = None


class Fixed:
    """Always the same model."""

    def __init__(self, model: str) -> None:
        self.model = model

    def choose(self, row: Row) -> str:
        """The model."""
        return self.model

    def learn(self, row: Row, model: str, outcome: Recorded) -> None:
        """Nothing."""

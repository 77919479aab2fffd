"""The arguments of an `Atomic`, checked and kept for as long as it lives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import httpx

    from atomic_ai.clock import Clock
    from atomic_ai.hedge import Hedge
    from atomic_ai.market import Budgets, Outside, Weights
    from atomic_ai.market.trial import Trial
    from atomic_ai.model import Model
    from atomic_ai.providers.reply import TransportKind

PlanKind = Literal["auto", "single", "hedge", "cascade", "race"]
"""Which plan runs: "auto" is the one that the auction clears."""

RAISE: Final = object()
"""`on_deadline=RAISE`: a missed deadline raises."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The arguments of `Atomic`, checked; `Atomic`'s docstring says what each means."""

    models: Mapping[str, Model]
    weights: Weights | None
    profiles: str | Path | None = field(repr=False)
    http_client: httpx.AsyncClient | None
    ca: str | Path | None
    proxy: str | None = field(repr=False)
    transport: TransportKind | None
    trace_text: bool
    trace_file: str | Path | None
    plan: PlanKind
    hedge: Hedge | None
    budgets: Budgets | None
    outside: Outside | None
    experiment: Trial | None
    max_lanes: int
    explore: bool
    explore_floor: float
    seed: int
    clock: Clock

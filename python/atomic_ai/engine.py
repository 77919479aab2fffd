"""What all requests of one open `Atomic` share: market, providers, clock, hooks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import httpx

    from atomic_ai.clock import Clock
    from atomic_ai.hooks import Hooks
    from atomic_ai.market import Market
    from atomic_ai.model import Model
    from atomic_ai.providers.call import Provider


@dataclass(frozen=True, slots=True)
class Settings:
    """The arguments of `Atomic`, checked; `Atomic`'s docstring says what each means."""

    models: Mapping[str, Model]
    weights: Mapping[str, float] | None
    profiles: str | Path | None
    http_client: httpx.AsyncClient | None
    trace_text: bool
    trace_file: str | Path | None
    max_lanes: int
    explore: bool
    seed: int
    clock: Clock

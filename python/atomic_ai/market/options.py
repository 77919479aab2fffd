"""What may be said of a task when it is awarded, besides its text and class; `Market.award` says what each means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from atomic_ai.market.terms import Weights


class AwardOptions(TypedDict, total=False):
    """Keyword arguments of `Market.award` that `Market.auction` takes too."""

    schema: object
    verifier: float | tuple[float, float] | None
    weights: Weights | None
    multiplier: float
    input_tokens: float | None
    output_limit: float | None
    max_cost_usd: float | None
    max_latency_s: float | None
    min_quality: float | None
    filtered: Mapping[str, str] | None
    max_lanes: int | None
    features: Sequence[float] | None
    hour: int | None
    load: Mapping[str, int] | None


Offer = tuple[str, float, float | None]
"""A model whose run is sold at another price than the list's: name, USD, and the quality believed, or None."""

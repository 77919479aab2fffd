"""What the market is told of models and of the buyer's wishes, and what it tells of changes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple, Protocol, TypedDict

from atomic_ai.errors import ConfigError, MisuseError


class Bidder(Protocol):
    """What the market needs of a model: its name and its list prices in USD per million tokens."""

    @property
    def name(self) -> str:
        """Its name, unique in the market."""

    @property
    def price_in(self) -> float:
        """USD per million input tokens."""

    @property
    def price_out(self) -> float:
        """USD per million output tokens."""


class Weights(TypedDict, total=False):
    """What an answer is worth to the buyer, in value units; a key that is left out weighs nothing."""

    quality: float
    """V: value of an answer of quality 1."""
    cost: float
    """Value of one USD."""
    latency: float
    """Value of one second."""


class Change(NamedTuple):
    """A model that has become another one, as noticed from its outcomes."""

    model: str
    signal: str
    """"quality" or "cost"."""
    direction: str
    """"up" or "down"."""
    after: int
    """Outcomes of the model since its last alarm of this kind, or since the start."""
    size: float
    """Mean surprise since the change: quality points, or the logarithm of the cost ratio."""


DEFAULT_WEIGHTS: Weights = {"quality": 1.0, "cost": 10.0, "latency": 0.01}
"""One point of quality in a hundred is worth a tenth of a cent, or a second."""


def triple(weights: Weights) -> tuple[float, float, float]:
    """Weights as the core takes them.

    Raises:
        MisuseError: a key that there is not, or a weight that is negative or no number.
    """
    unknown = weights.keys() - {"quality", "cost", "latency"}
    if unknown:
        raise MisuseError(f"unknown weights {sorted(unknown)}: there are quality, cost and latency")
    for key, weight in weights.items():
        if not is_amount(weight):
            raise MisuseError(f"the weight of {key} is a number, zero or more, not {weight!r}")
    return weights.get("quality", 0.0), weights.get("cost", 0.0), weights.get("latency", 0.0)


def chances(verifier: float | tuple[float, float] | None) -> tuple[float, float] | None:
    """A verifier as the core takes it: the chances that a good and that a bad answer is accepted."""
    if verifier is None or isinstance(verifier, tuple):
        return verifier
    return verifier, 1.0 - verifier


def listed(models: Iterable[Bidder]) -> tuple[Bidder, ...]:
    """The models, each with a name and prices.

    Raises:
        ConfigError: one that has none; the message says which, and what to give.
    """
    found = tuple(models)
    for place, model in enumerate(found):
        name = getattr(model, "name", None)
        if not isinstance(name, str):
            raise ConfigError(
                f"models[{place}] is {type(model).__name__}: a market takes Model(name, price_in=…, price_out=…), or "
                "anything else that has these three"
            )
        for price in ("price_in", "price_out"):
            usd = getattr(model, price, None)
            if not is_amount(usd):
                raise ConfigError(f"model {name!r}: {price} is USD per million tokens, zero or more, not {usd!r}")
    return found


def is_amount(value: object) -> bool:
    """Whether it is a finite number, zero or more."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf

"""Off-policy estimates: what another policy would have earned on one's own log.

A log has, for each award, who was asked, with what chance (`award.propensity`), and what came of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

from atomic_ai.errors import MisuseError
from atomic_ai.market.replay.run import Comparison


@dataclass(frozen=True, slots=True)
class Logged:
    """One award of a log.

    Attributes:
        context: whatever the policies look at, such as the task class.
        model: who was asked.
        propensity: the chance with which it was, above 0.
        reward: what came of it.
    """

    context: str
    model: str
    propensity: float
    reward: float


Chances = Callable[[str, str], float]
"""The chance that the policy to be estimated asks a model in a context."""

Prediction = Callable[[str, str], float]
"""The reward a model of the world predicts for a model in a context."""


def inverse_propensity(log: Sequence[Logged], chances: Chances, *, clip: float = 50.0) -> Comparison:
    """Mean reward of another policy by weighing each logged one with chance/propensity (Horvitz, Thompson 1952).

    Args:
        log: the awards; every model the policy may ask must have been asked with some chance.
        chances: the policy.
        clip: the largest weight; bounds the variance at the price of a bias toward 0.

    Raises:
        MisuseError: the log is empty or has a propensity outside (0, 1].
    """
    return Comparison.of([_weight(entry, chances, clip) * entry.reward for entry in _checked(log)])


def doubly_robust(
    log: Sequence[Logged], chances: Chances, predict: Prediction, models: Sequence[str], *, clip: float = 50.0
) -> Comparison:
    """The same, right if either the propensities or the predictions are (Dudík, Langford, Li 2011).

    Args:
        log: the awards.
        chances: the policy.
        predict: predicted reward of a model in a context.
        models: every model the policy may ask.
        clip: the largest weight.

    Raises:
        MisuseError: the log is empty or has a propensity outside (0, 1].
    """

    def estimate(entry: Logged) -> float:
        direct = sum(chances(entry.context, model) * predict(entry.context, model) for model in models)
        return direct + _weight(entry, chances, clip) * (entry.reward - predict(entry.context, entry.model))

    return Comparison.of([estimate(entry) for entry in _checked(log)])


def table_prediction(log: Sequence[Logged]) -> Prediction:
    """Mean logged reward of each (context, model), the overall mean where none was logged."""
    cells: dict[tuple[str, str], list[float]] = {}
    for entry in log:
        cells.setdefault((entry.context, entry.model), []).append(entry.reward)
    means = {cell: fmean(rewards) for cell, rewards in cells.items()}
    overall = fmean(entry.reward for entry in log)
    return lambda context, model: means.get((context, model), overall)


@dataclass(frozen=True, slots=True)
class Alternative:
    """What always asking one model would have earned.

    Attributes:
        model: its name.
        asked: how often the log asked it.
        weighed: by `inverse_propensity`.
        robust: by `doubly_robust`, with `table_prediction`.
    """

    model: str
    asked: int
    weighed: Comparison
    robust: Comparison


def of_each_model(log: Sequence[Logged], models: Sequence[str]) -> list[Alternative]:
    """Both estimates for each model, the most robustly promising first.

    Raises:
        MisuseError: the log is empty or has a propensity outside (0, 1].
    """
    predict = table_prediction(_checked(log))

    def alternative(model: str) -> Alternative:
        def always(_: str, asked: str) -> float:
            return float(asked == model)

        asked = sum(entry.model == model for entry in log)
        weighed, robust = inverse_propensity(log, always), doubly_robust(log, always, predict, models)
        return Alternative(model, asked, weighed, robust)

    return sorted(map(alternative, models), key=lambda one: -one.robust.mean)


def _weight(entry: Logged, chances: Chances, clip: float) -> float:
    return min(chances(entry.context, entry.model) / entry.propensity, clip)


def _checked(log: Sequence[Logged]) -> Sequence[Logged]:
    if not log:
        raise MisuseError("an empty log says nothing")
    for number, entry in enumerate(log, 1):
        if not 0.0 < entry.propensity <= 1.0:
            raise MisuseError(f"entry {number} of the log has propensity {entry.propensity}, which is outside (0, 1]")
    return log

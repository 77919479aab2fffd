"""An experiment on an `Atomic`'s live requests: each arm asks its own models, and what came of it decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from atomic_ai.errors import ConfigError, RaceError

if TYPE_CHECKING:
    from atomic_ai.artifacts import Response
    from atomic_ai.market.experiment import Experiment, Finding


class Trial:
    """What the arms of an experiment ask, and what an answer is worth to it: `Atomic(models, experiment=Trial(…))`.

    Each request gets an arm by the experiment's shares. The models that the arm does not ask are kept out of the award,
    which says so, and a request that only they could answer takes no part. After a verdict all go the better way.

    Args:
        experiment: shares and stopping rule.
        models: the names of the models that each arm asks; an arm that is left out asks all.
        by: the key of the task's metadata whose value keeps its arm, such as a user's; None draws for each request.
        value: what an answer is worth, 0 to 1. None takes its judged quality, or 1 where nobody judged it. A request
            that failed is worth 0; one that was cancelled, or that no model could have been asked, does not count.

    Raises:
        ConfigError: models for an arm that the experiment does not have, or an arm without models.
    """

    def __init__(
        self,
        experiment: Experiment,
        models: Mapping[str, Iterable[str]],
        *,
        by: str | None = None,
        value: Callable[[Response[Any]], float] | None = None,
    ) -> None:
        self.experiment, self.by = experiment, by
        self.models = {arm: frozenset(names) for arm, names in models.items()}
        self._value = value or _quality
        for arm, names in self.models.items():
            if arm not in experiment.arms:
                raise ConfigError(f"Trial: {experiment.name!r} has no arm {arm!r}: {' and '.join(experiment.arms)}")
            if not names:
                raise ConfigError(f"Trial: arm {arm!r} asks no model; leave it out to ask all")

    @property
    def finding(self) -> Finding:
        """What is known now."""
        return self.experiment.finding()

    def assign(self, request: str, metadata: Mapping[str, str]) -> str:
        """The arm of a request."""
        return self.experiment.assign(request if self.by is None else metadata.get(self.by, request))

    def kept_out(self, arm: str, models: Iterable[str]) -> Mapping[str, str]:
        """Which of these models the arm does not ask, each with the reason; none where it would leave nobody."""
        asked, others = self.models.get(arm), list(models)
        barred = [] if asked is None else [name for name in others if name not in asked]
        if len(barred) == len(others):
            return {}
        return dict.fromkeys(barred, f"experiment {self.experiment.name!r}: arm {arm!r} does not ask it")

    def answered(self, arm: str, response: Response[Any]) -> None:
        """Takes in an answer."""
        self.experiment.observe(arm, 0.0 if response.validation == "fallback" else self._value(response))

    def failed(self, arm: str, error: BaseException) -> None:
        """Takes in a failure, if models are to blame for it."""
        if isinstance(error, RaceError):
            self.experiment.observe(arm, 0.0)


def _quality(response: Response[Any]) -> float:
    """The mean of the parts of the answer that were judged."""
    lanes = [lane.quality for lane in response.trace.executions if lane.outcome in ("won", "used")]
    judged = [quality for quality in lanes if quality is not None]
    return sum(judged) / len(judged) if judged else 1.0

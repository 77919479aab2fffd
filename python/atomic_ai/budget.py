"""What a request may cost and how long it may take."""

from __future__ import annotations

import math
from dataclasses import dataclass

from atomic_ai.errors import BudgetError, ConfigError, DeadlineError


@dataclass(frozen=True, slots=True)
class Budget:
    """The bounds of one request; None leaves a side unbounded.

    Attributes:
        usd: money for everything: winner, losers, judge.
        deadline_s: seconds from the start of the request until there must be an answer.
        caller: whose shared budget pays besides: see `atomic_ai.market.Budgets`.

    Raises:
        BudgetError: `usd` is zero or less.
        DeadlineError: `deadline_s` is zero or less: it has already passed.
        ConfigError: a bound is no number.
    """

    usd: float | None = None
    deadline_s: float | None = None
    caller: str | None = None

    def __post_init__(self) -> None:
        for name, value in (("usd", self.usd), ("deadline_s", self.deadline_s)):
            if value is not None and not _is_number(value):
                raise ConfigError(f"Budget({name}=…) takes a number or None, not {type(value).__name__} or NaN")
        if self.usd is not None and self.usd <= 0:
            raise BudgetError(f"nothing to spend: Budget(usd={self.usd:g}); give more than zero, or None for no bound")
        if self.deadline_s is not None and self.deadline_s <= 0:
            raise DeadlineError(f"the deadline has passed: Budget(deadline_s={self.deadline_s:g}); give more than zero")

    def after(self, usd: float, seconds: float) -> Budget:
        """What is left once `usd` are spent and `seconds` have gone by.

        Raises:
            BudgetError: all the money is spent.
            DeadlineError: the deadline has passed.
        """
        if self.usd is not None and self.usd <= usd:
            raise BudgetError(f"the budget of ${self.usd:g} is spent (${usd:.6f})")
        if self.deadline_s is not None and self.deadline_s <= seconds:
            raise DeadlineError(f"the deadline of {self.deadline_s:g} s has passed")
        return Budget(
            usd=None if self.usd is None else self.usd - usd,
            deadline_s=None if self.deadline_s is None else self.deadline_s - seconds,
            caller=self.caller,
        )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)

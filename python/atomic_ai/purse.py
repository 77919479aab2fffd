"""One request's money: every lane reserves what it may cost at most before it starts, and settles when it ended.

The cap therefore holds on reservations, also where a provider bills after its stream was closed.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from atomic_ai.errors import BudgetError

if TYPE_CHECKING:
    from atomic_ai.market.tab import Tab


class Purse:
    """A hard cap in USD; None is no cap.

    Attributes:
        cap_usd: the cap.
        within: the purse that this one is part of: what is taken here is taken there.
        tab: the task's tab with shared budgets, which must hold it as well; None without.
        spent_usd: what was settled.
        reserved_usd: what is promised to lanes that still run.
    """

    __slots__ = ("cap_usd", "reserved_usd", "spent_usd", "tab", "within")

    def __init__(self, cap_usd: float | None, within: Purse | None = None, tab: Tab | None = None) -> None:
        self.cap_usd = cap_usd
        self.within = within
        self.tab = tab
        self.spent_usd = 0.0
        self.reserved_usd = 0.0

    @property
    def left_usd(self) -> float:
        """What can still be reserved."""
        own = math.inf if self.cap_usd is None else max(0.0, self.cap_usd - self.spent_usd - self.reserved_usd)
        return own if self.within is None else min(own, self.within.left_usd)

    def reserve(self, usd: float) -> bool:
        """Promise `usd` to a lane; False, and nothing promised, where it does not fit."""
        if usd > self.left_usd or (self.tab is not None and not self.tab.reserve(usd)):
            return False
        if self.within is not None:
            self.within.reserve(usd)
        self.reserved_usd += usd
        return True

    def settle(self, reserved_usd: float, spent_usd: float) -> None:
        """A lane that had reserved ended at a cost of `spent_usd`."""
        self.reserved_usd -= reserved_usd
        self.spent_usd += spent_usd
        if self.tab is not None:
            self.tab.settle(reserved_usd, spent_usd)
        if self.within is not None:
            self.within.settle(reserved_usd, spent_usd)

    def require(self, usd: float, what: str) -> None:
        """Promise `usd`.

        Raises:
            BudgetError: it does not fit; the message names both figures.
        """
        if not self.reserve(usd):
            raise BudgetError(
                f"{what} may cost up to ${usd:.6f} and ${self.left_usd:.6f} of the budget is left: "
                "raise Budget(usd=…), lower max_tokens, or allow a cheaper model"
            )

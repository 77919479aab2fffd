"""One task's tab with the shared budgets: it waits for its turn, reserves for each lane, pays when they end."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING

from atomic_ai.errors import BudgetError, DeadlineError
from atomic_ai.market.budget import Shortage

if TYPE_CHECKING:
    from atomic_ai.clock import Clock
    from atomic_ai.market.budget import Budgets, Hold

LOOK_AGAIN_NS = 1_000_000_000
"""How long a waiting task sleeps at most: money may be freed by another thread, which wakes nobody here."""


class Tab:
    """What one task reserves and spends.

    Args:
        budgets: the shared budgets.
        accounts: those it draws on.
    """

    __slots__ = ("_accounts", "_ahead", "_budgets", "_expected", "_open", "_spent")

    def __init__(self, budgets: Budgets, accounts: tuple[str, ...]) -> None:
        self._budgets, self._accounts = budgets, accounts
        self._open: list[Hold] = []
        self._ahead: Hold | None = None
        self._expected: float | None = None
        self._spent = 0.0

    @property
    def multiplier(self) -> float:
        """How dear money is: see `Budgets.multiplier`."""
        return self._budgets.multiplier(*self._accounts)

    async def admit(
        self, most: Mapping[str, float], clock: Clock, deadline: int | None, *, wait: bool
    ) -> Mapping[str, str]:
        """The models that may not bid, each with the reason.

        Money that running lanes have set aside mostly comes back: while that may be enough for every model, the task
        waits for it. Then the budgets' policy decides.

        Args:
            most: what each model may cost at most.
            clock: the time.
            deadline: until when may be waited, on the clock.
            wait: whether it may be waited for at all.

        Raises:
            BudgetError: no model fits, and nobody gives more.
            DeadlineError: the deadline came first.
        """
        while (scarcest := self._budgets.scarcest(self._accounts)) is not None:
            account, left = scarcest
            if max(most.values()) <= left:
                break
            if wait and self._comes_back(max(most.values())):
                await self._wait(clock, deadline)
            elif not await self._granted(account, left, most):
                return self._kept_out(account, left, most)
        return {}

    def begin(self, expected_usd: float, first_usd: float) -> None:
        """The task was awarded: `first_usd` are set aside for its first lane, at once.

        Raises:
            BudgetError: they are not there.
        """
        self._ahead = self._budgets.reserve(first_usd, *self._accounts)
        self._expected = expected_usd
        self._budgets.commit(expected_usd, *self._accounts)

    def reserve(self, usd: float) -> bool:
        """Sets `usd` aside for a lane; False where they are not there."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            if ahead.usd == usd:
                self._open.append(ahead)
                return True
            self._budgets.settle(ahead, 0.0, paced=False)
        try:
            self._open.append(self._budgets.reserve(usd, *self._accounts))
        except BudgetError:
            return False
        return True

    def settle(self, reserved_usd: float, spent_usd: float) -> None:
        """A lane that had reserved has ended. Which of several equal holds it was makes no difference."""
        hold = next(hold for hold in self._open if hold.usd == reserved_usd)
        self._open.remove(hold)
        self._spent += spent_usd
        self._budgets.settle(hold, spent_usd, paced=False)

    def close(self) -> None:
        """The task is over: what nobody used is freed, and pacing learns the bill."""
        if self._ahead is not None:
            self._budgets.settle(self._ahead, 0.0, paced=False)
            self._ahead = None
        if self._expected is not None:
            self._budgets.correct(self._expected, self._spent, *self._accounts)
            self._expected = None

    def _comes_back(self, usd: float) -> bool:
        """Whether every account would hold `usd` if all that is set aside came back."""
        budgets = self._budgets
        lefts = ((budgets.left(account), account) for account in self._accounts)
        return all(left is None or usd <= left + budgets.reserved(account) for left, account in lefts)

    async def _wait(self, clock: Clock, deadline: int | None) -> None:
        now = clock.now()
        if deadline is not None and now >= deadline:
            raise DeadlineError("the deadline passed while other tasks held the budget's money")
        again = now + LOOK_AGAIN_NS
        await clock.wait(self._budgets.freed(), again if deadline is None else min(again, deadline))

    async def _granted(self, account: str, left: float, most: Mapping[str, float]) -> bool:
        """Whether whoever may be asked has raised the cap."""
        if self._budgets.ask is None:
            return False
        answer = self._budgets.ask(Shortage(account, left, max(most.values()), min(most.values())))
        usd = await answer if inspect.isawaitable(answer) else answer
        if usd is None or usd <= 0:
            return False
        self._budgets.raise_cap(account, usd)
        return True

    def _kept_out(self, account: str, left: float, most: Mapping[str, float]) -> Mapping[str, str]:
        fitting = {name: usd for name, usd in most.items() if usd <= left}
        if not fitting:
            raise BudgetError(
                f"budget {account!r} has ${left:.6f} left, and the cheapest model may cost up to "
                f"${min(most.values()):.6f}: raise the cap, lower max_tokens, or add a cheaper model",
                policy=self._budgets.at_the_end,
            )
        reason = f"it may cost up to ${{usd:.6f}} and budget {account!r} has ${left:.6f} left"
        kept_out = {name: reason.format(usd=usd) for name, usd in most.items() if usd > left}
        if self._budgets.at_the_end == "cheapest":
            cheapest = min(fitting, key=lambda name: fitting[name])
            others = (name for name in fitting if name != cheapest)
            kept_out |= dict.fromkeys(others, f"budget {account!r} ends, and {cheapest} is the cheapest")
        return kept_out

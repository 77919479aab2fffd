"""Budgets: money is reserved before it is spent, so that no cap is passed however many spend at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from atomic_ai._core import Ledger, Pacer
from atomic_ai.errors import BudgetError, MisuseError

AtTheEnd = Literal["refuse", "cheapest", "ask"]
"""What happens when a budget is spent: refuse the task, award the cheapest that fits, or ask the caller."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Money set aside for one lane; settle it with the bill when the lane ends."""

    reservation: int
    usd: float
    accounts: tuple[str, ...]


class Budgets:
    """Caps per request, task class, caller, day: any account with a name.

    Args:
        caps: USD by account. An account without a cap is counted, never refused.
        at_the_end: what a caller should do when `reserve` refuses; carried by the error.
    """

    def __init__(self, caps: Mapping[str, float], *, at_the_end: AtTheEnd = "refuse") -> None:
        self.at_the_end: AtTheEnd = at_the_end
        self._ledger = Ledger()
        self._pacers: dict[str, Pacer] = {}
        for account, usd in caps.items():
            self._ledger.cap(account, usd)

    def cap(self, account: str, usd: float) -> None:
        """Sets an account's cap; what is spent and reserved stays."""
        self._ledger.cap(account, usd)

    def reserve(self, usd: float, *accounts: str) -> Hold:
        """Sets `usd` aside in all of `accounts`, or in none.

        Reserve what a lane could cost at most: its input and all output tokens it may send.

        Raises:
            BudgetError: one of them has less than that left; `error.policy` says what should follow.
        """
        try:
            return Hold(self._ledger.reserve(usd, list(accounts)), usd, accounts)
        except BudgetError as error:
            raise BudgetError(str(error), policy=self.at_the_end) from None

    def settle(self, hold: Hold, billed_usd: float) -> float:
        """Pays the bill and frees the rest; gives the USD by which the bill passed the reservation.

        Raises:
            StateError: settled before.
        """
        over = self._ledger.settle(hold.reservation, billed_usd)
        for account in hold.accounts:
            if pacer := self._pacers.get(account):
                pacer.spend(billed_usd)
        return over

    def pace(self, account: str, *, tasks: int, rate: float = 0.05) -> None:
        """Spreads what is left of an account over so many tasks; `multiplier` then says how dear money is.

        Raises:
            MisuseError: the account has no cap, or the number of tasks is not positive.
        """
        left = self._ledger.left(account)
        if left is None or tasks <= 0:
            raise MisuseError(f"account {account!r} needs a cap and a positive number of tasks to be paced")
        self._pacers[account] = Pacer(left, tasks, rate)

    def multiplier(self, *accounts: str) -> float:
        """The dearness of the most pressed of these accounts; 0 where none is paced."""
        return max((self._pacers[name].multiplier for name in accounts if name in self._pacers), default=0.0)

    def left(self, account: str) -> float | None:
        """USD that can still be reserved, or None without a cap."""
        return self._ledger.left(account)

    def spent(self, account: str) -> float:
        """USD settled so far."""
        return self._ledger.balance(account)[0]

    def reserved(self, account: str) -> float:
        """USD set aside for lanes that have not ended."""
        return self._ledger.balance(account)[1]

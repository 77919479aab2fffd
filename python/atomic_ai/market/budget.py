"""Budgets: money is reserved before it is spent, so that no cap is passed however many spend at once.

An account is named by what it caps:

- `"day"`: everything, anew each day (UTC); `"total"`: everything, for as long as these budgets live;
- `"class:NAME"`: one task class; `"class:*"`: each task class for itself;
- `"caller:NAME"`: one caller (`Budget(caller=…)`); `"caller:*"`: each caller for itself;
- `"class:…/day"` and `"caller:…/day"`: the same, anew each day;
- any other name: whatever you reserve against it yourself.

What one request may cost is said by its own `Budget(usd=…)`. Caps hold within one process and end with it; with
`store=` they hold across processes and restarts: see `atomic_ai.market.shared_ledger`.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import anyio

from atomic_ai._core import Ledger, Pacer
from atomic_ai.errors import BudgetError, ConfigError, LimitError, MisuseError
from atomic_ai.market.terms import is_amount
from atomic_ai.spelling import did_you_mean

if TYPE_CHECKING:
    from atomic_ai.market.shared_ledger import Lapsed, SharedLedger

AtTheEnd = Literal["refuse", "cheapest", "ask"]
"""What happens when the models that may bid do not all fit into what is left: "refuse" keeps out those that do not, and
refuses the task when none does; "cheapest" awards the cheapest that fits; "ask" asks the caller for more money."""

KINDS = ("day", "total", "class", "caller")
"""What the accounts that tasks draw on begin with."""

MOST_ACCOUNTS = 1_000_000
"""Accounts that are kept at once; `"caller:*"` makes one a caller."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Money set aside for one lane; settle it with the bill when the lane ends."""

    reservation: int
    usd: float
    accounts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shortage:
    """A budget that does not hold what a task needs; the caller is asked for more.

    Attributes:
        account: the account that has the least left.
        left_usd: what is left of it.
        needed_usd: what the dearest model that may bid needs at most.
        least_usd: what the cheapest needs at most.
    """

    account: str
    left_usd: float
    needed_usd: float
    least_usd: float


Ask = Callable[[Shortage], float | Awaitable[float | None] | None]
"""Gives the USD by which the account's cap is raised; None or 0 refuses."""


class Budgets:
    """Caps per task class, caller and day, or of any other account with a name.

    Args:
        caps: USD by account. An account without a cap is counted, never refused.
        at_the_end: what happens when what is left does not hold every model that may bid; see `AtTheEnd`.
        ask: who is asked where `at_the_end="ask"`; a function, plain or async.
        today: the date, on which daily accounts begin anew; UTC's by default.
        store: where money is counted: an SQLite file or a `postgresql://` address (the extra `postgres`), the one of
            the profiles too if you like. Every reservation is a transaction there, so that a restart forgets nothing
            and any number of processes share the caps. None counts in this process alone.
        lapsed: what becomes of what a process had set aside when it died, after a quarter of an hour: "spent" (the
            default: its lanes may have been billed) or "freed".

    Raises:
        ConfigError: a policy that there is not, "ask" without anybody to ask, or a store that cannot be used.
        MisuseError: a cap that is negative or no number.
    """

    def __init__(
        self,
        caps: Mapping[str, float],
        *,
        at_the_end: AtTheEnd = "refuse",
        ask: Ask | None = None,
        today: Callable[[], date] | None = None,
        store: str | Path | None = None,
        lapsed: Lapsed = "spent",
    ) -> None:
        if at_the_end not in ("refuse", "cheapest", "ask"):
            raise ConfigError(f'at_the_end={at_the_end!r}: there are "refuse", "cheapest" and "ask"')
        if (at_the_end == "ask") != (ask is not None):
            raise ConfigError('at_the_end="ask" and ask=… need each other')
        if lapsed not in ("spent", "freed"):
            raise ConfigError(f'lapsed={lapsed!r}: there are "spent" and "freed"')
        self.at_the_end: AtTheEnd = at_the_end
        self.ask = ask
        self._today = today or _utc_today
        self._caps: dict[str, float] = {}
        self._paces: dict[str, tuple[float, float]] = {}
        self._ledger: Ledger | SharedLedger = Ledger()
        self._shared: SharedLedger | None = None
        self._pacers: dict[str, Pacer] = {}
        self._open: dict[str, tuple[str, date | None]] = {}
        self._lock = threading.Lock()
        self._freed: list[tuple[int, anyio.Event]] = []
        if store is not None:
            from atomic_ai.market.shared_ledger import open_ledger  # loads only where money is to be stored

            self._ledger = self._shared = open_ledger(store, lapsed=lapsed)
            weakref.finalize(self, self._shared.close)
        for account, usd in caps.items():
            self.cap(account, usd)

    def cap(self, account: str, usd: float) -> None:
        """Sets an account's cap; what is spent and reserved stays.

        Raises:
            MisuseError: a cap that is negative or no number.
            ConfigError: an account that no task draws on, and whose name is almost that of one.
        """
        kind = account.partition(":")[0].removesuffix("/day")
        if kind not in KINDS and (meant := did_you_mean(kind, KINDS)):
            raise ConfigError(f"budget {account!r}: no task draws on it{meant}")
        if not is_amount(usd):
            raise MisuseError(f"the cap of {account!r} is USD, zero or more, not {usd!r}")
        self._caps[account] = usd
        for name in self._opened(account):
            self._ledger.cap(name, usd)
        self._wake()

    def raise_cap(self, account: str, usd: float) -> None:
        """Raises one account's cap by `usd`: of a daily one today's, of `"caller:alice"` under `"caller:*"` hers.

        With a store it is raised for every process.
        """
        name = self._account(account)
        left = self._ledger.left(name)
        if left is None:
            return
        if self._shared is None:
            self._ledger.cap(name, left + sum(self._ledger.balance(name)) + usd)
        else:
            self._shared.lift(name, usd)
        self._wake()

    def accounts_of(self, task_class: str | None, caller: str | None) -> tuple[str, ...]:
        """The capped accounts that a task of this class for this caller draws on."""
        subjects = [("day", "day"), ("total", "total")]
        for kind, name in (("class", task_class), ("caller", caller)):
            if name is not None:
                subjects += [(f"{kind}:{name}{end}", f"{kind}:*{end}") for end in ("", "/day")]
        return tuple(account for account, each in subjects if account in self._caps or each in self._caps)

    def reserve(self, usd: float, *accounts: str) -> Hold:
        """Sets `usd` aside in all of `accounts`, or in none.

        Reserve what a lane could cost at most: its input and all output tokens it may send.

        Raises:
            BudgetError: one of them has less than that left; `error.policy` says what should follow.
            MisuseError: an amount that is negative or no number.
        """
        names = tuple(map(self._account, accounts))
        try:
            return Hold(self._ledger.reserve(usd, list(names)), usd, names)
        except BudgetError as error:
            raise BudgetError(str(error), policy=self.at_the_end) from None

    def settle(self, hold: Hold, billed_usd: float, *, paced: bool = True) -> float:
        """Pays the bill and frees the rest; gives the USD by which the bill passed the reservation.

        Args:
            hold: what `reserve` gave.
            billed_usd: the bill.
            paced: whether this was one task of those over which its accounts are paced.

        Raises:
            StateError: settled before.
            MisuseError: an amount that is negative or no number; the hold stays open.
        """
        over = self._ledger.settle(hold.reservation, billed_usd)
        for pacer in self._pacing(hold.accounts) if paced else ():
            pacer.spend(billed_usd)
        self._wake()
        return over

    def pace(self, account: str, *, tasks: int, rate: float = 0.05) -> None:
        """Spreads what is left of an account over so many tasks; `multiplier` then says how dear money is.

        A daily account is paced anew each day. With a store the tasks are those of the whole cap, so that it does not
        matter when a process begins; each process steers by its own tasks.

        Raises:
            MisuseError: the account has no cap, or the number of tasks is not positive.
        """
        if account not in self._caps or tasks <= 0:
            raise MisuseError(f"account {account!r} needs a cap and a positive number of tasks to be paced")
        self._paces[account] = (tasks, rate)
        self._account(account)
        for name in self._opened(account):
            self._pacers[name] = self._pacer(name, self._caps[account], tasks, rate)

    def multiplier(self, *accounts: str) -> float:
        """The dearness of the most pressed of these accounts; 0 where none is paced."""
        return max((pacer.multiplier for pacer in self._pacing(map(self._account, accounts))), default=0.0)

    def commit(self, usd: float, *accounts: str) -> None:
        """A task was awarded and is expected to cost `usd`: pacing looks ahead of the bills."""
        for pacer in self._pacing(map(self._account, accounts)):
            pacer.spend(usd)

    def correct(self, expected_usd: float, billed_usd: float, *accounts: str) -> None:
        """A task that was committed has its bill."""
        for pacer in self._pacing(map(self._account, accounts)):
            pacer.correct(expected_usd, billed_usd)

    def close(self) -> None:
        """Lets go of the store; nothing without one. What is not settled by then lapses."""
        if self._shared is not None:
            self._shared.close()

    def left(self, account: str) -> float | None:
        """USD that can still be reserved, or None without a cap."""
        return self._ledger.left(self._account(account))

    def spent(self, account: str) -> float:
        """USD settled so far; of a daily account, today."""
        return self._ledger.balance(self._account(account))[0]

    def reserved(self, account: str) -> float:
        """USD set aside for lanes that have not ended."""
        return self._ledger.balance(self._account(account))[1]

    def scarcest(self, accounts: Sequence[str]) -> tuple[str, float] | None:
        """The account with the least left, and how much that is; None where none of them has a cap."""
        left = [(usd, account) for account in accounts if (usd := self.left(account)) is not None]
        return min(left)[::-1] if left else None

    def freed(self) -> anyio.Event:
        """An event that is set when money was freed, by this thread."""
        event = anyio.Event()
        with self._lock:
            self._freed.append((threading.get_ident(), event))
        return event

    def _wake(self) -> None:
        if not self._freed:
            return
        with self._lock:
            own = [entry for entry in self._freed if entry[0] == threading.get_ident()]
            self._freed = [entry for entry in self._freed if entry not in own]
        for _, event in own:
            event.set()

    def _opened(self, account: str) -> list[str]:
        """The ledger's names of what this cap is for, so far."""
        return [name for name, (opened, _) in list(self._open.items()) if account in (opened, _each(opened))]

    def _pacing(self, names: Sequence[str] | map[str]) -> list[Pacer]:
        return [pacer for name in names if (pacer := self._pacers.get(name)) is not None]

    def _account(self, account: str) -> str:
        """The ledger's name of an account: a daily one has its date. Its cap and pace are set when it is first met."""
        day = self._today() if account == "day" or account.endswith("/day") else None
        name = account if day is None else f"{account} {day}"
        if name in self._open:
            return name
        with self._lock:
            if len(self._open) >= MOST_ACCOUNTS:
                raise LimitError(f"more than {MOST_ACCOUNTS} accounts", limit="accounts", bound=MOST_ACCOUNTS)
            usd = self._caps.get(account, self._caps.get(_each(account)))
            if usd is not None:
                self._ledger.cap(name, usd)
                self._open[name] = account, day
                pace = self._paces.get(account, self._paces.get(_each(account)))
                if pace is not None:
                    self._pacers[name] = self._pacer(name, usd, *pace)
            if day is not None:
                self._close_before(day)
        return name

    def _pacer(self, name: str, cap_usd: float, tasks: float, rate: float) -> Pacer:
        left = self._ledger.left(name) or 0.0
        if self._shared is not None and cap_usd > 0:
            tasks = max(1.0, tasks * min(1.0, left / cap_usd))
        return Pacer(left, tasks, rate)

    def _close_before(self, day: date) -> None:
        """Forgets the accounts of earlier days in which nothing is reserved."""
        for name in [name for name, (_, begun) in self._open.items() if begun is not None and begun < day]:
            if self._ledger.forget(name):
                del self._open[name]
                self._pacers.pop(name, None)


def _each(account: str) -> str:
    """`"caller:*/day"` for `"caller:alice/day"`: what caps each of its kind."""
    kind, colon, name = account.partition(":")
    return f"{kind}:*{'/day' if name.endswith('/day') else ''}" if colon else account


def _utc_today() -> date:
    return datetime.now(UTC).date()

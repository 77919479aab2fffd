"""Budgets that outlive a process: what is spent and set aside lies in a database, and every process asks it.

Each reservation and each settlement is one transaction. A reservation adds to what is set aside only where the cap
holds it, in the statement that adds it, so that no two processes can take the same money. Amounts are whole
nano-dollars.

**A process that dies** leaves its reservations behind. What its lanes cost nobody knows, and providers mostly bill
them: after `lapse_s` such a reservation counts as spent in full, so that the cap holds; with `lapsed="freed"` it comes
back instead. Should its lane be alive after all, the bill takes the place of the guess when it is settled.

**The database fails.** A reservation then raises `ConfigError`: without it nobody knows whether the money is there. A
bill is kept and paid with the next call, and lapses if there is none.

**Waiting.** A call is one short transaction and blocks its thread, an event loop's too.

The transactions are generators of SQL, which `bases.py` runs in SQLite and in PostgreSQL.
"""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from atomic_ai.errors import BudgetError, ConfigError, MisuseError, StateError
from atomic_ai.market.bases import Base, Row, Work, open_base

Lapsed = Literal["spent", "freed"]
"""What becomes of a dead process's reservations."""

VERSION = 1
"""The layout of what is stored."""

PURPOSE = "a store of budgets"
UNIT = 1e9
LARGEST_USD = 9e9
"""The most that an account holds, so that nano-dollars fit into 64 bits."""

LAPSE_S = 900.0
"""Seconds after which an unsettled reservation is taken for a dead process's."""

KEPT_S = 8 * 86_400.0
"""Seconds for which the accounts of a past day, and lapsed reservations, are kept."""

LAYOUT = (
    "CREATE TABLE IF NOT EXISTS atomic_budget_layout (version INTEGER NOT NULL)",
    "INSERT INTO atomic_budget_layout SELECT 1 WHERE NOT EXISTS (SELECT version FROM atomic_budget_layout)",
    """CREATE TABLE IF NOT EXISTS atomic_accounts (
        name TEXT PRIMARY KEY,
        spent BIGINT NOT NULL DEFAULT 0,
        reserved BIGINT NOT NULL DEFAULT 0,
        raised BIGINT NOT NULL DEFAULT 0,
        opened DOUBLE PRECISION NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS atomic_holds (
        number {serial},
        accounts TEXT NOT NULL,
        amount BIGINT NOT NULL,
        until DOUBLE PRECISION NOT NULL,
        lapsed INTEGER NOT NULL DEFAULT 0
    )""",
)
_SET_ASIDE = """
UPDATE atomic_accounts SET reserved = reserved + $1
WHERE name = $2 AND (CAST($3 AS BIGINT) IS NULL OR CAST($3 AS BIGINT) + raised - spent - reserved >= $1)
RETURNING name
"""
_OPEN = "INSERT INTO atomic_accounts (name, opened) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING"
_BALANCE = "SELECT spent, reserved, raised FROM atomic_accounts WHERE name = $1"
_HOLD = "INSERT INTO atomic_holds (accounts, amount, until) VALUES ($1, $2, $3) RETURNING number"
_TAKE = "DELETE FROM atomic_holds WHERE number = $1 RETURNING accounts, amount, lapsed"
_PAY = "UPDATE atomic_accounts SET reserved = reserved - $1, spent = spent + $2 WHERE name = $3"
_OVERDUE = "SELECT number FROM atomic_holds WHERE lapsed = 0 AND until <= $1 ORDER BY number"
_LAPSE = "UPDATE atomic_holds SET lapsed = $2 WHERE number = $1 AND lapsed = 0 RETURNING accounts, amount"
_RAISE = "UPDATE atomic_accounts SET raised = raised + $1 WHERE name = $2"
_FORGET_HOLDS = "DELETE FROM atomic_holds WHERE lapsed > 0 AND until < $1"
_FORGET_DAYS = "DELETE FROM atomic_accounts WHERE name LIKE $1 AND opened < $2 AND reserved = 0"

A_DAY = "% ____-__-__"
"""How the names of daily accounts end."""


class SharedLedger:
    """Accounts with caps, as the core's `Ledger`, in a database.

    Args:
        base: the database.
        lapse_s: seconds after which an unsettled reservation is taken for a dead process's.
        lapsed: what becomes of it: "spent" or "freed".
        now: seconds since 1970, of the same clock in all processes as far as may be.
    """

    def __init__(
        self, base: Base, *, lapse_s: float = LAPSE_S, lapsed: Lapsed = "spent", now: Callable[[], float] = time.time
    ) -> None:
        self._base, self._lapse_s, self._freed, self._now = base, lapse_s, lapsed == "freed", now
        self._caps: dict[str, int] = {}
        self._unpaid: list[tuple[int, int]] = []
        self._swept = -math.inf
        self._closed = False

    def cap(self, account: str, usd: float) -> None:
        """Sets an account's cap; each process brings its own, and what was raised is shared."""
        self._caps[account] = _units(usd)

    def lift(self, account: str, usd: float) -> None:
        """Raises an account's cap by `usd`, for every process."""
        self._base.run(_lifted(account, _units(usd), self._now()))

    def reserve(self, usd: float, accounts: Sequence[str]) -> int:
        """Sets `usd` aside in all of `accounts`, or in none; gives the reservation's number.

        Raises:
            BudgetError: one of them has less left. MisuseError: an amount that is none.
            ConfigError: the database cannot be used.
        """
        self._tidy()
        capped = {name: self._caps.get(name) for name in sorted(set(accounts))}
        amount, now = _units(usd, up=True), self._now()
        return self._base.run(_reserved(amount, capped, now, now + self._lapse_s))

    def settle(self, reservation: int, billed_usd: float) -> float:
        """Pays a reservation's bill; gives the USD by which it passed the reservation.

        Raises:
            StateError: it is not open. MisuseError: an amount that is none.
        """
        bill = _units(billed_usd)
        try:
            over = self._base.run(_settled(reservation, bill))
        except ConfigError:
            self._unpaid.append((reservation, bill))
            return 0.0
        if over is None:
            raise StateError(f"reservation {reservation} is not open")
        return over / UNIT

    def balance(self, account: str) -> tuple[float, float]:
        """Spent and reserved USD."""
        self._tidy()
        spent, reserved, _ = self._base.run(_balanced(account))
        return spent / UNIT, reserved / UNIT

    def left(self, account: str) -> float | None:
        """USD that can still be reserved, or None without a cap."""
        cap = self._caps.get(account)
        if cap is None:
            return None
        self._tidy()
        spent, reserved, raised = self._base.run(_balanced(account))
        left: int = cap + raised - spent - reserved
        return max(0, left) / UNIT

    def forget(self, account: str) -> bool:
        """Forgets an account's cap here; what was spent is forgotten in the database after some days."""
        self._caps.pop(account, None)
        return True

    def close(self) -> None:
        """Pays what is unpaid, if that can be, and lets go of the database. Closing twice is closing once."""
        if self._closed:
            return
        self._closed = True
        try:
            self._pay()
        except ConfigError:
            pass  # what is unpaid lapses
        finally:
            self._base.close()

    def _tidy(self) -> None:
        """Now and then: bills that could not be paid, reservations of the dead."""
        if self._unpaid:
            self._pay()
        now = self._now()
        if now >= self._swept + min(self._lapse_s / 10, 60.0):
            self._base.run(_swept(now, freed=self._freed))
            self._swept = now

    def _pay(self) -> None:
        while self._unpaid:
            self._base.run(_settled(*self._unpaid[0]))
            self._unpaid.pop(0)


def open_ledger(
    where: str | Path, *, lapse_s: float = LAPSE_S, lapsed: Lapsed = "spent", now: Callable[[], float] = time.time
) -> SharedLedger:
    """The ledger in an SQLite file, or in a database at `postgresql://…`; either may hold profiles too.

    Raises:
        ConfigError: it cannot be used, or was written by a newer version.
    """
    base = open_base(where, PURPOSE, LAYOUT)
    try:
        base.run(_checked())
    except BaseException:
        base.close()
        raise
    return SharedLedger(base, lapse_s=lapse_s, lapsed=lapsed, now=now)


def _reserved(amount: int, caps: Mapping[str, int | None], now: float, until: float) -> Work[int]:
    for name, cap in caps.items():  # in order of name: two processes never wait for each other in a circle
        if not (yield _SET_ASIDE, (amount, name, cap)):
            yield _OPEN, (name, now)
            if not (yield _SET_ASIDE, (amount, name, cap)):
                ((spent, reserved, raised),) = yield _BALANCE, (name,)
                left = max(0, (cap or 0) + raised - spent - reserved) / UNIT
                raise BudgetError(f'budget "{name}" has ${left:.6f} left, which is too little')
    ((number,),) = yield _HOLD, (json.dumps(list(caps)), amount, until)
    return int(number)


def _settled(reservation: int, bill: int) -> Work[int | None]:
    """By how much the bill passed the reservation; None where that is not open."""
    rows = yield _TAKE, (reservation,)
    if not rows:
        return None
    accounts, amount, lapsed = rows[0]
    reserved, guessed = (0, 0 if lapsed == 2 else amount) if lapsed else (amount, 0)
    for name in json.loads(accounts):
        yield _PAY, (reserved, bill - guessed, name)
    return int(max(0, bill - amount))


def _swept(now: float, *, freed: bool) -> Work[None]:
    reserved: Counter[str] = Counter()
    for (number,) in (yield _OVERDUE, (now,)):
        rows = yield _LAPSE, (number, 2 if freed else 1)
        for accounts, amount in rows:
            reserved.update(dict.fromkeys(json.loads(accounts), amount))
    for name in sorted(reserved):
        yield _PAY, (reserved[name], 0 if freed else reserved[name], name)
    yield _FORGET_HOLDS, (now - KEPT_S,)
    yield _FORGET_DAYS, (A_DAY, now - KEPT_S)


def _balanced(account: str) -> Work[Row]:
    rows = yield _BALANCE, (account,)
    return rows[0] if rows else (0, 0, 0)


def _lifted(account: str, amount: int, now: float) -> Work[None]:
    yield _OPEN, (account, now)
    yield _RAISE, (amount, account)


def _checked() -> Work[None]:
    ((version,),) = yield "SELECT version FROM atomic_budget_layout", ()
    if version > VERSION:
        raise ConfigError(f"{PURPOSE} has layout {version}, which is newer than this Atomic reads: upgrade it")


def _units(usd: float, *, up: bool = False) -> int:
    """Nano-dollars: to the nearest, or to the next."""
    if isinstance(usd, bool) or not (0 <= usd <= LARGEST_USD):
        raise MisuseError(f"an amount of money must be a number, not negative, and at most ${LARGEST_USD:g} in a store")
    return math.ceil(usd * UNIT) if up else round(usd * UNIT)

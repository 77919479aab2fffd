"""Where profiles live between runs: an SQLite file or a PostgreSQL database, shared by any number of processes.

A store holds *deltas*: what one process learned since it last wrote, as a profile file. Deltas add up, so
writers never conflict and nobody's outcomes are lost. When many have gathered they are folded into one,
which takes the number of the last of them: a reader that has seen all of them has nothing to do, a reader
that has seen some starts again from the fold. Beside them lie the awards that were told about lately, so that
feedback finds them after a restart.

Everything here blocks; `Keeper` keeps it off the caller's thread.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from atomic_ai._core import Exchange

VERSION = 2
"""The layout of what is stored; 2 added writers and awards."""

PURPOSE = "a profile store"
"""What a file or database with profiles is used as, for messages."""

FOLD_AT = 200
"""Deltas that may gather before one process folds them."""

KEPT_AWARDS = 200_000
"""Awards, the latest told about, that late feedback finds after a restart."""

AT_ONCE = 512
"""Awards that are taken from an exchange under one lock."""


class Batch(NamedTuple):
    """What one writer puts down at once.

    Attributes:
        serial: the writer's own count. A batch put down again, as nobody knows whether it was, counts once.
        delta: a profile file, or None.
        awards: saved awards by number; one that is there already is replaced.
    """

    serial: int
    delta: bytes | None
    awards: Sequence[tuple[int, bytes]]


class Page(NamedTuple):
    """What a reader has not seen yet.

    Attributes:
        bodies: profile files, oldest first.
        last: the number of the last delta there is.
        whole: whether `bodies` are all there is, the reader's own among them, since a fold stands for some that it saw.
    """

    bodies: Sequence[bytes]
    last: int
    whole: bool


class Log(Protocol):
    """A numbered log of deltas that many processes append to; each call is one transaction.

    Every call raises `ConfigError` where the log cannot be used, is damaged or was written by a newer version.
    """

    def enter(self, writer: str) -> int:
        """Signs a writer in and gives it a number that no other writer has or had."""

    def append(self, writer: str, batches: Sequence[Batch]) -> None:
        """Puts down those batches that this writer has not put down before."""

    def read(self, after: int, writer: str) -> Page:
        """What others put down after number `after`, or everything: see `Page.whole`."""

    def fold(self, at_least: int, fold: Callable[[Sequence[bytes]], bytes]) -> bool:
        """Puts `fold` of all deltas in their place, if there are at least so many; tells whether it did."""

    def award(self, number: int) -> bytes | None:
        """A saved award."""

    def close(self) -> None:
        """Lets go of the log."""


def open_log(where: str | Path) -> Log:
    """The log at a path, or at a `postgresql://` address.

    Raises:
        ConfigError: another kind of address, or a log that cannot be opened.
    """
    if str(where).startswith(("postgresql://", "postgres://")):
        from atomic_ai.market.postgres import PostgresLog

        return PostgresLog(str(where))
    from atomic_ai.market.sqlite import SqliteLog

    return SqliteLog(where)


class Store:
    """An exchange's side of a log.

    Args:
        log: where deltas are put down.
        exchange: what learns.
        blank: makes an exchange of the same models that has learned nothing.

    Raises:
        ConfigError: the log cannot be used.
    """

    def __init__(self, log: Log, exchange: Exchange, blank: Callable[[], Exchange]) -> None:
        self._log, self._exchange, self._blank = log, exchange, blank
        self._writer = uuid.uuid4().hex
        self._seen = 0
        self._serial = 0
        self._unsent: list[Batch] = []
        exchange.keep_delta()
        exchange.begin(log.enter(self._writer))

    def push(self) -> None:
        """Writes what the exchange learned since the last push.

        A batch that cannot be written stays here and is tried again with the next push.
        """
        self._gather()
        if self._unsent:
            self._log.append(self._writer, self._unsent)
            self._unsent.clear()

    def pull(self) -> None:
        """Reads what others have written since the last pull. A file that is refused leaves all as it was."""
        page = self._log.read(self._seen, self._writer)
        if page.whole:
            self._exchange.renew(self._folded(page.bodies))
        elif page.bodies:
            self._exchange.merge(self._folded(page.bodies))
        self._seen = page.last

    def fold(self) -> bool:
        """Folds all deltas into one if many have gathered."""
        return self._log.fold(FOLD_AT, self._folded)

    def recall(self, award: int) -> bool:
        """Makes the exchange remember an award again; False if it is not here."""
        saved = self._log.award(award)
        if saved is not None:
            self._exchange.recall(award, saved)
        return saved is not None

    def close(self) -> None:
        """Lets go of the log; what was pushed is in it."""
        self._log.close()

    def _gather(self) -> None:
        delta = self._exchange.take_delta()
        awards: list[tuple[int, bytes]] = []
        while taken := self._exchange.take_awards(AT_ONCE):
            awards += taken
        if delta is not None or awards:
            self._serial += 1
            self._unsent.append(Batch(self._serial, delta, awards))

    def _folded(self, bodies: Sequence[bytes]) -> bytes:
        """One profile file of many: what is refused is refused before anything is changed."""
        if len(bodies) == 1:
            return bodies[0]
        whole = self._blank()
        for body in bodies:
            whole.merge(body)
        return whole.export()

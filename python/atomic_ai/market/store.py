"""Where profiles live between runs: one SQLite file, shared by any number of processes.

A store holds *deltas*: what one process learned since it last wrote, as a profile file. Deltas add up, so
writers never conflict and nobody's outcomes are lost. When many have gathered they are folded into one,
which takes the number of the last of them: a reader that has seen all of them has nothing to do, a reader
that has seen some starts again from the fold.

Everything here blocks; `Keeper` keeps it off the caller's thread.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from atomic_ai.errors import ConfigError

if TYPE_CHECKING:
    from atomic_ai._core import Exchange

VERSION = 1
"""The store's layout; kept in SQLite's own `user_version`."""

FOLD_AT = 200
"""Deltas that may gather before one process folds them."""

_LAYOUT = """
CREATE TABLE IF NOT EXISTS deltas (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    origin TEXT NOT NULL,
    first INTEGER,          -- of a fold: the lowest number it stands for
    body BLOB NOT NULL
);
"""


class Store:
    """One SQLite file of profiles.

    Args:
        path: the file; made if it is not there. Its directory must exist.

    Raises:
        ConfigError: the file is no profile store, is damaged, or was written by a newer version.
    """

    def __init__(self, path: str | Path) -> None:
        if "://" in str(path):
            raise ConfigError(
                f"profiles are kept in an SQLite file: {str(path).partition('://')[0]}:// is not supported"
            )
        self.path = Path(path)
        self.origin = uuid.uuid4().hex
        self._seen = 0
        self._unsent: list[bytes] = []
        with self._errors():
            self._base = sqlite3.connect(self.path, isolation_level=None, timeout=30.0, check_same_thread=False)
            self._open()

    def _open(self) -> None:
        (version,) = self._base.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            self._base.close()
            raise ConfigError(f"{self.path} has layout {version}, which is newer than this Atomic reads: upgrade it")
        self._base.execute("PRAGMA journal_mode = WAL")
        self._base.execute("PRAGMA synchronous = NORMAL")
        with self._transaction():
            self._base.execute(_LAYOUT)
            self._base.execute(f"PRAGMA user_version = {VERSION}")

    def push(self, exchange: Exchange) -> bool:
        """Writes what the exchange learned since the last push; False if that was nothing.

        A delta that cannot be written stays here and is tried again with the next push.
        """
        delta = exchange.take_delta()
        if delta is not None:
            self._unsent.append(delta)
        if not self._unsent:
            return False
        with self._errors(), self._transaction():
            rows = [(self.origin, body) for body in self._unsent]
            self._base.executemany("INSERT INTO deltas (origin, body) VALUES (?, ?)", rows)
        self._unsent.clear()
        return True

    def pull(self, exchange: Exchange) -> None:
        """Reads what others have written since the last pull."""
        with self._errors(), self._transaction():
            if self._folded_past():
                exchange.forget()
                rows = self._base.execute("SELECT number, body FROM deltas ORDER BY number").fetchall()
            else:
                query = "SELECT number, body FROM deltas WHERE number > ? AND origin <> ? ORDER BY number"
                rows = self._base.execute(query, (self._seen, self.origin)).fetchall()
            (last,) = self._base.execute("SELECT coalesce(max(number), 0) FROM deltas").fetchone()
        for _, body in rows:
            exchange.merge(body)
        self._seen = max(self._seen, last)

    def fold(self, blank: Exchange) -> bool:
        """Folds all deltas into one if many have gathered; `blank` is an exchange that has learned nothing."""
        with self._errors(), self._transaction():
            rows = self._base.execute("SELECT number, body FROM deltas ORDER BY number").fetchall()
            if len(rows) < FOLD_AT:
                return False
            for _, body in rows:
                blank.merge(body)
            last = rows[-1][0]
            self._base.execute("DELETE FROM deltas")
            self._base.execute(
                "INSERT INTO deltas (number, origin, first, body) VALUES (?, 'fold', ?, ?)",
                (last, rows[0][0], blank.export()),
            )
        return True

    def close(self) -> None:
        """Closes the file; what was pushed is in it."""
        self._base.close()

    def _folded_past(self) -> bool:
        """Whether a fold stands for deltas of which this reader has seen some, but not all."""
        fold = self._base.execute("SELECT number FROM deltas WHERE first IS NOT NULL").fetchone()
        return fold is not None and self._seen < fold[0]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._base.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._base.execute("ROLLBACK")
            raise
        self._base.execute("COMMIT")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise ConfigError(f"{self.path} cannot be used as a profile store: {error}") from error

"""The log of deltas in one SQLite file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from atomic_ai.errors import ConfigError
from atomic_ai.market.sqlite_file import SqliteFile
from atomic_ai.market.store import KEPT_AWARDS, PURPOSE, VERSION, Batch, Page

if TYPE_CHECKING:
    import sqlite3

_LAYOUT = (
    """CREATE TABLE IF NOT EXISTS deltas (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        origin TEXT NOT NULL,
        first INTEGER,          -- of a fold: the lowest number it stands for
        body BLOB NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS writers (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        serial INTEGER NOT NULL DEFAULT 0
    )""",
    """CREATE TABLE IF NOT EXISTS awards (
        place INTEGER PRIMARY KEY AUTOINCREMENT,
        number INTEGER NOT NULL UNIQUE,
        body BLOB NOT NULL
    )""",
)


class SqliteLog:
    """One file.

    Args:
        path: the file; made if it is not there. Its directory must exist.

    Raises:
        ConfigError: the file is no profile store, is damaged, or was written by a newer version.
    """

    def __init__(self, path: str | Path) -> None:
        def refuse_newer(base: sqlite3.Connection) -> None:
            (version,) = base.execute("PRAGMA user_version").fetchone()
            if version > VERSION:
                raise ConfigError(f"{path} has layout {version}, which is newer than this Atomic reads: upgrade it")

        self._file = SqliteFile(path, PURPOSE, refuse_newer)
        self._base = self._file.base
        try:
            with self._file.transaction():
                for table in _LAYOUT:
                    self._base.execute(table)
                self._base.execute(f"PRAGMA user_version = {VERSION}")
        except BaseException:
            self._file.close()
            raise

    def enter(self, writer: str) -> int:
        """See `Log`."""
        with self._file.transaction():
            number = self._base.execute("INSERT INTO writers (name) VALUES (?)", (writer,)).lastrowid
        return number or 0

    def append(self, writer: str, batches: Sequence[Batch]) -> None:
        """See `Log`."""
        with self._file.transaction():
            (serial,) = self._base.execute("SELECT serial FROM writers WHERE name = ?", (writer,)).fetchone()
            fresh = [batch for batch in batches if batch.serial > serial]
            deltas = [(writer, batch.delta) for batch in fresh if batch.delta is not None]
            self._base.executemany("INSERT INTO deltas (origin, body) VALUES (?, ?)", deltas)
            awards = [award for batch in fresh for award in batch.awards]
            self._base.executemany("INSERT OR REPLACE INTO awards (number, body) VALUES (?, ?)", awards)
            last = batches[-1].serial
            self._base.execute("UPDATE writers SET serial = max(serial, ?) WHERE name = ?", (last, writer))
            oldest = "(SELECT max(place) FROM awards) - ?"
            self._base.execute(f"DELETE FROM awards WHERE place <= {oldest}", (KEPT_AWARDS,))  # noqa: S608 - no input

    def read(self, after: int, writer: str) -> Page:
        """See `Log`."""
        with self._file.transaction("BEGIN"):
            fold = self._base.execute("SELECT number FROM deltas WHERE first IS NOT NULL").fetchone()
            whole = fold is not None and after < fold[0]
            query = "SELECT body FROM deltas WHERE ? OR (number > ? AND origin <> ?) ORDER BY number"
            bodies = [body for (body,) in self._base.execute(query, (whole, after, writer))]
            (last,) = self._base.execute("SELECT coalesce(max(number), 0) FROM deltas").fetchone()
        return Page(bodies, max(after, last), whole)

    def fold(self, at_least: int, fold: Callable[[Sequence[bytes]], bytes]) -> bool:
        """See `Log`."""
        with self._file.transaction():
            rows = self._base.execute("SELECT number, body FROM deltas ORDER BY number").fetchall()
            if len(rows) < at_least:
                return False
            body = fold([body for _, body in rows])
            self._base.execute("DELETE FROM deltas")
            folded = (rows[-1][0], rows[0][0], body)
            self._base.execute("INSERT INTO deltas (number, origin, first, body) VALUES (?, 'fold', ?, ?)", folded)
        return True

    def award(self, number: int) -> bytes | None:
        """See `Log`."""
        with self._file.errors():
            row = self._base.execute("SELECT body FROM awards WHERE number = ?", (number,)).fetchone()
        return None if row is None else bytes(row[0])

    def close(self) -> None:
        """See `Log`."""
        self._file.close()

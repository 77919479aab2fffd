"""One SQLite file that processes share, and what may go wrong with it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from atomic_ai.errors import ConfigError


class SqliteFile:
    """An open file; one transaction at a time, from any thread.

    It is written ahead (WAL) and without waiting for the disk: a process that is killed loses what it had not put down,
    a machine that loses power may lose the last transactions; the file is whole after both.

    Args:
        path: the file; made if it is not there. Its directory must exist.
        purpose: what it is used as, for messages.
        prepare: what is done first, before the file is changed in any way; it may refuse it.

    Raises:
        ConfigError: the file is no database, is damaged, or is refused.
    """

    def __init__(
        self, path: str | Path, purpose: str, prepare: Callable[[sqlite3.Connection], None] = lambda _: None
    ) -> None:
        if "://" in str(path):
            kind = str(path).partition("://")[0]
            raise ConfigError(f"{purpose} is an SQLite file or at postgresql://…: {kind}:// is not supported")
        self.path, self._purpose = Path(path), purpose
        self._turn = threading.RLock()
        with self.errors():
            self.base = sqlite3.connect(self.path, isolation_level=None, timeout=30.0, check_same_thread=False)
            try:
                prepare(self.base)
                self.base.execute("PRAGMA journal_mode = WAL")
                self.base.execute("PRAGMA synchronous = NORMAL")
            except BaseException:
                self.base.close()
                raise

    def rows(self, query: str, arguments: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """What a query gives; its arguments are `$1`, `$2` and so on."""
        return self.base.execute(query, {str(place): value for place, value in enumerate(arguments, 1)}).fetchall()

    @contextmanager
    def transaction(self, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
        """All or nothing; nobody else writes meanwhile."""
        with self._turn, self.errors():
            self.base.execute(begin)
            try:
                yield
            except BaseException:
                self.base.execute("ROLLBACK")
                raise
            self.base.execute("COMMIT")

    @contextmanager
    def errors(self) -> Iterator[None]:
        """What SQLite raises becomes a `ConfigError`."""
        try:
            yield
        except (sqlite3.DatabaseError, OverflowError) as error:
            raise ConfigError(f"{self.path} cannot be used as {self._purpose}: {error}") from error

    def close(self) -> None:
        """Let go of the file."""
        self.base.close()

"""Databases that run transactions written once: a generator of SQL, run by SQLite or by PostgreSQL."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    import asyncpg

T = TypeVar("T")

Row = Sequence[Any]
Work = Generator[tuple[str, Sequence[Any]], list[Row], T]
"""One transaction: yields a statement with its arguments `$1`, `$2`, …, is sent its rows, returns what came of it."""


class Base(Protocol):
    """A database that runs transactions."""

    def run(self, work: Work[T]) -> T:
        """Runs one.

        Raises:
            ConfigError: the database cannot be used; nothing of it was done, or all.
        """

    def close(self) -> None:
        """Lets go of it."""


def open_base(where: str | Path, purpose: str, layout: Sequence[str]) -> Base:
    """An SQLite file or the database at `postgresql://…`, with these tables; `{serial}` in them is a rising key.

    Raises:
        ConfigError: it cannot be used; the message says as what (`purpose`).
    """
    if str(where).startswith(("postgresql://", "postgres://")):
        return _PostgresBase(str(where), purpose, layout)
    return _SqliteBase(where, purpose, layout)


class _SqliteBase:
    def __init__(self, path: str | Path, purpose: str, layout: Sequence[str]) -> None:
        from atomic_ai.market.sqlite_file import SqliteFile

        self._file = SqliteFile(path, purpose)
        try:
            with self._file.transaction():
                for table in layout:
                    self._file.rows(table.format(serial="INTEGER PRIMARY KEY AUTOINCREMENT"))
        except BaseException:
            self._file.close()
            raise

    def run(self, work: Work[T]) -> T:
        """See `Base`."""
        with self._file.transaction():
            rows: list[Row] | None = None
            while True:
                try:
                    query, arguments = next(work) if rows is None else work.send(rows)
                except StopIteration as end:
                    done: T = end.value
                    return done
                rows = list(self._file.rows(query, arguments))

    def close(self) -> None:
        """See `Base`."""
        self._file.close()


class _PostgresBase:
    def __init__(self, url: str, purpose: str, layout: Sequence[str]) -> None:
        from atomic_ai.market.postgres_line import PostgresLine

        self._line = PostgresLine(url, purpose)
        try:
            self._line.call(lambda base: _lay_out(base, layout))
        except BaseException:
            self._line.close()
            raise

    def run(self, work: Work[T]) -> T:
        """See `Base`."""
        return self._line.call(lambda base: _run(base, work))

    def close(self) -> None:
        """See `Base`."""
        self._line.close()


async def _run(base: asyncpg.Connection[Any], work: Work[T]) -> T:
    async with base.transaction():
        rows: list[Row] | None = None
        while True:
            try:
                query, arguments = next(work) if rows is None else work.send(rows)
            except StopIteration as end:
                done: T = end.value
                return done
            rows = [tuple(row) for row in await base.fetch(query, *arguments)]


async def _lay_out(base: asyncpg.Connection[Any], layout: Sequence[str]) -> None:
    from atomic_ai.market.postgres_line import LOCK

    async with base.transaction():
        await base.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        for table in layout:
            await base.execute(table.format(serial="BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"))

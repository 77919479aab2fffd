"""A connection to a PostgreSQL database that processes share, through asyncpg (the extra `postgres`).

The address is `postgresql://USER@HOST:PORT/DATABASE`; the password may stand in it, and better in PGPASSWORD or
`~/.pgpass`, which asyncpg reads. No message tells any of it but host and database.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from atomic_ai.errors import ConfigError

if TYPE_CHECKING:
    import asyncpg

T = TypeVar("T")

PATIENCE_S = 30.0
"""How long a connection, a lock or a command may take."""

LOCK = 0x41544F4D4943
"""The advisory lock under which tables are made; the number spells the project's name."""


class PostgresLine:
    """One connection, on a thread of its own, since the caller may be inside an event loop.

    Calls block. A connection that is lost is made again with the next call.

    Args:
        url: `postgresql://…`.
        purpose: what the database is used as, for messages.

    Raises:
        ConfigError: asyncpg is not installed.
    """

    def __init__(self, url: str, purpose: str) -> None:
        try:
            import asyncpg
        except ImportError:
            raise ConfigError(f"{purpose} at postgresql:// needs asyncpg: pip install 'atomic-ai[postgres]'") from None
        self._failures = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError, ValueError)
        self._url, self.place, self._purpose = url, _told(url), purpose
        self._connection: asyncpg.Connection[Any] | None = None
        self._turn = asyncio.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="atomic-postgres", daemon=True)
        self._thread.start()

    def call(self, work: Callable[[asyncpg.Connection[Any]], Awaitable[T]]) -> T:
        """Does `work` on the connection's thread and waits for it.

        Raises:
            ConfigError: the database cannot be reached or used.
        """
        return asyncio.run_coroutine_threadsafe(self._worked(work), self._loop).result()

    def close(self) -> None:
        """Hang up; closing twice is closing once."""
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _worked(self, work: Callable[[asyncpg.Connection[Any]], Awaitable[T]]) -> T:
        try:
            async with self._turn, asyncio.timeout(4 * PATIENCE_S):
                return await work(await self._connected())
        except self._failures as error:
            await self._hang_up()
            # Drivers quote addresses, and addresses hold passwords: only kind and code are told.
            code = getattr(error, "sqlstate", None)
            what = type(error).__name__ + (f", SQLSTATE {code}" if code else "")
            raise ConfigError(f"{self.place} cannot be used as {self._purpose} ({what})") from None

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(*self._failures):
                await connection.close(timeout=1.0)

    async def _connected(self) -> asyncpg.Connection[Any]:
        import asyncpg

        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(
                self._url,
                timeout=PATIENCE_S,
                command_timeout=PATIENCE_S,
                statement_cache_size=0,  # poolers between here and there do not keep prepared statements
                server_settings={"application_name": "atomic", "lock_timeout": f"{PATIENCE_S:.0f}s"},
            )
        return self._connection


def _told(url: str) -> str:
    """The address without user and password."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "postgresql://…"
    return f"postgresql://{parts.hostname or ''}{port}{parts.path}"

"""A simulated endpoint: a real HTTP server on loopback, in its own thread, that plays scripts and counts."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING, Protocol, Self

import anyio.to_thread

from atomic_ai.testing.composer import Answers, Composer, Faults, Seed
from atomic_ai.testing.connection import Connection, PeerGoneError
from atomic_ai.testing.dialects import DIALECTS, DialectName
from atomic_ai.testing.exchange import Exchange
from atomic_ai.testing.http import BadRequestError
from atomic_ai.testing.pace import AT_ONCE, Pace
from atomic_ai.testing.player import OnClose, Player

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from atomic_ai.testing.plan import Plan, Split

WAIT_S = 30.0
"""How long a test waits for a counter before it fails: a bound for broken tests, not a pace."""


class Planner(Protocol):
    """Makes the plan for one request."""

    def plan(self, query: Exchange, /) -> Plan:
        """What will be sent."""
        ...


class SimulatedEndpoint:
    """A provider's API on loopback, simulated: it says so in its `Server` header, model names and ids.

    Use it as `with SimulatedEndpoint("openai-chat", Script("Hello")) as endpoint:` and point a client at
    `endpoint.base_url`. The server runs on its own event loop in its own thread, so its counters do not
    depend on the client's loop, and asyncio, trio and blocking clients can all use it.

    Args:
        dialect: the API it speaks.
        script: what it answers.
        faults: what it does wrong.
        pace: how fast; at once by default.
        seed: of times and random splits, a number or made from a request; the same seeds give the same plans.
        split: how bodies are cut into chunks.
        gated: send no chunk until `release`; status and headers are sent at once.
        on_close: whether it stops when the client closes, or goes on making (and billing) tokens.
        listening: false for a port that refuses connections.
        port: of 127.0.0.1; 0 takes a free one.
    """

    def __init__(
        self,
        dialect: DialectName,
        script: Answers[Exchange],
        *,
        faults: Faults[Exchange] = None,
        pace: Pace = AT_ONCE,
        seed: Seed[Exchange] = 0,
        split: Split = "event",
        gated: bool = False,
        on_close: OnClose = "stop",
        listening: bool = True,
        port: int = 0,
    ) -> None:
        self._dialect = DIALECTS[dialect]
        self._port = port
        self._composer: Planner = Composer(self._dialect, script, faults, pace, split, seed)
        self._player = Player(gated, on_close)
        self._listening = listening
        self._changed = threading.Condition()
        self._failures: list[Exception] = []
        self._connections = self._closed = self._served = 0
        self._requests: list[Exchange] = []

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        host, port = self._socket.getsockname()
        return f"http://{host}:{port}"

    @property
    def base_url(self) -> str:
        """What a client of this dialect takes as its base URL."""
        return self.origin + self._dialect.base_path

    @property
    def requests(self) -> tuple[Exchange, ...]:
        """The requests so far, in the order of arrival."""
        return tuple(self._requests)

    @property
    def connections(self) -> int:
        """How many connections were accepted so far."""
        return self._connections

    @property
    def open_connections(self) -> int:
        """How many connections are open: the endpoint's own ends count until they are closed."""
        return self._connections - self._closed

    @property
    def running(self) -> int:
        """How many answers have not ended: sockets that a client still holds open for one."""
        return sum(not exchange.ended for exchange in self.requests)

    def forget(self) -> None:
        """Drop the records of answers that have ended, for endpoints that serve for hours."""
        with self._changed:
            self._requests = [exchange for exchange in self._requests if not exchange.ended]

    def release(self, chunks: int = 1) -> None:
        """Let every request so far send so many more chunks; for gated endpoints, from any thread."""
        for exchange in self.requests:
            exchange.release(chunks)

    def wait(self, met: Callable[[SimulatedEndpoint], bool], timeout_s: float | None = WAIT_S) -> None:
        """Block until the counters satisfy `met`.

        Raises:
            TimeoutError: they did not in time.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: met(self), timeout_s):
                raise TimeoutError(f"not met by {self!r}: {self.requests!r}")

    async def until(self, met: Callable[[SimulatedEndpoint], bool], timeout_s: float = WAIT_S) -> None:
        """As `wait`, for asyncio and trio."""
        await anyio.to_thread.run_sync(self.wait, met, timeout_s, abandon_on_cancel=True)

    def __enter__(self) -> Self:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", self._port))
        if self._listening:
            self._socket.listen(1024)
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True, name=repr(self))
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._socket.close()
        if self._failures and error is None:
            raise self._failures[0]

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self._socket.setblocking(False)
        conversations: set[asyncio.Task[None]] = set()
        if self._listening:
            self._loop.add_reader(self._socket, self._accept, conversations)
        self._started.set()
        await self._stopping.wait()
        self._loop.remove_reader(self._socket)
        for task in conversations:
            task.cancel()
        await asyncio.gather(*conversations, return_exceptions=True)

    def _accept(self, conversations: set[asyncio.Task[None]]) -> None:
        try:
            connection = Connection(self._socket.accept()[0])
        except OSError:  # the client gave up between the loop's call and this one
            return
        task = self._loop.create_task(self._converse(connection, self._connections))
        self._connections += 1
        conversations.add(task)
        task.add_done_callback(conversations.discard)
        # A task that is cancelled before its first step never reaches its own `finally`.
        task.add_done_callback(lambda _: self._close(connection))

    def _close(self, connection: Connection) -> None:
        connection.close()
        with self._changed:
            self._closed += 1
            self._changed.notify_all()

    async def _converse(self, connection: Connection, number: int) -> None:
        reading = asyncio.ensure_future(connection.read())
        try:
            while await self._answer(connection, number):
                pass
        except (PeerGoneError, BadRequestError):
            pass
        except Exception as error:  # noqa: BLE001 - the test's own callable failed: raised when it leaves
            self._failures.append(error)
        finally:
            # The reader must be off the loop before its descriptor can be given to the next connection.
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _answer(self, connection: Connection, number: int) -> bool:
        head = await connection.next_head()
        body = await connection.body(head)
        self._served += 1
        exchange = Exchange(self._served - 1, number, head, body, self._changed)
        with self._changed:
            self._requests.append(exchange)
            self._changed.notify_all()
        return await self._player.play(self._composer.plan(exchange), connection, exchange)

    def __repr__(self) -> str:
        return f"<simulated {self._dialect.name} endpoint, {len(self._requests)} requests>"

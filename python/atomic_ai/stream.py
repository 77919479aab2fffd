"""A running request as an object: `async with` owns its sockets, `async for` reads its events.

Leaving the block, an exception in it, a cancelled caller and the last reference dropped all stop the request and close
its sockets before anything else happens.
"""

from __future__ import annotations

import warnings
from collections import deque
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from atomic_ai.errors import StateError
from atomic_ai.ownership import Leash
from atomic_ai.wake import Wake

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from atomic_ai.artifacts import Response
    from atomic_ai.events import Event

T = TypeVar("T")

BACKLOG_EVENTS = 1024
"""Events that wait for a slow reader before its lanes are no longer read."""


class Backlog:
    """Events between a request and its reader, bounded: `put` never blocks, `room` waits until the reader caught up.

    Text that lies ready elsewhere is only offered: the reader fetches it when it has read what is queued. So it does
    not pass through here, and where the reader is slow it waits where it is, and with it the stream that brings it.

    Attributes:
        arrival: wakes who waits for an event, or for the end.
    """

    __slots__ = ("_closed", "_events", "_offers", "_room", "_unread", "arrival")

    def __init__(self) -> None:
        self._events: deque[Event] = deque()
        self._offers: deque[Callable[[], Event | None]] = deque()
        self.arrival = Wake()
        self._room = Wake()
        self._closed = False
        self._unread = False

    def put(self, event: Event) -> None:
        """Append an event, unless nobody is going to read it."""
        if not self._unread:
            self._events.append(event)
            self.arrival.wake()

    def offer(self, fetch: Callable[[], Event | None]) -> None:
        """There may be an event for who calls `fetch`, which will be called once; later than all that are queued."""
        if self._unread:
            fetch()
        else:
            self._offers.append(fetch)
            self.arrival.wake()

    def close(self) -> None:
        """No event comes after this."""
        self._closed = True
        self.arrival.wake()

    def leave_unread(self) -> None:
        """Nobody will read: forget what is queued and hold nobody up."""
        self._unread = True
        self._events.clear()
        while self._offers:
            self._offers.popleft()()
        self._room.wake()

    @property
    def is_read(self) -> bool:
        """Whether somebody reads."""
        return not self._unread

    @property
    def closed(self) -> bool:
        """Whether no event comes after those that are queued."""
        return self._closed

    @property
    def full(self) -> bool:
        """Whether the reader lags behind."""
        return len(self._events) >= BACKLOG_EVENTS

    async def room(self) -> None:
        """Wait while the reader lags behind."""
        if not self.full:
            return
        try:
            while self.full:
                await self._room.waiting()
        finally:
            self._room.wake_one()  # if this one is cancelled, or does not use the room, another can

    def take(self) -> Event | None:
        """The next event, or None where there is none."""
        events = self._events
        if events:
            if len(events) == BACKLOG_EVENTS // 2:
                self._room.wake_one()  # who wakes the next, if it leaves room
            return events.popleft()
        while self._offers:
            event = self._offers.popleft()()
            if event is not None:
                return event
        return None


class Run(Generic[T]):
    """What a request's task and its `Stream` share; it does not keep the stream alive."""

    __slots__ = ("backlog", "error", "leash", "response")

    def __init__(self) -> None:
        self.backlog = Backlog()
        self.leash = Leash()
        self.response: Response[T] | None = None
        self.error: BaseException | None = None

    async def serve(self, work: Callable[[], Coroutine[None, None, Response[T]]]) -> None:
        """Run `work` to its one outcome; nothing escapes into the owner's task group."""
        try:
            with self.leash.scope:
                self.response = await work()
        except Exception as error:  # noqa: BLE001 - handed to the caller by `Stream`
            self.error = error
        finally:
            self.backlog.close()
            self.leash.done.set()


class Stream(Generic[T]):
    """One request. Made by `Atomic.stream`; enter it to start, iterate it to follow, leave it to stop.

    Attributes:
        response: the response, once the request is complete; raises what the request raised.
    """

    __slots__ = ("__weakref__", "_run", "_start")

    def __init__(self, start: Callable[[], Run[T]]) -> None:
        self._start = start
        self._run: Run[T] | None = None

    async def __aenter__(self) -> Self:
        if self._run is not None:
            raise StateError("this stream was entered before: make a new one with atomic.stream(task)")
        self._run = self._start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._entered().leash.stop()

    def __aiter__(self) -> Self:
        self._entered()
        return self

    async def __anext__(self) -> Event:
        run = self._run or self._entered()
        backlog = run.backlog
        while (event := backlog.take()) is None:
            if backlog.closed:
                if run.error is not None:
                    raise run.error
                raise StopAsyncIteration
            await backlog.arrival.waiting()
        return event

    async def result(self) -> Response[T]:
        """Wait for the response without following its events: those that were not read are forgotten.

        Raises:
            AtomicError: what the request raised.
        """
        run = self._entered()
        run.backlog.leave_unread()
        await run.leash.done.wait()
        return self.response

    @property
    def response(self) -> Response[T]:
        """The response of a complete request."""
        run = self._entered()
        if run.error is not None:
            raise run.error
        if run.response is None:
            raise StateError("the request is not complete: iterate the stream to its end, or await stream.result()")
        return run.response

    def _entered(self) -> Run[T]:
        if self._run is None:
            raise StateError("the stream was not started: use `async with atomic.stream(task) as stream:`")
        return self._run

    def __del__(self) -> None:
        run = getattr(self, "_run", None)
        if run is not None and not run.leash.done.is_set():
            run.leash.pull()
            told = "a stream was dropped while it ran; leave it through `async with`"
            warnings.warn(told, ResourceWarning, stacklevel=2, source=self)

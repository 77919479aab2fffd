"""Tasks that wait for a word from their own event loop.

What `anyio.Event` does too, which is made anew for each wait and asks each time which event loop runs; a reader that
is woken for every chunk of its stream pays for that.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, cast

import anyio
from anyio.lowlevel import current_token

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable

FEW = 8
"""Tasks that wait, from which on it is looked whether they still do."""


class Wake:
    """Wakes whoever waits. Not for other threads: waiting and waking happen on one event loop."""

    __slots__ = ("_event", "_future", "_futures", "_looked", "_most")

    def __init__(self) -> None:
        # asyncio's, one a waiting task, as cancelling one cancels its.
        self._futures: deque[asyncio.Future[None]] = deque()
        self._most = FEW
        self._event: anyio.Event | None = None  # everybody else's
        self._future: Callable[[], asyncio.Future[None]] | None = None
        self._looked = False

    def waiting(self) -> Awaitable[None]:
        """To be awaited at once: is done when it is woken."""
        if not self._looked:
            self._looked, self._future = True, _future_of(current_token().native_token)
        if self._future is None:
            self._event = self._event or anyio.Event()
            return self._event.wait()
        if len(self._futures) >= self._most:
            self._forget_cancelled()
        future = self._future()
        self._futures.append(future)
        return future

    def wake(self) -> None:
        """Wake all who wait now; who waits later waits for the next call."""
        while self._futures:
            _resolve(self._futures.popleft())
        if self._event is not None:
            self._event.set()
            self._event = None

    def wake_one(self) -> None:
        """Wake who has waited longest, or everybody. Who is cancelled in the same moment takes the word along."""
        while self._futures:
            future = self._futures.popleft()
            if not future.done():
                future.set_result(None)
                return
        if self._event is not None:
            self._event.set()
            self._event = None

    def _forget_cancelled(self) -> None:
        self._futures = deque(future for future in self._futures if not future.done())
        self._most = max(FEW, 2 * len(self._futures))


class Alarm:
    """What one task sleeps on again and again, each time until it is set or for so long.

    An `anyio.Event` in a `move_on_after` does this too, but both are made anew for each sleep.
    """

    __slots__ = ("_event", "_future", "_set")

    def __init__(self) -> None:
        self._set = False
        self._future: asyncio.Future[None] | None = None  # asyncio's
        self._event: anyio.Event | None = None  # everybody else's

    def is_set(self) -> bool:
        """Whether it was set since it was cleared."""
        return self._set

    def set(self) -> None:
        """Wake who sleeps on it. For its own event loop only."""
        self._set = True
        if self._future is not None:
            _resolve(self._future)
        if self._event is not None:
            self._event.set()

    def clear(self) -> None:
        """Be ready for the next sleep."""
        self._set = False
        self._event = None

    async def wait(self) -> None:
        """Sleep until it is set."""
        await self.within(None)

    async def within(self, seconds: float | None) -> bool:
        """Sleep until it is set, but no longer than `seconds`; whether it was set."""
        if self._set:
            return True
        make = _future_of(loop := current_token().native_token)
        if make is None:
            self._event = anyio.Event()
            with anyio.move_on_after(seconds):
                await self._event.wait()
            return self._set
        self._future = future = make()
        timer = (
            None if seconds is None else cast("asyncio.AbstractEventLoop", loop).call_later(seconds, _resolve, future)
        )
        try:
            await future
        finally:
            self._future = None
            if timer is not None:
                timer.cancel()
        return self._set


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():  # by a cancelled task
        future.set_result(None)


def _future_of(loop: object) -> Callable[[], asyncio.Future[None]] | None:
    """What makes a future of the event loop `loop`; None where it is not asyncio's."""
    if not hasattr(loop, "create_future"):
        return None
    import asyncio  # it is loaded: its loop runs

    # What `create_future` of both asyncio and uvloop does, without the call of a Python function.
    return partial(asyncio.Future, loop=loop)  # type: ignore[arg-type]

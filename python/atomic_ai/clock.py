"""The engine's clock: real by default, virtual in tests.

The core takes the time as an argument; this is where it comes from.
"""

from __future__ import annotations

import time
from typing import Protocol

import anyio

from atomic_ai.wake import Alarm


class Clock(Protocol):
    """A monotonic clock in nanoseconds that can also wait."""

    def now(self) -> int:
        """Nanoseconds since an arbitrary, fixed moment."""
        ...

    async def wait(self, event: anyio.Event | Alarm, until: int | None) -> bool:
        """Wait for `event`, but not past `until`; whether the event came."""
        ...


class MonotonicClock:
    """The operating system's monotonic clock."""

    __slots__ = ()

    def now(self) -> int:
        """Nanoseconds of `time.monotonic_ns`."""
        return time.monotonic_ns()

    async def wait(self, event: anyio.Event | Alarm, until: int | None) -> bool:
        """Wait on the event loop."""
        if isinstance(event, Alarm):
            return await event.within(None if until is None else max(0, until - time.monotonic_ns()) / 1e9)
        if until is None:
            await event.wait()
            return True
        with anyio.move_on_after(max(0, until - time.monotonic_ns()) / 1e9):
            await event.wait()
        return event.is_set()

"""The engine's clock: real by default, virtual in tests.

The core takes the time as an argument; this is where it comes from.
"""

from __future__ import annotations

import time
from typing import Protocol

import anyio


class Clock(Protocol):
    """A monotonic clock in nanoseconds that can also wait."""

    def now(self) -> int:
        """Nanoseconds since an arbitrary, fixed moment."""
        ...

    async def sleep_until(self, deadline: int) -> None:
        """Wait until `now()` has reached `deadline`."""
        ...


class MonotonicClock:
    """The operating system's monotonic clock."""

    __slots__ = ()

    def now(self) -> int:
        """Nanoseconds of `time.monotonic_ns`."""
        return time.monotonic_ns()

    async def sleep_until(self, deadline: int) -> None:
        """Wait on the event loop; a passed deadline is a plain checkpoint."""
        await anyio.sleep(max(0, deadline - time.monotonic_ns()) / 1e9)

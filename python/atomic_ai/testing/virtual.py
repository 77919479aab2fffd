"""Virtual time: a clock that stands still while anybody works and jumps when everybody waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anyio.lowlevel import checkpoint

if TYPE_CHECKING:
    import anyio

    from atomic_ai.wake import Alarm

QUIET_TURNS = 40
"""Turns of the event loop without any use of the clock after which everybody is taken to be waiting.

A turn lets every task that can run take a step; the longest chain of tasks that hand something on (source, race,
caller, judge) has fewer links than this.
"""


class VirtualClock:
    """A clock for `Atomic(clock=…)` and `ScriptedModel`: hours pass in milliseconds, always in the same order.

    It moves only when every task on the event loop waits, and then to the earliest moment anybody waits for. What
    happens outside the loop (a worker thread, a socket) takes no virtual time, and is not waited for.

    Args:
        now: nanoseconds at which it begins.
    """

    def __init__(self, now: int = 0) -> None:
        self._now = now
        self._waiting: list[int] = []
        self._uses = 0

    def now(self) -> int:
        """Virtual nanoseconds."""
        self._uses += 1
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait for so many virtual seconds."""
        await self._until(None, self._now + round(seconds * 1e9))

    async def wait(self, event: anyio.Event | Alarm, until: int | None) -> bool:
        """Wait for `event`, but not past the virtual moment `until`; whether the event came."""
        if until is None:
            self._uses += 1
            await event.wait()
        else:
            await self._until(event, until)
        return event.is_set()

    async def _until(self, event: anyio.Event | Alarm | None, until: int) -> None:
        self._uses += 1
        self._waiting.append(until)
        seen, quiet = self._uses, 0
        try:
            while self._now < until and not (event is not None and event.is_set()):
                await checkpoint()
                seen, quiet = (seen, quiet + 1) if seen == self._uses else (self._uses, 0)
                if quiet >= QUIET_TURNS and until == min(self._waiting):
                    self._now = until
        finally:
            self._uses += 1
            self._waiting.remove(until)

"""Where the native transport meets Python: one reactor for the process, one bell for each event loop.

The reactor's thread never runs Python. What it has for an event loop it leaves with the loop's bell, a pair of sockets
that the loop watches like any other; one wake-up serves all that has come until then.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, cast

import anyio
from anyio.lowlevel import RunVar, current_token

from atomic_ai._core import Bell, Reactor

if TYPE_CHECKING:
    import asyncio


class _Process:
    """This process's reactor and bells. A forked child has none of its parent's."""

    def __init__(self) -> None:
        self.reactor: Reactor | None = None
        self.bells: list[Bell] = []
        self.abandoned: list[object] = []
        self.watched = False

    def started(self) -> Reactor:
        if self.reactor is None:
            self.reactor = Reactor()
            if not self.watched:
                self.watched = True
                atexit.register(self.ended)
                if hasattr(os, "register_at_fork"):
                    os.register_at_fork(before=self.held, after_in_parent=self.released, after_in_child=self.forgotten)
        return self.reactor

    def ended(self) -> None:
        """Close every socket before the interpreter goes."""
        if self.reactor is not None:
            self.reactor.close()

    def held(self) -> None:
        """Before a fork the thread stands still, so that the child inherits nothing half-done."""
        if self.reactor is not None:
            self.reactor.pause()

    def released(self) -> None:
        if self.reactor is not None:
            self.reactor.resume()

    def forgotten(self) -> None:
        """In the child the thread is not there.

        Its sockets are closed without a word to their peers, who are the parent's; what held them is never touched.
        """
        if self.reactor is None:
            return
        inherited = [*self.reactor.descriptors(), *(number for bell in self.bells for number in bell.descriptors())]
        self.abandoned += [self.reactor, *self.bells]
        self.reactor, self.bells = None, []
        for number in inherited:
            with suppress(OSError):
                os.close(number)


_PROCESS = _Process()
_LOOP: RunVar[Loop | None] = RunVar("atomic_ai_native_loop", None)


class Loop:
    """One event loop's ear: whoever waits for the reactor is called here when it has something.

    Attributes:
        bell: what the reactor rings.
    """

    __slots__ = ("_asyncio", "_ears", "_stop", "_users", "bell", "reactor")

    def __init__(self) -> None:
        self.reactor = _PROCESS.started()
        self.bell = Bell(self.reactor)
        self._ears: dict[int, Callable[[], None]] = {}
        self._users = 0
        self._stop: Callable[[], object] | None = None
        running = current_token().native_token
        self._asyncio = cast("asyncio.AbstractEventLoop", running) if hasattr(running, "add_reader") else None

    @classmethod
    def entered(cls) -> Loop:
        """The running event loop's, which watches its bell until all who entered have left."""
        loop = _LOOP.get()
        if loop is None or loop.reactor is not _PROCESS.reactor:
            loop = cls()
            _LOOP.set(loop)
        if loop._users == 0:
            _PROCESS.bells.append(loop.bell)
            loop._stop = _watched(loop)
        loop._users += 1
        return loop

    def leave(self) -> None:
        """One of those who entered does not wait any more."""
        self._users -= 1
        if self._users == 0 and self._stop is not None:
            self._stop()
            self._stop = None
            if self.bell in _PROCESS.bells:
                _PROCESS.bells.remove(self.bell)
            _LOOP.set(None)

    def hear(self, number: int, ear: Callable[[], None]) -> None:
        """Call `ear` whenever `number` has posted; it must neither wait nor raise."""
        self._ears[number] = ear

    def forget(self, number: int) -> None:
        """Nobody listens to `number` any more."""
        self._ears.pop(number, None)

    def signal(self) -> tuple[Awaitable[object], Callable[[], object]]:
        """What one waiter waits for, and what ends the wait."""
        if self._asyncio is not None:  # half the price of an event of anyio's
            future = self._asyncio.create_future()
            return future, partial(_resolve, future)
        event = anyio.Event()
        return event.wait(), event.set

    def answer(self) -> None:
        """Call everybody who has something."""
        for number in self.bell.take():
            ear = self._ears.get(number)
            if ear is not None:
                ear()


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():  # it may have been cancelled
        future.set_result(None)


def _watched(loop: Loop) -> Callable[[], object]:
    """Watch the loop's bell; gives what ends that."""
    if loop._asyncio is not None:
        return _asyncio_watched(loop, loop._asyncio)
    import trio

    scope = anyio.CancelScope()
    trio.lowlevel.spawn_system_task(_listen, loop, scope)
    return scope.cancel


def _asyncio_watched(loop: Loop, running: asyncio.AbstractEventLoop) -> Callable[[], object]:
    number = loop.bell.fileno()
    try:
        # Watched once for good: waiting anew for each wake-up would cost two system calls more.
        running.add_reader(number, loop.answer)
    except NotImplementedError:  # Windows' default loop; anyio waits for it in a thread
        task = running.create_task(_listen(loop, anyio.CancelScope()))
        return task.cancel
    return lambda: running.is_closed() or running.remove_reader(number)


async def _listen(loop: Loop, scope: anyio.CancelScope) -> None:
    with scope:
        while True:
            await anyio.wait_readable(loop.bell.fileno())
            loop.answer()

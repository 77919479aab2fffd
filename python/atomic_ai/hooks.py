"""Hooks see every event; none of them can harm a request.

Each hook has a task, a bounded queue and, if it is a plain function, a worker thread. A slow one loses events
(counted), a raising one is logged by its name, and the request never waits for either.
"""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from atomic_ai.events import Event

Hook = Callable[["Event"], None] | Callable[["Event"], Awaitable[None]]

QUEUE_EVENTS = 10_000
"""Events a hook may lag behind before it loses the oldest."""

DRAIN_S = 1.0
"""How long closing waits for hooks to see what is queued."""


class _Feed:
    """One hook's queue and the task that empties it."""

    __slots__ = ("_closing", "_done", "_hook", "_queue", "_wake", "dropped")

    def __init__(self, hook: Hook) -> None:
        self._hook = hook
        self._queue: deque[Event] = deque(maxlen=QUEUE_EVENTS)
        self._wake = anyio.Event()
        self._done = anyio.Event()
        self._closing = False
        self.dropped = 0

    def put(self, event: Event) -> None:
        self.dropped += len(self._queue) == QUEUE_EVENTS
        self._queue.append(event)
        self._wake.set()

    async def run(self) -> None:
        try:
            while self._queue or not self._closing:
                await self._wake.wait()
                self._wake = anyio.Event()
                while self._queue:
                    await self._call(self._queue.popleft())
                if self._closing:
                    self._wake.set()
        finally:
            self._done.set()

    async def close(self) -> None:
        self._closing = True
        self._wake.set()
        await self._done.wait()

    async def _call(self, event: Event) -> None:
        try:
            if inspect.iscoroutinefunction(self._hook):
                await self._hook(event)
            else:
                await anyio.to_thread.run_sync(self._hook, event, abandon_on_cancel=True)
        except Exception as error:  # noqa: BLE001 - a hook's failure is the hook's
            name = getattr(self._hook, "__qualname__", type(self._hook).__name__)
            import logging  # here: `import atomic_ai` stays light

            logging.getLogger("atomic_ai.hooks").warning(
                "hook %s raised %s on %s", name, type(error).__name__, event.kind
            )


class Hooks:
    """All hooks of one `Atomic`."""

    __slots__ = ("_feeds",)

    def __init__(self, hooks: Sequence[Hook]) -> None:
        self._feeds = [_Feed(hook) for hook in hooks]

    @property
    def any(self) -> bool:
        """Whether there are hooks."""
        return bool(self._feeds)

    @property
    def dropped(self) -> int:
        """Events that slow hooks never saw."""
        return sum(feed.dropped for feed in self._feeds)

    def start(self, tasks: TaskGroup) -> None:
        """Begin to serve the hooks in `tasks`."""
        for feed in self._feeds:
            tasks.start_soon(feed.run)

    def emit(self, event: Event) -> None:
        """Queue `event` for every hook; never blocks, never raises."""
        for feed in self._feeds:
            feed.put(event)

    async def close(self) -> None:
        """Let the hooks see what is queued, within a bound."""
        with anyio.move_on_after(DRAIN_S, shield=True):
            for feed in self._feeds:
                await feed.close()

"""Who may cancel what, from where: work that belongs to an object and must stop when the object is dropped or closed.

A cancel scope may only be touched on its own event loop, while the last reference to an object can be dropped on any
thread. A `Leash` is what the object keeps: it reaches the loop from wherever it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
from anyio import CancelScope
from anyio.lowlevel import current_token

CallSoon = Callable[[Callable[[], object]], object]


def _call_soon() -> CallSoon:
    """How to run a callable on the running event loop from any thread, without waiting for it."""
    loop: Any = current_token().native_token
    call_soon: CallSoon = getattr(loop, "call_soon_threadsafe", None) or loop.run_sync_soon  # asyncio's; trio's
    return call_soon


class Inmates:
    """Work that runs in its callers' own tasks and yet belongs to an object: closing stops it and waits for its end."""

    __slots__ = ("_gone", "_scopes")

    def __init__(self) -> None:
        self._scopes: set[CancelScope] = set()
        self._gone: anyio.Event | None = None

    def enter(self, scope: CancelScope) -> None:
        """Work began within `scope`."""
        self._scopes.add(scope)

    def leave(self, scope: CancelScope) -> None:
        """The work has closed what it opened."""
        self._scopes.discard(scope)
        if self._gone is not None and not self._scopes:
            self._gone.set()

    async def stop(self) -> None:
        """Cancel all of it and wait until it is gone; not interruptible."""
        for scope in self._scopes:
            scope.cancel()
        while self._scopes:
            self._gone = anyio.Event()
            with CancelScope(shield=True):
                await self._gone.wait()


class Leash:
    """Cancels a scope from any thread; a closed event loop has nothing left to cancel."""

    __slots__ = ("_call_soon", "done", "scope")

    def __init__(self) -> None:
        self.scope = CancelScope()
        self.done = anyio.Event()
        self._call_soon = _call_soon()

    def pull(self) -> None:
        """Cancel soon, on the scope's own loop."""
        try:
            self._call_soon(self.scope.cancel)
        except RuntimeError:  # the loop (asyncio) or run (trio: a RuntimeError too) is over, and with it the work
            return

    async def stop(self) -> None:
        """Cancel now and wait until the work has closed what it opened; not interruptible."""
        self.scope.cancel()
        with CancelScope(shield=True):
            await self.done.wait()

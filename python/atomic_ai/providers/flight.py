"""A call on its way into a race without a task of its own: the reactor carries it, the bell tells what became of it.

An answer that is a stream runs into its lane as soon as its head has come. Whatever else comes (a refusal, a redirect,
a page, a compressed body, no answer at all) takes waiting, and perhaps another attempt: then it goes on as a `Source`
in a task.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from atomic_ai.providers.failure import blamed

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from atomic_ai.errors import AtomicError
    from atomic_ai.providers.call import Source
    from atomic_ai.providers.http import Door
    from atomic_ai.providers.native import NativeReply

Landing = Literal["broken", "astray"]
"""What a flight needs help with: it broke in the middle of its answer, or what came is no stream."""


class Flight:
    """One such call. Whoever holds it closes it.

    Attributes:
        error: what broke it.
    """

    __slots__ = ("_astray", "_closed", "_door", "_head", "_landed", "_opening", "_reply", "error")

    def __init__(
        self,
        door: Door,
        reply: NativeReply,
        landed: Callable[[Landing], None],
        opening: Callable[[], AbstractAsyncContextManager[Source]],
    ) -> None:
        """Follow a call that was sent.

        Args:
            door: what stands before its model.
            reply: what comes.
            landed: called, in nobody's task, when help is needed.
            opening: the call for a task to wait for, which has begun with this reply.
        """
        self._door = door
        self._reply = reply
        self._landed = landed
        self._opening = opening
        self._astray = False
        self._head = False
        self._closed = False
        self.error: AtomicError | None = None
        reply.hear(self._ring)

    def source(self) -> AbstractAsyncContextManager[Source]:
        """What came as an opened call, for a task to wait for; the flight is over."""
        self._closed = True
        self._reply.handed_over()
        return self._opening()

    def close(self) -> None:
        """The lane has ended: close what is open, and let breaker and headroom know."""
        if self._closed:
            return
        self._closed = True
        self._hear_head()
        healthy = self._reply.received and not self._astray
        self._door.circuit.succeeded() if healthy else self._door.circuit.left()
        self._reply.close()

    def _ring(self) -> None:
        """There is news. Runs on the event loop, in nobody's task."""
        flows, error = self._reply.standing()
        if not flows:
            if not self._astray:
                self._astray = True
                self._landed("astray")
            return
        self._hear_head()
        if error is not None:
            self._closed = True
            self._door.circuit.succeeded() if self._reply.received else self._door.circuit.failed()
            self._reply.close()
            self.error = blamed(error, self._door.provider, self._door.model)
            self._landed("broken")

    def _hear_head(self) -> None:
        if self._head:
            return
        self._head = self._reply.read_head()
        if self._head:
            self._door.headroom.heard(self._reply.status, self._reply.headers)
        elif self._closed:
            self._door.headroom.gone()

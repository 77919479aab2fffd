"""One request as the endpoint saw it, and what it sent back: the counters that claims are checked against."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import orjson

if TYPE_CHECKING:
    from threading import Condition

    from atomic_ai.testing.http import Head

Outcome = Literal["running", "complete", "closed", "cut", "reset", "stalled"]
"""`closed`: by the client before the end. `stalled`: the endpoint fell silent and its client has not gone."""


@dataclass(slots=True)
class Counters:
    """What was counted; times are seconds of `time.monotonic()`, None until it happens.

    Attributes:
        chunks_planned: the chunks of the whole answer.
        chunks_sent: handed to the kernel while the client's side was open.
        chunks_after_close: made after the client's close: none if the provider stops, the rest if it goes on.
        tokens_planned: simulated tokens of the whole answer.
        tokens_made: simulated tokens sent or made after the close: what the provider would bill.
        bytes_sent: of the body, without HTTP's framing.
        received_at: when the request was complete.
        opened_at: when status and headers were sent.
        close_seen_at: when the client's close was seen.
        ended_at: when the answer ended, however it did.
        outcome: how it ended.
    """

    chunks_planned: int = 0
    chunks_sent: int = 0
    chunks_after_close: int = 0
    tokens_planned: int = 0
    tokens_made: int = 0
    bytes_sent: int = 0
    received_at: float = field(default_factory=time.monotonic)
    opened_at: float | None = None
    close_seen_at: float | None = None
    ended_at: float | None = None
    outcome: Outcome = "running"


class Exchange:
    """A request and its answer. `counters` belong to the endpoint's thread; reading them is safe from any.

    Attributes:
        number: which request of the endpoint it is, from 0.
        connection: which connection it came over, from 0; requests that share a number shared a pooled one.
        method: the HTTP method.
        target: path and query.
        headers: names in lower case. They may hold the client's key, so the repr leaves them out.
        body: the bytes received.
    """

    def __init__(self, number: int, connection: int, head: Head, body: bytes, changed: Condition) -> None:
        self.number, self.connection = number, connection
        self.method, self.target, self.headers, self.body = head.method, head.target, head.headers, body
        self._json = _object(body)
        self.counters = Counters()
        self._changed = changed
        self._loop = asyncio.get_running_loop()
        self._permits = asyncio.Semaphore(0)

    @property
    def json(self) -> dict[str, Any]:
        """The body as JSON; an empty object if it is none."""
        return self._json

    @property
    def chunks_sent(self) -> int:
        """Chunks handed to the kernel while the client's side was open."""
        return self.counters.chunks_sent

    @property
    def outcome(self) -> Outcome:
        """How the answer ended, or that it runs."""
        return self.counters.outcome

    @property
    def ended(self) -> bool:
        """Whether the answer has ended."""
        return self.counters.ended_at is not None

    @property
    def closed_after_s(self) -> float | None:
        """Seconds from the request to the client's close; None if it did not close before the end."""
        seen = self.counters.close_seen_at
        return None if seen is None else seen - self.counters.received_at

    def release(self, chunks: int = 1) -> None:
        """Let a gated answer send so many more chunks; from any thread."""
        self._loop.call_soon_threadsafe(self._permit, chunks)

    async def permit(self) -> None:
        """Wait for the next chunk's release; on the endpoint's loop."""
        await self._permits.acquire()

    def note(self, **counts: object) -> None:
        """Set counters and tell those who wait for them; on the endpoint's loop."""
        with self._changed:
            for name, value in counts.items():
                setattr(self.counters, name, value)
            self._changed.notify_all()

    def _permit(self, chunks: int) -> None:
        for _ in range(chunks):
            self._permits.release()

    def __repr__(self) -> str:
        counted = self.counters
        return (
            f"<simulated Exchange {self.number} {self.method} {self.outcome}: {counted.chunks_sent} of "
            f"{counted.chunks_planned} chunks sent, {counted.chunks_after_close} after the close>"
        )


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}

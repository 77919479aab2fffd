"""A request's body without an async generator: one dropped half-way by a cancelled call would be left to the collector.

Imported where a request is sent, since it needs httpx.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx


class Upload(httpx.AsyncByteStream):
    """One chunk of bytes; it can be sent again."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _Once(self._data)


class _Once(AsyncIterator[bytes]):
    __slots__ = ("_left",)

    def __init__(self, data: bytes) -> None:
        self._left: bytes | None = data

    async def __anext__(self) -> bytes:
        if self._left is None:
            raise StopAsyncIteration
        data, self._left = self._left, None
        return data

"""The native transport: Atomic's own HTTP client, whose bytes reach a race without passing through Python."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Self
from urllib.parse import urljoin

import anyio

from atomic_ai._core import NativeClient
from atomic_ai.errors import ConfigError, StateError
from atomic_ai.providers.body import MAX_DECODED
from atomic_ai.providers.client import headers_of
from atomic_ai.providers.failure import of_native
from atomic_ai.providers.native_address import address_of
from atomic_ai.providers.native_loop import Loop
from atomic_ai.providers.native_proxy import Proxies

if TYPE_CHECKING:
    from atomic_ai._core import NativeExchange, Race
    from atomic_ai.providers.client import HttpOptions
    from atomic_ai.providers.presets import Preset
    from atomic_ai.providers.request import HttpRequest
    from atomic_ai.secret import Secret


class NativeTransport:
    """Sends requests over connections of its own.

    Args:
        options: how it connects.
    """

    def __init__(self, options: HttpOptions) -> None:
        self._options = options
        self._client: NativeClient | None = None
        self._loop: Loop
        self._proxies: Proxies
        self._closed = False

    @asynccontextmanager
    async def sent(
        self, request: HttpRequest, preset: Preset, key: Secret | None, *, patient: bool = False
    ) -> AsyncIterator[NativeReply]:
        """Send a request; leaving the context closes the socket at once unless the body was read to its end.

        Raises:
            TransportError: no response came.
            MisuseError: the key belongs to another origin.
        """
        client = self._opened()
        address = address_of(request.url)
        exchange = client.send(
            self._loop.bell,
            request.method,
            address.url,
            headers_of(request, preset, key),
            request.body,
            limit=MAX_DECODED,
            proxy=self._proxies.of(address),
            patient=patient,
            connect_ns=None if request.connect_s is None else int(request.connect_s * 1e9),
        )
        reply = NativeReply(exchange, self._loop, address.url)
        try:
            await reply.head()
            yield reply
        finally:
            reply.close()

    def open(self) -> None:
        """Start the reactor and read the certificates now: the first request need not wait for them."""
        self._opened()

    async def aclose(self) -> None:
        """Close the connections; later requests are refused."""
        self._closed = True
        if self._client is not None:
            self._client.close()
            self._loop.leave()
            self._client = None
            del self._loop  # the bell's sockets close with the last who holds it

    def _opened(self) -> NativeClient:
        if self._closed:
            raise StateError("this client is closed: use it inside `async with Atomic(…)`")
        if self._client is None:
            self._proxies = Proxies(self._options.proxy)
            loop = Loop.entered()
            try:
                self._client = _made(loop, self._options)
            except BaseException:
                loop.leave()
                raise
            self._loop = loop
        return self._client


def _made(loop: Loop, options: HttpOptions) -> NativeClient:
    ca = options.ca
    try:
        return NativeClient(loop.reactor, ca)
    except ConfigError as error:
        raise ConfigError(f"ca={str(ca)!r} is no readable file of certificates") from error


class NativeReply:
    """One exchange of the reactor's as a reply.

    Attributes:
        status: the HTTP status.
        headers: by their names in lower case; repeated ones joined by a comma (RFC 9110, 5.3).
        target: where a redirect points.
        encoding: how the body is compressed; empty where it is not.
        loop: whose bell tells of it.
    """

    __slots__ = ("_exchange", "_rung", "_url", "encoding", "headers", "loop", "status", "target")

    def __init__(self, exchange: NativeExchange, loop: Loop, url: str) -> None:
        self._exchange = exchange
        self._rung = anyio.Event()
        self._url = url
        self.loop = loop
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self.target: str | None = None
        self.encoding = ""
        loop.hear(exchange.id, self._ring)

    @property
    def received(self) -> int:
        """Bytes of the body so far."""
        return self._exchange.received

    async def head(self) -> None:
        """Wait for status and headers.

        Raises:
            TransportError: none will come.
        """
        while True:
            ended = self._exchange.ended  # asked first: a short answer's head and end may both arrive in between
            head = self._exchange.head
            if head is not None:
                break
            if ended is not None:
                raise of_native(*ended, answered=False)
            await self._news()
        self.status, pairs = head
        headers: dict[str, str] = {}
        for name, value in pairs:
            text = value.decode("latin-1")
            headers[name] = f"{headers[name]}, {text}" if name in headers else text
        self.headers = headers
        self.encoding = headers.get("content-encoding", "").strip().lower()
        if 300 <= self.status < 400 and "location" in headers:
            self.target = _joined(self._url, headers["location"])

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        """The bytes that have arrived, once there are some."""
        while True:
            ended = self._exchange.ended  # asked first: what arrived before the end is given before it
            data = self._exchange.take()
            if data:
                return data
            if ended is not None:
                self._raise(ended)
                raise StopAsyncIteration
            await self._news()

    async def flow(self, race: Race, lane: int) -> None:
        """Let the body run into a lane of `race`, which follows this loop's bell; returns when it has ended."""
        self._exchange.attach(race, lane)
        while (ended := self._exchange.ended) is None:
            await self._news()
        self._raise(ended)

    def close(self) -> None:
        """End the exchange wherever it stands."""
        self._exchange.close()
        self.loop.forget(self._exchange.id)

    async def aclose(self) -> None:
        """Stop reading: the socket is closed."""
        self.close()

    def _raise(self, ended: tuple[str, str]) -> None:
        if ended[0]:
            raise of_native(*ended, answered=True)

    def _ring(self) -> None:
        self._rung.set()

    async def _news(self) -> None:
        await self._rung.wait()
        self._rung = anyio.Event()


def _joined(url: str, location: str) -> str | None:
    try:
        return urljoin(url, location)
    except ValueError:
        return None

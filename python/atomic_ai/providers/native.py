"""The native transport: Atomic's own HTTP client, whose bytes reach a race without passing through Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Self
from urllib.parse import urljoin

from atomic_ai._core import NativeClient, NativeRoute
from atomic_ai.errors import ConfigError, StateError
from atomic_ai.providers.body import MAX_DECODED
from atomic_ai.providers.call import SERVED
from atomic_ai.providers.client import headers_of
from atomic_ai.providers.failure import STREAMS, of_native
from atomic_ai.providers.native_address import address_of
from atomic_ai.providers.native_loop import Loop
from atomic_ai.providers.native_proxy import Proxies

if TYPE_CHECKING:
    from atomic_ai._core import NativeExchange, Race
    from atomic_ai.errors import AtomicError
    from atomic_ai.providers.call import Call
    from atomic_ai.providers.client import HttpOptions
    from atomic_ai.providers.presets import Preset
    from atomic_ai.providers.request import HttpRequest
    from atomic_ai.secret import Secret


Place = tuple["Race", int]
"""A race and one of its lanes."""

_ROUTES = 256
"""Routes that are remembered. Signed requests have each their own: past it all are forgotten."""

_Way = tuple[str, str, tuple[tuple[str, str], ...], float | None, "Secret | None", str, str]


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
        self._routes: dict[_Way, NativeRoute] = {}

    @property
    def native(self) -> NativeTransport:
        """Itself: its answers can run into a race."""
        return self

    @property
    def loop(self) -> Loop:
        """Whose bell tells of what comes."""
        self._opened()
        return self._loop

    def sent(
        self,
        request: HttpRequest,
        preset: Preset,
        key: Secret | None,
        *,
        patient: bool = False,
        at_risk: float = 0.0,
    ) -> _Sending:
        """Send a request; leaving the context closes the socket at once unless the body was read to its end.

        Raises:
            TransportError: no response came.
            MisuseError: the key belongs to another origin.
        """
        client = self._opened()
        route = self._route(request, preset, key)
        return _Sending(client, self._loop, route, request, patient, at_risk)

    def aimed(self, request: HttpRequest, preset: Preset, key: Secret | None, call: Call, to: Place) -> NativeReply:
        """Send a request now. If a stream answers, it runs into a lane as soon as its head has come.

        Args:
            request: what is sent.
            preset: how the vendor wants its key.
            key: for the request's own origin.
            call: what the request says, and how it is to be carried.
            to: a race that follows this loop's bell, and the lane.

        Raises:
            MisuseError: the key belongs to another origin.
        """
        client, route = self._opened(), self._route(request, preset, key)
        bell = self._loop.bell
        exchange = client.send(bell, route, request.body, patient=call.patient, at_risk=call.at_risk, to=to)
        return NativeReply(exchange, self._loop, request.url)

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

    def _route(self, request: HttpRequest, preset: Preset, key: Secret | None) -> NativeRoute:
        """All of a request but its body, which is the same for every call of a model: made once.

        Its headers hold the key; the route shows them to nobody.
        """
        way = request.method, request.url, request.headers, request.connect_s, key, preset.key_header, preset.key_prefix
        route = self._routes.get(way)
        if route is not None:
            return route
        address = address_of(request.url)
        connect_s = request.connect_s
        route = NativeRoute(
            request.method,
            address.url,
            headers_of(request, preset, key),
            limit=MAX_DECODED,
            proxy=self._proxies.of(address),
            connect_ns=None if connect_s is None else int(connect_s * 1e9),
        )
        if len(self._routes) >= _ROUTES:
            self._routes.clear()
        self._routes[way] = route
        return route


def _made(loop: Loop, options: HttpOptions) -> NativeClient:
    ca = options.ca
    try:
        return NativeClient(loop.reactor, ca, STREAMS)
    except ConfigError as error:
        raise ConfigError(f"ca={str(ca)!r} is no readable file of certificates") from error


class _Sending:
    """A request on its way, and its reply for as long as the context lasts."""

    __slots__ = ("_at_risk", "_client", "_loop", "_patient", "_reply", "_request", "_route")

    def __init__(
        self,
        client: NativeClient,
        loop: Loop,
        route: NativeRoute,
        request: HttpRequest,
        patient: bool,
        at_risk: float,
    ) -> None:
        self._client, self._loop, self._route = client, loop, route
        self._request, self._patient, self._at_risk = request, patient, at_risk

    async def __aenter__(self) -> NativeReply:
        exchange = self._client.send(
            self._loop.bell, self._route, self._request.body, patient=self._patient, at_risk=self._at_risk
        )
        served = SERVED.get()
        if served is not None:
            exchange.serve(*served)
        self._reply = NativeReply(exchange, self._loop, self._request.url)
        return await self._reply.__aenter__()

    async def __aexit__(self, *_: object) -> None:
        self._reply.close()


class NativeReply:
    """One exchange of the reactor's as a reply.

    Attributes:
        status: the HTTP status.
        headers: by their names in lower case; repeated ones joined by a comma (RFC 9110, 5.3).
        target: where a redirect points.
        encoding: how the body is compressed; empty where it is not.
        loop: whose bell tells of it.
    """

    __slots__ = ("_exchange", "_rung", "_url", "_wake", "encoding", "headers", "loop", "status", "target")

    def __init__(self, exchange: NativeExchange, loop: Loop, url: str) -> None:
        self._exchange = exchange
        self._rung = False
        self._wake: Callable[[], object] | None = None
        self._url = url
        self.loop = loop
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self.target: str | None = None
        self.encoding = ""
        loop.hear(exchange.id, self._ring)

    async def __aenter__(self) -> Self:
        """Wait for status and headers.

        Raises:
            TransportError: none will come.
        """
        try:
            await self.head()
        except BaseException:
            self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

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
            if self.read_head():
                return
            if ended is not None:
                raise of_native(*ended, answered=False)
            await self._news()

    def read_head(self) -> bool:
        """Take over status and headers, if they have arrived; whether they have."""
        head = self._exchange.head
        if head is None:
            return False
        self.status, headers = head
        self.headers = headers
        self.encoding = headers.get("content-encoding", "").strip().lower()
        if 300 <= self.status < 400 and "location" in headers:
            self.target = _joined(self._url, headers["location"])
        return True

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

    def standing(self) -> tuple[bool, AtomicError | None]:
        """Whether the answer runs into the race that it was sent for, and what broke it."""
        flows, ended = self._exchange.standing()
        return flows, of_native(*ended, answered=True) if ended is not None and ended[0] else None

    def hear(self, ear: Callable[[], None]) -> None:
        """Have `ear` called, in nobody's task, when there is news; nothing of its own waits then."""
        self.loop.hear(self._exchange.id, ear)

    def handed_over(self) -> None:
        """From here on a task waits for news; it looks for itself first."""
        self.loop.hear(self._exchange.id, self._ring)

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
        self._rung = True
        if self._wake is not None:
            self._wake()

    async def _news(self) -> None:
        if not self._rung:
            waited, self._wake = self.loop.signal()
            try:
                await waited
            finally:
                self._wake = None
        self._rung = False


def _joined(url: str, location: str) -> str | None:
    try:
        return urljoin(url, location)
    except ValueError:
        return None

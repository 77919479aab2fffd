"""The transport over httpx: a client of yours, which stays yours, or one opened when first needed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio

from atomic_ai.errors import AtomicError, ConfigError, StateError
from atomic_ai.providers.failure import of_transport
from atomic_ai.providers.reply import HttpxReply
from atomic_ai.secret import origin_of

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from atomic_ai.providers.presets import Preset
    from atomic_ai.providers.request import HttpRequest
    from atomic_ai.secret import Secret

_IDLE = 100
"""Connections kept open for the next call."""

_IDLE_S = 60.0
"""Seconds they are kept; servers close theirs after about as long, and a stale one is replaced."""

_THIS_MACHINE = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """How connections are made, where no client of yours makes them.

    Attributes:
        ca: path to a file of certificates to trust instead of the usual ones.
        proxy: URL of a proxy; None takes the environment's (`HTTPS_PROXY` and the like), though never for addresses of
            this machine.
    """

    ca: str | Path | None = None
    proxy: str | None = field(default=None, repr=False)


class HttpClient:
    """Sends requests and gives responses whose body has not been read.

    Args:
        given: a client of the caller's, which stays open; None makes one at the first request.
        options: how the own client connects.

    Raises:
        ConfigError: both a client and options for another.
    """

    def __init__(self, given: httpx.AsyncClient | None = None, options: HttpOptions | None = None) -> None:
        if given is not None and options not in (None, HttpOptions()):
            raise ConfigError("ca and proxy are settings of your own http_client: give them to it, or give no client")
        self._given = given
        self._own: httpx.AsyncClient | None = None
        self._options = options or HttpOptions()
        self._closed = False

    @property
    def native(self) -> None:
        """None: its answers pass through Python."""

    @asynccontextmanager
    async def sent(
        self,
        request: HttpRequest,
        preset: Preset,
        key: Secret | None,
        *,
        patient: bool = False,
        at_risk: float = 0.0,
    ) -> AsyncIterator[HttpxReply]:
        """Send a request; leaving the context closes the socket at once unless the body was read to its end.

        Patience and risk are of no use to httpx.

        Raises:
            TransportError: no response came.
            MisuseError: the key belongs to another origin.
        """
        client = self._client()
        response = await _first(client, headers_of(request, preset, key), request)
        reply = HttpxReply(response)
        try:
            yield reply
        finally:
            # The body may be half read and the caller cancelled: closing must happen all the same.
            with anyio.CancelScope(shield=True):
                await response.aclose()

    def open(self) -> None:
        """Make the own client now: the first request need not wait for its library and certificates to load."""
        self._client()

    async def aclose(self) -> None:
        """Close the own client; later requests are refused."""
        self._closed = True
        if self._own is not None:
            await self._own.aclose()
            self._own = None

    def _client(self) -> httpx.AsyncClient:
        if self._closed:
            raise StateError("this client is closed: use it inside `async with Atomic(…)`")
        if self._given is not None:
            return self._given
        if self._own is None:
            self._own = _made(self._options)
        return self._own


async def _first(client: httpx.AsyncClient, headers: list[tuple[str, str]], request: HttpRequest) -> httpx.Response:
    """The response; a kept connection that the server had closed meanwhile is replaced, once and at no cost."""
    for last in (False, True):
        seen: set[str] = set()

        async def trace(event: str, _: Any, seen: set[str] = seen) -> None:
            seen.add(event)

        try:
            return await _send(client, headers, request, trace)
        except AtomicError:
            raise
        except Exception as error:  # noqa: BLE001 - a transport of the caller's raises what it likes
            failure = of_transport(error, answered=False)
            stale = type(error).__name__ in ("RemoteProtocolError", "ReadError", "WriteError")
        # Raised outside of the handler: httpx's errors hold the request, and with it the key, as their context.
        if last or not stale or not seen or any(event.startswith("connection.connect") for event in seen):
            break
    raise failure


async def _send(
    client: httpx.AsyncClient, headers: list[tuple[str, str]], request: HttpRequest, trace: Any
) -> httpx.Response:
    import httpx

    from atomic_ai.providers.upload import Upload

    try:
        # Deadlines are the race's: it cancels. A timeout here would be a second, hidden one, but for the connection's,
        # whose end nobody else can see.
        built = client.build_request(
            request.method,
            request.url,
            headers=headers,
            content=request.body,
            timeout=httpx.Timeout(None, connect=request.connect_s),
            extensions={"trace": trace},
        )
    except (httpx.InvalidURL, ValueError):
        raise ConfigError("base_url is no usable address") from None
    built.stream = Upload(request.body)
    return await client.send(built, stream=True, follow_redirects=False)


def headers_of(request: HttpRequest, preset: Preset, key: Secret | None) -> list[tuple[str, str]]:
    """The request's headers, the key's among them.

    Raises:
        ConfigError: a value that no header can carry.
        MisuseError: the key belongs to another origin.
    """
    headers = list(request.headers)
    if key is not None:
        headers.append((preset.key_header, preset.key_prefix + key.reveal_for(origin_of(request.url))))
    for name, value in headers:
        if not value.isascii() or any(character in value + name for character in "\r\n\0"):
            raise ConfigError(f"header {name!r} has a value that no header can carry; it was not sent")
    return headers


def _made(options: HttpOptions) -> httpx.AsyncClient:
    import ssl

    import httpx

    verify: ssl.SSLContext | bool = True
    if options.ca is not None:
        try:
            verify = ssl.create_default_context(cafile=options.ca)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"ca={str(options.ca)!r} is no readable file of certificates ({error})") from None
    try:
        return httpx.AsyncClient(
            verify=verify,
            proxy=options.proxy,
            mounts={f"all://{host}": None for host in _THIS_MACHINE} if options.proxy is None else None,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=_IDLE, keepalive_expiry=_IDLE_S),
        )
    except (ValueError, httpx.InvalidURL, ImportError):
        # The URL is not quoted: proxies have passwords.
        raise ConfigError("proxy=… or a proxy of the environment is no usable URL") from None

"""An answer as it comes off a wire, whoever carries it: the seam between providers and transports."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from typing import TYPE_CHECKING, Literal, Protocol, Self

import anyio

from atomic_ai.providers.failure import of_transport

if TYPE_CHECKING:
    import httpx

    from atomic_ai._core import Race
    from atomic_ai.providers.native import NativeTransport
    from atomic_ai.providers.native_loop import Loop
    from atomic_ai.providers.presets import Preset
    from atomic_ai.providers.request import HttpRequest
    from atomic_ai.secret import Secret

TransportKind = Literal["native", "httpx"]
"""Who carries requests: Atomic's own transport, or an `httpx.AsyncClient`."""

_BUFFERED = 100_000
"""More chunks than a socket's read buffer can hold: past it a transport makes them up without ever waiting."""


class Reply(Protocol):
    """One answer whose body has not been read; iterating it gives the body as it was sent, compressed if it was."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, by their names in lower case."""
        ...

    @property
    def target(self) -> str | None:
        """Where a redirect points, as an absolute address; None where it is no redirect or points nowhere."""
        ...

    @property
    def encoding(self) -> str:
        """How the body is compressed; empty where it is not."""
        ...

    @property
    def loop(self) -> Loop | None:
        """Whose bell tells of it, where the body can `flow`; None where every chunk passes through Python."""
        ...

    @property
    def received(self) -> int:
        """Bytes that have flowed."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def __anext__(self) -> bytes:
        """The next bytes.

        Raises:
            ProviderError: the connection broke.
        """
        ...

    async def flow(self, race: Race, lane: int) -> None:
        """Let the body run into a lane of `race` without passing through Python; returns when it has ended.

        Raises:
            ProviderError: as iterating does.
        """
        ...

    async def aclose(self) -> None:
        """Stop reading; whoever gave the reply closes the socket."""
        ...


class Transport(Protocol):
    """Sends requests and gives replies."""

    @property
    def native(self) -> NativeTransport | None:
        """Itself, if its answers can run into a race without passing through Python."""
        ...

    def sent(
        self, request: HttpRequest, preset: Preset, key: Secret | None, *, patient: bool, at_risk: float
    ) -> AbstractAsyncContextManager[Reply]:
        """Send a request; leaving the context closes the socket at once unless the body was read to its end.

        Args:
            request: what is sent.
            preset: how the vendor wants its key.
            key: for the request's own origin.
            patient: whether a millisecond's delay of what arrives does not matter.
            at_risk: how likely the answer is to be left before its end, from 0 to 1.

        Raises:
            TransportError: no response came.
            MisuseError: the key belongs to another origin.
        """
        ...

    def open(self) -> None:
        """Make ready what the first request would wait for."""
        ...

    async def aclose(self) -> None:
        """Close what is its own; later requests are refused."""
        ...


class HttpxReply:
    """An `httpx.Response` as a reply."""

    __slots__ = ("_raw", "encoding", "headers", "loop", "received", "status", "target")

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self.target = str(response.next_request.url) if response.next_request else None
        self.loop: Loop | None = None
        self.received = 0  # nothing flows here
        if response.is_stream_consumed:  # a transport without sockets may bring the text whole
            self._raw, self.encoding = _whole(response.content), ""
        else:
            self._raw = response.aiter_raw()
            self.encoding = response.headers.get("content-encoding", "").strip().lower()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        """The next bytes, as httpx brings them."""
        failure: Exception
        try:
            return await anext(self._raw)
        except StopAsyncIteration:
            raise
        except Exception as error:  # noqa: BLE001 - named by its class below
            failure = error
        # Raised outside of the handler: httpx's errors hold the request, and with it the key, as their context.
        raise of_transport(failure, answered=True)

    async def flow(self, race: Race, lane: int) -> None:
        """Not here: `loop` is None."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """End httpx's chain of generators from within: its next wait is cancelled, and that closes the connection.

        A chain dropped half-way would be left to the garbage collector, and trio reports that.
        """
        with anyio.CancelScope() as scope, suppress(Exception):
            scope.cancel()
            seen = 0
            async for _ in self._raw:
                seen += 1
                if seen == _BUFFERED:
                    break


async def _whole(text: bytes) -> AsyncIterator[bytes]:
    yield text

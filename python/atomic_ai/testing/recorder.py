"""A proxy on loopback that records what passes through it: point a client's base URL at it."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qsl, urlsplit

import orjson

from atomic_ai.errors import ConfigError
from atomic_ai.secret import origin_of
from atomic_ai.testing import http
from atomic_ai.testing.connection import PeerGoneError
from atomic_ai.testing.endpoint import SimulatedEndpoint
from atomic_ai.testing.recording import Ended, Take, header_line, kept
from atomic_ai.testing.script import Script

if TYPE_CHECKING:
    from types import TracebackType

    from atomic_ai.testing.connection import Connection
    from atomic_ai.testing.http import Head

KEY_HEADERS = ("authorization", "x-api-key", "api-key", "x-goog-api-key", "x-amz-security-token")
_NOT_FORWARDED = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "proxy-connection", "keep-alive"}
)


class Recorder(SimulatedEndpoint):
    """Forwards each request to `upstream` and appends the exchange to the file at `path`; see `recording.py`.

    Keys pass through and are not kept. The upstream's certificate is checked as httpx does.

    Args:
        upstream: the base URL that a client would use.
        path: the file; its lines are written as exchanges end.
        port: of the proxy on 127.0.0.1; 0 takes a free one.

    Raises:
        ConfigError: `upstream` is no address, or the file cannot be written.
    """

    def __init__(self, upstream: str, path: str | Path, *, port: int = 0) -> None:
        super().__init__("openai-chat", Script(""), port=port)
        self._upstream = origin_of(upstream)
        self._base_path = urlsplit(upstream).path.rstrip("/")
        self._path = Path(path)
        self.takes = 0
        """Exchanges recorded so far."""

    @property
    def base_url(self) -> str:
        """What a client takes in the place of `upstream`."""
        return self.origin + self._base_path

    def __enter__(self) -> Self:
        try:
            self._file = self._path.open("wb")
        except OSError as error:
            raise ConfigError(f"{self._path}: cannot be written ({type(error).__name__})") from None
        self._write(header_line(self._base_path))
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            super().__exit__(kind, error, trace)
        finally:
            self._file.close()

    async def _answer(self, connection: Connection, number: int) -> bool:
        head = await connection.next_head()
        body = await connection.body(head)
        take, again = await self._forwarded(connection, head, body)
        self._write(take.without(_secrets(head)).to_json())
        with self._changed:
            self.takes += 1
            self._changed.notify_all()
        return again

    async def _forwarded(self, connection: Connection, head: Head, body: bytes) -> tuple[Take, bool]:
        """The exchange; and whether the connection can take another request."""
        import httpx

        began = time.monotonic()
        status, headers, head_s = 502, {"content-type": "text/plain"}, 0.0
        chunks: list[tuple[float, bytes]] = []
        ending: Ended = "complete"
        sent = {name: value for name, value in head.headers.items() if name not in _NOT_FORWARDED}
        try:
            async with (
                httpx.AsyncClient(timeout=None) as client,  # noqa: S113 - the client that is recorded has deadlines
                client.stream(
                    head.method,
                    self._upstream + head.target,
                    headers={**sent, "accept-encoding": "identity"},
                    content=body,
                ) as response,
            ):
                status, headers, head_s = response.status_code, kept(response.headers), time.monotonic() - began
                await connection.send(http.head(status, headers))
                async for data in response.aiter_raw():
                    chunks.append((time.monotonic() - began, data))
                    await connection.send(http.chunk(data))
                await connection.send(http.LAST_CHUNK)
        except PeerGoneError:
            ending = "closed"
        except httpx.RemoteProtocolError:
            ending = "cut"
        except httpx.TransportError:
            ending = "reset"
        if ending == "reset":
            connection.reset()
        target = urlsplit(head.target).path
        asked, told = _model(body), hashlib.blake2b(body, digest_size=16).hexdigest()
        take = Take(target, asked, len(body), told, status, headers, head_s, tuple(chunks), ending)
        return take, ending == "complete"

    def _write(self, line: bytes) -> None:
        self._file.write(line + b"\n")
        self._file.flush()


def _model(body: bytes) -> str:
    """The model that a request names; empty where it names none."""
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    model = asked.get("model") if isinstance(asked, dict) else None
    return model if isinstance(model, str) else ""


def _secrets(head: Head) -> set[str]:
    """The keys of a request, as they may be repeated by an error."""
    values = [head.headers.get(name, "").removeprefix("Bearer ").strip() for name in KEY_HEADERS]
    query = parse_qsl(urlsplit(head.target).query)
    values += [value for name, value in query if name in ("key", "api_key", "api-key")]
    return {value for value in values if len(value) >= 4}

"""As much HTTP/1.1 as a simulated endpoint needs: requests with a body in, heads and chunked bodies out."""

from __future__ import annotations

from dataclasses import dataclass
from http.client import responses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

SERVER = "atomic-simulated/1"
"""The `Server` header of every answer."""

MAX_HEAD_BYTES = 65_536
MAX_BODY_BYTES = 64 * 1024 * 1024


class BadRequestError(Exception):
    """The client's bytes are no HTTP/1.1 request that this server reads."""


@dataclass(frozen=True, slots=True)
class Head:
    """A request's line and headers; names are lower case, the last of equal names wins."""

    method: str
    target: str
    headers: dict[str, str]


def parse_head(data: bytes) -> Head:
    """The head of a request, without the blank line that ends it."""
    line, *rest = data.decode("latin-1").split("\r\n")
    words = line.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise BadRequestError(f"no request line: {line[:80]!r}")
    headers = {}
    for header in rest:
        name, colon, value = header.partition(":")
        if not colon:
            raise BadRequestError("a header without a colon")
        headers[name.lower()] = value.strip()
    return Head(words[0], words[1], headers)


async def read_body(headers: Mapping[str, str], take: Callable[[int], Awaitable[bytes]]) -> bytes:
    """The body, sized or chunked; `take(n)` gives exactly n bytes."""
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return await take(_bounded(headers.get("content-length", "0"), 10))
    body = bytearray()
    while True:
        line = bytearray()
        while not line.endswith(b"\r\n"):
            line += await take(1)
        size = _bounded(line.split(b";")[0].strip().decode("latin-1"), 16)
        body += await take(size)
        await take(2)
        if size == 0:
            return bytes(body)
        _bounded(str(len(body)), 10)


def _bounded(digits: str, radix: int) -> int:
    try:
        size = int(digits, radix)
    except ValueError as error:
        raise BadRequestError("a size that is no number") from error
    if not 0 <= size <= MAX_BODY_BYTES:
        raise BadRequestError("a body past the limit")
    return size


def head(status: int, headers: Mapping[str, str]) -> bytes:
    """The status line and headers of an answer whose body is chunked."""
    phrase = responses.get(status, "")
    lines = [f"HTTP/1.1 {status} {phrase}", f"server: {SERVER}", "transfer-encoding: chunked"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"
"""The end of a chunked body."""

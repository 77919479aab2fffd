"""How events become bytes: SSE and the JSON in it."""

from __future__ import annotations

import orjson

SIMULATED_SIGNATURE = "c2ltdWxhdGVk"
"""The word "simulated" in base64, where a dialect signs its reasoning."""


def encoded(value: object) -> bytes:
    """Compact JSON; characters beyond ASCII stay UTF-8, as providers send them."""
    return orjson.dumps(value)


def sse(value: object, *, event: str = "", line_end: bytes = b"\n") -> bytes:
    """One server-sent event whose data is `value` as JSON."""
    name = b"event: " + event.encode() + line_end if event else b""
    return name + b"data: " + encoded(value) + line_end * 2

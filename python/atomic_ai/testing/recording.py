"""Recordings of real streams: what was sent, in which chunks, and when.

A file of JSON lines. The first says what it is::

    {"format": "atomic-recording", "version": 1, "base_path": "/v1"}

and each further one is an exchange::

    {"target": "/v1/chat/completions", "model": "gpt-4o-mini",       the path without its query, the model asked
     "request_bytes": 812, "request_hash": "…",                      of the body; the body itself is not kept
     "status": 200, "headers": {"content-type": "text/event-stream"},
     "head_s": 0.21,                                                 seconds from the request to the status line
     "chunks": [[0.34, "ZGF0YTog…"], …],                             seconds and bytes (base64) of each read
     "ending": "complete"}                                           or "cut", "reset", "closed" by the client

No request is kept and no key: keys are blanked in answers that repeat them. What the model wrote *is* kept, as that is
what is played again; who recorded private prompts may find their echo there.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import orjson

from atomic_ai.errors import ConfigError

FORMAT = "atomic-recording"
VERSION = 1

Ended = Literal["complete", "cut", "reset", "closed"]

KEPT_HEADERS = ("content-type", "retry-after", "retry-after-ms")
KEPT_PREFIXES = ("x-ratelimit-", "anthropic-ratelimit-", "ratelimit-")


@dataclass(frozen=True, slots=True)
class Take:
    """One recorded exchange; the module says what each field means."""

    target: str
    model: str
    request_bytes: int
    request_hash: str
    status: int
    headers: Mapping[str, str]
    head_s: float
    chunks: tuple[tuple[float, bytes], ...] = field(repr=False)
    ending: Ended = "complete"

    @property
    def body(self) -> bytes:
        """The whole answer."""
        return b"".join(data for _, data in self.chunks)

    def without(self, secrets: Iterable[str]) -> Take:
        """The same take with every secret in its answer blanked, wherever chunks are cut."""
        body = self.body
        for secret in sorted(secrets, key=len, reverse=True):
            body = body.replace(secret.encode(), b"*" * len(secret.encode()))
        chunks, start = [], 0
        for at_s, data in self.chunks:
            chunks.append((at_s, body[start : start + len(data)]))
            start += len(data)
        facts = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return Take(**facts | {"chunks": tuple(chunks)})

    def to_json(self) -> bytes:
        """Its line of the file, without the line end."""
        chunks = [[round(at_s, 6), base64.b64encode(data).decode()] for at_s, data in self.chunks]
        facts = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return orjson.dumps(facts | {"headers": dict(self.headers), "head_s": round(self.head_s, 6), "chunks": chunks})

    @classmethod
    def from_json(cls, line: bytes) -> Take:
        """Read what `to_json` wrote.

        Raises:
            ValueError, TypeError, KeyError: it is none.
        """
        facts: dict[str, Any] = orjson.loads(line)
        chunks = tuple((float(at_s), base64.b64decode(data, validate=True)) for at_s, data in facts["chunks"])
        return cls(**facts | {"chunks": chunks})


@dataclass(frozen=True, slots=True)
class Recording:
    """A file's takes in order, and the path under which its API lives."""

    base_path: str
    takes: tuple[Take, ...]

    @classmethod
    def read(cls, path: str | Path) -> Recording:
        """The recording at `path`.

        Raises:
            ConfigError: it is missing, no recording, of a newer version, or empty.
        """
        try:
            first, *lines = Path(path).read_bytes().splitlines()
            head = orjson.loads(first)
            if head["format"] != FORMAT or head["version"] > VERSION:
                raise ConfigError(f"{path}: no recording of version {VERSION} or older")
            takes = tuple(Take.from_json(line) for line in lines if line)
        except OSError as error:
            raise ConfigError(f"{path}: cannot be read ({type(error).__name__})") from None
        except (ValueError, TypeError, KeyError) as error:
            raise ConfigError(f"{path}: no recording, or cut short ({type(error).__name__})") from None
        if not takes:
            raise ConfigError(f"{path}: nothing was recorded")
        return cls(head["base_path"], takes)


def header_line(base_path: str) -> bytes:
    """A file's first line, without the line end."""
    return orjson.dumps({"format": FORMAT, "version": VERSION, "base_path": base_path})


def kept(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of an answer that are worth keeping; cookies, ids and organisations are not."""
    low = {name.lower(): value for name, value in headers.items()}
    return {name: value for name, value in low.items() if name in KEPT_HEADERS or name.startswith(KEPT_PREFIXES)}

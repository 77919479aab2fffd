"""What a simulated endpoint does wrong on purpose: each fault rewrites the script or the plan of one answer.

Positions count body chunks from 0: `after=3` lets three chunks through first. A position past the end is an
error of the test, not a fault that silently never happens.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Literal

from atomic_ai.testing.plan import Chunk, Plan
from atomic_ai.testing.script import Refusal, Script, Text, ToolCall

if TYPE_CHECKING:
    from collections.abc import Iterator

    from atomic_ai.testing.dialects.dialect import Dialect, Query


class Fault:
    """A fault; by itself it changes nothing."""

    def rewrite(self, script: Script) -> Script:
        """What is said instead of `script`."""
        return script

    def apply(self, plan: Plan, dialect: Dialect, query: Query) -> Plan:
        """What is sent instead of `plan`."""
        return plan


@dataclass(frozen=True, slots=True)
class Status(Fault):
    """An HTTP error in the dialect's own words; `retry_after` goes into that header as it is."""

    status: int
    retry_after: str | None = None
    message: str = "simulated failure"

    def apply(self, plan: Plan, dialect: Dialect, query: Query) -> Plan:
        """The error body alone."""
        headers = {"content-type": "application/json"}
        if self.retry_after is not None:
            headers["retry-after"] = self.retry_after
        return Plan([Chunk(dialect.error_body(self.status, self.message))], self.status, headers)


@dataclass(frozen=True, slots=True)
class Redirect(Fault):
    """A redirect to `location`, perhaps of a foreign origin that must never see the key."""

    location: str
    status: int = 307

    def apply(self, plan: Plan, dialect: Dialect, query: Query) -> Plan:
        """The redirect alone."""
        return Plan([], self.status, {"location": self.location})


@dataclass(frozen=True, slots=True)
class HtmlPage(Fault):
    """A page for people with a good status, as captive portals and gateways send it."""

    title: str = "Simulated maintenance"

    def apply(self, plan: Plan, dialect: Dialect, query: Query) -> Plan:
        """The page alone."""
        page = f"<!DOCTYPE html><html><head><title>{self.title}</title></head><body>Sorry.</body></html>"
        return Plan([Chunk(page.encode())], 200, {"content-type": "text/html; charset=utf-8"})


@dataclass(frozen=True, slots=True)
class Reset(Fault):
    """The connection is reset: before any header, or `after` chunks."""

    after: int | None = None

    def apply(self, plan: Plan, dialect: Dialect, query: Query) -> Plan:
        """What was sent before, then RST."""
        if self.after is None:
            return Plan([], ending="reset", opens=False)
        return replace(plan, chunks=_before(plan, self.after), ending="reset")


@dataclass(frozen=True, slots=True)
class Stall(Fault):
    """Silence that lasts until the client goes: before the headers, after them, or within chunk `after`."""

    at: Literal["before-headers", "after-headers", "mid-event"] = "mid-event"
    after: int = 1

    def apply(self, plan: Plan, dialect: Dialect, query: Query) -> Plan:
        """What was sent before, then nothing."""
        if self.at == "mid-event":
            chunks = [*_before(plan, self.after), _half(plan.chunks[self.after])]
            return replace(plan, chunks=chunks, ending="stall")
        return replace(plan, chunks=[], ending="stall", opens=self.at == "after-headers")


@dataclass(frozen=True, slots=True)
class Cut(Fault):
    """The stream ends too early.

    Attributes:
        after: whole chunks before the end.
        inside: what the cut goes through: half an event, a UTF-8 sequence, or nothing (between events).
        clean: whether HTTP says that the body was complete, as proxies do.
    """

    after: int = 1
    inside: Literal["event", "utf-8"] | None = "event"
    clean: bool = False

    def apply(self, plan: Plan, dialect: Dialect, query: Query) -> Plan:
        """What was sent before the cut."""
        chunks = _before(plan, self.after)
        if self.inside == "event":
            chunks.append(_half(plan.chunks[self.after]))
        elif self.inside == "utf-8":
            chunks += _up_to_sequence(plan.chunks[self.after :])
        return replace(plan, chunks=chunks, ending="complete" if self.clean else "cut")


@dataclass(frozen=True, slots=True)
class BadJson(Fault):
    """Chunk `after` lacks its last closing brace; the framing around it is intact."""

    after: int = 1

    def apply(self, plan: Plan, dialect: Dialect, query: Query) -> Plan:
        """The plan with one broken event."""
        chunk = plan.chunks[self.after]
        head, brace, tail = chunk.data.rpartition(b"}")
        if not brace:
            raise ValueError(f"chunk {self.after} has no JSON object to break")
        return replace(plan, chunks=_with(plan, self.after, replace(chunk, data=head + tail)))


@dataclass(frozen=True, slots=True)
class BadUtf8(Fault):
    """Chunk `after` has a byte that is no UTF-8 in its last string."""

    after: int = 1

    def apply(self, plan: Plan, dialect: Dialect, query: Query) -> Plan:
        """The plan with one spoilt string."""
        chunk = plan.chunks[self.after]
        head, quote, tail = chunk.data.rpartition(b'"')
        if not quote:
            raise ValueError(f"chunk {self.after} has no string to spoil")
        return replace(plan, chunks=_with(plan, self.after, replace(chunk, data=head + b"\xff" + quote + tail)))


@dataclass(frozen=True, slots=True)
class ErrorInside(Fault):
    """An error of the provider inside a 200, `after` chunks in; the stream ends with it."""

    after: int = 1
    message: str = "simulated failure within the stream"

    def apply(self, plan: Plan, dialect: Dialect, query: Query) -> Plan:
        """What was sent before, then the error."""
        chunks = _before(plan, self.after)
        frame = dialect.error_frame(self.message, query)
        return replace(plan, chunks=[*chunks, Chunk(frame.data, at_s=chunks[-1].at_s if chunks else 0.0)])


@dataclass(frozen=True, slots=True)
class WrongSchema(Fault):
    """Good JSON of another shape than the one asked for."""

    text: str = '{"simulated": ["another shape"]}'

    def rewrite(self, script: Script) -> Script:
        """The same calls and manner with other content."""
        named = [(part.name, part.id) for part in script.parts if isinstance(part, ToolCall)]
        calls = [ToolCall(name, self.text, call_id) for name, call_id in named]
        return script.saying(*calls) if calls else script.saying(Text(self.text))


@dataclass(frozen=True, slots=True)
class Refuses(Fault):
    """The model refuses, in the dialect's shape for it."""

    text: str = "I can't help with that."

    def rewrite(self, script: Script) -> Script:
        """The refusal alone."""
        return script.saying(Refusal(self.text))


@dataclass(frozen=True, slots=True)
class Bomb(Fault):
    """A gzip body that is small on the wire and `decoded_bytes` long when read: one line without an end."""

    decoded_bytes: int = 256 * 1024 * 1024

    def apply(self, plan: Plan, dialect: Dialect, query: Query) -> Plan:
        """The compressed body, with the plan's own content type."""
        headers = {**plan.headers, "content-encoding": "gzip"}
        return Plan([Chunk(data) for data in _compressed(self.decoded_bytes)], 200, headers)


@cache  # an endpoint must not stand still for each of its answers
def _compressed(size: int) -> tuple[bytes, ...]:
    packed = gzip.compress(b"data: " + b" " * size, compresslevel=9, mtime=0)
    return tuple(packed[start : start + 65_536] for start in range(0, len(packed), 65_536))


def _before(plan: Plan, count: int) -> list[Chunk]:
    if count > len(plan.chunks):
        raise ValueError(f"a fault after {count} chunks never happens: the answer has {len(plan.chunks)}")
    return plan.chunks[:count]


def _with(plan: Plan, index: int, chunk: Chunk) -> list[Chunk]:
    return [*plan.chunks[:index], chunk, *plan.chunks[index + 1 :]]


def _half(chunk: Chunk) -> Chunk:
    return replace(chunk, data=chunk.data[: max(1, len(chunk.data) // 2)], tokens=0)


def _up_to_sequence(chunks: list[Chunk]) -> Iterator[Chunk]:
    for chunk in chunks:
        lead = next((place for place, byte in enumerate(chunk.data) if byte >= 0xC2), None)
        if lead is not None:
            yield replace(chunk, data=chunk.data[: lead + 1], tokens=0)
            return
        yield chunk
    raise ValueError("no UTF-8 sequence to cut: the script is ASCII from there on")

"""What a simulated endpoint is going to send: status, headers, chunks with their times, and how it ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from random import Random

    from atomic_ai.testing.pace import Pace

Ending = Literal["complete", "cut", "reset", "stall"]
"""How an answer ends.

`complete`: as HTTP has it. `cut`: closed before the body's end. `reset`: RST. `stall`: silent until the
client goes.
"""

Split = Literal["event", "random"] | int | Sequence[int]
"""How a body is cut into chunks: by event, at seeded random places, every n bytes, or at these offsets."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One event of a dialect, whole, and how many simulated tokens it carries."""

    data: bytes
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes written at once.

    Attributes:
        data: the bytes.
        tokens: simulated tokens whose events end in this chunk.
        at_s: when it is due, in seconds after the request came in.
    """

    data: bytes
    tokens: int = 0
    at_s: float = 0.0


@dataclass(slots=True)
class Plan:
    """All that one request will be answered with.

    Attributes:
        chunks: the body, in the order of sending.
        status: the HTTP status.
        headers: besides those that every answer has.
        ending: what happens after the last chunk.
        opens: false if not even the status line is sent before the ending.
        opens_at_s: when the status line is due, in seconds after the request came in.
    """

    chunks: list[Chunk]
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    ending: Ending = "complete"
    opens: bool = True
    opens_at_s: float = 0.0

    @property
    def tokens(self) -> int:
        """The simulated tokens of the whole body."""
        return sum(chunk.tokens for chunk in self.chunks)


def cut(frames: Sequence[Frame], split: Split, rng: Random) -> list[Chunk]:
    """The frames as chunks; a token counts where its event ends."""
    if split == "event":
        return [Chunk(frame.data, frame.tokens) for frame in frames]
    body = b"".join(frame.data for frame in frames)
    ends, tokens, offset = [], [], 0
    for frame in frames:
        offset += len(frame.data)
        ends.append(offset)
        tokens.append(frame.tokens)
    chunks, start = [], 0
    for stop in [*_places(len(body), split, rng), len(body)]:
        carried = sum(count for end, count in zip(ends, tokens, strict=True) if start < end <= stop)
        if stop > start:
            chunks.append(Chunk(body[start:stop], carried))
            start = stop
    return chunks


def _places(length: int, split: Split, rng: Random) -> Iterable[int]:
    if split == "random":
        return sorted(rng.randrange(1, length) for _ in range(length // 40)) if length > 1 else ()
    if isinstance(split, int):
        return range(split, length, split)
    return [place for place in split if not isinstance(place, str)]


def timed(chunks: Sequence[Chunk], pace: Pace, rng: Random) -> list[Chunk]:
    """The chunks with the times at which `pace` says they are due; those without tokens follow at once."""
    at_s, gaps, begun, due = pace.first_token_s(rng), pace.gaps_s(rng), False, []
    for chunk in chunks:
        for _ in range(chunk.tokens):
            at_s += next(gaps) if begun else 0.0
            begun = True
        due.append(Chunk(chunk.data, chunk.tokens, at_s))
    return due

"""Recordings played again over real sockets, chunk by chunk, as fast as told."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from atomic_ai.errors import ConfigError
from atomic_ai.testing.endpoint import SimulatedEndpoint
from atomic_ai.testing.plan import Chunk, Ending, Plan
from atomic_ai.testing.recording import Recording, Take
from atomic_ai.testing.script import Script

if TYPE_CHECKING:
    from atomic_ai.testing.exchange import Exchange

_ENDINGS: dict[str, Ending] = {"complete": "complete", "cut": "cut", "reset": "reset", "closed": "stall"}
"""An answer whose client left has no known end: played again it falls silent where it was left."""


def replay(path: str | Path, *, warp: float = 1.0, jitter: float = 0.0, seed: int = 0) -> ReplayedEndpoint:
    """An endpoint on loopback that plays the recording at `path`, with its chunk boundaries and times.

    A request is answered by the takes of its path in the order in which they were recorded, then by one of them drawn.

    Args:
        path: the file; see `recording.py`.
        warp: what each time is multiplied by: 0.1 plays ten times as fast, 0 at once.
        jitter: each pause is longer or shorter by up to this share of it, drawn.
        seed: of every draw.

    Raises:
        ConfigError: no recording, or a number below zero.
    """
    return ReplayedEndpoint(Recording.read(path), warp=warp, jitter=jitter, seed=seed)


class ReplayedEndpoint(SimulatedEndpoint):
    """Plays a recording; made by `replay`."""

    def __init__(self, recording: Recording, *, warp: float, jitter: float, seed: int) -> None:
        if not warp >= 0 or not 0 <= jitter <= 1:
            raise ConfigError("replay(warp=…) takes a factor of zero or more, jitter a share from 0 to 1")
        super().__init__("openai-chat", Script(""))
        self._recording = recording
        self._composer = _Takes(recording, warp, jitter, seed)

    @property
    def base_url(self) -> str:
        """What a client takes in the place of the recorded base URL."""
        return self.origin + self._recording.base_path


class _Takes:
    """Plans made of takes."""

    def __init__(self, recording: Recording, warp: float, jitter: float, seed: int) -> None:
        self._warp, self._jitter = warp, jitter
        self._random = Random(seed)  # noqa: S311 - simulation, no secret
        self._by_target: dict[str, list[Take]] = defaultdict(list)
        self._played: dict[str, int] = defaultdict(int)
        for take in recording.takes:
            self._by_target[take.target].append(take)

    def plan(self, query: Exchange) -> Plan:
        """The next take of the request's path."""
        target = urlsplit(query.target).path
        takes = self._by_target.get(target)
        if not takes:
            known = ", ".join(sorted(self._by_target))
            return Plan([Chunk(f"nothing was recorded of this path, only of {known}".encode())], 404, {})
        number = self._played[target]
        self._played[target] += 1
        return self._timed(takes[number] if number < len(takes) else self._random.choice(takes))

    def _timed(self, take: Take) -> Plan:
        head_s = at_s = self._pause(take.head_s)
        chunks, before = [], take.head_s
        for moment, data in take.chunks:
            at_s += self._pause(max(0.0, moment - before))
            before = moment
            chunks.append(Chunk(data, at_s=at_s))
        # A request that never got a status line was not answered at all.
        opens = bool(take.chunks) or take.ending != "reset"
        return Plan(chunks, take.status, dict(take.headers), _ENDINGS[take.ending], opens, head_s)

    def _pause(self, seconds: float) -> float:
        return seconds * self._warp * (1 + self._random.uniform(-self._jitter, self._jitter))

"""How much a model may still be asked: what its rate-limit headers say, and the pauses it asked for.

    free     ── 429, or an answer with Retry-After ──▶ paused      ── the headers say: nothing left ──▶ spent
    paused   ── the pause is over ──▶ trying
    trying   ── the one call that is let through is answered ──▶ free; refused ──▶ paused, twice as long
    spent    ── the reset comes ──▶ free

Nobody has to wait here: whoever asks is told how long, and goes elsewhere or queues. One call goes first after a pause,
so that those who waited do not come all at once.

Headers: `x-ratelimit-{remaining,reset}-{requests,tokens}` (OpenAI, Azure, Groq, Together, Fireworks, Cerebras; resets
such as "6m0s"), `anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{remaining,reset}` (Anthropic; resets
as RFC 3339 moments), `ratelimit-{remaining,reset}` and `x-ratelimit-{remaining,reset}` (drafts of the IETF; seconds, or
a moment since 1970 in seconds or milliseconds). Moments are measured against the response's own `Date`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NamedTuple

from atomic_ai.providers.retry import retry_after_s

if TYPE_CHECKING:
    from collections.abc import Mapping

    from atomic_ai.clock import Clock

FIRST_PAUSE_S = 1.0
"""The pause after a 429 that names none; it doubles while the next call is refused too."""

LONGEST_PAUSE_S = 60.0
"""The longest pause of our own choice."""

TRIAL_S = 0.25
"""How long whoever waits is told to wait while one call is let through after a pause."""

_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h|d)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_KINDS = ("requests", "tokens", "input-tokens", "output-tokens")
_NAMES = (
    *((kind, f"x-ratelimit-remaining-{kind}", f"x-ratelimit-reset-{kind}") for kind in _KINDS),
    *((kind, f"anthropic-ratelimit-{kind}-remaining", f"anthropic-ratelimit-{kind}-reset") for kind in _KINDS),
    *(("requests", f"{prefix}-remaining", f"{prefix}-reset") for prefix in ("ratelimit", "x-ratelimit")),
)
"""What is left of a kind, and when it is filled up: the headers' names, the first of a kind that can be read counts."""
_REFUSED = frozenset({429, 503, 529})


class Wait(NamedTuple):
    """Why a model is not to be asked now.

    Attributes:
        reason: in words, for trace and explanation.
        seconds: how long.
    """

    reason: str
    seconds: float


@dataclass(slots=True)
class _Left:
    """What is left of one resource until it is filled up again."""

    left: float
    reset: int


@dataclass(slots=True)
class Headroom:
    """What one model may still be asked.

    Attributes:
        clock: whose time pauses are measured in.
    """

    clock: Clock
    _paused: int | None = field(default=None, init=False)
    _pause_s: float = field(default=FIRST_PAUSE_S, init=False)
    _tried: int | None = field(default=None, init=False)
    _left: dict[str, _Left] = field(default_factory=dict, init=False)

    def wait(self, tokens: int) -> Wait | None:
        """What stands against a call whose prompt has so many tokens; None if nothing does."""
        now = self.clock.now()
        if self._paused is not None:
            if now < self._paused:
                return Wait("its provider asked for a pause", (self._paused - now) / 1e9)
            if self._tried is not None and now < self._tried + round(LONGEST_PAUSE_S * 1e9):
                return Wait("one call is tried after its provider's pause", TRIAL_S)
        for kind, needed in (("requests", 1), ("tokens", tokens), ("input-tokens", 1), ("output-tokens", 1)):
            held = self._left.get(kind)
            if held is not None and now < held.reset and held.left < needed:
                return Wait(f"its rate limit has {max(0, int(held.left))} {kind} left", (held.reset - now) / 1e9)
        return None

    def sent(self, tokens: int) -> None:
        """A call leaves: what it takes is taken until the next answer's headers tell the truth."""
        if self._paused is not None and self.clock.now() >= self._paused and self._tried is None:
            self._tried = self.clock.now()
        for kind, taken in (("requests", 1), ("tokens", tokens)):
            if kind in self._left:
                self._left[kind].left -= taken

    def heard(self, status: int, headers: Mapping[str, str]) -> None:
        """A response's head arrived."""
        now = self.clock.now()
        asked = retry_after_s(headers)
        if status == 429 or (status in _REFUSED and asked is not None):
            self._pause(now, asked)
        elif status < 500:
            self._paused, self._tried, self._pause_s = None, None, FIRST_PAUSE_S
        told = _told(headers)
        if not told:
            return
        date = _moment(headers.get("date"))
        for kind, (left, reset) in told.items():
            seconds = _seconds(reset, date)
            if seconds is not None:
                self._left[kind] = _Left(left, now + round(seconds * 1e9))

    def gone(self) -> None:
        """A call ended without any response: the trial, if it was one, says nothing."""
        self._tried = None

    def _pause(self, now: int, asked: float | None) -> None:
        if self._paused is not None and now < self._paused and asked is None:
            return  # calls that were under way are refused together: one pause for all of them
        pause = self._pause_s if asked is None else asked
        self._pause_s = min(LONGEST_PAUSE_S, 2 * self._pause_s)
        self._paused = max(self._paused or 0, now + round(pause * 1e9))
        self._tried = None


def _told(headers: Mapping[str, str]) -> dict[str, tuple[float, str]]:
    """What is left, and the reset as sent, by kind; what is no number is not told."""
    found: dict[str, tuple[float, str]] = {}
    for kind, left, reset in _NAMES:
        if left in headers and kind not in found:
            text, until = headers[left].strip(), headers.get(reset)
            if until is not None and len(text) <= 15 and text.isascii() and text.isdigit():
                found[kind] = (float(text), until.strip())
    return found


def _seconds(reset: str, date: float | None) -> float | None:
    """A reset in seconds from now: a number, a duration such as "6m0s", or a moment."""
    if len(reset) > 64:
        return None
    try:
        number = float(reset)
    except ValueError:
        number = -1.0
    if 0 <= number < 1e8:
        return number
    if number >= 1e8:  # a moment since 1970, in seconds or milliseconds
        return None if date is None else max(0.0, (number / 1000 if number >= 1e11 else number) - date)
    parts = _DURATION.findall(reset)
    if parts and "".join(count + unit for count, unit in parts) == reset:
        return sum(float(count) * _UNITS[unit] for count, unit in parts)
    moment = _moment(reset)
    return None if moment is None or date is None else max(0.0, moment - date)


def _moment(text: str | None) -> float | None:
    """A moment as RFC 3339 or HTTP writes it, in seconds since 1970."""
    if text is None or len(text) > 64:
        return None
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(text)
        except (TypeError, ValueError):
            continue
        if moment.tzinfo is not None:
            return moment.timestamp()
    return None

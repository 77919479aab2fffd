"""When a call that brought nothing is sent again, and how long to wait first."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from random import Random
from typing import TYPE_CHECKING

from atomic_ai.errors import ProviderError, RedirectError, StatusError, TransportError

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST_S = 0.25
"""The longest first wait; each further one may be twice as long."""

LONGEST_S = 8.0
"""The longest wait of our own choice."""

PATIENCE_S = 20.0
"""A provider that asks for more than this is believed, and not waited for."""

TRANSIENT = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})
"""Statuses that may pass. 409 is a lock timeout at OpenAI; 52x are Cloudflare's; 529 is Anthropic's overload."""


class Backoff:
    """Waits between attempts: exponential with jitter, so that callers who failed together do not return together."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - spreads load, guards nothing

    def wait_s(self, error: ProviderError, attempt: int) -> float | None:
        """Seconds to wait before attempt `attempt` (from 1), or None if waiting will not help."""
        asked: float | None = getattr(error, "retry_after_s", None)
        if not _may_pass(error) or (asked is not None and asked > PATIENCE_S):
            return None
        ours = min(LONGEST_S, FIRST_S * 2.0 ** (attempt - 1)) * self._random.uniform(0.5, 1.0)
        return ours if asked is None else asked + self._random.uniform(0.0, FIRST_S)


def _may_pass(error: ProviderError) -> bool:
    if isinstance(error, StatusError):
        return error.status in TRANSIENT and not isinstance(error, RedirectError)
    return isinstance(error, TransportError)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """What the headers ask for, in seconds: `retry-after-ms` (OpenAI, Azure) or `Retry-After` (RFC 9110, 10.2.3).

    A date is measured against the response's own `Date`, so that no clock of ours comes into it.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    seconds = _number(text)
    if seconds is not None or text is None:
        return seconds
    try:
        there, here = parsedate_to_datetime(text), parsedate_to_datetime(headers.get("date", ""))
        return max(0.0, (there - here).total_seconds())
    except (TypeError, ValueError):
        return None


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text is not None else -1.0
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None

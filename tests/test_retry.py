"""When a call is sent again: what the provider asks, what may pass, and how long it takes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atomic_ai.errors import CircuitOpenError, RateLimitedError, RedirectError, StatusError, TransportError, WireError
from atomic_ai.providers.retry import FIRST_S, LONGEST_S, PATIENCE_S, Backoff, retry_after_s

DATE = "Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "3", "retry-after-ms": "1500"}, 1.5),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:09 GMT", "date": DATE}, 9.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:27:00 GMT", "date": DATE}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:09 GMT"}, None),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:09 GMT", "date": "Wed, 21 Oct 2026 07:28:00 -0000"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after-ms": "soon", "retry-after": "2"}, 2.0),
    ],
)
def test_what_a_provider_asks_is_read_or_ignored(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers) == seconds


@settings(deadline=None)
@given(st.integers(), st.integers(1, 50))
def test_waits_grow_within_their_bounds_and_repeat_by_seed(seed: int, attempt: int) -> None:
    wait = Backoff(seed).wait_s(TransportError("reset"), attempt)
    assert wait == Backoff(seed).wait_s(TransportError("reset"), attempt)
    longest = min(LONGEST_S, FIRST_S * 2.0 ** (attempt - 1))
    assert wait is not None
    assert longest / 2 <= wait <= longest


@settings(deadline=None)
@given(st.floats(0, PATIENCE_S))
def test_a_provider_is_never_asked_before_its_time(asked: float) -> None:
    wait = Backoff(0).wait_s(RateLimitedError("slow down", status=429, retry_after_s=asked), 1)
    assert wait is not None
    assert asked <= wait <= asked + FIRST_S


@pytest.mark.parametrize(
    "error",
    [
        StatusError("no", status=400),
        StatusError("no", status=401),
        RedirectError("no", status=307),
        RateLimitedError("no", status=429, retry_after_s=PATIENCE_S + 1),
        CircuitOpenError("no", retry_after_s=1.0),
        WireError("no"),
    ],
)
def test_what_waiting_will_not_mend_is_not_waited_for(error: StatusError) -> None:
    assert Backoff(0).wait_s(error, 1) is None

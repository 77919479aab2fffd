"""Rate limits and breakers: models that rest are filtered by name, or waited for, and come back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atomic_ai import Atomic, Budget, Model, Task
from atomic_ai.clock import MonotonicClock
from atomic_ai.errors import DeadlineError, RateLimitedError
from atomic_ai.providers.headroom import FIRST_PAUSE_S, TRIAL_S, Headroom
from atomic_ai.testing import Script, SimulatedEndpoint, Status

DATE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NOW = format_datetime(DATE, usegmt=True)
TASK = Task("Say something.")


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param


class Still:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> int:
        return round(self.seconds * 1e9)


def headroom() -> tuple[Headroom, Still]:
    clock = Still()
    return Headroom(clock), clock


@pytest.mark.parametrize(
    ("headers", "tokens", "seconds"),
    [
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0.5s"}, 1, 360.5),
        ({"x-ratelimit-remaining-tokens": "99", "x-ratelimit-reset-tokens": "120ms"}, 100, 0.12),
        ({"x-ratelimit-remaining-tokens": "100", "x-ratelimit-reset-tokens": "120ms"}, 100, None),
        (
            {
                "anthropic-ratelimit-requests-remaining": "0",
                "anthropic-ratelimit-requests-reset": "2026-01-02T03:04:35Z",
                "date": NOW,
            },
            1,
            30.0,
        ),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "7"}, 1, 7.0),
        (
            {"x-ratelimit-remaining": "0", "x-ratelimit-reset": f"{DATE.timestamp() * 1000 + 9000:.0f}", "date": NOW},
            1,
            9,
        ),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": f"{DATE.timestamp() + 9:.0f}", "date": NOW}, 1, 9.0),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "soon"}, 1, None),
        ({"x-ratelimit-remaining-requests": "-1", "x-ratelimit-reset-requests": "1s"}, 1, None),
        ({"x-ratelimit-remaining-requests": "0"}, 1, None),
    ],
)
def test_headers_become_headroom_and_nonsense_none(headers: dict, tokens: int, seconds: float | None) -> None:
    room, clock = headroom()
    room.heard(200, headers)
    wait = room.wait(tokens)
    assert (None if wait is None else wait.seconds) == (None if seconds is None else pytest.approx(seconds))
    clock.seconds = 1000.0
    assert room.wait(tokens) is None


def test_calls_under_way_use_up_what_was_left() -> None:
    room, _ = headroom()
    room.heard(200, {"x-ratelimit-remaining-requests": "2", "x-ratelimit-reset-requests": "10s"})
    room.sent(10)
    assert room.wait(10) is None
    room.sent(10)
    assert "0 requests left" in room.wait(10).reason


@pytest.mark.parametrize(
    ("status", "headers", "pause"),
    [
        (429, {"retry-after": "3"}, 3.0),
        (429, {"retry-after-ms": "250"}, 0.25),
        (429, {"retry-after": format_datetime(DATE + timedelta(seconds=8), usegmt=True), "date": NOW}, 8.0),
        (429, {}, FIRST_PAUSE_S),
        (529, {"retry-after": "2"}, 2.0),
        (503, {}, None),
    ],
)
def test_a_pause_is_kept_and_one_call_goes_first(status: int, headers: dict, pause: float | None) -> None:
    room, clock = headroom()
    room.heard(status, headers)
    if pause is None:
        assert room.wait(1) is None
        return
    assert room.wait(1).seconds == pytest.approx(pause)
    clock.seconds = pause
    assert room.wait(1) is None
    room.sent(1)
    assert room.wait(1).seconds == TRIAL_S
    room.heard(200, {})
    assert room.wait(1) is None


def test_a_pause_without_a_length_doubles_while_the_trial_is_refused() -> None:
    room, clock = headroom()
    pauses = []
    for _ in range(9):
        room.heard(429, {})
        room.heard(429, {})  # a call that was under way is refused with it
        pauses.append(room.wait(1).seconds)
        clock.seconds += pauses[-1]
        room.sent(1)
    assert pauses == pytest.approx([1, 2, 4, 8, 16, 32, 60, 60, 60])
    room.heard(200, {})
    room.heard(429, {})
    assert room.wait(1).seconds == pytest.approx(1)


def test_a_trial_without_any_response_leaves_the_way_to_the_next() -> None:
    room, clock = headroom()
    room.heard(429, {"retry-after": "1"})
    clock.seconds = 1.0
    room.sent(1)
    room.gone()
    assert room.wait(1) is None


@given(st.dictionaries(st.sampled_from(["date", "retry-after", "ratelimit-remaining", "ratelimit-reset"]), st.text()))
def test_no_header_breaks_it(headers: dict) -> None:
    room, _ = headroom()
    room.heard(429, headers)
    wait = room.wait(1)
    assert wait is None or wait.seconds >= 0


class Skipping(MonotonicClock):
    """The real clock, which a test can put forward."""

    skipped_s = 0.0

    def now(self) -> int:
        return super().now() + round(self.skipped_s * 1e9)


def model_at(endpoint: SimulatedEndpoint, name: str) -> Model:
    return Model(name, provider="openai", base_url=endpoint.base_url, api_key="simulated", price_in=1, price_out=1)


@pytest.mark.anyio
async def test_a_limited_model_is_filtered_by_name_and_comes_back() -> None:
    clock = Skipping()
    limited = Status(429, retry_after="30")
    with (
        SimulatedEndpoint("openai-chat", Script("One."), faults=[limited]) as one,
        SimulatedEndpoint("openai-chat", Script("Two.")) as two,
    ):
        async with Atomic([model_at(one, "one"), model_at(two, "two")], clock=clock, plan="hedge") as atomic:
            first = await atomic.run(TASK)
            second = await atomic.run(TASK)
            clock.skipped_s += 31
            third = await atomic.run(TASK)
    assert (first.model, second.model) == ("two", "two")
    assert len(one.requests) == 1 + (third.model == "one")
    filtered = [event for event in second.trace.events if event["event"] == "filtered"]
    assert [event["model"] for event in filtered] == ["one"]
    assert "asked for a pause" in filtered[0]["reasons"][0]
    assert "one was not asked: its provider asked for a pause" in second.trace.explain()
    assert not [event for event in third.trace.events if event["event"] == "filtered"]


@pytest.mark.anyio
async def test_where_all_are_limited_requests_queue_and_do_not_stampede() -> None:
    clock = Skipping()
    limited = Status(429, retry_after="0.3")
    with SimulatedEndpoint("openai-chat", Script("One."), faults=[limited]) as one:
        async with Atomic([model_at(one, "one")], clock=clock) as atomic:
            with pytest.raises(Exception, match="429"):
                await atomic.run(TASK)
            seen = len(one.requests)
            answers: list = []

            async def ask() -> None:
                answers.append(await atomic.run(TASK, budget=Budget(deadline_s=50)))

            async with anyio.create_task_group() as tasks:
                for _ in range(5):
                    tasks.start_soon(ask)
    assert [answer.text for answer in answers] == ["One."] * 5
    assert len(one.requests) == seen + 5
    assert all(any(event["event"] == "queued" for event in answer.trace.events) for answer in answers)


@pytest.mark.anyio
async def test_a_rest_longer_than_the_deadline_is_told_at_once() -> None:
    clock = Skipping()
    limited = Status(429, retry_after="100")
    with SimulatedEndpoint("openai-chat", Script("One."), faults=limited) as one:
        async with Atomic([model_at(one, "one")], clock=clock) as atomic:
            with pytest.raises(Exception, match="429"):
                await atomic.run(TASK)
            with pytest.raises(DeadlineError, match="rests for longer"):
                await atomic.run(TASK, budget=Budget(deadline_s=20))
            with pytest.raises(RateLimitedError) as raised:
                await atomic.run(TASK)
            assert raised.value.retry_after_s == pytest.approx(100, abs=1)
            assert atomic.market.outcomes == 0
    assert len(one.requests) == 1

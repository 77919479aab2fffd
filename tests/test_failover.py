"""A lane that dies in the middle of its answer is replaced, over real sockets, and no text is seen twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from atomic_ai import Atomic, Model, Task
from atomic_ai.errors import RaceError
from atomic_ai.events import Interrupted, Replaced, TextDelta
from atomic_ai.testing import Cut, Fault, Reset, Script, SimulatedEndpoint

if TYPE_CHECKING:
    from atomic_ai.testing import Exchange

pytestmark = pytest.mark.anyio

BEGUN = "One sentence stands. And then"
WHOLE = "Another model says it all. To the end."
DEATHS = {"reset": Reset(after=5), "cut": Cut(after=5), "cut by a proxy": Cut(after=5, clean=True)}


def dying(fault: Fault, *, piece: int = 6) -> SimulatedEndpoint:
    """Five pieces, then nothing more."""
    return SimulatedEndpoint(
        "openai-chat", Script(BEGUN + " it goes on for long.", piece=piece), faults=lambda _: fault
    )


def healthy() -> SimulatedEndpoint:
    """Goes on where there is something to go on from."""

    def script(exchange: Exchange) -> Script:
        last = exchange.json["messages"][-1]
        return Script(" it ends well." if last["role"] == "assistant" else WHOLE, piece=4)

    return SimulatedEndpoint("openai-chat", script)


def model(name: str, endpoint: SimulatedEndpoint, *, prefill: bool = False, price: float = 1) -> Model:
    return Model(
        name, provider="openai", base_url=endpoint.base_url, api_key="sk-simulated", price_in=price, price_out=price,
        capabilities=["prefill"] if prefill else [],
    )  # fmt: skip


def cards(first: SimulatedEndpoint, second: SimulatedEndpoint, *, prefill: bool = False) -> list[Model]:
    """The dying one is cheaper by far: it goes first."""
    return [model("first", first, price=0.1), model("second", second, prefill=prefill, price=100)]


@pytest.mark.parametrize("death", DEATHS)
async def test_text_that_nobody_saw_is_replaced_whole(death: str) -> None:
    with dying(DEATHS[death], piece=2) as first, healthy() as second:
        async with Atomic(cards(first, second), plan="hedge") as atomic:
            async with atomic.stream(Task("Write."), show="committed") as stream:
                shown = [event.text async for event in stream if isinstance(event, TextDelta)]
            response = stream.response
        assert (len(first.requests), len(second.requests)) == (1, 1)
    assert response.model == "second"
    assert "".join(shown) == response.text == WHOLE


@pytest.mark.parametrize("death", DEATHS)
async def test_committed_text_is_continued_where_the_other_takes_a_prefix(death: str) -> None:
    with dying(DEATHS[death]) as first, healthy() as second:
        async with Atomic(cards(first, second, prefill=True), plan="hedge") as atomic:
            async with atomic.stream(Task("Write."), show="committed") as stream:
                shown = [event async for event in stream if isinstance(event, TextDelta)]
            response = stream.response
        sent = second.requests[-1].json["messages"][-1]
    text = "".join(event.text for event in shown)
    assert text == response.text
    assert text.startswith("One sentence stands.")
    assert text.endswith(" it ends well.")
    assert text.count("One sentence stands.") == 1
    assert sent["role"] == "assistant"
    assert text == sent["content"] + " it ends well."
    assert any(event.continued for event in shown)


@pytest.mark.parametrize("death", DEATHS)
async def test_committed_text_without_a_continuation_is_interrupted(death: str) -> None:
    with dying(DEATHS[death]) as first, healthy() as second:
        async with Atomic(cards(first, second), plan="hedge") as atomic:
            shown, interrupted, error = "", None, None
            async with atomic.stream(Task("Write."), show="committed") as stream:
                try:
                    async for event in stream:
                        shown += event.text if isinstance(event, TextDelta) else ""
                        interrupted = event if isinstance(event, Interrupted) else interrupted
                except RaceError as raised:
                    error = raised
    assert interrupted is not None
    assert error is not None
    assert error.interrupted
    assert error.partial == interrupted.partial == shown
    assert shown.startswith("One sentence stands.")
    assert WHOLE[:5] not in shown


@pytest.mark.parametrize("death", DEATHS)
async def test_a_leading_lane_that_dies_is_replaced_from_the_start(death: str) -> None:
    with dying(DEATHS[death]) as first, healthy() as second:
        async with Atomic(cards(first, second), plan="hedge") as atomic:
            shown, before = "", []
            async with atomic.stream(Task("Write."), show="lead") as stream:
                async for event in stream:
                    if isinstance(event, Replaced):
                        before.append(shown)
                        shown = ""
                    shown += event.text if isinstance(event, TextDelta) else ""
            response = stream.response
    assert shown == response.text == WHOLE
    assert len(before) == 1
    assert before[0].startswith(BEGUN[:6])

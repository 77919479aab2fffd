"""How text comes to who reads it: whole, in order, from where it waits; what the trace keeps of it."""

from __future__ import annotations

import dataclasses
import json

import anyio
import pytest

from atomic_ai import Atomic, Model, Task
from atomic_ai.events import Partial, TextDelta, partial_value, text_delta
from atomic_ai.stream import BACKLOG_EVENTS, Backlog
from atomic_ai.testing import Script, ScriptedModel, SimulatedEndpoint, VirtualClock
from atomic_ai.trace import text_hash
from atomic_ai.wake import Wake

pytestmark = pytest.mark.anyio

WORDS = Script("word " * 300)
LONG = Script("word " * 100_000)  # more than may wait for a reader


def native(endpoint: SimulatedEndpoint, **settings: object) -> Atomic:
    card = Model("only", provider="openai", base_url=endpoint.base_url, api_key="sk-x", price_in=1, price_out=1)
    return Atomic([card], transport="native", **settings)  # type: ignore[arg-type]


def test_a_delta_made_quickly_is_like_any_other() -> None:
    made = text_delta("id", "answer", 1, 2, "m", True, 0.5, "words")
    assert made == TextDelta(
        at_s=0.5, request_id="id", microtask="answer", round=1, lane=2, model="m", text="words", continued=True
    )
    assert dataclasses.asdict(made)["text"] == "words"
    grown = partial_value("id", "answer", 1, 2, "m", 0.5, {"a": 1})
    assert grown == Partial(at_s=0.5, request_id="id", microtask="answer", round=1, lane=2, model="m", value={"a": 1})
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.text = "others"  # type: ignore[misc]


async def test_the_trace_keeps_one_hash_of_text_that_came_in_pieces() -> None:
    with SimulatedEndpoint("openai-chat", WORDS) as endpoint:
        async with native(endpoint) as atomic, atomic.stream(Task("Write."), show="lead") as stream:
            deltas = [event async for event in stream if isinstance(event, TextDelta)]
        told = [event for event in stream.response.trace.events if event["event"] == "text_delta"]
    assert len(told) <= 2  # whatever is told between, such as a criterion's end, begins another
    assert sum(event["text_chars"] for event in told) == len(WORDS.text)
    assert sum(event["deltas"] for event in told) == len(deltas)
    if len(told) == 1:
        assert told[0]["text_hash"] == text_hash(WORDS.text)
    assert told[-1]["until_s"] == deltas[-1].at_s
    assert not any("text" in event for event in told)


async def test_a_trace_of_pieces_is_the_same_whoever_carries_them() -> None:
    clock = VirtualClock()
    async with Atomic([Model("only", run=ScriptedModel(WORDS, clock))], clock=clock) as atomic:
        async with atomic.stream(Task("Write."), show="lead") as stream:
            shown = [event.text async for event in stream if isinstance(event, TextDelta)]
        (told,) = [event for event in stream.response.trace.events if event["event"] == "text_delta"]
    assert (told["deltas"], told["text_hash"]) == (len(shown), text_hash("".join(shown)))


async def test_a_trace_that_keeps_text_keeps_every_piece() -> None:
    clock = VirtualClock()
    async with Atomic([Model("only", run=ScriptedModel(WORDS, clock))], clock=clock, trace_text=True) as atomic:
        async with atomic.stream(Task("Write."), show="lead") as stream:
            shown = [event.text async for event in stream if isinstance(event, TextDelta)]
        told = [event["text"] for event in stream.response.trace.events if event["event"] == "text_delta"]
    assert told == shown


@pytest.mark.parametrize("split", ["byte", "whole"])
async def test_values_come_with_the_text_they_are_made_of(split: str) -> None:
    script = Script(json.dumps({"numbers": list(range(50)), "big": 10**30}))
    with SimulatedEndpoint("openai-chat", script, split=split) as endpoint:
        async with native(endpoint) as atomic:
            async with atomic.stream(Task("List.", output=dict), show="lead", batch_s=0.002) as stream:
                shown, before = "", -1
                async for event in stream:
                    if isinstance(event, TextDelta):
                        shown += event.text
                    elif isinstance(event, Partial):
                        numbers = [str(number) for number in (event.value or {}).get("numbers", [])]
                        assert all(number in shown for number in numbers)
                        assert len(numbers) >= before
                        before = len(numbers)
            assert shown == stream.response.text
            assert before == 50
        told = [event["event"] for event in stream.response.trace.events if event["event"] in ("text_delta", "partial")]
    assert len(told) <= 4  # one of each, and again after whatever is told between


@pytest.mark.parametrize("batch_s", [0.0, 0.005])
@pytest.mark.parametrize("read", [0, 1, 50])
async def test_a_reader_who_stops_reading_holds_nobody_up(batch_s: float, read: int) -> None:
    with SimulatedEndpoint("openai-chat", LONG) as endpoint:
        async with native(endpoint) as atomic:
            task = Task("Write.", max_tokens=200_000)
            async with atomic.stream(task, show="lead", batch_s=batch_s) as stream:
                deltas = 0
                async for event in stream:
                    deltas += isinstance(event, TextDelta)
                    if deltas == read:
                        break
                response = await stream.result()
    assert response.text == LONG.text


async def test_a_reader_who_pauses_misses_nothing() -> None:
    with SimulatedEndpoint("openai-chat", LONG) as endpoint:
        task = Task("Write.", max_tokens=200_000)
        async with native(endpoint) as atomic, atomic.stream(task, show="lead", batch_s=0.001) as stream:
            shown = []
            async for event in stream:
                if isinstance(event, TextDelta):
                    shown.append(event.text)
                    await anyio.lowlevel.checkpoint()
            assert "".join(shown) == stream.response.text == LONG.text


async def test_two_tasks_may_read_one_stream() -> None:
    shown: list[TextDelta] = []
    with SimulatedEndpoint("openai-chat", WORDS) as endpoint:
        async with native(endpoint) as atomic, atomic.stream(Task("Write."), show="lead") as stream:

            async def read() -> None:
                shown.extend([event async for event in stream if isinstance(event, TextDelta)])

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(read)
                tasks.start_soon(read)
    assert sum(len(event.text) for event in shown) == len(WORDS.text)


async def test_all_who_wait_are_woken_and_who_is_cancelled_is_not_missed() -> None:
    wake, woken = Wake(), []
    wake.wake()  # wakes nobody, now or later

    async def wait(name: str, scope: anyio.CancelScope) -> None:
        with scope:
            await wake.waiting()
            woken.append(name)

    scopes = {name: anyio.CancelScope() for name in ("first", "gone", "last")}
    async with anyio.create_task_group() as tasks:
        for name, scope in scopes.items():
            tasks.start_soon(wait, name, scope)
        await anyio.wait_all_tasks_blocked()
        scopes["gone"].cancel()
        await anyio.wait_all_tasks_blocked()
        assert woken == []
        wake.wake()
    assert sorted(woken) == ["first", "last"]


async def test_sources_that_wait_for_room_all_get_it() -> None:
    backlog, left = Backlog(), [20]

    async def pump(number: int, scope: anyio.CancelScope) -> None:
        with scope:
            for item in range(number * 100):  # the first has nothing to put
                await backlog.room()
                backlog.put(item)  # type: ignore[arg-type]
            await backlog.room()
        left[0] -= 1
        if not left[0]:
            backlog.close()

    count = 0
    scopes = [anyio.CancelScope() for _ in range(20)]
    async with anyio.create_task_group() as tasks:
        for number, scope in enumerate(scopes):
            tasks.start_soon(pump, number, scope)
        await anyio.wait_all_tasks_blocked()
        assert backlog.full
        for _ in range(BACKLOG_EVENTS // 2):
            backlog.take()
        scopes[11].cancel()  # it may be the one that was woken
        while True:
            item = backlog.take()
            if item is not None:
                count += 1
            elif backlog.closed:
                break
            else:
                await backlog.arrival.waiting()
    put = sum(range(20)) * 100 - 1100
    assert put <= count + BACKLOG_EVENTS // 2 <= put + 1100

"""Virtual time and scripted models: no sockets, no sleeps, the same order every time."""

from __future__ import annotations

import time

import anyio
import pytest

from atomic_ai.errors import RateLimitedError, StatusError, TransportError, TruncatedError
from atomic_ai.message import Message
from atomic_ai.model import Model
from atomic_ai.providers.call import Call
from atomic_ai.testing import Cut, Pace, Reset, Script, ScriptedModel, Stall, Status, VirtualClock

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param


def call():
    return Call(Model("m"), (Message("user", "Hello?"),), 100)


async def test_time_jumps_to_the_earliest_waiter_and_no_further():
    clock, told = VirtualClock(), []

    async def sleeper(seconds):
        await clock.sleep(seconds)
        told.append((seconds, clock.now()))

    began = time.monotonic()
    async with anyio.create_task_group() as group:
        for seconds in (3600, 0.5, 7, 0.25):
            group.start_soon(sleeper, seconds)
    assert told == [(0.25, 250_000_000), (0.5, 500_000_000), (7, 7 * 10**9), (3600, 3600 * 10**9)]
    assert time.monotonic() - began < 3600


async def test_time_stands_still_while_somebody_works():
    clock, event = VirtualClock(), anyio.Event()

    async def worker(left):
        if left:
            await anyio.lowlevel.checkpoint()
            await worker(left - 1)
        else:
            event.set()

    async with anyio.create_task_group() as group:
        group.start_soon(worker, 20)
        assert await clock.wait(event, 1_000_000_000)
    assert clock.now() == 0


async def test_a_wait_says_whether_its_event_came():
    clock = VirtualClock(5)
    assert not await clock.wait(anyio.Event(), 10)
    assert clock.now() == 10
    event = anyio.Event()
    event.set()
    assert await clock.wait(event, 1000)
    assert await clock.wait(event, None)
    assert clock.now() == 10


async def test_a_cancelled_wait_is_forgotten():
    clock = VirtualClock()
    with anyio.move_on_after(0):
        await clock.sleep(1)
    await clock.sleep(5)
    assert clock.now() == 5 * 10**9


async def test_a_scripted_model_speaks_in_virtual_time():
    clock = VirtualClock()
    model = ScriptedModel(
        Script("12345678"), clock, pace=Pace(2.0, 10, ttft_sigma=0, speed_sigma=0, gap_sigma=0, tail_probability=0)
    )
    async with model.open(call()) as source:
        times = [round(clock.now() / 1e9, 6) async for _ in source]
    assert times == [2.0, 2.0, 2.1, 2.1, 2.1, 2.1]
    (played,) = model.calls
    assert (played.outcome, played.chunks_sent, played.chunks_planned, played.ended_s) == ("complete", 6, 6, 2.1)


async def test_a_scripted_model_sees_its_close():
    clock = VirtualClock()
    model = ScriptedModel(Script("12345678"), clock, pace=Pace(1.0))
    async with model.open(call()) as source:
        await anext(aiter(source))
    (played,) = model.calls
    assert (played.outcome, played.chunks_sent, played.chunks_planned) == ("closed", 1, 6)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Status(503), StatusError),
        (Status(429), RateLimitedError),
        (Reset(), TransportError),
        (Reset(1), TransportError),
        (Cut(2, None), TruncatedError),
    ],
)
async def test_faults_reach_the_engine_as_adapters_report_them(fault, error):
    model = ScriptedModel(Script("Hello"), VirtualClock(), faults=fault)
    with pytest.raises(error, match="simulated") as caught:
        async with model.open(call()) as source:
            [chunk async for chunk in source]
    assert (caught.value.model, caught.value.provider) == ("m", "simulated")


async def test_a_stall_lasts_until_somebody_gives_up():
    clock = VirtualClock()
    model = ScriptedModel(Script("Hello"), clock, faults=Stall("before-headers"))
    async with anyio.create_task_group() as group:

        async def give_up():
            await clock.sleep(60)
            group.cancel_scope.cancel()

        group.start_soon(give_up)
        async with model.open(call()):
            pytest.fail("a stalled model opened")
    assert clock.now() == 60 * 10**9
    assert model.calls[0].outcome == "stalled"

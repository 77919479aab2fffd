"""Whole races in virtual time: hedges, deadlines and stalls without a socket and without a wait."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from atomic_ai import Atomic, Budget, Model, Task
from atomic_ai.errors import DeadlineError, RaceError
from atomic_ai.model import Timeouts
from atomic_ai.testing import Pace, Reset, Script, ScriptedModel, Stall, VirtualClock, no_network

pytestmark = pytest.mark.anyio

STEADY = {"ttft_sigma": 0, "speed_sigma": 0, "gap_sigma": 0, "tail_probability": 0}


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param


class Triage(BaseModel):
    priority: int


def simulated(name, script, clock, pace=None, faults=None, seed=0, **card):
    """A scripted model and its card; the first named is the dearer one, which an empty market prefers."""
    scripted = ScriptedModel(script, clock, pace=pace or Pace(**STEADY), faults=faults, seed=seed)
    return scripted, Model(name, run=scripted, price_in=1, price_out=1, **card)


async def test_a_hedge_starts_when_the_first_is_late_and_wins():
    clock = VirtualClock()
    late, first = simulated("first", Script("Too late."), clock, Pace(3600.0, **STEADY))
    quick, second = simulated("second", Script("In time."), clock)
    with no_network():
        async with Atomic([first, second], clock=clock, plan="hedge") as atomic:
            response = await atomic.run(Task("Say something."))
    assert (response.text, response.model) == ("In time.", "second")
    assert late.calls[0].outcome == "closed"
    assert late.calls[0].started_s == 0 < quick.calls[0].started_s < 60
    assert clock.now() < 60 * 10**9


async def test_a_race_is_won_by_the_first_good_answer_not_the_first():
    clock = VirtualClock()
    bad, first = simulated("bad", Script.json({"priority": "high"}), clock, Pace(0.1, 10, **STEADY))
    good, second = simulated("good", Script.json({"priority": 2}), clock, Pace(5.0, **STEADY))
    async with Atomic([first, second], clock=clock, plan="race") as atomic:
        response = await atomic.run(Task("How urgent?", output=Triage))
    assert response.output == Triage(priority=2)
    assert response.latency_s == pytest.approx(5.0)
    assert bad.calls[0].chunks_sent < bad.calls[0].chunks_planned
    assert good.calls[0].outcome in ("complete", "closed")


async def test_a_deadline_passes_in_virtual_time():
    clock = VirtualClock()
    _, silent = simulated("silent", Script("Never."), clock, faults=Stall("before-headers"))
    async with Atomic([silent], clock=clock) as atomic:
        with pytest.raises(DeadlineError):
            await atomic.run(Task("Say something."), budget=Budget(deadline_s=30))
    assert clock.now() == pytest.approx(30e9, rel=0.01)


async def test_silence_ends_a_lane_by_its_cards_patience():
    clock = VirtualClock()
    timeouts = Timeouts(first_token_s=7)
    silent, first = simulated("silent", Script("Never."), clock, faults=Stall("after-headers"), timeouts=timeouts)
    async with Atomic([first], clock=clock) as atomic:
        with pytest.raises(RaceError, match="late_first_token"):
            await atomic.run(Task("Say something."))
    assert clock.now() == pytest.approx(7e9, rel=0.01)
    assert silent.calls[0].outcome in ("closed", "stalled")


async def test_the_same_seeds_give_the_same_race_to_the_nanosecond():
    async def play():
        clock = VirtualClock()
        models = [
            simulated(name, Script("Hello there, " * 20), clock, Pace(1.0, 50), faults=fault, seed=seed)[1]
            for seed, (name, fault) in enumerate((("a", None), ("b", [Reset(3)]), ("c", None)))
        ]
        async with Atomic(models, clock=clock, plan="race", max_lanes=3) as atomic:
            response = await atomic.run(Task("Greet me."))
        ended = sorted((one.model, one.outcome, one.output_chars, one.ended_s) for one in response.trace.executions)
        return response.text, response.latency_s, ended

    assert await play() == await play()

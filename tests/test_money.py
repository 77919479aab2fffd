"""Every lane's cost: counted once, in the right part, and estimated where nobody counted."""

from __future__ import annotations

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atomic_ai import Atomic, Cost, Model, Task
from atomic_ai.errors import RaceError
from atomic_ai.gauge import Gauge
from atomic_ai.testing import Cut, ErrorInside, Pace, Reset, Script, ScriptedModel, Stall, Status, Usage, VirtualClock

STEADY = {"ttft_sigma": 0, "speed_sigma": 0, "gap_sigma": 0, "tail_probability": 0}
FAULTS = [None, Reset("before-headers"), Cut(3), Stall("after-headers"), Status(429), Status(500), ErrorInside(2)]

lanes = st.lists(
    st.fixed_dictionaries(
        {
            "fault": st.sampled_from(FAULTS),
            "ttft_s": st.sampled_from([0.1, 1.0, 3.0]),
            "words": st.integers(1, 40),
            "cancel": st.sampled_from(["stops", "bills"]),
            "price": st.sampled_from([0.5, 3.0]),
            "counted": st.booleans(),
        }
    ),
    min_size=1,
    max_size=3,
)


def models(specs: list[dict], clock: VirtualClock) -> list[Model]:
    made = []
    for number, spec in enumerate(specs):
        usage = Usage(50, 3 * spec["words"]) if spec["counted"] else None
        script = Script("word " * spec["words"], usage=usage)
        pace = Pace(spec["ttft_s"], 10, **STEADY)
        run = ScriptedModel(script, clock, faults=spec["fault"], pace=pace)
        made.append(
            Model(f"m{number}", run=run, price_in=1, price_out=spec["price"], cancel=spec["cancel"], price_cached=0.5)
        )
    return made


@settings(max_examples=60, deadline=None)
@given(lanes, st.sampled_from(["race", "hedge", "cascade"]))
def test_the_parts_add_up_and_every_lane_is_counted_once(specs: list[dict], plan: str) -> None:
    async def run():
        clock = VirtualClock()
        async with Atomic(models(specs, clock), clock=clock, plan=plan, max_lanes=3) as atomic:
            try:
                return (await atomic.run(Task("Write."))).trace
            except RaceError as error:
                return error.trace

    trace = anyio.run(run)
    cost = trace.cost
    started = [(e["microtask"], e["lane"], e["at_s"]) for e in trace.events if e["event"] == "lane_started"]
    assert len(started) == len(trace.executions)
    winners = sum(e.cost_usd for e in trace.executions if e.outcome in ("won", "used"))
    losers = sum(e.cost_usd for e in trace.executions if e.outcome not in ("won", "used"))
    assert cost.winner_usd == pytest.approx(winners)
    assert cost.losers_usd == pytest.approx(losers)
    assert cost.total_usd == pytest.approx(winners + losers + cost.judge_usd)
    assert 0 <= cost.wasted_usd <= cost.total_usd + 1e-12
    assert cost.saved_usd >= 0
    assert cost.estimated == any(e.usage.estimated for e in trace.executions)
    for execution in trace.executions:
        assert 0 <= execution.usage.unread_tokens <= execution.usage.output_tokens
        if execution.usage.unread_tokens:
            assert specs[int(execution.model[1:])]["cancel"] == "bills"


@given(*(st.builds(Cost, *[st.floats(0, 10)] * 5, st.booleans()) for _ in range(2)))
def test_costs_add_part_by_part(one: Cost, other: Cost) -> None:
    both = one + other
    assert both.total_usd == pytest.approx(one.total_usd + other.total_usd)
    assert both.wasted_usd == one.wasted_usd + other.wasted_usd
    assert both.estimated is (one.estimated or other.estimated)


def test_a_gauge_learns_its_models_habit_and_believes_no_nonsense() -> None:
    gauge = Gauge()
    assert (gauge.count("x" * 400), gauge.tokens(401)) == (100, 101)
    for _ in range(50):
        gauge.learn(chars=600, tokens=300)
    assert gauge.chars_per_token == pytest.approx(2.0, rel=0.05)
    before = gauge.chars_per_token
    for chars, tokens in ((10, 0), (10, -1), (1, 1000), (10**6, 1)):
        gauge.learn(chars, tokens)
    assert gauge.chars_per_token == before
    for _ in range(2000):
        gauge.learn(chars=4000, tokens=1000)
    assert gauge.chars_per_token == pytest.approx(4.0, rel=0.02)


def test_openais_models_are_counted_in_their_own_vocabulary() -> None:
    pytest.importorskip("bpe_openai")
    gauge = Gauge.of(Model("m", provider="openai", model="gpt-4o-mini"))
    assert gauge.count("Hello world") == 2
    assert gauge.count("") == 0
    assert Gauge.of(Model("m", provider="openai", model="gpt-9")).encoding is not None
    assert Gauge.of(Model("m", provider="anthropic")).encoding is None


@pytest.mark.parametrize("cancel", ["stops", "bills"])
def test_a_loser_that_is_billed_to_its_end_is_wasted(cancel: str) -> None:
    async def run() -> Cost:
        clock = VirtualClock()
        slow = {"fault": None, "ttft_s": 0.1, "words": 40, "cancel": cancel, "price": 1.0, "counted": True}
        quick = slow | {"words": 20}
        async with Atomic(models([slow, quick], clock), clock=clock, plan="race") as atomic:
            return (await atomic.run(Task("Write."))).cost

    cost = anyio.run(run)
    assert (cost.wasted_usd > 0) is (cancel == "bills")
    assert cost.losers_usd > 0

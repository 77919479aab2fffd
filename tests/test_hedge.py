"""When a late lane gets a hedge, how many there may be, and what the trace says about it."""

from __future__ import annotations

from pathlib import Path
from random import Random

import anyio
import pytest

from atomic_ai import Atomic, Budget, Hedge, Market, Model, Task
from atomic_ai._core import Allowance
from atomic_ai.adapt import adapt
from atomic_ai.config import load
from atomic_ai.errors import ConfigError
from atomic_ai.hedge import EVIDENCE, Hedger
from atomic_ai.testing import Cut, Pace, Reset, Script, ScriptedModel, Stall, VirtualClock, no_network

STEADY = {"ttft_sigma": 0, "speed_sigma": 0, "gap_sigma": 0, "tail_probability": 0}
TASK = Task("Say something.")


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param


def timed(market: Market, model: str, times: list[float]) -> None:
    for seconds in times:
        award = market.award("")
        market.observe(award, model=model, quality=0.9, cost_usd=None, latency_s=seconds + 0.5, ttft_s=seconds)


def stalling(rng: Random) -> list[float]:
    return [rng.uniform(0.9, 1.1) * (20 if number % 33 == 0 else 1) for number in range(400)]


def hedger(policy: Hedge, *cards: Model, weights=None) -> tuple[Hedger, Market, dict]:
    market = Market(cards, weights, explore=0.0)
    rng = Random(1)
    for card in cards:
        timed(market, card.name, stalling(rng))
    return Hedger(policy, market), market, {card.name: adapt(TASK, card) for card in cards}


FAST = Model("first", price_in=1, price_out=2)
SECOND = Model("second", price_in=1, price_out=2)
HASTY = {"quality": 1.0, "cost": 10.0, "latency": 1.0}


def hop_of(policy: Hedge, second: Model = SECOND, weights=None, deadline_s=None):
    policy_at_work, market, calls = hedger(policy, FAST, second, weights=weights)
    return policy_at_work.hops(market.award(""), ["first", second.name], calls, deadline_s)[0]


def test_the_delay_is_the_running_lanes_own_quantile_or_the_fixed_one() -> None:
    hop = hop_of(Hedge(), weights=HASTY)
    assert hop.by_ns == pytest.approx(1.09e9, rel=0.05)
    assert "95.0% quantile" in hop.why
    assert hop_of(Hedge(quantile=0.99), weights=HASTY).by_ns > 15e9
    fixed = hop_of(Hedge(after_s=0.25), weights=HASTY)
    assert (fixed.by_ns, fixed.weight) == (250_000_000, 1.0)


def test_a_hedge_that_costs_more_than_it_gains_waits_for_a_failure() -> None:
    thrifty = {"quality": 1.0, "cost": 10_000.0, "latency": 1e-6}
    hop = hop_of(Hedge(), weights=thrifty)
    assert hop.by_ns is None
    assert "not worth it" in hop.why
    assert hop_of(Hedge(worthwhile=False), weights=thrifty).by_ns is not None
    # A deadline that a stalled lane would miss is worth the answer's value.
    assert hop_of(Hedge(), weights={**thrifty, "quality": 1000.0}, deadline_s=5.0).by_ns is not None


def test_a_loser_that_is_billed_in_full_weighs_more() -> None:
    weights = {"quality": 0.0, "cost": 1.0, "latency": 8e-5}
    bills = Model("second", price_in=1, price_out=2, cancel="bills")
    first_bills = Model("first", price_in=1, price_out=2, cancel="bills")
    kept = Hedge(worthwhile=False, of="spend", after_s=1.2)
    assert hop_of(kept, SECOND, weights).weight < hop_of(kept, bills, weights).weight
    work, market, calls = hedger(kept, first_bills, SECOND, weights=weights)
    dearest = work.hops(market.award(""), ["first", "second"], calls, None)[0]
    assert dearest.weight > hop_of(kept, SECOND, weights).weight


def test_a_share_of_the_spend_hedges_earlier_where_hedges_are_cheap() -> None:
    by_requests = hop_of(Hedge(share=0.02), weights=HASTY)
    by_spend = hop_of(Hedge(share=0.2, of="spend"), weights=HASTY)
    assert by_spend.by_ns < by_requests.by_ns
    assert 0 < by_spend.weight < 1


def test_little_evidence_is_not_taken_at_its_word() -> None:
    market = Market([FAST, SECOND], explore=0.0)
    timed(market, "first", [0.01] * (EVIDENCE - 1))
    calls = {card.name: adapt(TASK, card) for card in (FAST, SECOND)}
    hop = Hedger(Hedge(), market).hops(market.award(""), ["first", "second"], calls, None)[0]
    assert (hop.by_ns, hop.weight) == (2_000_000_000, 1.0)
    assert "hardly known" in hop.why


@pytest.mark.parametrize(
    "wrong",
    [{"quantile": 1.0}, {"after_s": 0}, {"share": -1}, {"of": "money"}, {"window_s": 0}, {"spare": float("nan")}],
)
def test_numbers_out_of_range_are_refused(wrong: dict) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        Hedge(**wrong)


def test_a_file_may_say_it(tmp_path: Path) -> None:
    path = tmp_path / "atomic.toml"
    path.write_text('[hedge]\nshare = 0.02\n[[models]]\nname = "a"\nprovider = "openai"\n')
    assert load(path)._settings.hedge == Hedge(share=0.02)
    path.write_text('[hedge]\nshares = 0.02\n[[models]]\nname = "a"\nprovider = "openai"\n')
    with pytest.raises(ConfigError, match="share"):
        load(path)


def test_the_allowance_is_the_cores() -> None:
    allowance = Allowance(0.5, 0.0, 10**9)
    allowance.request(0)
    allowance.request(0)
    assert [allowance.hedge(1), allowance.hedge(2)] == [True, False]
    assert allowance.window == allowance.ever == (2.0, 1.0)


def late_and_quick(clock: VirtualClock, **faults):
    late = ScriptedModel(Script("Too late."), clock, pace=Pace(30.0, **STEADY), faults=faults.get("late"))
    quick = ScriptedModel(Script("In time."), clock, pace=Pace(0.1, **STEADY), faults=faults.get("quick"))
    return [Model("late", run=late, price_in=1, price_out=1), Model("quick", run=quick, price_in=1, price_out=1)]


async def _run_into(atomic: Atomic, answers: list) -> None:
    answers.append(await atomic.run(TASK))


@pytest.mark.anyio
async def test_the_share_holds_over_a_window_and_the_trace_says_why() -> None:
    clock = VirtualClock()
    policy = Hedge(share=0.0, spare=1, window_s=3600)
    with no_network():
        async with Atomic(late_and_quick(clock), clock=clock, plan="hedge", hedge=policy) as atomic:
            answers: list = []
            async with anyio.create_task_group() as tasks:
                for _ in range(2):
                    tasks.start_soon(_run_into, atomic, answers)
    first, second = answers
    told = [[e for e in response.trace.events if e["event"] == "hedged"] for response in answers]
    assert (first.model, second.model) == ("quick", "late")
    assert [event["sent"] for event in told[0]] == [True]
    # Refused, it asks again after twice the wait, for as long as the first is silent.
    assert [event["sent"] for event in told[1]] == [False] * 4
    assert "the share is used up" in told[1][0]["reason"]
    assert "does not hedge: late has no token after 2.000 s" in second.trace.explain()


@pytest.mark.anyio
@pytest.mark.parametrize("fault", [Reset("before-headers"), Cut(1), Stall("before-headers")])
async def test_a_lane_that_fails_is_replaced_whatever_the_share(fault) -> None:
    clock = VirtualClock()
    models = late_and_quick(clock, late=fault)
    async with Atomic(models, clock=clock, plan="hedge", hedge=Hedge(share=0, spare=0)) as atomic:
        response = await atomic.run(TASK, budget=Budget(deadline_s=3600))
    assert response.model == "quick"


@pytest.mark.anyio
async def test_no_more_hedges_than_the_share_when_everybody_is_late() -> None:
    """A provider that slows down makes every request late: the hedges stay within the share all the same."""
    clock = VirtualClock()
    policy = Hedge(share=0.1, spare=0, window_s=3600)
    async with Atomic(late_and_quick(clock), clock=clock, plan="hedge", hedge=policy) as atomic:
        answers: list = []
        async with anyio.create_task_group() as tasks:
            for _ in range(30):
                tasks.start_soon(_run_into, atomic, answers)
    assert sorted(answer.model for answer in answers) == ["late"] * 27 + ["quick"] * 3

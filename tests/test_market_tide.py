"""Load and time of day: what a model takes longer at noon, and under many calls, is learned and expected."""

from types import SimpleNamespace

import anyio
import pytest

from atomic_ai import Atomic, Model, Task
from atomic_ai.errors import UnknownModelError
from atomic_ai.market import Market

MODELS = [SimpleNamespace(name=name, price_in=1.0, price_out=1.0) for name in ("tidal", "steady")]


def seconds(model, hour, load):
    """The tidal model is three times as slow by day, and 40 % slower for each call under way."""
    return 1.0 if model == "steady" else (0.6 if hour < 8 else 1.8) * (1 + 0.4 * load)


def taught(told=True, **settings):
    market = Market(MODELS, {"quality": 1.0, "latency": 0.1}, explore=0, **settings)
    for turn in range(400):
        hour, load = (turn * 7) % 24, (turn // 24) % 2 * 4
        moment = {"hour": hour, "load": {"tidal": load, "steady": 0}} if told else {}
        award = market.award("a task", "mail", max_lanes=1, **moment)
        for name in ("tidal", "steady"):
            market.observe(award, model=name, quality=0.8, latency_s=seconds(name, hour, load))
    return market


def expected(market, hour, load, model="tidal"):
    award = market.award("a task", "mail", max_lanes=1, hour=hour, load={"tidal": load})
    return award, next(bid.latency_s for bid in award.bids if bid.model == model)


def error(market):
    """Mean relative error of the expected seconds, over hours and loads."""
    misses = [
        abs(expected(market, hour, load)[1] / seconds("tidal", hour, load) - 1)
        for hour in (2, 5, 12, 20)
        for load in (0, 4)
    ]
    return sum(misses) / len(misses)


def test_hour_and_load_make_the_expectation_truer():
    assert error(taught(told=False)) > 1.0
    assert error(taught()) < 0.25


def test_the_quicker_model_of_the_hour_and_the_load_wins():
    market = taught()
    winners = {(hour, load): expected(market, hour, load)[0].winner for hour in (3, 15) for load in (0, 4)}
    assert winners == {(3, 0): "tidal", (3, 4): "steady", (15, 0): "steady", (15, 4): "steady"}
    assert expected(market, 3, 4, "steady")[1] == pytest.approx(1.0, rel=0.05)


def test_it_is_kept_merged_and_shared(tmp_path):
    learned = taught()
    other = Market(MODELS, {"quality": 1.0, "latency": 0.1}, explore=0)
    other.merge(learned)
    assert error(other) == pytest.approx(error(learned), abs=0.05)
    path = tmp_path / "profiles.db"
    with taught(profiles=path, write_every_s=3600):
        pass
    with Market(MODELS, explore=0, profiles=path) as again:
        assert error(again) < 0.25


def test_a_load_of_nobody_is_refused():
    with pytest.raises(UnknownModelError, match='no model "other"; there are: tidal, steady'):
        Market(MODELS).award("a task", load={"other": 1})


def test_an_atomic_tells_how_many_calls_are_under_way():
    seen, gate = [], anyio.Event()

    async def run(_call):
        await gate.wait()
        return "Hello."

    async def main():
        async with Atomic([Model("a", run=run, price_in=1, price_out=1)]) as atomic:
            inside = atomic.market.award_inside

            def listening(text, task_class, options, offers=()):
                seen.append(options["load"])
                if len(seen) == 3:
                    gate.set()
                return inside(text, task_class, options, offers)

            atomic.market.award_inside = listening
            async with anyio.create_task_group() as group:
                for _ in range(3):
                    group.start_soon(atomic.run, Task("Say hello."))
            await atomic.run(Task("Say hello."))

    anyio.run(main)
    assert seen == [{"a": 0}, {"a": 1}, {"a": 2}, {"a": 0}]

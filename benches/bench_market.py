"""What a decision and an update cost through Python, beside a numpy LinUCB and what else is installed.

pytest benches/bench_market.py
"""

from types import SimpleNamespace

import pytest

from atomic_ai.market import Market

TEXT = "Sort this mail by what its sender wants. " * 10


def market(models):
    cards = [SimpleNamespace(name=f"m{n}", price_in=0.1 * (n + 1), price_out=0.4 * (n + 1)) for n in range(models)]
    learned = Market(cards, weights={"quality": 1.0, "cost": 20.0, "latency": 0.01}, seed=1)
    for turn in range(2_000):
        award = learned.award(TEXT, f"class {turn % 8}", max_lanes=1)
        learned.observe(award, model=award.winner, quality=float(turn % 5 > 0), cost_usd=0.001, latency_s=1.0)
    return learned


@pytest.mark.parametrize("models", [20, 1_000])
def test_single_pick(benchmark, models):
    learned = market(models)
    benchmark(learned.award, TEXT, "class 3", max_lanes=1)


@pytest.mark.parametrize("models", [20, 1_000])
def test_plan_with_verifier(benchmark, models):
    learned = market(models)
    benchmark(learned.award, TEXT, "class 3", verifier=0.95)


def test_update(benchmark):
    learned = market(20)

    def prepare():
        award = learned.award(TEXT, "class 3", max_lanes=1)
        return (award,), {"model": award.winner, "quality": 1.0, "cost_usd": 0.001, "latency_s": 1.0}

    benchmark.pedantic(learned.observe, setup=prepare, rounds=20_000)


def test_numpy_linucb_decision(benchmark):
    numpy = pytest.importorskip("numpy")
    inverse = numpy.stack([numpy.eye(32)] * 20)
    theta, x = numpy.zeros((20, 32)), numpy.ones(32) / 6

    def decide():
        bonus = numpy.sqrt(numpy.einsum("i,mij,j->m", x, inverse, x))
        return int((theta @ x + 0.3 * bonus).argmax())

    benchmark(decide)

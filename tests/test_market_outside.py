"""Outside bidders in the market: scored beside its own plan, paid by the second score, ignored with a reason."""

import threading
from types import SimpleNamespace

import anyio
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atomic_ai import Atomic, Model, Task
from atomic_ai.errors import ConfigError, StateError, UnknownModelError
from atomic_ai.market import Market, Outside
from atomic_ai.market.bidders import Ask, CallableAgent, HttpAgent, Sale, Silence

RESERVE = 0.05
HOUSE = ("own",)


def market(agents, qualities, **settings):
    """A market in which outsiders and the house's own model have shown these qualities, at a cost of $0.01 each."""
    models = [SimpleNamespace(name=name, price_in=0.0, price_out=0.0) for name in qualities]
    outside = Outside(agents, reserve_usd=RESERVE, deadline_s=0.5)
    options = {"explore": 0, "max_lanes": 1} | settings
    made = Market(models, {"quality": 1.0, "cost": 20.0}, outside=outside, **options)
    for turn in range(40):
        for name, quality in qualities.items():
            made.teach(f"task {turn}", "mail", model=name, quality=float(turn % 10 < 10 * quality), cost_usd=0.01)
    return made


def asking(**asks):
    return [CallableAgent(name, lambda _, ask=ask: ask) for name, ask in asks.items()]


def auctioned(made, **options):
    return anyio.run(lambda: made.auction("a task", "mail", **options))


def test_the_best_score_wins_and_is_paid_up_to_the_next_best():
    done = auctioned(market(asking(near=0.002, far=0.004), {"near": 0.8, "far": 0.8, "own": 0.5}))
    assert done.award.winner == "near"
    assert done.sale is not None
    own = market([], {"near": 0.8, "far": 0.8, "own": 0.5}).award("a task", "mail")
    scores = {bid.model: bid.quality for bid in own.bids}
    assert done.sale.pay_usd == pytest.approx(0.004 + (scores["near"] - scores["far"]) / 20)
    assert dict(done.award.filtered) == {"far": "outbid by near", "own": "outbid by near"}
    assert f"near asked $0.002000 and is paid ${done.sale.pay_usd:.6f}" in done.explain()


def test_the_markets_own_plan_wins_where_it_is_better_and_is_paid_list_price():
    done = auctioned(market(asking(dear=0.049), {"dear": 0.6, "own": 0.9}))
    assert (done.award.winner, done.sale, done.sales) == ("own", None, ())
    assert dict(done.award.filtered) == {"dear": "bids from outside: it asks $0.049000"}


def test_several_seats_are_paid_by_the_best_that_got_none():
    done = auctioned(market(asking(a=0.001, b=0.002, c=0.003), {"a": 0.8, "b": 0.8, "c": 0.8, "own": 0.2}), seats=2)
    assert [sale.bidder for sale in done.sales] == ["a", "b"]
    assert all(sale.pay_usd == pytest.approx(0.003, abs=1e-3) for sale in done.sales)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (None, "no bid"),
        ("cheap", "garbage: ask_usd is no amount"),
        (-1.0, "garbage: ask_usd is no amount"),
        (float("nan"), "garbage: ask_usd is no amount"),
        (Ask(0.01, float("nan")), "garbage: quality is no amount"),
        (0.06, "above the reserve"),
    ],
)
def test_what_is_no_bid_is_left_out_with_its_reason(answer, reason):
    made = market(asking(odd=answer), {"odd": 0.9, "own": 0.5})
    assert auctioned(made).bids == {"odd": Silence(reason)}
    award = made.award("a task", "mail")
    assert award.winner == "own"
    assert dict(award.filtered)["odd"] == f"made no bid from outside: {reason}"
    assert f"odd did not bid: made no bid from outside: {reason}" in award.explain()


def test_late_silent_huge_and_raising_bidders_hold_up_nobody():
    release = threading.Event()

    async def main():
        huge = httpx.MockTransport(lambda _: httpx.Response(200, content=b" " * (10 << 20)))
        async with httpx.AsyncClient(transport=huge) as client:
            agents = [
                CallableAgent("never", lambda _: release.wait()),
                CallableAgent("raising", lambda _: 1 / 0),
                HttpAgent("huge", "http://bidder.test/", b"secret", client),
                *asking(prompt=0.001),
            ]
            made = market(agents, {"never": 0.9, "raising": 0.9, "huge": 0.9, "prompt": 0.9, "own": 0.5})
            try:
                done = [await made.auction("a task", "mail") for _ in range(3)]
            finally:
                release.set()
            await done[0].notify()
        return done

    for done in anyio.run(main):
        assert done.award.winner == "prompt"
        assert {name: bid.reason for name, bid in done.bids.items() if name != "prompt"} == {
            "never": "late",
            "raising": "failed: ZeroDivisionError",
            "huge": "garbage: the answer is too large",
        }


class Broken:
    """An agent that raises in whatever it is asked, and hears nothing."""

    name = "broken"

    async def bid(self, _invitation):
        raise RuntimeError("canary")

    async def notify(self, _notice):
        raise RuntimeError("canary")


def test_an_agent_that_raises_everywhere_fails_nothing():
    made = market([Broken()], {"broken": 0.9, "own": 0.5})
    award = made.award("a task", "mail")
    assert dict(award.filtered) == {"broken": "made no bid from outside: failed: RuntimeError"}


def test_a_newcomers_word_counts_and_is_paid_on_the_outcome():
    models = [SimpleNamespace(name=name, price_in=0.0, price_out=0.0) for name in ("new", "own")]
    outside = Outside([CallableAgent("new", lambda _: Ask(0.01, quality=0.99))], reserve_usd=RESERVE)
    made = Market(models, {"quality": 1.0, "cost": 20.0}, outside=outside, explore=0, max_lanes=1)
    done = auctioned(made)
    sale = done.sale
    assert done.award.winner == "new"
    assert sale is not None
    assert sale.promised == pytest.approx(0.99)
    assert sale.due(0.99) == pytest.approx(sale.pay_usd)
    assert sale.due(0.0) == 0.0 < sale.due(0.9) < sale.pay_usd <= sale.due(1.0) <= RESERVE
    assert Sale("x", 0.01).due(0.0) == 0.01
    for turn in range(60):
        made.teach(f"lie {turn}", "mail", model="new", quality=0.0)
        made.teach(f"lie {turn}", "mail", model="own", quality=1.0)
    assert auctioned(made).award.winner == "own"


ASKS = st.lists(st.floats(0.0, 0.06), min_size=1, max_size=4)


def outcome(asks, true_cost):
    """What bidder 0 gains, and whether it wins."""
    names = [f"m{place}" for place in range(len(asks))]
    done = auctioned(market(asking(**dict(zip(names, asks, strict=True))), QUALITIES | {"own": 0.4}))
    sold = {sale.bidder: sale.pay_usd for sale in done.sales}
    return sold.get("m0", true_cost) - true_cost, "m0" in sold, sold


QUALITIES = {"m0": 0.7, "m1": 0.8, "m2": 0.6, "m3": 0.9}


@settings(max_examples=25)
@given(ASKS, st.floats(0.0, 0.06))
def test_for_one_winner_the_auction_is_truthful_individually_rational_and_monotone(asks, lie):
    asks += [RESERVE * 2] * (4 - len(asks))
    true_cost = asks[0]
    gain, wins, sold = outcome(asks, true_cost)
    assert all(pay >= asks[int(name[1:])] - 1e-12 for name, pay in sold.items())
    lied, wins_lying, _ = outcome([lie, *asks[1:]], true_cost)
    assert lied <= gain + 1e-12
    if wins and lie <= true_cost:
        assert wins_lying


def test_misuse_is_refused():
    with pytest.raises(UnknownModelError, match="'stranger': no such model"):
        market(asking(stranger=0.1), {"own": 0.5})
    for wrong in ({"reserve_usd": 0.0}, {"reserve_usd": float("nan")}, {"reserve_usd": 1.0, "deadline_s": 0.0}):
        with pytest.raises(ConfigError, match="above zero"):
            Outside([], **wrong)
    with pytest.raises(ConfigError, match="each its own"):
        Outside(asking(a=1.0) + asking(a=2.0), reserve_usd=1.0)

    async def inside_a_loop():
        market(asking(a=0.1), {"a": 0.5}).award("a task")

    with pytest.raises(StateError, match=r"await market\.auction"):
        anyio.run(inside_a_loop)


def test_with_nobody_left_every_reason_is_told():
    with pytest.raises(ConfigError, match="a: made no bid from outside: no bid"):
        market(asking(a=None), {"a": 0.5}).award("a task")


@pytest.mark.parametrize(("ask", "winner"), [(0.002, "sold"), (0.5, "own")])
def test_an_outside_lane_costs_what_the_auction_says_and_its_bidder_is_told(ask, winner):
    told = []

    class Seller(CallableAgent):
        async def notify(self, notice):
            told.append(notice)

    def says(_call):
        return "Hello there."

    models = [Model("own", run=says, price_in=9_000, price_out=9_000), Model("sold", run=says)]
    outside = Outside([Seller("sold", lambda _: ask)], reserve_usd=0.01, deadline_s=5.0)

    async def main():
        async with Atomic(models, outside=outside, plan="single") as atomic:
            response = await atomic.run(Task("Say hello.", max_tokens=20))
            while not told:
                await anyio.lowlevel.checkpoint()
            return response

    response = anyio.run(main)
    assert response.model == winner
    if winner == "sold":
        assert told[0]["type"] == "win"
        assert response.cost.total_usd == told[0]["pay_usd"] >= ask
    else:
        assert (told[0]["type"], told[0]["reason"]) == ("loss", "above the reserve")

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
from atomic_ai.market.stated import Stated

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
    assert {bid.model: bid.cost_usd for bid in done.award.bids if bid.model != "own"} == {"near": 0.002, "far": 0.004}
    assert done.award.critical_price == pytest.approx(done.sale.pay_usd)
    assert f"near asked $0.002000 and is paid ${done.sale.pay_usd:.6f}" in done.explain()


def test_the_markets_own_plan_wins_where_it_is_better_and_is_paid_list_price():
    done = auctioned(market(asking(dear=0.049), {"dear": 0.6, "own": 0.9}))
    assert (done.award.winner, done.sale, done.sales) == ("own", None, ())
    assert {bid.model: bid.cost_usd for bid in done.award.bids}["dear"] == 0.049


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


def test_an_outside_run_may_be_a_plans_later_lane_and_is_paid_by_what_its_presence_is_worth():
    made = market(asking(strong=0.02), {"cheap": 0.7, "strong": 1.0}, max_lanes=2)
    done = auctioned(made, verifier=0.95)
    award, sale = done.award, done.sold("strong")
    assert (award.plan.kind, award.plan.lanes) == ("cascade", ["cheap", "strong"])
    assert (done.sale, done.sold("cheap")) == (None, None)
    assert sale is not None
    starts = award.plan.starts[1]
    alone = market([], {"cheap": 0.7}).award("a task", "mail", verifier=0.95)
    presence = award.score - alone.score
    assert sale.pay_usd == pytest.approx(min(0.02 + presence / (20 * starts), RESERVE), abs=2e-3)
    assert 0.02 < sale.pay_usd <= RESERVE
    assert sale.starts == starts < 1
    assert f"strong asked $0.020000 and is paid ${sale.pay_usd:.6f}" in done.explain()


def test_what_a_bidder_claims_is_held_against_what_came_of_it():
    claims = iter([0.95, 0.2] * 200)
    said = {}

    def bid(invitation):
        said[invitation.id] = next(claims)
        return Ask(0.001, quality=said[invitation.id])

    made = market([CallableAgent("knows", bid)], {"knows": 0.5, "own": 0.1})
    for turn in range(60):
        done = auctioned(made)
        if done.award.winner == "knows":
            good = float(said[done.invitation.id] > 0.5)
            if turn % 2:
                made.observe(done.award, model="knows", quality=good)
            else:
                made.observe(done.award, model="knows")
                made.feedback(done.award.id, model="knows", quality=good)
    believed = {}
    for _ in range(2):
        done = auctioned(made)
        believed[said[done.invitation.id]] = next(bid.quality for bid in done.award.bids if bid.model == "knows")
    learned = made.award_inside("a task", "mail", {}).bids[0].quality
    assert believed[0.95] > learned + 0.15
    assert believed[0.2] < learned - 0.15


def test_a_liar_is_believed_in_no_new_class_and_one_who_always_says_the_same_adds_nothing():
    always = Stated()
    assert always.believed(0.99, 0.5, 0.0) == pytest.approx(0.99)
    for turn in range(100):
        always.observe(0.99, float(turn % 5 == 0))
    assert always.believed(0.99, 0.5, 0.0) < 0.3
    assert always.believed(0.99, 0.2, 100.0) == pytest.approx(0.2, abs=0.02)


def test_a_run_is_paid_on_its_outcome_and_its_bidder_is_told():
    told = []

    class Seller(CallableAgent):
        async def notify(self, notice):
            told.append(notice)

    made = market([Seller("sold", lambda _: Ask(0.001, quality=0.9))], {"sold": 0.9, "own": 0.5})

    async def main():
        done = await made.auction("a task", "mail")
        await done.notify()
        with pytest.raises(UnknownModelError, match="no run of 'own' was bought from outside here; bought: sold"):
            await done.pay(model="own", quality=1.0)
        return done, [await done.pay(model="sold", quality=quality) for quality in (1.0, 0.5, None)]

    done, due = anyio.run(main)
    assert due == [done.sale.due(1.0), done.sale.due(0.5), done.sale.pay_usd]
    assert due[1] < due[2]
    assert [notice["type"] for notice in told] == ["win", "paid", "paid", "paid"]
    assert {notice["id"] for notice in told} == {done.invitation.id}
    assert [notice["due_usd"] for notice in told[1:]] == due


def test_the_loser_hears_who_outbid_it_and_where_money_weighs_nothing_no_price_wins():
    told = []

    class Loser(CallableAgent):
        async def notify(self, notice):
            told.append(notice["reason"])

    made = market([Loser("dear", lambda _: 0.049)], {"dear": 0.6, "own": 0.9})
    made.award("a task", "mail")
    assert told == ["outbid by own"]
    award = made.award("a task", "mail", weights={"quality": 1.0})
    assert dict(award.filtered)["dear"] == "money weighs nothing: a price cannot win"


ASKS = st.lists(st.floats(0.0, 0.06), min_size=1, max_size=4)


def planned(asks, true_cost):
    """What bidder 0 gains of an auction of plans, expected: it is paid only where its lane starts."""
    names = [f"m{place}" for place in range(len(asks))]
    made = market(asking(**dict(zip(names, asks, strict=True))), QUALITIES | {"own": 0.4}, max_lanes=2)
    done = auctioned(made, verifier=0.95)
    sale = done.sold("m0")
    return 0.0 if sale is None else sale.starts * (sale.pay_usd - true_cost), done.sales


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


@settings(max_examples=25)
@given(ASKS, st.floats(0.0, RESERVE))
def test_of_plans_too_nobody_gains_by_a_lie_or_is_paid_less_than_it_asked(asks, lie):
    asks = [min(ask, RESERVE) for ask in asks] + [0.03] * (4 - len(asks))
    gain, sales = planned(asks, asks[0])
    assert all(sale.pay_usd >= asks[int(sale.bidder[1:])] - 1e-12 for sale in sales)
    lied, _ = planned([lie, *asks[1:]], asks[0])
    assert lied <= gain + 1e-9


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
            while len(told) < (2 if response.model == "sold" else 1):
                await anyio.lowlevel.checkpoint()
            return response

    response = anyio.run(main)
    assert response.model == winner
    if winner == "sold":
        assert [notice["type"] for notice in told] == ["win", "paid"]
        assert response.cost.total_usd == told[1]["due_usd"]
        assert response.cost.total_usd == told[0]["pay_usd"] >= ask
    else:
        assert (told[0]["type"], told[0]["reason"]) == ("loss", "above the reserve")

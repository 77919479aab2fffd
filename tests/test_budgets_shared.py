"""Budgets that requests share: 64 callers at once, pacing, what happens at the end, days, callers, classes."""

import heapq
import random
from datetime import date
from types import SimpleNamespace

import anyio
import pytest

from atomic_ai import Atomic, Budget, Model, Task
from atomic_ai.adapt import adapt
from atomic_ai.errors import BudgetError, ConfigError, DeadlineError, MisuseError
from atomic_ai.market import Budgets, Market
from atomic_ai.market.tab import Tab
from atomic_ai.testing import Pace, Script, ScriptedModel, VirtualClock

pytestmark = pytest.mark.anyio

CALLERS = 64
TASK = Task("Say it in a few words.", max_tokens=40, task_class="saying")
WORDS = Script("This is said in no more than a few words.")
STEADY = {"ttft_sigma": 0, "speed_sigma": 0, "gap_sigma": 0, "tail_probability": 0}


def model(name, clock, price=1.0, pace=None):
    scripted = ScriptedModel(WORDS, clock, pace=pace or Pace(**STEADY))
    return Model(name, run=scripted, price_in=price, price_out=price)


def most(card, task=TASK):
    """What one lane may cost at most."""
    return adapt(task, card).most_usd


async def in_a_while(_call):
    """Answers after other tasks have had some turns."""
    for _ in range(random.randrange(1, 30)):
        await anyio.lowlevel.checkpoint()
    return WORDS.text


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_sixty_four_callers_spend_a_budget_of_a_thousand_reservations_and_never_pass_it():
    card = Model("only", run=in_a_while, price_in=1.0, price_out=1.0)
    task = Task("Say it in a few words.", max_tokens=12)
    cap = 1_000 * most(card, task)
    budgets, together, ended = Budgets({"day": cap}), [], []

    async def caller(atomic):
        while True:
            try:
                await atomic.run(task)
            except BudgetError as error:
                ended.append(error)
                return
            together.append(budgets.spent("day") + budgets.reserved("day"))

    async with Atomic([card], budgets=budgets, plan="single") as atomic, anyio.create_task_group() as group:
        for _ in range(CALLERS):
            group.start_soon(caller, atomic)
    print(f"{budgets.spent('day') / cap:.4%} of the cap in {len(together)} requests")
    assert max(together) <= cap * (1 + 1e-9)
    assert {error.policy for error in ended} == {"refuse"}
    assert len(ended) == CALLERS
    assert 0.995 * cap <= budgets.spent("day") <= cap
    assert budgets.reserved("day") == 0.0


COSTS = {"cheap": 0.0001, "dear": 0.01}
MOST = {name: 1.2 * usd for name, usd in COSTS.items()}


def learned():
    """Ten task classes; the dear model is the better the higher the class's number."""
    models = [SimpleNamespace(name=name, price_in=100 * usd, price_out=100 * usd) for name, usd in COSTS.items()]
    market = Market(models, weights={"quality": 1.0, "cost": 1.0}, explore=0, max_lanes=1)
    dice = random.Random(3)
    for kind in range(10):
        for turn in range(40):
            for name, quality in (("cheap", 0.5), ("dear", 0.5 + 0.05 * kind)):
                good = float(dice.random() < quality)
                market.teach(f"{kind} {turn}", f"c{kind}", model=name, quality=good, cost_usd=COSTS[name])
    return market


class Flight:
    """Tasks that run: at most so many at once, and a clock on which waiting lets the next of them end."""

    def __init__(self, dice):
        self.dice, self.running, self.time = dice, [], 0.0

    def start(self, end):
        heapq.heappush(self.running, (self.time + self.dice.lognormvariate(0, 1), len(self.running), end))

    def land(self):
        self.time, _, end = heapq.heappop(self.running)
        end()

    def now(self):
        return 0

    async def wait(self, _event, _until):
        self.land()


def ender(tab, reserved, bill):
    def end():
        tab.settle(reserved, bill)
        tab.close()

    return end


@pytest.mark.parametrize("seed", range(5))
async def test_a_paced_budget_of_a_thousand_reservations_is_spent_to_half_a_percent_by_sixty_four_at_once(seed):
    market, dice = learned(), random.Random(seed)
    flight = Flight(dice)
    tasks, cap = 3_000, 1_000 * MOST["dear"]
    budgets, won = Budgets({"day": cap}), []
    budgets.pace("day", tasks=tasks)
    for _ in range(tasks):
        while len(flight.running) >= CALLERS:
            flight.land()
        tab = Tab(budgets, ("day",))
        kept_out = await tab.admit(MOST, flight, None, wait=True)
        award = market.award("x", f"c{dice.randrange(10)}", multiplier=tab.multiplier, filtered=kept_out)
        won.append(award.winner)
        reserved = MOST[award.winner]
        tab.begin(award.expected.cost_usd, reserved)
        assert tab.reserve(reserved)
        assert budgets.spent("day") + budgets.reserved("day") <= cap * (1 + 1e-9)
        flight.start(ender(tab, reserved, COSTS[award.winner] * dice.uniform(0.8, 1.2)))
    while flight.running:
        flight.land()
    print(f"seed {seed}: {budgets.spent('day') / cap:.4%} of the cap, {won.count('dear')} dear of {tasks}")
    assert 0.995 * cap <= budgets.spent("day") <= cap
    # Spread over the whole day, not spent in the morning.
    assert won[: tasks // 4].count("dear") == pytest.approx(won.count("dear") / 4, rel=0.25)


async def dear_and_cheap(budgets, **settings):
    clock = VirtualClock()
    cards = [model("cheap", clock, 0.1), model("dear", clock, 10.0)]
    weights = {"quality": 1.0, "cost": 0.0, "latency": 0.0}
    atomic = Atomic(cards, clock=clock, budgets=budgets, weights=weights, plan="single", **settings)
    return atomic, [most(card) for card in cards]


async def winners(atomic, count, **options):
    return [(await atomic.run(TASK, **options)).model for _ in range(count)]


async def test_at_the_end_refuse_keeps_out_what_does_not_fit_and_refuses_when_nothing_does():
    budgets = Budgets({"total": 1.0})
    atomic, (cheap, dear) = await dear_and_cheap(budgets)
    async with atomic:
        assert await winners(atomic, 1) == ["dear"]
        budgets.cap("total", budgets.spent("total") + (cheap + dear) / 2)
        response = await atomic.run(TASK)
        assert response.model == "cheap"
        assert "dear was not asked: it may cost up to $" in response.trace.explain()
        assert "and budget 'total' has $" in response.trace.explain()
        budgets.cap("total", budgets.spent("total") + cheap / 2)
        with pytest.raises(BudgetError, match=r"budget 'total' has .* raise the cap, lower max_tokens") as caught:
            await atomic.run(TASK)
    assert caught.value.policy == "refuse"
    assert not caught.value.retryable


async def test_at_the_end_cheapest_takes_the_cheapest_though_a_better_one_fits():
    clock = VirtualClock()
    cards = [model("cheap", clock, 0.1), model("middle", clock, 1.0), model("dear", clock, 10.0)]
    budgets = Budgets({"total": 1.0}, at_the_end="cheapest")
    weights = {"quality": 1.0, "cost": 0.0, "latency": 0.0}
    async with Atomic(cards, clock=clock, budgets=budgets, weights=weights, plan="single") as atomic:
        assert await winners(atomic, 1) == ["dear"]
        budgets.cap("total", budgets.spent("total") + (most(cards[1]) + most(cards[2])) / 2)
        response = await atomic.run(TASK)
        assert response.model == "cheap"
        assert "middle was not asked: budget 'total' ends, and cheap is the cheapest" in response.trace.explain()
        budgets.cap("total", budgets.spent("total"))
        with pytest.raises(BudgetError) as caught:
            await atomic.run(TASK)
    assert caught.value.policy == "cheapest"


@pytest.mark.parametrize("kind", ["plain", "async"])
async def test_at_the_end_ask_asks_and_goes_on_with_what_it_is_given(kind):
    asked = []

    def plain(shortage):
        asked.append(shortage)
        return shortage.needed_usd - shortage.left_usd if len(asked) == 1 else None

    async def waiting(shortage):
        return plain(shortage)

    budgets = Budgets({"total": 0.0}, at_the_end="ask", ask=plain if kind == "plain" else waiting)
    atomic, (cheap, dear) = await dear_and_cheap(budgets)
    async with atomic:
        assert await winners(atomic, 1) == ["dear"]
        assert (asked[0].account, asked[0].left_usd) == ("total", 0.0)
        assert (asked[0].needed_usd, asked[0].least_usd) == (dear, cheap)
        budgets.cap("total", budgets.spent("total"))
        with pytest.raises(BudgetError) as caught:
            await atomic.run(TASK)
    assert caught.value.policy == "ask"
    assert len(asked) == 2


async def test_one_caller_one_class_and_each_day_have_their_own_money():
    today = [date(2026, 1, 1)]
    caps = {"day": 1.0, "class:saying": 0.9, "caller:*/day": 0.8, "caller:rich/day": 1.0}
    budgets = Budgets(caps, today=lambda: today[0])
    atomic, (cheap, _) = await dear_and_cheap(budgets)
    async with atomic:
        await winners(atomic, 1, budget=Budget(caller="ann"))
        spent = budgets.spent("caller:ann/day")
        assert spent == budgets.spent("day") == budgets.spent("class:saying") > 0
        assert budgets.spent("caller:bob/day") == 0.0
        budgets.cap("caller:*/day", spent + cheap / 2)
        with pytest.raises(BudgetError, match="budget 'caller:ann/day'"):
            await atomic.run(TASK, budget=Budget(caller="ann"))
        await winners(atomic, 1, budget=Budget(caller="rich"))
        await winners(atomic, 1)  # of nobody in particular
        today[0] = date(2026, 1, 2)
        assert budgets.spent("day") == budgets.spent("caller:ann/day") == 0.0
        assert budgets.spent("class:saying") == pytest.approx(3 * spent)
        await winners(atomic, 1, budget=Budget(caller="bob"))
    assert {name for name in budgets._open if "2026-01-01" in name} == set()


async def test_who_must_wait_for_money_waits_no_longer_than_its_deadline():
    clock = VirtualClock()
    card = model("slow", clock, pace=Pace(30.0, **STEADY))
    budgets = Budgets({"total": most(card)})
    outcomes = []

    async def ask(atomic, budget):
        try:
            outcomes.append((await atomic.run(TASK, budget=budget)).model)
        except DeadlineError as error:
            outcomes.append(str(error))

    async with Atomic([card], clock=clock, budgets=budgets) as atomic, anyio.create_task_group() as group:
        group.start_soon(ask, atomic, Budget())
        await anyio.lowlevel.checkpoint()
        group.start_soon(ask, atomic, Budget(deadline_s=10.0))
    assert outcomes == ["the deadline passed while other tasks held the budget's money", "slow"]


async def test_who_waits_for_money_runs_when_a_lane_costs_less_than_it_had_reserved():
    clock = VirtualClock()
    card = model("only", clock, pace=Pace(1.0, 50.0, **STEADY))
    budgets = Budgets({"total": 1.9 * most(card)})
    async with Atomic([card], clock=clock, budgets=budgets) as atomic, anyio.create_task_group() as group:
        for _ in range(2):
            group.start_soon(atomic.run, TASK)
    assert len(card.run.calls) == 2
    first, second = sorted(call.started_s for call in card.run.calls)
    assert second > first


async def test_a_cancelled_request_gives_back_what_it_had_set_aside():
    clock = VirtualClock()
    card = model("slow", clock, pace=Pace(30.0, **STEADY))
    budgets = Budgets({"total": 1.0})
    async with Atomic([card], clock=clock, budgets=budgets) as atomic:
        async with atomic.stream(TASK):
            await anyio.lowlevel.checkpoint()
        assert budgets.reserved("total") == 0.0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"at_the_end": "panic"}, '"refuse", "cheapest" and "ask"'),
        ({"at_the_end": "ask"}, "need each other"),
        ({"ask": print}, "need each other"),
    ],
)
def test_policies_that_are_none_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        Budgets({"day": 1.0}, **settings)


@pytest.mark.parametrize("usd", [-1.0, float("nan"), float("inf")])
def test_caps_that_are_none_are_refused(usd):
    with pytest.raises(MisuseError):
        Budgets({"caller:*": usd})

"""Budgets: no cap is passed by any number of callers, and a paced budget is spent, not missed."""

import random
import threading
from types import SimpleNamespace

import pytest

from atomic_ai.errors import BudgetError, MisuseError
from atomic_ai.market import Budgets, Market


def spend_it_all(budgets, largest, seed, passed):
    dice = random.Random(seed)
    while True:
        try:
            hold = budgets.reserve(largest, "day")
        except BudgetError:
            return
        if budgets.spent("day") + budgets.reserved("day") > 1.0 + 1e-9:
            passed.append(seed)
        budgets.settle(hold, largest * dice.random())


def test_sixty_four_callers_never_pass_the_cap_and_leave_less_than_half_a_percent():
    budgets, passed = Budgets({"day": 1.0}), []
    callers = [threading.Thread(target=spend_it_all, args=(budgets, 0.0005, seed, passed)) for seed in range(64)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert not passed
    assert 0.995 <= budgets.spent("day") <= 1.0
    assert budgets.reserved("day") == 0.0


def test_one_account_that_is_spent_refuses_for_all():
    budgets = Budgets({"day": 1.0, "caller": 0.1})
    with pytest.raises(BudgetError, match="caller"):
        budgets.reserve(0.2, "day", "caller")
    assert budgets.reserved("day") == 0.0


def test_a_paced_market_spends_its_budget_over_its_tasks():
    models = [SimpleNamespace(name="cheap", price_in=0.1, price_out=0.1)]
    models.append(SimpleNamespace(name="dear", price_in=10.0, price_out=10.0))
    market = Market(models, weights={"quality": 1.0, "cost": 1.0}, explore=0, max_lanes=1)
    dice, costs = random.Random(3), {"cheap": 0.0001, "dear": 0.01}
    classes = [f"c{number}" for number in range(10)]
    for place, kind in enumerate(classes):
        for turn in range(40):
            for name, quality in (("cheap", 0.5), ("dear", 0.5 + 0.05 * place)):
                good = float(dice.random() < quality)
                market.teach(f"{kind} {turn}", kind, model=name, quality=good, cost_usd=costs[name])
    budgets, tasks = Budgets({"day": 4.0}), 1_000
    budgets.pace("day", tasks=tasks)
    for turn in range(tasks):
        award = market.award("x", classes[turn % 10], multiplier=budgets.multiplier("day"))
        budgets.settle(budgets.reserve(0.0, "day"), costs[award.winner])
    assert budgets.spent("day") == pytest.approx(4.0, rel=0.02)


def test_a_budget_without_cap_or_tasks_cannot_be_paced():
    with pytest.raises(MisuseError):
        Budgets({}).pace("day", tasks=10)
    with pytest.raises(MisuseError):
        Budgets({"day": 1.0}).pace("day", tasks=0)


@pytest.mark.parametrize("usd", [-1.0, float("nan"), float("inf")])
def test_amounts_that_are_none_are_refused(usd):
    budgets = Budgets({"day": 1.0})
    with pytest.raises(MisuseError):
        budgets.reserve(usd, "day")
    with pytest.raises(MisuseError):
        budgets.cap("day", usd)
    hold = budgets.reserve(0.5, "day")
    with pytest.raises(MisuseError):
        budgets.settle(hold, usd)
    assert budgets.settle(hold, 0.5) == 0.0

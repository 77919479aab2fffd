"""Budgets in SQLite and PostgreSQL: caps that processes and restarts share."""

import subprocess
import sys
import threading
import time
from datetime import date

import pytest

from atomic_ai import Atomic, Budget, Model, Task
from atomic_ai.errors import BudgetError, ConfigError, MisuseError, StateError
from atomic_ai.market import Budgets, Market
from atomic_ai.market.shared_ledger import KEPT_S, LAPSE_S, open_ledger
from atomic_ai.testing import Script, SimulatedEndpoint
from databases import execute

TODAY = date(2026, 3, 1)


def budgets(where, caps=None, **options):
    return Budgets({"day": 1.0} if caps is None else caps, store=where, today=lambda: TODAY, **options)


class Time:
    """Seconds since 1970, set by hand."""

    now = 1e9

    def __call__(self):
        return self.now


def test_a_restart_forgets_nothing(where):
    first = budgets(where)
    hold = first.reserve(0.3, "day")
    first.settle(first.reserve(0.2, "day"), 0.1)
    first.close()
    second = budgets(where)
    assert (second.spent("day"), second.reserved("day"), second.left("day")) == (0.1, 0.3, 0.6)
    assert second.settle(hold, 0.35) == pytest.approx(0.05)
    with pytest.raises(StateError, match=f"reservation {hold.reservation} is not open"):
        second.settle(hold, 0.35)
    assert (second.spent("day"), second.reserved("day")) == (0.45, 0.0)
    second.close()
    tomorrow = Budgets({"day": 1.0}, store=where, today=lambda: date(2026, 3, 2))
    assert tomorrow.left("day") == 1.0
    tomorrow.close()


def test_one_account_that_is_spent_refuses_for_all_and_takes_from_none(where):
    both = budgets(where, {"day": 1.0, "caller:*": 0.1})
    with pytest.raises(BudgetError, match=r'budget "caller:ann" has \$0.100000 left, which is too little') as caught:
        both.reserve(0.2, "day", "caller:ann")
    assert caught.value.policy == "refuse"
    assert (both.reserved("day"), both.reserved("caller:ann")) == (0.0, 0.0)
    both.settle(both.reserve(0.1, "day", "caller:ann", "uncapped"), 0.1)
    assert (both.left("caller:ann"), both.left("caller:bob"), both.spent("uncapped")) == (0.0, 0.1, 0.1)
    both.close()


def test_a_cap_that_is_raised_is_raised_for_all_and_for_the_next_run(where):
    first, other = budgets(where), budgets(where)
    first.raise_cap("day", 0.5)
    assert (first.left("day"), other.left("day")) == (1.5, 1.5)
    other.cap("day", 2.0)
    assert (first.left("day"), other.left("day")) == (1.5, 2.5)
    first.close()
    other.close()
    again = budgets(where)
    assert again.left("day") == 1.5
    again.close()


# Another process: store, seed, threads, whether it dies with reservations open. Tells what it was billed.
SPENDER = """
import os, random, signal, sys, threading
from datetime import date
from atomic_ai.errors import BudgetError
from atomic_ai.market import Budgets

where, seed, threads, dies = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "dies"
budgets = Budgets({"day": 1.0}, store=where, today=lambda: date(2026, 3, 1))
billed = []

def spend(seed):
    dice = random.Random(seed)
    while True:
        try:
            hold = budgets.reserve(0.004, "day")
        except BudgetError:
            return
        bill = 0.004 * dice.random()
        billed.append(round(bill * 1e9))
        budgets.settle(hold, bill)

if dies:
    for _ in range(5):
        budgets.reserve(0.004, "day")
    os.kill(os.getpid(), signal.SIGKILL)
pool = [threading.Thread(target=spend, args=(seed * 1000 + turn,)) for turn in range(threads)]
for thread in pool:
    thread.start()
for thread in pool:
    thread.join()
print(sum(billed))
budgets.close()
"""


def spender(where, seed, threads, end="closes"):
    arguments = [sys.executable, "-c", SPENDER, str(where), str(seed), str(threads), end]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_four_processes_of_eight_callers_spend_one_cap_and_never_pass_it(where):
    shared = budgets(where)
    running = [spender(where, seed, 8) for seed in range(4)]
    over = []
    while any(process.poll() is None for process in running):
        over += [left] if (left := shared.spent("day") + shared.reserved("day")) > 1.004 else []
    told = [process.communicate() for process in running]
    assert [process.returncode for process in running] == [0] * 4, told
    assert not over  # two reads, between which one reservation may move
    assert shared.spent("day") == pytest.approx(sum(int(out) for out, _ in told) / 1e9)
    assert 0.995 <= shared.spent("day") <= 1.0
    assert shared.reserved("day") == 0.0
    shared.close()


@pytest.mark.parametrize("lapsed", ["spent", "freed"])
def test_what_a_dead_process_had_set_aside_lapses(where, lapsed):
    dying = spender(where, 0, 1, "dies")
    dying.communicate()
    assert dying.returncode != 0
    ledger = open_ledger(where, lapsed=lapsed)
    ledger.cap(f"day {TODAY}", 1.0)
    assert ledger.balance(f"day {TODAY}") == pytest.approx((0.0, 0.02))
    ledger.close()
    later = open_ledger(where, lapsed=lapsed, now=lambda: time.time() + LAPSE_S + 1)
    later.cap(f"day {TODAY}", 1.0)
    assert later.left(f"day {TODAY}") == pytest.approx(0.98 if lapsed == "spent" else 1.0)
    assert later.balance(f"day {TODAY}") == pytest.approx((0.02 if lapsed == "spent" else 0.0, 0.0))
    later.close()


@pytest.mark.parametrize("lapsed", ["spent", "freed"])
def test_a_lane_that_outlives_its_reservation_is_paid_all_the_same(where, lapsed):
    clock = Time()
    ledger = open_ledger(where, lapsed=lapsed, now=clock)
    ledger.cap("total", 1.0)
    slow = ledger.reserve(0.4, ["total"])
    clock.now += LAPSE_S
    assert ledger.left("total") == (0.6 if lapsed == "spent" else 1.0)
    assert ledger.settle(slow, 0.1) == 0.0
    assert (ledger.left("total"), *ledger.balance("total")) == (0.9, 0.1, 0.0)
    with pytest.raises(StateError):
        ledger.settle(slow, 0.1)
    ledger.close()


def test_past_days_are_forgotten_in_time_and_totals_are_not(where):
    clock = Time()
    ledger = open_ledger(where, now=clock)
    for account in ("day 2026-03-01", "class:mail/day 2026-03-01", "total"):
        ledger.settle(ledger.reserve(0.1, [account]), 0.1)
    clock.now += KEPT_S + 1
    spent = [ledger.balance(account)[0] for account in ("day 2026-03-01", "class:mail/day 2026-03-01", "total")]
    assert spent == [0.0, 0.0, 0.1]
    ledger.close()


def test_bills_that_cannot_be_put_down_are_put_down_later():
    class Failing:
        """A database that is away now and then."""

        def __init__(self, base):
            self.base, self.away = base, False

        def run(self, work):
            if self.away:
                raise ConfigError("away")
            return self.base.run(work)

        def close(self):
            self.base.close()

    ledger = open_ledger(":memory:")
    ledger.cap("total", 1.0)
    ledger._base = base = Failing(ledger._base)
    hold = ledger.reserve(0.4, ["total"])
    base.away = True
    assert ledger.settle(hold, 0.3) == 0.0
    with pytest.raises(ConfigError, match="away"):
        ledger.reserve(0.1, ["total"])
    base.away = False
    assert ledger.reserve(0.7, ["total"]) > hold
    assert ledger.balance("total") == (0.3, 0.7)
    ledger.close()


def test_a_paced_budget_keeps_its_pace_over_a_restart(where):
    first = budgets(where)
    first.pace("day", tasks=1000)
    first.settle(first.reserve(0.5, "day"), 0.5)
    first.close()
    second = budgets(where)
    second.pace("day", tasks=1000)
    for _ in range(100):
        second.settle(second.reserve(0.002, "day"), 0.001)
    assert second.multiplier("day") == pytest.approx(0.0, abs=0.05)
    second.close()


def test_requests_of_several_atomics_share_a_cap_and_the_file_with_their_profiles(tmp_path):
    path, asked = tmp_path / "atomic.db", Task("Say hello.", max_tokens=1000)

    def answered(models):
        shared = Budgets({"caller:*": 2.5}, store=path)
        atomic = Atomic(models, budgets=shared, profiles=path)
        spent = atomic.run_sync(asked, budget=Budget(caller="ann")).cost.total_usd
        told = spent, shared.spent("caller:ann"), shared.reserved("caller:ann")
        shared.close()
        return told

    with SimulatedEndpoint("openai-chat", Script("Hello there.")) as endpoint:
        card = {"provider": "openai", "base_url": endpoint.base_url, "api_key": "simulated"}
        models = [Model("a", price_in=0, price_out=1000, **card)]
        bills = [answered(models) for _ in range(3)]
    assert bills[0][0] > 0
    assert [bill[1:] for bill in bills] == [(pytest.approx(bills[0][0] * runs), 0.0) for runs in (1, 2, 3)]
    with Market(models, profiles=path) as market:
        assert market.outcomes == 3


def test_callers_in_threads_use_one_store(where):
    shared, failed = budgets(where), []

    def work():
        try:
            for _ in range(20):
                shared.settle(shared.reserve(0.001, "day"), 0.001)
        except Exception as error:  # noqa: BLE001
            failed.append(error)

    callers = [threading.Thread(target=work) for _ in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert not failed
    assert shared.spent("day") == pytest.approx(0.16)
    shared.close()


def test_stores_and_amounts_that_are_none_are_refused(tmp_path, where):
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database at all, but long enough to look at" * 100)
    with pytest.raises(ConfigError, match=r"broken.db cannot be used as a store of budgets"):
        budgets(broken)
    with pytest.raises(ConfigError, match="cannot be used as a store of budgets"):
        budgets(tmp_path / "nowhere" / "budgets.db")
    with pytest.raises(ConfigError, match="mysql:// is not supported"):
        budgets("mysql://host/base")
    with pytest.raises(ConfigError, match="lapsed='lost'"):
        budgets(where, lapsed="lost")
    shared = budgets(where)
    for wrong in (-1.0, float("nan"), float("inf"), 1e12):
        with pytest.raises(MisuseError, match="an amount of money"):
            shared.reserve(wrong, "day")
    shared.close()
    newer = "UPDATE atomic_budget_layout SET version = 2"
    execute(where, newer, newer)
    with pytest.raises(ConfigError, match="layout 2, which is newer than this Atomic reads"):
        budgets(where)

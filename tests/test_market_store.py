"""Profiles in SQLite and PostgreSQL: shared by processes, folded, refused where they cannot be read."""

import asyncio
import pickle
import subprocess
import sys
from types import SimpleNamespace

import pytest

from atomic_ai import Atomic, Model, Task
from atomic_ai.errors import ConfigError, MisuseError, StateError
from atomic_ai.market import Market
from atomic_ai.market.store import FOLD_AT, Batch, open_log
from databases import PASSWORD, database, execute

MODELS = [SimpleNamespace(name=name, price_in=1.0, price_out=2.0) for name in ("a", "b")]


def open_market(path, **settings):
    return Market(MODELS, profiles=path, write_every_s=3600, **settings)


# Another process: store, seed, outcomes, whether it dies at once instead of closing.
LEARNER = """
import os, signal, sys
from types import SimpleNamespace
from atomic_ai.market import Market

where, seed, outcomes, dies = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "dies"
models = [SimpleNamespace(name=name, price_in=1.0, price_out=2.0) for name in ("a", "b")]
with Market(models, profiles=where, write_every_s=3600, seed=seed) as market:
    for turn in range(outcomes):
        award = market.award(f"task {turn}", f"class {turn % 3}")
        market.observe(award, model=award.winner, quality=float(turn % 2), cost_usd=0.001, latency_s=1.0)
        if turn % 20 == 10 + seed:
            market.sync()
            print(turn + 1, flush=True)
    if dies:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def learner(where, seed, outcomes, end="closes", **pipes):
    return subprocess.Popen([sys.executable, "-c", LEARNER, str(where), str(seed), str(outcomes), end], **pipes)


def learn_much(where, outcomes):
    with open_market(where) as market:
        for turn in range(outcomes):
            market.teach(f"task {turn}", f"class {turn % 3}", model="a", quality=1.0, cost_usd=0.001)


def test_what_is_learned_is_there_after_a_restart(where):
    learn_much(where, 30)
    with open_market(where) as market:
        assert market.outcomes == 30


def test_eight_processes_learn_together_and_lose_nothing(where):
    processes = [learner(where, seed, 200, stdout=subprocess.DEVNULL) for seed in range(8)]
    assert [process.wait() for process in processes] == [0] * 8
    with open_market(where) as market:
        assert market.outcomes == 8 * 200


def test_of_eight_processes_one_is_killed_at_any_moment_and_no_written_outcome_is_lost(where):
    processes = [learner(where, seed, 400, stdout=subprocess.PIPE, text=True) for seed in range(8)]
    victim = processes[3]
    written = int(victim.stdout.readline())  # it has written once, and is somewhere in the middle of it all
    victim.kill()
    written = int((victim.stdout.read().split() or [written])[-1])
    for process in processes:
        if process is not victim:
            process.communicate()
        process.stdout.close()
        assert process.wait() == (-9 if process is victim else 0)
    with open_market(where) as market:
        # A write may have come through whose word did not.
        assert market.outcomes - 7 * 400 in range(written, 401)
        assert (market.outcomes - 7 * 400 - written) % 20 in (0, 8)


def test_a_fold_is_read_once_by_those_who_saw_all_some_or_none_of_it(where):
    all_seen, some_seen, writer = open_market(where), open_market(where), open_market(where)
    for turn in range(FOLD_AT):
        writer.teach("x", None, model="a", quality=1.0, cost_usd=0.001)
        writer.sync()
        if turn == FOLD_AT // 2:
            some_seen.sync()
    all_seen.sync()
    some_seen.teach("x", None, model="b", quality=0.0)
    writer.close()
    assert execute(where, "SELECT count(*) FROM deltas", "SELECT count(*) FROM atomic_deltas") == [(1,)]
    all_seen.sync()
    some_seen.sync()
    assert (all_seen.outcomes, some_seen.outcomes) == (FOLD_AT, FOLD_AT + 1)
    with open_market(where) as none_seen:
        assert none_seen.outcomes == FOLD_AT + 1
    all_seen.close()
    some_seen.close()


def test_a_process_that_dies_leaves_a_whole_store(where):
    assert learner(where, 0, 39, "dies", stdout=subprocess.DEVNULL).wait() == -9
    with open_market(where) as market:
        assert market.outcomes == 31


def test_a_batch_that_is_put_down_twice_counts_once(where):
    learned = Market(MODELS)
    learned.teach("x", None, model="a", quality=1.0)
    log = open_log(where)
    numbers = [log.enter(name) for name in ("me", "you")]
    first, second = Batch(1, learned.export(), ()), Batch(2, learned.export(), ())
    log.append("me", [first])
    log.append("me", [first, second])
    log.append("you", [first])
    page = log.read(0, "nobody")
    log.close()
    assert numbers[0] != numbers[1]
    assert (len(page.bodies), page.last, page.whole) == (3, 3, False)


def test_feedback_finds_an_award_after_a_restart_and_in_another_process(where):
    with open_market(where) as market:
        award = market.award("a task", "mail")
        market.observe(award, model=award.winner, cost_usd=0.001, latency_s=1.0)
    learned = []
    with open_market(where) as later, open_market(where) as elsewhere:
        assert later.award("a task", "mail").id != award.id
        for market in (later, elsewhere, later):
            market.feedback(award.id, model=award.winner, quality=0.0)
            learned.append(learned_by_now(where))
        with pytest.raises(StateError, match="no outcome of"):
            later.feedback(award.id, model="b" if award.winner == "a" else "a", quality=1.0)
        with pytest.raises(MisuseError, match="is not known here"):
            later.feedback(award.id + 1, model="a", quality=1.0)
    # It was learned by the first, and not again by the others.
    assert learned == [learned_by_now(where)] * 3
    assert learned[0] < 0.6


def learned_by_now(where):
    with open_market(where) as market:
        return market.award("x", "mail").bids[0].quality


@pytest.mark.parametrize("number", [-1, 2**63, 2**70])
def test_feedback_for_a_number_that_no_award_has(tmp_path, number):
    with open_market(tmp_path / "profiles.db") as market, pytest.raises(MisuseError, match="is not known here"):
        market.feedback(number, model="a", quality=1.0)


def test_a_newer_layout_is_refused(where):
    learn_much(where, 3)
    execute(where, "PRAGMA user_version = 99", "UPDATE atomic_layout SET version = 99")
    with pytest.raises(ConfigError, match="layout 99, which is newer than this Atomic reads: upgrade it"):
        open_market(where)


NEWER = """UPDATE {} SET body = {}"""


def test_a_newer_profile_within_is_refused_and_changes_nothing(where):
    with open_market(where) as market:
        learn_much(where, 3)
        market.sync()
        learn_much(where, 4)
        learn_much(where, 5)
        sqlite = "cast(replace(cast(body AS TEXT), ':1,', ':9,') AS BLOB) WHERE number = 3"
        postgres = "convert_to(replace(convert_from(body, 'UTF8'), ':1,', ':9,'), 'UTF8') WHERE number = 3"
        execute(where, NEWER.format("deltas", sqlite), NEWER.format("atomic_deltas", postgres))
        for _ in range(2):
            with pytest.raises(ConfigError, match="newer"):
                market.sync()
            assert market.outcomes == 3
    with pytest.raises(ConfigError, match="newer"):
        open_market(where)


def test_files_that_are_no_store_are_refused(tmp_path):
    garbage = tmp_path / "garbage.db"
    garbage.write_bytes(b"this is no database" * 100)
    with pytest.raises(ConfigError, match="cannot be used"):
        open_market(garbage)
    with pytest.raises(ConfigError, match="cannot be used"):
        open_market(tmp_path / "missing" / "profiles.db")
    with pytest.raises(ConfigError, match="mysql:// is not supported"):
        open_market("mysql://host/base")


def test_a_store_cut_short_is_refused_or_whole(tmp_path):
    path = tmp_path / "profiles.db"
    learn_much(path, 30)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ConfigError):
        open_market(path)


def test_a_database_that_goes_away_keeps_nobody_from_learning(server):
    where, (_, control) = database(server), server
    with open_market(where) as market:
        market.teach("x", None, model="a", quality=1.0)
        market.sync()
        control("stop")
        market.teach("x", None, model="a", quality=1.0)
        with pytest.raises(ConfigError, match="cannot be used as a profile store") as caught:
            market.sync()
        assert PASSWORD not in str(caught.value)
        control("start")
        market.sync()
    with open_market(where) as market:
        assert market.outcomes == 2


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://atomic:canary-password@127.0.0.1:1/base",
        "postgresql://atomic:canary-password@127.0.0.1:port/base",
        "postgresql://atomic:canary-password@[::1/base",
        "postgres://atomic:canary-password@/base?host=/nowhere",
        "postgresql://atomic:canary-password@/base?host=/nowhere&sslmode=canary-password",
    ],
)
def test_no_error_and_no_repr_tells_a_password(url):
    pytest.importorskip("asyncpg", reason="PostgreSQL: asyncpg is not installed")
    with pytest.raises(ConfigError, match=r"^postgresql://.* cannot be used as a profile store") as caught:
        open_market(url)
    error = caught.value
    told = [str(error), repr(error), repr(pickle.loads(pickle.dumps(error))), repr(error.__cause__)]
    told.append(repr(Atomic([Model("a", run=str)], profiles=url)._settings))
    assert "canary" not in "".join(told)
    assert error.__suppress_context__


def test_a_wrong_password_is_told_without_it(server):
    with pytest.raises(ConfigError, match=r"postgresql:///postgres .*28P01") as caught:
        open_market(server[0]("postgres", password="canary-wrong"))
    assert "canary" not in str(caught.value)


def test_without_asyncpg_the_remedy_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(ConfigError, match=r"atomic-ai\[postgres\]"):
        open_market("postgresql://host/base")


def test_an_open_atomic_keeps_its_profiles_in_a_database(server):
    where = database(server)

    async def main():
        async with Atomic([Model("a", run=lambda _: "Hello.", price_in=1, price_out=1)], profiles=where) as atomic:
            await atomic.run(Task("Say hello."))

    asyncio.run(main())
    with open_market(where) as market:
        assert market.outcomes == 1

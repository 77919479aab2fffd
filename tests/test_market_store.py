"""Profiles in SQLite: shared by processes, folded, refused where they cannot be read."""

import sqlite3
import subprocess
import sys
from types import SimpleNamespace

import pytest

from atomic_ai.errors import ConfigError
from atomic_ai.market import Market
from atomic_ai.market.store import FOLD_AT, Store

MODELS = [SimpleNamespace(name=name, price_in=1.0, price_out=2.0) for name in ("a", "b")]


def open_market(path, **settings):
    return Market(MODELS, profiles=path, write_every_s=3600, **settings)


# Another process: path, seed, outcomes, whether it dies at once instead of closing.
LEARNER = """
import os, signal, sys
from types import SimpleNamespace
from atomic_ai.market import Market

path, seed, outcomes, dies = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "dies"
models = [SimpleNamespace(name=name, price_in=1.0, price_out=2.0) for name in ("a", "b")]
with Market(models, profiles=path, write_every_s=3600, seed=seed) as market:
    for turn in range(outcomes):
        award = market.award(f"task {turn}", f"class {turn % 3}")
        market.observe(award, model=award.winner, quality=float(turn % 2), cost_usd=0.001, latency_s=1.0)
        if turn % 20 == 10 + seed:
            market.sync()
    if dies:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def learner(path, seed, outcomes, end="closes"):
    return subprocess.Popen([sys.executable, "-c", LEARNER, str(path), str(seed), str(outcomes), end])


def learn_much(path, outcomes):
    with open_market(path) as market:
        for turn in range(outcomes):
            market.teach(f"task {turn}", f"class {turn % 3}", model="a", quality=1.0, cost_usd=0.001)


def test_what_is_learned_is_there_after_a_restart(tmp_path):
    path = tmp_path / "profiles.db"
    learn_much(path, 30)
    with open_market(path) as market:
        assert market.outcomes == 30


def test_eight_processes_learn_together_and_lose_nothing(tmp_path):
    path = tmp_path / "profiles.db"
    processes = [learner(path, seed, 200) for seed in range(8)]
    assert [process.wait() for process in processes] == [0] * 8
    with open_market(path) as market:
        assert market.outcomes == 8 * 200


def test_a_fold_is_read_once_by_those_who_saw_all_some_or_none_of_it(tmp_path):
    path = tmp_path / "profiles.db"
    all_seen, some_seen, writer = open_market(path), open_market(path), open_market(path)
    for turn in range(FOLD_AT):
        writer.teach("x", None, model="a", quality=1.0, cost_usd=0.001)
        writer.sync()
        if turn == FOLD_AT // 2:
            some_seen.sync()
    all_seen.sync()
    some_seen.teach("x", None, model="b", quality=0.0)
    writer.close()
    with sqlite3.connect(path) as base:
        assert base.execute("SELECT count(*) FROM deltas").fetchone() == (1,)
    base.close()
    all_seen.sync()
    some_seen.sync()
    assert (all_seen.outcomes, some_seen.outcomes) == (FOLD_AT, FOLD_AT + 1)
    with open_market(path) as none_seen:
        assert none_seen.outcomes == FOLD_AT + 1
    all_seen.close()
    some_seen.close()


def test_a_process_that_dies_leaves_a_whole_file(tmp_path):
    path = tmp_path / "profiles.db"
    assert learner(path, 0, 39, "dies").wait() == -9
    with open_market(path) as market:
        assert market.outcomes == 31


def test_files_that_are_no_store_are_refused(tmp_path):
    garbage = tmp_path / "garbage.db"
    garbage.write_bytes(b"this is no database" * 100)
    with pytest.raises(ConfigError, match="cannot be used"):
        open_market(garbage)
    newer = tmp_path / "newer.db"
    with sqlite3.connect(newer) as base:
        base.execute("PRAGMA user_version = 99")
    base.close()
    with pytest.raises(ConfigError, match="newer"):
        open_market(newer)
    with pytest.raises(ConfigError, match="cannot be used"):
        open_market(tmp_path / "missing" / "profiles.db")
    with pytest.raises(ConfigError, match="not supported"):
        open_market("postgresql://host/base")


def test_a_store_cut_short_is_refused_or_whole(tmp_path):
    path = tmp_path / "profiles.db"
    learn_much(path, 30)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ConfigError):
        open_market(path)


def test_the_store_refuses_a_newer_profile_within(tmp_path):
    path = tmp_path / "profiles.db"
    learn_much(path, 3)
    store = Store(path)
    store._base.execute("UPDATE deltas SET body = cast(replace(cast(body AS TEXT), ':1,', ':9,') AS BLOB)")
    store.close()
    with pytest.raises(ConfigError, match="newer"):
        open_market(path)

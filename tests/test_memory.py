"""The market's memory on disk: kept when an Atomic closes, recalled when the next one opens."""

from __future__ import annotations

import pytest

from atomic_ai.atomic import Atomic
from atomic_ai.errors import ConfigError
from atomic_ai.market import Market
from atomic_ai.market.memory import keep, recall
from atomic_ai.model import Model
from atomic_ai.task import Task

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param


def models():
    return [Model("echo", run=lambda call: "Hello."), Model("other", run=lambda call: "Hello.")]


async def test_what_was_learned_is_there_the_next_time(tmp_path):
    path = tmp_path / "profiles"
    for runs in (1, 2):
        async with Atomic(models(), profiles=path, plan="single") as atomic:
            await atomic.run(Task("Greet me."))
        market = Market(models())
        recall(market, path)
        assert market.outcomes == runs
    assert [entry.name for entry in tmp_path.iterdir()] == ["profiles"]


async def test_without_a_path_no_file_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with Atomic(models()) as atomic:
        await atomic.run(Task("Greet me."))
    assert list(tmp_path.iterdir()) == []


def test_a_corrupt_memory_is_refused_by_its_name_and_kept(tmp_path):
    path = tmp_path / "profiles"
    path.write_bytes(b"not profiles")
    with pytest.raises(ConfigError, match="profiles: "):
        recall(Market(models()), path)
    assert path.read_bytes() == b"not profiles"


def test_a_memory_that_cannot_be_written_leaves_the_old_one(tmp_path):
    with pytest.raises(ConfigError, match="cannot be written"):
        keep(Market(models()), tmp_path / "no such folder" / "profiles")
    (tmp_path / "profiles").mkdir()
    with pytest.raises(ConfigError, match="cannot be written"):
        keep(Market(models()), tmp_path / "profiles")
    assert [entry.name for entry in tmp_path.iterdir()] == ["profiles"]


def test_a_memory_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        recall(Market(models()), tmp_path)

"""Flights: calls on their way into a race without a task, where nobody is left to take what comes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import anyio
import orjson
import pytest

from atomic_ai._core import Race
from atomic_ai.clock import MonotonicClock
from atomic_ai.providers.flight import Flight
from atomic_ai.race.driver import Driver

pytestmark = pytest.mark.anyio


class Refusal:
    """A reply that is no stream, and that nobody has read."""

    received = 1

    def __init__(self) -> None:
        self.closed = False
        self.ear: Any = None

    def hear(self, ear: Any) -> None:
        self.ear = ear

    def standing(self) -> tuple[bool, None]:
        return False, None

    def read_head(self) -> bool:
        return False

    def close(self) -> None:
        self.closed = True


def door(told: list[str]) -> Any:
    circuit = SimpleNamespace(succeeded=lambda: told.append("succeeded"), left=lambda: told.append("left"))
    return SimpleNamespace(circuit=circuit, headroom=SimpleNamespace(gone=lambda: None), provider="p", model="m")


async def test_a_refusal_that_comes_with_the_race_s_end_is_closed() -> None:
    reply, told = Refusal(), list[str]()

    def begin(_order: Any, _listens: Any, landed: Any) -> Flight:
        return Flight(door(told), reply, landed, lambda: pytest.fail("no task may open it"))  # type: ignore[arg-type]

    race = Race(orjson.dumps({"lanes": [{"start": ["now"], "dialect": "openai-chat"}]}))
    driver = Driver(
        race,
        MonotonicClock(),
        begin=begin,
        hear=lambda _: None,
        offer=lambda: None,
        answer=lambda _: None,
        check=lambda _: pytest.fail("nothing is asked"),
        grew=lambda _: None,
        room=anyio.lowlevel.checkpoint,
        lags=lambda: False,
        follow=lambda: None,
    )
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(driver.run)
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
        reply.ear()
        reply.ear()  # its body has begun
    assert reply.closed
    assert told == ["left"]  # what was received is a refusal's, and no sign of health

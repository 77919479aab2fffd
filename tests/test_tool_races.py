"""Tools in races: a write runs at most once, for the winner, after the decision."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import pytest

from atomic_ai import Atomic, Model, Task, tool
from atomic_ai.errors import RaceError
from atomic_ai.testing import Cut, ErrorInside, Fault, Script, SimulatedEndpoint, Status, ToolCall

if TYPE_CHECKING:
    from atomic_ai.testing import Exchange

pytestmark = pytest.mark.anyio

RACES = 1000
FAULTS: tuple[Fault | None, ...] = (None, None, None, Cut(after=1), ErrorInside(after=2), Status(500))


def endpoint(name: str) -> SimulatedEndpoint:
    rng = random.Random(name)

    def script(exchange: Exchange) -> Script:
        if exchange.json["messages"][-1]["role"] == "tool":
            return Script("Done.")
        broken = rng.random() < 0.2
        order = exchange.json["messages"][-1]["content"]
        arguments = json.dumps({"order": order, "by": 7 if broken else name})
        return Script(ToolCall("refund", arguments), piece=rng.choice((2, 5, 50)))

    def fault(exchange: Exchange) -> Fault | None:
        # The turn after a tool call is answered: what is tested is the race that proposes it.
        return None if exchange.json["messages"][-1]["role"] == "tool" else rng.choice(FAULTS)

    return SimulatedEndpoint("openai-chat", script, faults=fault)


async def test_a_write_runs_at_most_once_and_for_the_winner(anyio_backend_name: str) -> None:
    races = RACES if anyio_backend_name == "asyncio" else RACES // 10
    refunded: list[tuple[str, str]] = []
    keys: set[str] = set()

    @tool(effects="write")
    def refund(order: str, by: str, idempotency_key: str) -> str:
        """Refund an order."""
        refunded.append((order, by))
        assert idempotency_key not in keys
        keys.add(idempotency_key)
        return "refunded"

    won = 0
    with endpoint("one") as one, endpoint("two") as two:
        models = [
            Model(name, provider="openai", base_url=e.base_url, api_key="sk-simulated")
            for name, e in (("one", one), ("two", two))
        ]
        async with Atomic(models, plan="race") as atomic:
            for number in range(races):
                before = len(refunded)
                task = Task(tools=[refund], show="final").with_input(f"order-{number}")
                try:
                    response = await atomic.run(task)
                except RaceError:
                    assert len(refunded) - before <= 1
                    continue
                won += 1
                assert response.text == "Done."
                assert [order for order, _ in refunded[before:]] == [f"order-{number}"]
                decided = [event for event in response.trace.events if event["event"] in ("decided", "tool_call")]
                assert [event["event"] for event in decided] == ["decided", "tool_call", "decided"]
                assert decided[0]["model"] == decided[1]["model"] == refunded[-1][1]
    assert won > races / 2

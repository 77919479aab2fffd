"""Losers are closed before their next chunk, by the endpoints' own counters; so is everything a caller leaves."""

from __future__ import annotations

import anyio
import pytest
from pydantic import BaseModel

from atomic_ai import Atomic, Model, Task
from atomic_ai.errors import StateError
from atomic_ai.events import FirstToken, TextDelta
from atomic_ai.testing import Script, SimulatedEndpoint

pytestmark = pytest.mark.anyio


class Mail(BaseModel):
    category: str
    priority: int


GOOD = Script.json({"category": "billing", "priority": 2})
DEAD = Script('{"category": "billing", "priority": "high", "and": "so on and on and on and on"}')
LONG = Script.json({"category": "billing " * 100, "priority": 2})
ENDLESS = Script("word " * 200)


def model(name: str, endpoint: SimulatedEndpoint, price: float = 1.0) -> Model:
    return Model(
        name, provider="openai", base_url=endpoint.base_url, api_key="sk-simulated", price_in=price, price_out=price
    )


async def begun(endpoint: SimulatedEndpoint) -> None:
    """Wait for the request, then let it send its first three chunks and wait for them."""
    await endpoint.until(lambda e: len(e.requests) == 1)
    endpoint.release(3)
    await endpoint.until(lambda e: e.requests[0].chunks_sent == 3)


async def closed(endpoint: SimulatedEndpoint) -> None:
    """The client has closed: what is released now is never sent."""
    await endpoint.until(lambda e: e.requests[0].ended)
    assert endpoint.requests[0].outcome == "closed"
    endpoint.release(100)
    assert endpoint.requests[0].chunks_sent == 3
    assert endpoint.running == 0


async def test_a_loser_is_closed_before_its_next_chunk() -> None:
    with (
        SimulatedEndpoint("openai-chat", GOOD, gated=True) as winner,
        SimulatedEndpoint("openai-chat", LONG, gated=True) as loser,
    ):
        models = [model("winner", winner), model("loser", loser)]
        async with Atomic(models, plan="race") as atomic, anyio.create_task_group() as tasks:

            async def run() -> None:
                response = await atomic.run(Task("Classify.", output=Mail))
                assert response.output == Mail(category="billing", priority=2)
                assert response.model == "winner"

            tasks.start_soon(run)
            await begun(loser)
            await winner.until(lambda e: len(e.requests) == 1)
            winner.release(1000)
        await closed(loser)


async def test_a_lane_is_closed_at_its_fatal_byte() -> None:
    with (
        SimulatedEndpoint("openai-chat", GOOD, gated=True) as good,
        SimulatedEndpoint("openai-chat", DEAD) as dead,
    ):
        models = [model("good", good), model("dead", dead)]
        async with Atomic(models, plan="race") as atomic, atomic.stream(Task("Classify.", output=Mail)) as stream:
            async for event in stream:
                if event.kind == "lane_ended":  # until then the good lane could win before the dead one is read
                    break
            await good.until(lambda e: len(e.requests) == 1)
            good.release(1000)
            response = await stream.result()
        outcomes = {lane.model: lane for lane in response.trace.executions}
        assert outcomes["dead"].outcome == "schema_dead"
        assert outcomes["dead"].dead_at == len('{"category": "billing", "priority": ')
        assert dead.requests[0].outcome in ("closed", "complete")


@pytest.mark.parametrize("leave", ["break", "exception", "cancel"])
async def test_leaving_a_stream_closes_its_lanes(leave: str) -> None:
    with SimulatedEndpoint("openai-chat", ENDLESS, gated=True) as endpoint:
        async with Atomic([model("only", endpoint)]) as atomic, anyio.create_task_group() as tasks:
            scope = anyio.CancelScope()

            async def follow() -> None:
                with scope:
                    async with atomic.stream(Task("Write."), show="lead") as stream:
                        async for event in stream:
                            if isinstance(event, FirstToken):
                                await endpoint.until(lambda e: e.requests[0].chunks_sent == 3)
                                if leave == "exception":
                                    raise LookupError
                                if leave == "break":
                                    break
                                scope.cancel()

            async def expect() -> None:
                if leave == "exception":
                    with pytest.raises(LookupError):
                        await follow()
                else:
                    await follow()

            tasks.start_soon(expect)
            await begun(endpoint)
        await closed(endpoint)


async def test_closing_the_atomic_closes_every_lane() -> None:
    with SimulatedEndpoint("openai-chat", ENDLESS, gated=True) as endpoint:
        async with Atomic([model("only", endpoint)]) as atomic:
            stream = await atomic.stream(Task("Write.")).__aenter__()
            await begun(endpoint)
        await closed(endpoint)
        with pytest.raises(Exception, match="not complete"):
            _ = stream.response


async def test_closing_the_atomic_ends_a_run_of_another_task() -> None:
    with SimulatedEndpoint("openai-chat", ENDLESS, gated=True) as endpoint:
        async with anyio.create_task_group() as tasks:
            async with Atomic([model("only", endpoint)]) as atomic:

                async def run() -> None:
                    with pytest.raises(StateError, match="closed while"):
                        await atomic.run(Task("Write."))

                tasks.start_soon(run)
                await begun(endpoint)
            await closed(endpoint)


async def test_a_dropped_stream_warns_and_closes() -> None:
    with SimulatedEndpoint("openai-chat", ENDLESS, gated=True) as endpoint:
        async with Atomic([model("only", endpoint)]) as atomic:
            stream = atomic.stream(Task("Write."))
            await stream.__aenter__()
            await begun(endpoint)
            with pytest.warns(ResourceWarning, match="dropped"):
                del stream
            await endpoint.until(lambda e: e.requests[0].ended)
        await closed(endpoint)


async def test_shown_text_adds_up_to_the_response() -> None:
    script = Script("One sentence. And another one, longer than the first.")
    with SimulatedEndpoint("openai-chat", script, gated=True) as endpoint:
        async with Atomic([model("only", endpoint)]) as atomic, atomic.stream(Task("Write.")) as stream:
            await begun(endpoint)
            shown: list[str] = []
            async for event in stream:
                if isinstance(event, FirstToken):
                    endpoint.release(1000)
                if isinstance(event, TextDelta):
                    shown.append(event.text)
        assert "".join(shown) == stream.response.text == script.text

"""What only the native transport promises: decisions without text, batches, forks, several loops, clean ends."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest
from pydantic import BaseModel

from atomic_ai import Atomic, Budget, Model, Task
from atomic_ai.errors import ConfigError, DeadlineError
from atomic_ai.events import Event, FirstToken, TextDelta
from atomic_ai.providers.native import NativeReply
from atomic_ai.testing import Script, SimulatedEndpoint

pytestmark = pytest.mark.anyio


class Mail(BaseModel):
    category: str
    priority: int


GOOD = Script.json({"category": "billing", "priority": 2})
WORDS = Script("word " * 300)


def model(name: str, endpoint: SimulatedEndpoint) -> Model:
    return Model(name, provider="openai", base_url=endpoint.base_url, api_key="sk-simulated", price_in=1, price_out=1)


def native(*models: Model, **settings: object) -> Atomic:
    return Atomic(models, transport="native", **settings)  # type: ignore[arg-type]


async def test_a_run_sees_decisions_and_no_text() -> None:
    with SimulatedEndpoint("openai-chat", GOOD) as endpoint:
        async with native(model("only", endpoint)) as atomic:
            response = await atomic.run(Task("Classify.", output=Mail))
    assert response.output == Mail(category="billing", priority=2)
    told = {event["event"] for event in response.trace.events}
    assert not told & {"text_delta", "partial"}
    assert {"lane_opened", "first_token", "decided", "lane_ended"} <= told


@pytest.mark.parametrize("batch_s", [0.0, 0.005, 1.0])
async def test_text_is_whole_however_it_is_batched(batch_s: float) -> None:
    with SimulatedEndpoint("openai-chat", WORDS, split="byte") as endpoint:
        async with native(model("only", endpoint)) as atomic:
            async with atomic.stream(Task("Write."), show="lead", batch_s=batch_s) as stream:
                shown = [event.text async for event in stream if isinstance(event, TextDelta)]
            assert "".join(shown) == stream.response.text == WORDS.text


async def test_hooks_hear_of_growth() -> None:
    grown: list[Event] = []
    with SimulatedEndpoint("openai-chat", WORDS) as endpoint:
        async with native(model("only", endpoint), hooks=[grown.append]) as atomic:
            await atomic.run(Task("Write."))
    chars = [event.chars for event in grown if event.kind == "lane_grew"]  # type: ignore[union-attr]
    assert chars == sorted(set(chars))
    assert chars[-1] == len(WORDS.text)


async def test_a_value_never_shows_more_than_was_told() -> None:
    with SimulatedEndpoint("openai-chat", GOOD, split="byte") as endpoint:
        async with native(model("only", endpoint)) as atomic:
            async with atomic.stream(Task("Classify.", output=Mail), show="lead") as stream:
                values = [event.value async for event in stream if event.kind == "partial"]  # type: ignore[union-attr]
            assert values[-1] == {"category": "billing", "priority": 2}


async def test_a_deadline_ends_a_native_lane() -> None:
    with SimulatedEndpoint("openai-chat", WORDS, gated=True) as endpoint:
        async with native(model("only", endpoint)) as atomic:
            with pytest.raises(DeadlineError):
                await atomic.run(Task("Write."), budget=Budget(deadline_s=0.5))
        await endpoint.until(lambda e: not e.running)
        assert {request.outcome for request in endpoint.requests} <= {"closed"}


async def test_a_slow_reader_slows_its_own_stream_alone() -> None:
    long = Script("word " * 200_000)
    with SimulatedEndpoint("openai-chat", long) as slow, SimulatedEndpoint("openai-chat", GOOD) as quick:
        async with (
            native(model("slow", slow)) as atomic,
            native(model("quick", quick)) as other,
            atomic.stream(Task("Write.", max_tokens=200_000), show="lead") as stream,
        ):
            async for event in stream:
                if isinstance(event, FirstToken):
                    break
            for _ in range(20):
                await other.run(Task("Classify.", output=Mail))
            (request,) = slow.requests
            assert not request.ended
            assert request.chunks_sent < 200_000


@pytest.mark.parametrize("seconds", [-0.001, 1.5])
async def test_a_batch_that_is_none_is_refused(seconds: float) -> None:
    with SimulatedEndpoint("openai-chat", GOOD) as endpoint:
        async with native(model("only", endpoint)) as atomic:
            with pytest.raises(ConfigError, match="batch_s"):
                atomic.stream(Task("Write."), batch_s=seconds)


def test_loops_in_several_threads_share_one_reactor() -> None:
    outputs: list[object] = []

    async def ask(endpoint: SimulatedEndpoint) -> None:
        async with native(model("only", endpoint)) as atomic, anyio.create_task_group() as tasks:

            async def once() -> None:
                outputs.append((await atomic.run(Task("Classify.", output=Mail))).output)

            for _ in range(10):
                tasks.start_soon(once)

    with SimulatedEndpoint("openai-chat", GOOD) as endpoint:
        backends = ["asyncio", "trio", "asyncio", "trio"]
        threads = [threading.Thread(target=anyio.run, args=(ask, endpoint), kwargs={"backend": b}) for b in backends]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert outputs == [Mail(category="billing", priority=2)] * 40
    assert sum(thread.name == "atomic-transport" for thread in threading.enumerate()) == 0  # none of Python's


def test_uvloop_is_served() -> None:
    pytest.importorskip("uvloop")

    async def ask(endpoint: SimulatedEndpoint) -> object:
        async with native(model("only", endpoint)) as atomic:
            return (await atomic.run(Task("Classify.", output=Mail))).output

    with SimulatedEndpoint("openai-chat", GOOD) as endpoint:
        found = anyio.run(ask, endpoint, backend_options={"use_uvloop": True})
    assert found == Mail(category="billing", priority=2)


SCRIPTS = {
    "fork": """
import os, sys
from pathlib import Path

def sockets():
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            found.add(os.readlink(f"/proc/self/fd/{name}"))
        except OSError:
            pass
    return {name for name in found if name.startswith("socket:")}

async def ask(atomic):
    return (await atomic.run(Task("Classify.", output=Mail))).output.priority

async def fresh():
    async with atomic_of("quick", quick) as atomic:
        return await ask(atomic)

async def main():
    async with atomic_of("slow", slow) as atomic, atomic.stream(Task("Write."), show="lead") as stream:
        await slow.until(lambda e: len(e.requests) == 1)
        slow.release(3)
        async for event in stream:
            if event.kind == "first_token":
                break
        before = sockets()
        child = os.fork()
        if child == 0:
            closed = before - sockets()
            assert len(closed) >= 3, closed  # the stream's socket and both ends of the loop's bell
            found = []
            import threading
            thread = threading.Thread(target=lambda: found.append(anyio.run(fresh)))
            thread.start(); thread.join()
            os._exit(0 if found == [2] else 1)
        while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0):
            await anyio.sleep(0.01)
        assert ended[1] == 0, ended
        slow.release(1000)
        response = await stream.result()
        assert response.text == WORDS.text
    print("whole")

anyio.run(main)
""",
    "loop closed early": """
import asyncio, gc
loop = asyncio.new_event_loop()
async def begin():
    atomic = atomic_of("slow", slow)
    await atomic.__aenter__()
    stream = atomic.stream(Task("Write."), show="lead")
    await stream.__aenter__()
    await slow.until(lambda e: len(e.requests) == 1)
    return atomic, stream
kept = loop.run_until_complete(begin())
for task in asyncio.all_tasks(loop):
    task.cancel()
loop.run_until_complete(asyncio.sleep(0.05))
loop.close()
async def again():
    async with atomic_of("quick", quick) as atomic:
        return (await atomic.run(Task("Classify.", output=Mail))).output.priority
assert anyio.run(again) == 2
print("whole")
""",
    "exit while it runs": """
async def main():
    async with atomic_of("slow", slow) as atomic, atomic.stream(Task("Write."), show="lead"):
        await slow.until(lambda e: len(e.requests) == 1)
        print("whole", flush=True)
        sys.exit(0)
import sys
anyio.run(main)
""",
}

PREAMBLE = """
import anyio
from pydantic import BaseModel
from atomic_ai import Atomic, Model, Task
from atomic_ai.testing import Script, SimulatedEndpoint

class Mail(BaseModel):
    category: str
    priority: int

WORDS = Script("word " * 300)
quick = SimulatedEndpoint("openai-chat", Script.json({"category": "billing", "priority": 2})).__enter__()
slow = SimulatedEndpoint("openai-chat", WORDS, gated=True).__enter__()

def atomic_of(name, endpoint):
    card = Model(name, provider="openai", base_url=endpoint.base_url, api_key="sk-x", price_in=1, price_out=1)
    return Atomic([card], transport="native")
"""


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="reads /proc")
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_process_may_do_anything(name: str) -> None:
    run = [sys.executable, "-X", "faulthandler", "-c", PREAMBLE + SCRIPTS[name]]
    done = subprocess.run(run, capture_output=True, text=True, timeout=120, env=os.environ, check=False)
    assert (done.stdout, done.returncode) == ("whole\n", 0), done.stderr


class Hasty:
    """An exchange whose head and end both arrive right after it was found to have no head."""

    id = 1

    def __init__(self) -> None:
        self.arrived = False
        self.ear = lambda: None

    @property
    def head(self) -> tuple[int, dict[str, str]] | None:
        if self.arrived:
            return 200, {"content-type": "text/plain"}
        self.arrived = True
        self.ear()
        return None

    @property
    def ended(self) -> tuple[str, str] | None:
        return ("", "") if self.arrived else None

    def hear(self, _number: int, ear: Callable[[], None]) -> None:
        self.ear = ear


async def test_an_answer_that_is_whole_at_once_is_no_failure() -> None:
    hasty = Hasty()
    reply = NativeReply(hasty, hasty, "http://127.0.0.1/")  # type: ignore[arg-type]
    await reply.head()
    assert (reply.status, reply.headers) == (200, {"content-type": "text/plain"})

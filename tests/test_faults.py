"""Every fault of a network, over real sockets: no request is lost, every lane has one outcome, nothing stays open."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import anyio
import pytest
from pydantic import BaseModel

from atomic_ai import Atomic, Model, Task
from atomic_ai.errors import RaceError
from atomic_ai.model import Timeouts
from atomic_ai.testing import (
    BadJson,
    BadUtf8,
    Bomb,
    Cut,
    ErrorInside,
    Fault,
    HtmlPage,
    Redirect,
    Reset,
    Script,
    SimulatedEndpoint,
    Stall,
    Status,
)
from atomic_ai.testing.dialects import DIALECTS
from atomic_ai.testing.plan import Plan
from ledger import Ledger

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).resolve().parent.parent


class Answer(BaseModel):
    word: str


GOOD = Script.json({"word": "grüße"}, piece=3)
TASK = Task("Which word?", output=Answer)
SOON = Timeouts(connect_s=0.3, first_byte_s=0.6, first_token_s=0.8, gap_s=0.6)

BOMB = Bomb(70_000_000)
BOMB.apply(Plan([], 200, {}), DIALECTS["openai-chat"], None)  # type: ignore[arg-type]  # packed before a deadline runs

FAULTS: dict[str, tuple[Fault, set[str]]] = {
    "reset before headers": (Reset(), {"error"}),
    "reset after headers": (Reset(after=0), {"error", "truncated"}),
    "reset within the answer": (Reset(after=3), {"error", "truncated"}),
    "stall before headers": (Stall("before-headers"), {"late_first_byte"}),
    "stall after headers": (Stall("after-headers"), {"late_first_byte", "late_first_token"}),
    "stall within an event": (Stall("mid-event", after=3), {"late_gap"}),
    "429": (Status(429, retry_after="1"), {"error"}),
    "500": (Status(500), {"error"}),
    "503": (Status(503), {"error"}),
    "401": (Status(401), {"error"}),
    "a page instead of a stream": (HtmlPage(), {"error"}),
    "cut within an event": (Cut(after=3), {"error", "truncated"}),
    "cut within UTF-8": (Cut(after=1, inside="utf-8"), {"error", "truncated"}),
    "cut by a proxy": (Cut(after=3, clean=True), {"truncated"}),
    "broken JSON": (BadJson(after=2), {"error", "schema_dead", "truncated"}),
    "broken UTF-8": (BadUtf8(after=2), {"error", "schema_dead", "truncated", "acceptance_refused"}),
    "an error inside a 200": (ErrorInside(after=3), {"error"}),
    "a bomb": (BOMB, {"limit", "error"}),
    "a redirect with the key": (Redirect("http://127.0.0.1:9/v1"), {"error"}),
}


def at(endpoint: SimulatedEndpoint, name: str = "faulty", timeouts: Timeouts = SOON) -> Model:
    return Model(
        name, provider="openai", base_url=endpoint.base_url, api_key="sk-simulated", price_in=1, price_out=1,
        timeouts=timeouts,
    )  # fmt: skip


def balanced(ledger: Ledger, requests: int) -> None:
    """Every request has one outcome, every lane that started too, and the bills agree."""
    ledger.requests = requests
    assert ledger.wrong() == []


@asynccontextmanager
async def opened(*models: Model, **options: Any) -> AsyncIterator[tuple[Atomic, Ledger]]:
    ledger = Ledger()
    async with Atomic(models, hooks=[ledger.hear], **options) as atomic:
        yield atomic, ledger


async def nothing_is_open(*endpoints: SimulatedEndpoint) -> None:
    for endpoint in endpoints:
        await endpoint.until(lambda e: not e.running and not e.open_connections)


@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_alone_is_the_lanes_outcome(name: str) -> None:
    fault, outcomes = FAULTS[name]
    with SimulatedEndpoint("openai-chat", GOOD, faults=fault) as endpoint:
        async with opened(at(endpoint), plan="single") as (atomic, ledger):
            with pytest.raises(RaceError) as caught:
                await atomic.run(TASK.changed(task_class=name))
        await nothing_is_open(endpoint)
    assert {lane.outcome for lane in caught.value.lanes} <= outcomes
    assert all(lane.cost_usd >= 0 for lane in caught.value.lanes)
    balanced(ledger, 1)


@pytest.mark.parametrize("plan", ["race", "hedge", "cascade"])
@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_beside_a_good_lane_loses_no_request(name: str, plan: Any) -> None:
    fault, _ = FAULTS[name]
    with (
        SimulatedEndpoint("openai-chat", GOOD, faults=fault) as faulty,
        SimulatedEndpoint("openai-chat", GOOD) as good,
    ):
        patient = at(good, "good", Timeouts())
        async with opened(at(faulty), patient, plan=plan) as (atomic, ledger):
            response = await atomic.run(TASK)
        await nothing_is_open(faulty, good)
    assert response.output == Answer(word="grüße")
    assert response.model == "good"
    balanced(ledger, 1)


async def test_a_refused_connection_is_passed_over() -> None:
    with (
        SimulatedEndpoint("openai-chat", GOOD, listening=False) as gone,
        SimulatedEndpoint("openai-chat", GOOD) as good,
    ):
        async with opened(at(gone), at(good, "good"), plan="cascade") as (atomic, ledger):
            response = await atomic.run(TASK)
        assert response.model == "good"
        balanced(ledger, 1)


async def test_no_tls_where_tls_is_expected() -> None:
    async with (
        await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
        anyio.create_task_group() as tasks,
    ):
        port = listener.extra(anyio.abc.SocketAttribute.local_port)

        async def refuse(stream: anyio.abc.SocketStream) -> None:
            async with stream:
                await stream.receive()
                await stream.send(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")

        tasks.start_soon(listener.serve, refuse)
        plain = Model("tls", provider="openai", base_url=f"https://127.0.0.1:{port}/v1", api_key="sk-simulated")
        async with opened(plain) as (atomic, ledger):
            with pytest.raises(RaceError) as caught:
                await atomic.run(TASK)
        assert {lane.outcome for lane in caught.value.lanes} == {"error"}
        balanced(ledger, 1)
        tasks.cancel_scope.cancel()


async def test_a_tls_handshake_that_hangs_is_given_up(transport: str) -> None:
    if transport == "httpx":
        pytest.skip("a cancelled handshake of httpcore's leaves its socket to the garbage collector")
    with SimulatedEndpoint("openai-chat", GOOD) as endpoint:  # it waits for a request and never says hello
        origin = endpoint.base_url.replace("http://", "https://")
        soon = Timeouts(connect_s=0.2)
        hanging = Model("tls", provider="openai", base_url=origin, api_key="sk-simulated", timeouts=soon)
        async with opened(hanging) as (atomic, ledger):
            with pytest.raises(RaceError) as caught:
                await atomic.run(TASK)
        assert {lane.outcome for lane in caught.value.lanes} <= {"late_connect", "unconnected"}
        balanced(ledger, 1)
        await nothing_is_open(endpoint)


async def test_a_trickle_ends_by_its_deadline_and_not_by_its_bytes() -> None:
    """One byte every tenth of a second is life on the socket and none in the answer."""
    async with (
        await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
        anyio.create_task_group() as tasks,
    ):
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"

        async def trickle(stream: anyio.abc.SocketStream) -> None:
            async with stream:
                await stream.receive()
                with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
                    await stream.send(head)
                    for byte in b": keep-alive\n\n" * 1000:
                        await stream.send(bytes([byte]))
                        await anyio.sleep(0.02)

        tasks.start_soon(listener.serve, trickle)
        slow = Model(
            "slow", provider="openai", base_url=f"http://127.0.0.1:{port}/v1", api_key="sk-simulated",
            timeouts=Timeouts(first_token_s=0.3),
        )  # fmt: skip
        async with opened(slow) as (atomic, ledger):
            with pytest.raises(RaceError) as caught:
                await atomic.run(TASK)
        assert [lane.outcome for lane in caught.value.lanes] == ["late_first_token"]
        balanced(ledger, 1)
        tasks.cancel_scope.cancel()


async def test_an_event_without_an_end_meets_a_bound() -> None:
    """A hundred megabytes in one event are not kept: the lane ends at the line's bound."""
    async with (
        await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
        anyio.create_task_group() as tasks,
    ):
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        sent = 0

        async def flood(stream: anyio.abc.SocketStream) -> None:
            nonlocal sent
            async with stream:
                await stream.receive()
                with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
                    await stream.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: ")
                    for _ in range(1600):
                        await stream.send(b"x" * 65_536)
                        sent += 65_536

        tasks.start_soon(listener.serve, flood)
        flooding = Model("m", provider="openai", base_url=f"http://127.0.0.1:{port}/v1", api_key="sk-simulated")
        async with opened(flooding) as (atomic, ledger):
            with pytest.raises(RaceError) as caught:
                await atomic.run(TASK)
        assert [lane.outcome for lane in caught.value.lanes] == ["limit"]
        assert "line" in caught.value.lanes[0].detail
        assert sent < 100_000_000
        balanced(ledger, 1)
        tasks.cancel_scope.cancel()


async def test_a_cancelled_request_has_its_one_outcome() -> None:
    with SimulatedEndpoint("openai-chat", GOOD, gated=True) as endpoint:
        async with opened(at(endpoint)) as (atomic, ledger):
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as tasks:

                    async def leave() -> None:
                        await endpoint.until(lambda e: e.running == 1)
                        scope.cancel()

                    tasks.start_soon(leave)
                    await atomic.run(TASK)
            await endpoint.until(lambda e: not e.running)
        await nothing_is_open(endpoint)
    assert ledger.outcomes == {"Cancelled": 1}
    assert ledger.ended == {"caller_gone": 1}


# --- processes


PROGRAM = """
    import asyncio, os, signal, sys
    from atomic_ai import Atomic, Model, Task
    from atomic_ai.testing import Script, SimulatedEndpoint

    def model(endpoint):
        return Model("m", provider="openai", base_url=endpoint.base_url, api_key="sk-simulated")

    async def one(atomic):
        return (await atomic.run(Task("Say it."))).output
"""


def program(code: str) -> subprocess.Popen[str]:
    """A process of its own, so that forks, signals and dead loops harm no other test."""
    source = textwrap.dedent(PROGRAM) + textwrap.dedent(code)
    return subprocess.Popen(
        [sys.executable, "-c", source], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )


def said(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out.strip()


def test_a_lane_that_fails_on_a_plain_event_loop_is_replaced() -> None:
    """Under `asyncio.run` nobody's task runs when the race rings: the next lane and the judge start all the same."""
    out = said(
        program("""
            from atomic_ai import Judge
            from atomic_ai.testing import Cut, Pace
            late = Pace(ttft_s=0.05, tokens_per_s=100)
            with (
                SimulatedEndpoint("openai-chat", Script("Not to be."), faults=Cut(1, clean=True), pace=late) as cut,
                SimulatedEndpoint("openai-chat", Script("Here."), pace=late) as good,
            ):
                models = [
                    Model("cut", provider="openai", base_url=cut.base_url, api_key="sk-simulated"),
                    Model("good", provider="openai", base_url=good.base_url, api_key="sk-simulated"),
                ]
                async def judge(text):
                    await asyncio.sleep(0)
                    return True

                async def main():
                    task = Task("Say it.", judge=Judge(judge))
                    async with Atomic(models, plan="cascade") as atomic:
                        return (await atomic.run(task)).output
                print(asyncio.run(main()))
        """)
    )
    assert out == "Here."


def test_a_forked_child_has_connections_of_its_own() -> None:
    """The child must not write into the parent's connections, and both go on."""
    out = said(
        program("""
            with SimulatedEndpoint("openai-chat", Script("Here.")) as endpoint:
                async def parent():
                    async with Atomic([model(endpoint)]) as atomic:
                        assert await one(atomic) == "Here."
                        child = os.fork()
                        if child == 0:
                            asyncio.events._set_running_loop(None)
                            try:
                                answer = Atomic([model(endpoint)]).run_sync(Task("Say it.")).output
                                os._exit(0 if answer == "Here." else 3)
                            except BaseException as error:
                                print(repr(error), file=sys.stderr, flush=True)
                                os._exit(4)
                        loop = asyncio.get_running_loop()
                        _, status = await loop.run_in_executor(None, os.waitpid, child, 0)
                        assert status == 0, status
                        assert await one(atomic) == "Here."
                asyncio.run(parent())
            print("both went on")
        """)
    )
    assert out == "both went on"


def test_an_event_loop_that_closes_early_takes_nothing_along() -> None:
    out = said(
        program("""
            with SimulatedEndpoint("openai-chat", Script("Here."), gated=True) as endpoint:
                loop = asyncio.new_event_loop()

                async def begin():
                    atomic = await Atomic([model(endpoint)]).__aenter__()
                    task = asyncio.ensure_future(one(atomic))
                    while not endpoint.running:
                        await asyncio.sleep(0.001)
                    return atomic, task

                kept = loop.run_until_complete(begin())
                for task in asyncio.all_tasks(loop):
                    task.cancel()
                loop.run_until_complete(asyncio.sleep(0))
                loop.close()
                del kept
                endpoint.wait(lambda e: not e.running)
                endpoint.release(1000)

                async def again():
                    async with Atomic([model(endpoint)]) as atomic:
                        running = asyncio.ensure_future(one(atomic))
                        while endpoint.running == 0:
                            await asyncio.sleep(0.001)
                        endpoint.release(1000)
                        return await running
                print(asyncio.run(again()))
        """)
    )
    assert out == "Here."


def test_several_event_loops_in_threads() -> None:
    out = said(
        program("""
            import threading
            with SimulatedEndpoint("openai-chat", Script("Here.")) as endpoint:
                answers = []

                async def many():
                    async with Atomic([model(endpoint)]) as atomic:
                        for _ in range(5):
                            answers.extend(await asyncio.gather(*(one(atomic) for _ in range(4))))

                threads = [threading.Thread(target=lambda: asyncio.run(many())) for _ in range(4)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
            print(len(answers), set(answers))
        """)
    )
    assert out == "80 {'Here.'}"


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_sigterm_during_races_closes_their_sockets() -> None:
    process = program("""
        def stop(*_):
            raise SystemExit(0)
        signal.signal(signal.SIGTERM, stop)
        endpoint = SimulatedEndpoint("openai-chat", Script("Here."), gated=True).__enter__()

        async def wait():
            async with Atomic([model(endpoint)]) as atomic:
                async with asyncio.TaskGroup() as tasks:
                    for _ in range(8):
                        tasks.create_task(one(atomic))
                    while endpoint.running < 8:
                        await asyncio.sleep(0.001)
                    print("running", flush=True)

        try:
            asyncio.run(wait())
        except SystemExit:
            pass
        endpoint.wait(lambda e: e.running == 0 and e.open_connections == 0)
        print("closed", flush=True)
    """)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "running"
    process.send_signal(signal.SIGTERM)
    assert said(process) == "closed"


def test_exit_without_goodbye_ends_at_once() -> None:
    """A program that never leaves its `Atomic` must not hang at its end."""
    out = said(
        program("""
            endpoint = SimulatedEndpoint("openai-chat", Script("Here."), gated=True).__enter__()

            async def leave():
                atomic = await Atomic([model(endpoint)]).__aenter__()
                task = asyncio.ensure_future(one(atomic))
                while not endpoint.running:
                    await asyncio.sleep(0.001)
                print("leaving", flush=True)
                os._exit(0) if len(sys.argv) > 1 else sys.exit(0)

            try:
                asyncio.run(leave())
            except SystemExit:
                pass
        """)
    )
    assert out == "leaving"

"""When losers are closed, as their server sees it, and what many races leave behind.

    python benches/closing.py [--races 100] [--many 10000] [--peers aiohttp,httpx,openai] [--transport native]

Three lanes a race: the winner says 20 tokens in 100 ms, one loser is in the middle of 150 tokens, the other still waits
for its head. `closed` is from the server's writing of the winner's last byte to its seeing the loser's end of the
connection; for a `break` and a cancelled caller it is from that moment in the client, on the same clock. `after` counts
tokens that the server wrote to a loser after the win. The mock server and the peers' driver are looked for where
`ATOMIC_BENCH` points (default: `../shared/bench`, beside the checkout).
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

from atomic_ai import Atomic, Model, Task

ROOT = Path(__file__).resolve().parent.parent
BENCH = Path(os.environ.get("ATOMIC_BENCH", ROOT.parent / "shared" / "bench")) / "streams"
PORT = 8979
WINNER, MIDDLE, WAITING = "mock-n20-d5000", "mock-n150-d20000", "mock-n20-d20000-t3000000"
TASK = Task("hi", max_tokens=4096)


def card(name: str, model: str) -> Model:
    url = f"http://127.0.0.1:{PORT}/v1"
    return Model(name, provider="openai", model=model, base_url=url, api_key="sk-x", price_in=1, price_out=1)


def told(path: str):
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}{path}") as answer:
        return json.load(answer)


def line(name: str, closed: list[float], after: list[int]) -> None:
    if not closed:
        print(f"  {name:34} none was closed early")
        return
    closed.sort()
    last = closed[min(len(closed) - 1, len(closed) * 99 // 100)]
    middle = statistics.median(closed)
    print(f"  {name:34} closed {middle / 1000:7.3f} ms, p99 {last / 1000:7.3f} ms", end="")
    print(
        f"  after {statistics.mean(after):.2f}, most {max(after)}  ({len(closed)})" if after else f"  ({len(closed)})"
    )


async def races(transport: str, count: int) -> None:
    """A race that is decided: the losers are closed."""
    told("/reset")
    for number in range(count):
        group = f"-g{number}-"
        cards = [card("winner", WINNER + group), card("middle", MIDDLE + group), card("waiting", WAITING + group)]
        async with Atomic(cards, transport=transport, plan="race", max_lanes=3) as atomic:
            assert (await atomic.run(TASK)).model == "winner"
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    log = told("/log")
    for name, tokens in (("race, in the middle", 150), ("race, before headers", 20)):
        lost = [one for one in log if one["n"] == tokens and one["early"]]
        line(f"{transport}: {name}", [one["since_win"] for one in lost], [one["after"] for one in lost])
    whole = sum(not one["early"] for one in log) - count
    assert whole == 0, f"{whole} losers ran to their end"


async def left(transport: str, count: int, how: str) -> None:
    """One stream that its reader leaves, or whose caller is cancelled."""
    told("/reset")
    moments: dict[int, int] = {}
    for number in range(count):
        model = WAITING if how == "cancel before headers" else MIDDLE
        async with Atomic([card("only", f"{model}-g{number}-")], transport=transport, plan="single") as atomic:
            if how == "break":
                async with atomic.stream(TASK, show="lead") as stream:
                    async for event in stream:
                        if event.kind == "text_delta":
                            break
                    moments[number] = time.monotonic_ns() // 1000
            else:
                asked = asyncio.create_task(atomic.run(TASK))
                await asyncio.sleep(0.05)
                moments[number] = time.monotonic_ns() // 1000
                asked.cancel()
                await asyncio.wait([asked])
            await asyncio.sleep(0.005)
    log = told("/log")
    line(f"{transport}: {how}", [one["tend"] - moments[one["g"]] for one in log if one["early"]], [])


def standing() -> dict[str, int]:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    sockets = sum("socket:" in link for link in map(_link, Path("/proc/self/fd").iterdir()))
    threads = len(os.listdir("/proc/self/task"))
    return {
        "rss_kib": pages * os.sysconf("SC_PAGESIZE") // 1024,
        "sockets": sockets,
        "threads": threads,
        "tasks": len(asyncio.all_tasks()),
        "python_threads": threading.active_count(),
    }


def _link(path: Path) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


async def many(transport: str, count: int, callers: int = 16) -> None:
    """Races one after the other; what they leave behind."""
    cards = [card("winner", "mock-n3-d300-"), card("middle", "mock-n150-d2000-"), card("waiting", "mock-n20-t3000000-")]

    async def some(atomic: Atomic, share: int) -> None:
        for _ in range(share):
            await atomic.run(TASK)

    async with Atomic(cards, transport=transport, plan="race", max_lanes=3) as atomic:
        await asyncio.gather(*(some(atomic, count // 8 // callers) for _ in range(callers)))
        standings, begun = [standing()], time.perf_counter()
        for _ in range(2):
            await asyncio.gather(*(some(atomic, count // 2 // callers) for _ in range(callers)))
            standings.append(standing())
        wall = time.perf_counter() - begun
        await asyncio.sleep(0.2)
        after = standing()
    before, half = standings[0], standings[1]
    grown = {name: after[name] - before[name] for name in before}
    print(f"  {transport}: {count} races, {count / wall:.0f} a second: {grown} more than after warm-up", end="")
    print(f" ({after['rss_kib'] - half['rss_kib']} KiB in the second half)", end="")
    print(f"; server holds {told('/stats')['open'] - 1} connections after the end")


async def connects(count: int) -> None:
    """Connections that lanes had to wait for, without and with those made ahead. Native alone."""
    from atomic_ai.race.contest import Contest

    forecast = Contest._at_risk
    for name, risk in (("nothing made ahead", lambda *_: 0.0), ("made ahead", forecast)):
        Contest._at_risk = risk
        cards = [card("winner", "mock-n5-d5000-"), card("middle", MIDDLE), card("waiting", WAITING)]
        begun = told("/stats")["conns"]
        async with Atomic(cards, transport="native", plan="race", max_lanes=3) as atomic:
            for _ in range(count):
                await atomic.run(TASK)
            client = atomic._engine.providers["winner"].transport._client
            waited, made = client.waited, told("/stats")["conns"] - begun
        print(
            f"  native: {name}: {waited / count:.2f} connections waited for in a race of three, {made / count:.2f} made"
        )
    Contest._at_risk = forecast


def peers(names: list[str], races: int) -> None:
    for name in names:
        command = [sys.executable, str(BENCH / "cancel_bench.py"), name, "cancel", str(races)]
        environment = {**os.environ, "PORT": str(PORT)}
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, env=environment)
        print(f"  {name}: {done.stdout.strip() or 'skipped: ' + (done.stderr.strip().splitlines() or ['?'])[-1]}")


def hasten() -> None:
    """On a shared machine: real-time for the short, light measured part, as the peers' driver has it."""
    for thread in os.listdir("/proc/self/task"):
        with suppress(OSError):
            os.sched_setscheduler(int(thread), os.SCHED_RR, os.sched_param(1))


async def measure(asked: argparse.Namespace) -> None:
    for transport in asked.transport.split(","):
        async with Atomic([card("only", "mock-n3-d1000-")], transport=transport) as atomic:
            await atomic.run(TASK)  # the transport's thread runs from here on
        hasten()
        await races(transport, asked.races)
        for how in ("break", "cancel in the middle", "cancel before headers"):
            await left(transport, asked.races, how)
        if asked.many:
            await many(transport, asked.many)
        if transport == "native":
            await connects(asked.races)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--races", type=int, default=100)
    parser.add_argument("--many", type=int, default=10_000)
    parser.add_argument("--peers", default="aiohttp,httpx,openai")
    parser.add_argument("--transport", default="native")
    asked = parser.parse_args()
    if not (BENCH / "server.c").is_file():
        print(f"skipped: no mock server at {BENCH}; set ATOMIC_BENCH")
        return
    with tempfile.TemporaryDirectory() as folder:
        server = f"{folder}/server"
        subprocess.run(["cc", "-O2", "-w", "-o", server, str(BENCH / "server.c")], check=True)
        pinned = ["taskset", "-c", "1"] if shutil.which("taskset") and (os.cpu_count() or 1) > 1 else []
        running = subprocess.Popen([*pinned, server, str(PORT)], stdout=subprocess.DEVNULL)
        try:
            time.sleep(0.3)
            print(f"losers closed; load {os.getloadavg()[0]:.1f}")
            asyncio.run(measure(asked))
            if asked.peers:
                peers(asked.peers.split(","), min(asked.races, 50))
        finally:
            running.kill()


if __name__ == "__main__":
    main()

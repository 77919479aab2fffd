"""Many open streams in one process, at a chunk a second each: memory and CPU of each, and how late its text is seen.

    python benches/many_streams.py [--streams 1000,5000] [--seconds 10] [--way run,stream,call] [--transport native]

`run` sees decisions, `stream` all text, `call` is the provider's stream alone. Memory is what the process grew by, per
stream, between none and all open, connections and what Python holds for a request included; where the system allows
less descriptors than asked for, the row says so. The mock server is looked for where `ATOMIC_BENCH` points (default:
`../shared/bench`, beside the checkout). One process a row.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BENCH = Path(os.environ.get("ATOMIC_BENCH", ROOT.parent / "shared" / "bench")) / "streams"
PORT = 8981


def rss() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def drive(way: str, transport: str, streams: int, seconds: int) -> None:
    """Open them all, let them run, look at this process."""
    from atomic_ai import Atomic, Model, Task
    from atomic_ai.adapt import adapt

    model, task, lateness = f"mock-n{seconds}-d1000000-j1-l1-", Task("hi", max_tokens=4096), []
    url = f"http://127.0.0.1:{PORT}/v1"
    small = Model("m", provider="openai", model="mock-n3-l1-", base_url=url, api_key="sk-x", price_in=1, price_out=1)
    card = Model("m", provider="openai", model=model, base_url=url, api_key="sk-x", price_in=1, price_out=1)

    async def stream(atomic: Atomic) -> None:
        async with atomic.stream(task, show="lead", batch_s=0.005) as opened:
            async for event in opened:
                if event.kind == "text_delta":
                    now = time.monotonic_ns() // 1000
                    width = len(str(now))
                    lateness.extend(now - int(event.text[at : at + width]) for at in range(0, len(event.text), width))

    async def run(atomic: Atomic) -> None:
        await atomic.run(task)

    async def call(atomic: Atomic) -> None:
        engine = atomic._engine
        made = adapt(task, engine.models["m"])
        async with engine.providers["m"].open(made) as source:
            async for _ in source:
                pass

    ask = {"run": run, "stream": stream, "call": call}[way]
    async with Atomic([small], transport=transport, plan="single") as warm:
        await asyncio.gather(*(ask(warm) for _ in range(20)))
    lateness.clear()
    async with Atomic([card], transport=transport, plan="single") as atomic:
        none, asked = rss(), []
        for number in range(streams):
            asked.append(asyncio.create_task(ask(atomic)))
            if number % 50 == 49:  # not all at once: opening is not what is measured
                await asyncio.sleep(seconds * 0.4 * 50 / streams)
        await asyncio.sleep(seconds * 0.1)
        held = rss() - none
        await asyncio.sleep(seconds * 0.1)  # what waited for that is over
        lateness.clear()
        used, begun = cpu(), time.perf_counter()
        await asyncio.sleep(seconds * 0.2)
        used, wall = cpu() - used, time.perf_counter() - begun
        late = sorted(lateness)
        whole = await asyncio.gather(*asked, return_exceptions=True)
    failed = [one for one in whole if isinstance(one, BaseException)]
    seen = f"  late p50 {late[len(late) // 2]} us, p99 {late[len(late) * 99 // 100]} us" if late else ""
    print(
        f"  {transport} {way:7} {streams:6} streams  {held / streams / 1024:6.1f} KiB each  "
        f"{used / wall * 100:5.1f} % of a core{seen}  failed {len(failed)} {failed[:1] or ''}"
    )


def main() -> None:
    """Measure, or drive one row where a parent asks for it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--streams", default="1000,5000")
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--way", default="run,stream,call")
    parser.add_argument("--transport", default="native")
    parser.add_argument("--drive", nargs=3, metavar=("WAY", "TRANSPORT", "STREAMS"))
    asked = parser.parse_args()
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    if asked.drive:
        way, transport, streams = asked.drive
        asyncio.run(drive(way, transport, min(int(streams), limit - 100), asked.seconds))
        return
    if not (BENCH / "server.c").is_file():
        print(f"skipped: no mock server at {BENCH}; set ATOMIC_BENCH")
        return
    with tempfile.TemporaryDirectory() as folder:
        server = f"{folder}/server"
        subprocess.run(["cc", "-O2", "-w", "-o", server, str(BENCH / "server.c")], check=True)
        apart = bool(shutil.which("taskset")) and (os.cpu_count() or 1) > 1
        running = subprocess.Popen([*(["taskset", "-c", "1"] * apart), server, str(PORT)], stdout=subprocess.DEVNULL)
        try:
            time.sleep(0.3)
            print(f"load {os.getloadavg()[0]:.1f}")
            for transport in asked.transport.split(","):
                for way in asked.way.split(","):
                    for streams in asked.streams.split(","):
                        row = [sys.executable, __file__, "--seconds", str(asked.seconds)]
                        row += ["--drive", way, transport, streams]
                        subprocess.run([*(["taskset", "-c", "0"] * apart), *row], check=False, timeout=600)
        finally:
            running.kill()


if __name__ == "__main__":
    main()

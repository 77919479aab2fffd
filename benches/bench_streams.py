"""What a streamed chunk costs over the native transport, beside peers in the same run.

    python benches/bench_streams.py [--rounds 5] [--only paced-500,burst-100,json-500,race-50,latency-100,plain-50]

The mock server and the peers' drivers are not part of this repository: they are looked for where `ATOMIC_BENCH` points
(default: `../shared/bench`, beside the checkout), and without them nothing is measured and the script says so. Client
and server each get a core. CPU is that of the whole client process, both threads; medians over rounds in which the
clients take turns, with the least and the most. Criteria are checked on every chunk. A schema is checked where the row
says json: the mock server's text is the digits of its clock then, so that a stream is one growing JSON integer, of
which every chunk is judged under the schema of `int`; Python's bound on digits allows 400 tokens. In the race
row each request of Atomic is three lanes of equal pace, none of which loses before the end, and each of the peer's is
one stream.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BENCH = Path(os.environ.get("ATOMIC_BENCH", ROOT.parent / "shared" / "bench")) / "streams"
PORT = int(os.environ.get("ATOMIC_BENCH_PORT", "8977"))
TOKENS = int(os.environ.get("ATOMIC_BENCH_TOKENS", "100"))  # of each stream; what a request costs is spread over them

# What is measured: the peers' mode, concurrency, who takes part, and what the first peer's figure is called.
ROWS = {
    "paced-500": ("paced", 500, ["atomic-text", "atomic-decisions", "pyproto", "cclient", "aiohttp-orjson"]),
    "burst-100": ("burst", 100, ["atomic-text", "atomic-decisions", "pyproto", "cclient", "aiohttp-orjson"]),
    "json-500": ("paced", 500, ["atomic-json-text", "atomic-json-decisions", "pyproto", "cclient"]),
    "race-50": ("paced", 50, ["atomic-race-text", "atomic-race-decisions", "openai"]),
    "latency-100": ("paced", 100, ["atomic-now", "aiohttp-orjson"]),
    "plain-50": ("plain", 50, ["atomic-call", "atomic-run", "pyreqwest", "aiohttp-orjson"]),
}


def main() -> None:
    """Measure, or drive one client where a parent asks for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default=",".join(ROWS))
    parser.add_argument("--drive", nargs=3, metavar=("CLIENT", "MODE", "STREAMS"))
    asked = parser.parse_args()
    if asked.drive is not None:
        client, mode, streams = asked.drive
        asyncio.run(drive(client, mode, int(streams)))
        return
    if not (BENCH / "server.c").is_file():
        print(f"skipped: no mock server at {BENCH}; set ATOMIC_BENCH")
        return
    with tempfile.TemporaryDirectory() as folder:
        for name in ("server", "cclient"):
            source = BENCH / f"{name}.c"
            subprocess.run(["cc", "-O2", "-w", "-o", f"{folder}/{name}", str(source)], check=True)
        server = subprocess.Popen(pinned(1, [f"{folder}/server", str(PORT)]), stdout=subprocess.DEVNULL)
        try:
            time.sleep(0.3)
            for row in asked.only.split(","):
                report(row, *ROWS[row][:2], measured(folder, row, asked.rounds))
        finally:
            server.kill()


def pinned(core: int, command: list[str]) -> list[str]:
    core = min(core, (os.cpu_count() or 1) - 1)
    return ["taskset", "-c", str(core), *command] if shutil.which("taskset") else command


def measured(folder: str, row: str, rounds: int) -> dict[str, list[dict]]:
    mode, streams, clients = ROWS[row]
    found: dict[str, list[dict]] = {client: [] for client in clients}
    for _ in range(rounds):
        for client in clients:
            if (one := run(folder, client, mode, streams)) is not None:
                found[client].append(one)
    return found


def run(folder: str, client: str, mode: str, streams: int) -> dict | None:
    """One client once; None where it is not installed."""
    if client == "cclient":
        command = cclient(folder, mode, streams)
    elif client.startswith("atomic"):
        command = [sys.executable, __file__, "--drive", client, mode, str(streams)]
    else:
        command = [sys.executable, str(BENCH / "bench_clients.py"), client, mode, str(streams)]
        command += ["--port", str(PORT), "--ntok", str(TOKENS), "--rounds", "1"]
    done = subprocess.run(pinned(0, command), capture_output=True, text=True, timeout=600, check=False)
    line = next((line for line in done.stdout.splitlines() if line.startswith("{")), None)
    if line is None:
        print(f"skipped: {client}: {(done.stderr.strip().splitlines() or ['no output'])[-1][:120]}")
        return None
    one = json.loads(line)
    if client == "cclient":
        chunks = streams * TOKENS
        one = {"us": one["cpu"] / chunks * 1e6, "rate": chunks / one["wall"], "l50": one["c50"], "l99": one["c99"]}
    return one


def cclient(folder: str, mode: str, streams: int) -> list[str]:
    model = f"mock-n{TOKENS}-d20000-j1-l1-" if mode == "paced" else f"mock-n{TOKENS}-d0-"
    body = Path(folder, "body")
    body.write_text(json.dumps({"model": model, "stream": True, "messages": [{"role": "user", "content": "hi"}]}))
    return [f"{folder}/cclient", str(PORT), "c", str(streams), str(streams), str(body)]


def report(row: str, mode: str, streams: int, found: dict[str, list[dict]]) -> None:
    print(f"\n{row}: {mode}, {streams} at once; load {os.getloadavg()[0]:.1f}")
    medians = {}
    for client, runs in found.items():
        if not runs:
            continue
        cpu = sorted(one["us"] for one in runs)
        medians[client] = statistics.median(cpu)
        more = [f"{statistics.median(one['rate'] for one in runs):.0f}/s"]
        for name, key in (("p50", "l50"), ("p99", "l99"), ("rss MB", "rss"), ("loop us", "loop"), ("deltas", "deltas")):
            values = [one[key] for one in runs if one.get(key) is not None]
            more += [f"{name} {statistics.median(values):.4g}"] if values else []
        print(f"  {client:18} {medians[client]:8.2f} us  [{cpu[0]:.2f}, {cpu[-1]:.2f}]  {'  '.join(more)}")
    for ours in (client for client in medians if client.startswith("atomic")):
        ratios = [f"{medians[ours] / medians[peer]:.2f} x {peer}" for peer in medians if not peer.startswith("atomic")]
        print(f"  {ours:18} = {', '.join(ratios)}")


# --- the driver of Atomic


async def drive(client: str, mode: str, streams: int) -> None:
    """Atomic over the native transport in one of its ways of seeing."""
    from atomic_ai import Atomic, Model, Task
    from atomic_ai.criteria import chars, forbids

    latencies: list[int] = []
    seen = [0]
    paced, json_row, lanes = mode == "paced", "json" in client, 3 if "race" in client else 1
    decides = client.endswith("decisions")

    def cards(tokens: int) -> list[Model]:
        model = f"mock-n{tokens}-d20000-j1-l1-" if paced else f"mock-n{tokens}-d0-" + "l1-" * json_row
        named: dict[str, object] = {"base_url": f"http://127.0.0.1:{PORT}/v1", "price_in": 1, "price_out": 1}
        return [Model(f"m{n}", provider="openai", model=model, api_key="sk-x", **named) for n in range(lanes)]

    checked = [forbids("as an AI language model"), chars(max=1_000_000)]
    output = int if json_row else None
    task = Task("hi", output=output, criteria=checked, max_tokens=4096)

    async def follow(atomic: Atomic) -> None:
        batch_s = 0.0 if client == "atomic-now" else 0.005
        async with atomic.stream(task, show="lead", batch_s=batch_s) as stream:
            async for event in stream:
                if event.kind != "text_delta":
                    continue
                seen[0] += 1
                if paced:
                    now = time.monotonic_ns() // 1000
                    latencies.extend(now - stamp for stamp in stamps(event.text, len(str(now))))

    async def ask(atomic: Atomic) -> None:
        await (atomic.run(task) if decides or client == "atomic-run" else follow(atomic))

    tokens = 1 if mode == "plain" else TOKENS
    # Without deadlines, as the peers are; of the market's choice nothing is measured but its price.
    how: dict[str, object] = {"transport": "native", "plan": "race" if lanes > 1 else "single", "max_lanes": lanes}
    async with Atomic(cards(3), **how) as warm, Atomic(cards(tokens), **how) as atomic:
        if client == "atomic-call":
            ask = bare(atomic, task)
        await asyncio.gather(*(ask(warm if client != "atomic-call" else atomic) for _ in range(streams)))
        latencies.clear()
        seen[0] = 0
        units = 2000 if mode == "plain" else streams * tokens
        begun, used, here = time.perf_counter(), cpu(), time.thread_time()
        if mode == "plain":
            await asyncio.gather(*(repeat(ask, atomic, units // streams) for _ in range(streams)))
        else:
            await asyncio.gather(*(ask(atomic) for _ in range(streams)))
        wall, used, here = time.perf_counter() - begun, cpu() - used, time.thread_time() - here
    latencies.sort()
    found = {"us": round(used / units * 1e6, 3), "rate": round(units / wall, 1), "client": client}
    found["loop"] = round(here / units * 1e6, 3)  # what of it the event loop's thread used
    if seen[0]:
        found["deltas"] = round(seen[0] / units, 3)  # that Python saw, of each chunk
    found["rss"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    if latencies:
        found |= {"l50": latencies[len(latencies) // 2], "l99": latencies[len(latencies) * 99 // 100]}
    print(json.dumps(found), flush=True)


def bare(atomic, task):
    """A call without auction, race and trace: through the provider seam alone."""
    from atomic_ai.adapt import adapt

    engine = atomic._engine
    model = engine.models["m0"]
    call, provider = adapt(task, model), engine.providers["m0"]

    async def once(_: object) -> None:
        async with provider.open(call) as source:
            async for _chunk in source:
                pass

    return once


async def repeat(ask, atomic, times: int) -> None:
    for _ in range(times):
        await ask(atomic)


def stamps(text: str, width: int):
    return (int(text[at : at + width]) for at in range(0, len(text) - width + 1, width))


def cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()

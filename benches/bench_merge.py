"""What an item costs that many sources hand to one reader, beside peers in the same run; no network.

    python benches/bench_merge.py [--items 100000] [--rounds 5]

Ours is the way of a request's events: each source puts into one `Backlog`, waits while its reader lags behind, and the
reader iterates a `Stream`. The peers' file is not part of this repository: it is looked for where `ATOMIC_BENCH` points
(default: `../shared/bench`, beside the checkout); without it ours is measured alone. CPU time of the process, medians.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

from atomic_ai.stream import Run, Stream

ROOT = Path(__file__).resolve().parent.parent
PEERS = Path(os.environ.get("ATOMIC_BENCH", ROOT.parent / "shared" / "bench")) / "streams" / "merge_bench.py"
SOURCES = (10, 100, 1000)


def main() -> None:
    """Measure ours, then the peers in the same run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    found: dict[tuple[str, int], list[float]] = {}
    for _ in range(asked.rounds):
        for sources in SOURCES:
            for name, merge in (("sequential floor", one_after_another), ("backlog", merged)):
                found.setdefault((name, sources), []).append(asyncio.run(measured(merge, sources, asked.items)))
        for name, sources, us in peers(asked.items):
            found.setdefault((name, sources), []).append(us)
    for (name, sources), values in sorted(found.items(), key=lambda of: (of[0][1], statistics.median(of[1]))):
        values.sort()
        print(
            f"{sources:5} sources  {name:18} {statistics.median(values):8.3f} us  [{values[0]:.3f}, {values[-1]:.3f}]"
        )


def peers(items: int) -> list[tuple[str, int, float]]:
    if not PEERS.is_file():
        print(f"no peers: {PEERS} is not there; set ATOMIC_BENCH")
        return []
    done = subprocess.run([sys.executable, str(PEERS), str(items)], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"peers: {(done.stderr.strip().splitlines() or ['no output'])[-1][:120]}")
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return [(line["merge"], line["k"], line["us"]) for line in lines]


async def measured(merge, sources: int, items: int) -> float:
    """Microseconds of CPU an item, the source's own generator included."""
    await merge(sources, 10)
    used = time.process_time()
    count = await merge(sources, items // sources)
    assert count == items // sources * sources
    return (time.process_time() - used) / count * 1e6


async def source(items: int) -> AsyncIterator[int]:
    for item in range(items):
        yield item


async def one_after_another(sources: int, items: int) -> int:
    """What the generators cost by themselves."""
    count = 0
    for _ in range(sources):
        async for _item in source(items):
            count += 1
    return count


async def merged(sources: int, items: int) -> int:
    run: Run[None] = Run()
    backlog, left = run.backlog, sources

    async def pump() -> None:
        nonlocal left
        async for item in source(items):
            backlog.put(item)  # type: ignore[arg-type]  # what is merged does not matter
            if backlog.full:
                await backlog.room()
        left -= 1
        if not left:
            backlog.close()

    count = 0
    async with Stream(lambda: run) as stream:
        pumps = [asyncio.create_task(pump()) for _ in range(sources)]
        async for _item in stream:
            count += 1
        await asyncio.gather(*pumps)
        run.leash.done.set()
    return count


if __name__ == "__main__":
    main()

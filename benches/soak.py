"""A soak: requests of every kind against endpoints with random faults, for as long as asked; then the books are read.

    PYTHONPATH=tests python benches/soak.py --seconds 1200 --callers 32 --seed 0

Half of the callers run, the others follow streams, leave them early, or are cancelled. Endpoints are simulated and live
in this process, so the load says nothing about speed. At the end every request must have exactly one outcome, every
lane that started exactly one end, the sum of the lanes' costs must be the sum of the requests' costs, and no socket or
task may be left over. Exits with 1 where one of these does not hold.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import math
import os
import random
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import anyio
from pydantic import BaseModel

from atomic_ai import Atomic, Budget, Model, Task
from atomic_ai.errors import AtomicError
from atomic_ai.model import Timeouts
from atomic_ai.testing import (
    BadJson,
    BadUtf8,
    Bomb,
    Cut,
    ErrorInside,
    Fault,
    HtmlPage,
    Pace,
    Redirect,
    Refuses,
    Reset,
    Script,
    SimulatedEndpoint,
    Stall,
    Status,
    WrongSchema,
)
from ledger import Ledger  # the tests'; `make soak` says where they are

FAULTS: list[Fault] = [
    Reset(), Reset(after=0), Reset(after=2), Stall("before-headers"), Stall("after-headers"), Stall(after=2),
    Status(429, retry_after="0.2"), Status(500), Status(503), Status(401), HtmlPage(), Cut(after=2),
    Cut(after=2, clean=True), BadJson(after=2), BadUtf8(after=2), ErrorInside(after=2), WrongSchema(), Refuses(),
    Redirect("http://127.0.0.1:9/v1"), Bomb(70_000_000),
]  # fmt: skip

FAULTY = 0.4
"""The share of answers with a fault."""


class Answer(BaseModel):
    """What is asked for."""

    word: str
    count: int


TASKS = [
    Task("Which word?", output=Answer, task_class="typed"),
    Task("Write two sentences.", task_class="text"),
    Task("Write two sentences.", task_class="lead", show="lead"),
]
DIALECTS = {"openai": "openai-chat", "anthropic": "anthropic-messages", "gemini": "gemini"}


def endpoint(number: int, dialect: str, seed: int) -> SimulatedEndpoint:
    """One provider: fast, with seeded faults."""
    rng = random.Random(f"{seed}/{number}")

    def script(exchange: object) -> Script:
        body = getattr(exchange, "body", b"")
        if b"Which word" in body:
            return Script.json({"word": "grüße " * rng.randint(1, 40), "count": rng.randint(0, 9)}, piece=7)
        return Script("One sentence of some length. " * rng.randint(1, 20), piece=9)

    def fault(_: object) -> Fault | None:
        return rng.choice(FAULTS) if rng.random() < FAULTY else None

    pace = Pace(ttft_s=0.005, tokens_per_s=4000)
    return SimulatedEndpoint(dialect, script, faults=fault, pace=pace, seed=number)  # type: ignore[arg-type]


def models(stack: ExitStack, seed: int) -> tuple[list[Model], list[SimulatedEndpoint]]:
    """Two models of each dialect."""
    cards, endpoints = [], []
    for number in range(6):
        provider = list(DIALECTS)[number % 3]
        simulated = stack.enter_context(endpoint(number, DIALECTS[provider], seed))
        endpoints.append(simulated)
        cards.append(
            Model(
                f"{provider}-{number}",
                provider=provider,
                base_url=simulated.base_url,
                api_key="sk-simulated",
                price_in=1 + number,
                price_out=2 + number,
                cancel="bills" if number == 5 else "stops",
                capabilities=["prefill"] if provider == "anthropic" else [],
                timeouts=Timeouts(connect_s=1, first_byte_s=0.3, first_token_s=0.4, gap_s=0.3),
            )
        )
    return cards, endpoints


async def request(atomic: Atomic, books: Ledger, rng: random.Random) -> None:
    """One request of a random kind."""
    task, kind = rng.choice(TASKS), rng.choice(["run", "run", "run", "follow", "leave", "cancel"])
    budget = Budget(usd=rng.choice([None, None, 0.02]), deadline_s=rng.choice([None, 0.2, 2.0]))
    books.requests += 1
    with suppress(AtomicError):
        if kind == "run":
            await atomic.run(task, budget=budget)
            return
        with anyio.move_on_after(rng.random() * 0.05 if kind == "cancel" else math.inf):
            async with atomic.stream(task, budget=budget) as stream:
                async for event in stream:
                    if kind == "leave" and event.kind in ("first_token", "text_delta"):
                        break


async def caller(atomic: Atomic, books: Ledger, seed: str, until: float) -> None:
    """One caller after the other, until the time is up."""
    rng = random.Random(seed)
    while time.monotonic() < until:
        await request(atomic, books, rng)


def standing() -> dict[str, int]:
    """What this process holds."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "rss_kib": pages * os.sysconf("SC_PAGESIZE") // 1024,
        "descriptors": len(os.listdir("/proc/self/fd")),
        "tasks": len(asyncio.all_tasks()),
    }


async def load(cards: list[Model], books: Ledger, options: argparse.Namespace, name: str, seconds: float) -> None:
    """One `Atomic` under load from its opening to its closing."""
    more = {"transport": options.transport} if options.transport else {}
    until = time.monotonic() + seconds
    async with (
        Atomic(cards, plan="auto", max_lanes=3, explore=True, hooks=[books.hear], seed=options.seed, **more) as atomic,
        anyio.create_task_group() as tasks,
    ):
        for number in range(options.callers):
            tasks.start_soon(caller, atomic, books, f"{options.seed}/{name}/{number}", until)


async def soak(options: argparse.Namespace) -> int:
    """Run it, print the books, tell whether they are balanced."""
    books = Ledger()
    with ExitStack() as stack:
        cards, endpoints = models(stack, options.seed)
        warm = min(30.0, options.seconds / 4)
        standings = []
        for name, seconds in (("warm-up", warm), ("soak", options.seconds - warm)):
            await load(cards, books, options, name, seconds)
            for simulated in endpoints:
                await simulated.until(lambda e: not e.running and not e.open_connections)
                simulated.forget()
            standings.append(standing())
        before, after = standings
    wrong = books.wrong()
    if any(after[held] > before[held] for held in ("tasks", "descriptors")):
        wrong.append(f"left over: {before} became {after}")
    print(
        json.dumps(
            {
                "requests": books.requests,
                "lanes": len(books.started),
                "outcomes": dict(books.outcomes),
                "ends": dict(books.ended),
                "usd": round(math.fsum(books.lanes_usd), 6),
                "before": before,
                "after": after,
                "wrong": wrong,
            },
            indent=1,
        )
    )
    return 1 if wrong else 0


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--callers", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--transport", choices=["native", "httpx"])
    raise SystemExit(asyncio.run(soak(parser.parse_args())))


if __name__ == "__main__":
    main()

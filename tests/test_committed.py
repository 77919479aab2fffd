"""Committed text: from one lane or a marked continuation, never retracted, and nothing forbidden is ever released."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from atomic_ai import Atomic, Model, Task
from atomic_ai.criteria import forbids
from atomic_ai.errors import RaceError
from atomic_ai.events import Interrupted, Replaced, TextDelta
from atomic_ai.testing import Cut, ErrorInside, Fault, Reset, Script, SimulatedEndpoint, Status

if TYPE_CHECKING:
    from atomic_ai.testing import Exchange

pytestmark = pytest.mark.anyio

RACES = 1000
SECRET = "swordfish"
FAULTS: tuple[Fault | None, ...] = (
    *(None, None, None, Cut(after=1), Cut(after=3)),
    *(Cut(after=2, clean=True), ErrorInside(after=2), Reset(after=4), Status(500)),
)


def scripts(name: str, seed: int) -> tuple[list[Script], list[Fault | None]]:
    """What a model says in each race and what it does wrong; every fifth answer has the forbidden word in it."""
    rng = random.Random(f"{name}{seed}")
    texts = []
    for number in range(RACES):
        words = [f"{name} says sentence {i} of {number}." for i in range(rng.randint(1, 6))]
        if rng.random() < 0.2:
            words.insert(rng.randint(0, len(words)), f"The word is {SECRET}, is it not?")
        texts.append(Script(" ".join(words), piece=rng.choice((1, 3, 7, 20))))
    return texts, [rng.choice(FAULTS) for _ in range(RACES)]


def endpoint(name: str) -> SimulatedEndpoint:
    texts, faults = scripts(name, 7)
    counted = iter(range(10 * RACES))

    def script(exchange: Exchange) -> Script:
        last = exchange.json["messages"][-1]
        if last["role"] == "assistant":  # a prefill: go on from there
            return Script(f" {name} goes on. To the end.")
        return texts[exchange.number % RACES]

    def fault(exchange: Exchange) -> Fault | None:
        return faults[next(counted) % RACES]

    return SimulatedEndpoint("openai-chat", script, faults=fault, split="event")


async def test_a_thousand_faulted_races_never_splice_or_leak(anyio_backend_name: str) -> None:
    races = RACES if anyio_backend_name == "asyncio" else RACES // 10
    task = Task("Write.", criteria=[forbids(SECRET)], show="committed")
    ends = {"won": 0, "continued": 0, "interrupted": 0, "failed": 0}
    with endpoint("one") as one, endpoint("two") as two:
        models = [
            Model(
                name,
                provider="openai",
                base_url=e.base_url,
                api_key="sk-simulated",
                capabilities=["prefill"] if name == "one" else [],
            )
            for name, e in (("one", one), ("two", two))
        ]
        async with Atomic(models, plan="race") as atomic:
            for _ in range(races):
                ends[await one_race(atomic, task)] += 1
        for simulated in (one, two):
            await simulated.until(lambda e: e.running == 0)
    assert ends["won"] > races / 3
    if races == RACES:  # how many of a hundred end so is left to the sockets' timing
        assert ends["continued"]
        assert ends["interrupted"]


async def one_race(atomic: Atomic, task: Task[str]) -> str:
    """How a race ended, its promises held on the way."""
    shown: list[TextDelta] = []
    interrupted = False
    error: RaceError | None = None
    async with atomic.stream(task) as stream:
        try:
            async for event in stream:
                if isinstance(event, TextDelta):
                    shown.append(event)
                interrupted |= isinstance(event, Interrupted)
                assert not isinstance(event, Replaced)
        except RaceError as raised:
            error = raised
    text = "".join(delta.text for delta in shown)
    assert SECRET not in text
    assert len({delta.lane for delta in shown if not delta.continued}) <= 1, "two lanes were spliced"
    if error is None:
        assert text == stream.response.text
        return "continued" if any(delta.continued for delta in shown) else "won"
    assert error.interrupted == interrupted
    if interrupted:
        assert error.partial == text
    return "interrupted" if interrupted else "failed"


async def test_the_default_for_text_is_committed() -> None:
    with SimulatedEndpoint("openai-chat", Script("Hello there. How are you?")) as simulated:
        only = Model("only", provider="openai", base_url=simulated.base_url, api_key="sk-simulated")
        async with Atomic([only]) as atomic, atomic.stream(Task("Greet.")) as stream:
            kinds = [event.kind async for event in stream]
    assert kinds.count("committed") == 1
    assert kinds.index("committed") < kinds.index("text_delta")
    assert kinds[-1] == "completed"

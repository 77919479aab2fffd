"""What a caller sees before the verdict, and who may look on: shows, partial values, hooks, traces on disk."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from pydantic import BaseModel

from atomic_ai import Atomic, Model, Task, Trace
from atomic_ai.criteria import forbids
from atomic_ai.errors import ConfigError, RaceError
from atomic_ai.events import Completed, Decided, Failed, LaneGrew, Partial, Replaced, TextDelta
from atomic_ai.testing import Pace, Script, ScriptedModel, Status, VirtualClock

if TYPE_CHECKING:
    from pathlib import Path

    from atomic_ai.events import Event

pytestmark = pytest.mark.anyio


class Mail(BaseModel):
    category: str
    tags: list[str]


GOOD = Script.json({"category": "billing", "tags": ["late", "angry"]})


def scripted(name: str, script: Script, clock: VirtualClock, pace: Pace | None = None, **options: object) -> Model:
    return Model(name, run=ScriptedModel(script, clock, pace=pace or Pace(0.1, 50.0), **options))


async def test_the_lead_is_shown_at_once_and_replaced_when_it_dies() -> None:
    clock = VirtualClock()
    early = scripted("early", Script("First to speak, and then the secret slips out."), clock, Pace(0.1, 40.0))
    late = scripted("late", Script("Later, but clean to the very end of it."), clock, Pace(0.3, 40.0))
    task = Task("Write.", criteria=[forbids("secret")])
    async with (
        Atomic([early, late], clock=clock, plan="race") as atomic,
        atomic.stream(task, show="lead") as stream,
    ):
        events = [event async for event in stream]
    replaced = next(event for event in events if isinstance(event, Replaced))
    shown = [event for event in events if isinstance(event, TextDelta)]
    assert {event.model for event in shown[: events.index(replaced)]} >= {"early"}
    after = [event.text for event in events[events.index(replaced) :] if isinstance(event, TextDelta)]
    assert "".join(after) == stream.response.text == "Later, but clean to the very end of it."
    assert "secret" not in "".join(event.text for event in shown)


async def test_a_typed_answer_shows_nothing_before_the_verdict_and_partial_values_if_asked() -> None:
    for show in ("final", "lead"):
        clock = VirtualClock()
        async with (
            Atomic([scripted("only", GOOD, clock)], clock=clock) as atomic,
            atomic.stream(Task("Sort.", output=Mail), show=show) as stream,
        ):
            events = [event async for event in stream]
        decided = next(i for i, event in enumerate(events) if isinstance(event, Decided))
        before = [event for event in events[:decided] if isinstance(event, TextDelta | Partial)]
        assert bool(before) == (show == "lead")
        if show == "lead":
            values = [event.value for event in events if isinstance(event, Partial)]
            assert values[-1] == {"category": "billing", "tags": ["late", "angry"]}
            assert len(values) > 3


async def test_a_slow_or_raising_hook_harms_nothing(caplog: pytest.LogCaptureFixture) -> None:
    clock = VirtualClock()
    seen: list[Event] = []
    release = threading.Event()

    def slow(event: Event) -> None:
        release.wait(30)

    def raising(event: Event) -> None:
        raise LookupError("the hook's own words")

    async def good(event: Event) -> None:
        seen.append(event)

    async with Atomic([scripted("only", GOOD, clock)], clock=clock, hooks=[slow, raising, good]) as atomic:
        response = await atomic.run(Task("Sort.", output=Mail))
        assert response.output.category == "billing"
        release.set()
    assert isinstance(seen[-1], Completed)
    assert any(isinstance(event, LaneGrew) and event.text is None for event in seen)
    assert "raising raised LookupError" in caplog.text
    assert "own words" not in caplog.text


async def test_a_trace_is_read_again_as_it_was_written(tmp_path: Path) -> None:
    clock = VirtualClock()
    file = tmp_path / "traces.jsonl"
    models = [scripted("good", GOOD, clock), scripted("down", GOOD, clock, faults=Status(503))]
    async with Atomic(models, clock=clock, plan="race", trace_file=file) as atomic:
        response = await atomic.run(Task("Sort.", output=Mail, metadata={"tenant": "a"}))
    async with Atomic([models[1]], clock=clock, trace_file=file) as atomic:
        with pytest.raises(RaceError) as raised:
            await atomic.run(Task("Sort.", output=Mail))
    kept, failed = (Trace.from_json(line) for line in file.read_bytes().splitlines())
    assert kept.executions == response.trace.executions
    assert kept.request.metadata == response.metadata == {"tenant": "a"}
    assert {lane.model: lane.outcome for lane in kept.executions} == {"good": "won", "down": "error"}
    assert failed.events[-1]["event"] == Failed.kind
    assert failed.executions == raised.value.trace.executions
    for text in (kept.explain(), failed.explain()):
        assert "down" in text
    with pytest.raises(ConfigError, match="version 99"):
        Trace.from_json(kept.to_json().replace(b'"version":1', b'"version":99'))
    with pytest.raises(ConfigError, match="cut short"):
        Trace.from_json(kept.to_json()[:-20])

"""Modest by default: one lane and one hedge, no exploration, no file, nothing to models that a task does not allow."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import BaseModel

from atomic_ai import Atomic, Budget, Model, Task
from atomic_ai.errors import BudgetError, DeadlineError, RaceError, TaskError
from atomic_ai.testing import Pace, Script, ScriptedModel, Stall, Status, VirtualClock

pytestmark = pytest.mark.anyio


class Mail(BaseModel):
    category: str


GOOD = Script.json({"category": "billing"})


def scripted(name: str, script: Script, clock: VirtualClock, price: float = 1.0, **options: object) -> Model:
    return Model(name, run=ScriptedModel(script, clock, **options), price_in=price, price_out=price)


async def test_one_lane_runs_and_one_hedge_stands_by() -> None:
    clock = VirtualClock()
    models = [scripted(name, GOOD, clock) for name in "abcd"]
    async with Atomic(models, clock=clock) as atomic:
        response = await atomic.run(Task("Classify.", output=Mail))
    awarded = next(event for event in response.trace.events if event["event"] == "awarded")
    assert awarded["plan"] == "hedge"
    assert len(awarded["lanes"]) == 2
    assert [lane.outcome for lane in response.trace.executions] == ["won"]
    assert sum(len(model.run.calls) for model in models) == 1


async def test_the_hedge_starts_when_the_first_is_late_and_when_it_fails() -> None:
    for fault in (Stall("before-headers"), Status(500)):
        clock = VirtualClock()
        slow = scripted("slow", GOOD, clock, price=0.1, faults=fault)
        spare = scripted("spare", GOOD, clock, price=5.0)
        async with Atomic([slow, spare], clock=clock, weights={"quality": 1, "cost": 1e6, "latency": 0}) as atomic:
            response = await atomic.run(Task("Classify.", output=Mail))
        assert response.model == "spare"
        assert len(slow.run.calls) == 1


async def test_nothing_is_sent_where_a_task_does_not_allow_it_by_tag_or_region() -> None:
    clock = VirtualClock()
    runs = [ScriptedModel(GOOD, clock) for _ in range(2)]
    models = [Model("here", run=runs[0], region="eu-central-1"), Model("there", run=runs[1], region="us-east-1")]
    async with Atomic(models, clock=clock) as atomic:
        response = await atomic.run(Task("Classify.", output=Mail, allow=["eu-central-1"]))
        with pytest.raises(TaskError, match="here: the task allows mars; there: the task allows mars"):
            await atomic.run(Task("Classify.", output=Mail, allow=["mars"]))
    assert response.model == "here"
    assert runs[1].calls == []


async def test_no_exploration_and_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    clock = VirtualClock()
    models = [scripted(name, GOOD, clock) for name in "abc"]
    async with Atomic(models, clock=clock) as atomic:
        winners = {(await atomic.run(Task("Classify.", output=Mail))).model for _ in range(30)}
    assert len(winners) == 1
    assert os.listdir(tmp_path) == []


async def test_allow_tags_are_honoured() -> None:
    clock = VirtualClock()
    inside = Model("inside", run=ScriptedModel(GOOD, clock), price_in=9, price_out=9, tags=["eu"])
    outside = scripted("outside", GOOD, clock, price=0.0)
    async with Atomic([inside, outside], clock=clock, plan="race") as atomic:
        response = await atomic.run(Task("Classify.", output=Mail, allow=["eu"]))
        assert response.model == "inside"
        assert outside.run.calls == []
        with pytest.raises(TaskError, match=r"no model may bid.*inside.*moon.*outside"):
            await atomic.run(Task("Classify.", output=Mail, allow=["moon"]))


async def test_acceptance_is_asked_before_rivals_are_stopped() -> None:
    """The first valid lane fails the caller's validator: the second wins, and ran on until the answer was in."""
    clock = VirtualClock()
    refused = scripted("refused", Script.json({"category": "wrong"}), clock)
    right = scripted("right", Script.json({"category": "right " * 50}), clock, pace=Pace(0.1, 20.0))
    asked: list[tuple[str, int]] = []

    def validator(mail: Mail) -> bool:
        asked.append((mail.category, right.run.calls[0].chunks_sent))
        return mail.category != "wrong"

    async with Atomic([refused, right], clock=clock, plan="race") as atomic:
        response = await atomic.run(Task("Classify.", output=Mail, validators=[validator]))
    assert response.model == "right"
    assert asked[0][0] == "wrong"
    assert asked[0][1] < right.run.calls[0].chunks_planned, "the rival had not been stopped nor finished"
    outcomes = {lane.model: lane.outcome for lane in response.trace.executions}
    assert outcomes == {"refused": "acceptance_refused", "right": "won"}


async def test_a_failed_race_is_asked_again_with_its_violations() -> None:
    clock = VirtualClock()
    answers = [Script.json({"kind": "billing"}), GOOD]
    model = Model("only", run=ScriptedModel(answers, clock), price_in=1, price_out=1)
    async with Atomic([model], clock=clock) as atomic:
        response = await atomic.run(Task("Classify.", output=Mail))
    assert response.output == Mail(category="billing")
    again = model.run.calls[1].call.messages
    assert [message.role for message in again[-2:]] == ["assistant", "user"]
    assert "required" in again[-1].text


async def test_all_models_failing_says_everything() -> None:
    clock = VirtualClock()
    dead = scripted("dead", Script.json({"category": 1}), clock)
    down = scripted("down", GOOD, clock, faults=Status(503))
    async with Atomic([dead, down], clock=clock, plan="race") as atomic:
        with pytest.raises(RaceError) as raised:
            await atomic.run(Task("Classify.", output=Mail))
    error = raised.value
    assert {lane.model for lane in error.lanes} <= {"dead", "down"}
    assert error.partial is not None
    assert error.violations[0].keyword == "type"
    assert error.cost.total_usd > 0
    assert error.retryable
    assert error.trace.explain()


async def test_money_and_time_are_bounds() -> None:
    clock = VirtualClock()
    slow = scripted("slow", GOOD, clock, faults=Stall("before-headers"))
    async with Atomic([slow], clock=clock) as atomic:
        task = Task("Classify.", output=Mail)
        with pytest.raises(DeadlineError):
            await atomic.run(task, budget=Budget(deadline_s=2))
        assert clock.now() == 2_000_000_000
        late = await atomic.run(task, budget=Budget(deadline_s=2), on_deadline=Mail(category="unknown"))
        assert (late.output, late.validation) == (Mail(category="unknown"), "fallback")
        with pytest.raises(BudgetError, match="lower max_tokens"):
            await atomic.run(task, budget=Budget(usd=1e-9))
        assert len(slow.run.calls) == 2


async def test_a_small_budget_bounds_the_answer_rather_than_shutting_models_out() -> None:
    clock = VirtualClock()
    small = scripted("small", GOOD, clock, price=0.6)
    async with Atomic([small], clock=clock) as atomic:
        response = await atomic.run(Task("Classify.", output=Mail), budget=Budget(usd=0.0005))
        assert response.cost.total_usd < 0.0005
        (played,) = small.run.calls
        assert 256 <= played.call.max_tokens < 4096
        await atomic.run(Task("Classify.", output=Mail, max_tokens=300), budget=Budget(usd=0.0005))
        assert small.run.calls[1].call.max_tokens == 300

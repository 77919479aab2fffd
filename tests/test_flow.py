"""The flow around the race, end to end over scripted models: microtasks, plans, judges, joins, tools, re-asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, field_validator

from atomic_ai import (
    Atomic,
    BestOf,
    Budget,
    Graph,
    Judge,
    Merge,
    Micro,
    Model,
    Planned,
    Quorum,
    Task,
    Tool,
    microtask,
    tool,
)
from atomic_ai.adapt import adapt
from atomic_ai.errors import AssemblyError, BudgetError, LimitError, RaceError, TaskError, UnknownModelError
from atomic_ai.message import ToolUse
from atomic_ai.race.lanes import Lane
from atomic_ai.testing import Pace, Script, ScriptedModel, Status, ToolCall, VirtualClock, no_network

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _no_network() -> Any:
    with no_network():
        yield


class Mail(BaseModel):
    subject: str
    body: str


class Meeting(BaseModel):
    day: date


class Triage(BaseModel):
    category: Annotated[Literal["order", "complaint"], Micro("Which category?")]
    urgency: Annotated[int, Micro("How urgent?")]
    reply: Annotated[str, Micro("Draft a reply.", after="category")]


ANSWERS: dict[str, Script] = {
    "Which category?": Script.json({"category": "order"}),
    "How urgent?": Script.json({"urgency": 3}),
    "Draft a reply.": Script("It is on its way."),
}


def asked(call: Any) -> str:
    return str(call.call.messages[-1].text)


def by_prompt(answers: dict[str, Script]) -> Callable[[Any], Script]:
    """Answers by what the last turn contains."""

    def answer(call: Any) -> Script:
        return next(script for prompt, script in answers.items() if prompt in asked(call))

    return answer


def model(name: str, script: Any, clock: VirtualClock, price: float = 1.0, **options: Any) -> Model:
    return Model(name, run=ScriptedModel(script, clock, **options), price_in=price, price_out=price)


async def test_annotated_fields_are_microtasks_of_one_request() -> None:
    clock = VirtualClock()
    one = model("one", by_prompt(ANSWERS), clock)
    async with Atomic([one], clock=clock) as atomic:
        response = await atomic.run(Task("Look at this mail.", output=Triage).with_input("Where is it?"))
    assert response.output == Triage(category="order", urgency=3, reply="It is on its way.")
    assert [microtask.id for microtask in response.trace.microtasks] == ["category", "urgency", "reply"]
    assert {lane.microtask for lane in response.trace.executions} == {"category", "urgency", "reply"}
    assert response.cost.total_usd == pytest.approx(sum(lane.cost_usd for lane in response.trace.executions))
    assert response.validation == "valid"
    explained = response.trace.explain()
    assert all(name in explained for name in ("category", "urgency", "reply"))


async def test_independent_microtasks_overlap_and_dependents_wait() -> None:
    clock = VirtualClock()
    one = model("one", by_prompt(ANSWERS), clock, pace=Pace(ttft_s=1.0))
    async with Atomic([one], clock=clock, plan="single") as atomic:
        await atomic.run(Task("Look at this mail.", output=Triage).with_input("Where is it?"))
    started = {asked(call).split("\n\n")[1].split("\n")[0]: call for call in one.run.calls}
    assert started["Which category?"].started_s == started["How urgent?"].started_s == 0
    assert started["Draft a reply."].started_s >= started["Which category?"].ended_s
    assert "category:\norder" in asked(started["Draft a reply."])


@microtask
def mood(mail: Mail) -> Literal["calm", "angry"]:
    """What mood is {mail.subject} in?"""


@microtask(on_failure="default", default="Thank you.")
def draft(mail: Mail, mood: Literal["calm", "angry"]) -> str:
    """Draft a reply."""


class Drafted(BaseModel):
    mood: str
    draft: str


GRAPH = Graph([draft, mood], inputs={"mail": Mail}, output=Drafted)
MAIL = Mail(subject="LATE", body="Where is it?")


async def test_declared_microtasks_make_a_response() -> None:
    clock = VirtualClock()
    script = by_prompt({"What mood is LATE in?": Script.json({"mood": "angry"}), "Draft": Script("Sorry.")})
    async with Atomic([model("one", script, clock)], clock=clock) as atomic:
        response = await atomic.run(GRAPH.with_input(mail=MAIL).with_metadata({"customer": "7"}))
        again = await atomic.run(GRAPH.with_input(mail=MAIL))
    assert response.output == Drafted(mood="angry", draft="Sorry.")
    assert response.text == '{"mood":"angry","draft":"Sorry."}'
    assert response.metadata == {"customer": "7"}
    assert response.trace.request.input_hash == again.trace.request.input_hash


async def test_a_failed_microtask_has_its_default_and_its_trace() -> None:
    clock = VirtualClock()

    def fault(call: Any) -> Status | None:
        return Status(500) if "Draft" in asked(call) else None

    one = model("one", by_prompt({"mood": Script.json({"mood": "calm"}), "Draft": Script("!")}), clock, faults=fault)
    async with Atomic([one], clock=clock) as atomic:
        response = await atomic.run(GRAPH.with_input(mail=MAIL))
    assert response.output == Drafted(mood="calm", draft="Thank you.")
    assert [lane.outcome for lane in response.trace.executions if lane.microtask == "draft"] == ["error"]


async def test_a_failed_microtask_cancels_the_request_by_default() -> None:
    clock = VirtualClock()
    one = model("one", by_prompt({"mood": Script('{"mood": "glad"}'), "Draft": Script("!")}), clock)
    async with Atomic([one], clock=clock) as atomic:
        with pytest.raises(RaceError) as caught:
            await atomic.run(GRAPH.with_input(mail=MAIL))
    assert caught.value.microtask == "mood"
    assert caught.value.violations
    assert caught.value.trace is not None


async def test_what_is_missing_is_an_error_with_the_record() -> None:
    clock = VirtualClock()
    graph = Graph([draft, mood], inputs={"mail": Mail}, output=Drafted, on_failure="skip_dependents")
    one = model("one", by_prompt({"mood": Script('{"mood": "glad"}'), "Draft": Script("!")}), clock)
    async with Atomic([one], clock=clock) as atomic:
        with pytest.raises(AssemblyError, match="Drafted lacks mood") as caught:
            await atomic.run(graph.with_input(mail=MAIL))
    assert set(caught.value.failures) == {"mood"}
    assert caught.value.results == {"draft": "Thank you."}
    assert caught.value.trace.executions


class Report(BaseModel):
    title: str
    score: int


PLAN = {
    "microtasks": [
        {"name": "notes", "prompt": "Take notes.", "needs": ["input"], "gives": "text"},
        {"name": "title", "prompt": "Find a title.", "needs": ["notes"], "gives": "title"},
        {"name": "rate", "prompt": "Rate it.", "needs": ["notes"], "gives": "score"},
    ]
}
CIRCLE = {"microtasks": [PLAN["microtasks"][0] | {"needs": ["title"]}, *PLAN["microtasks"][1:]]}
PARTS = {
    "Take notes.": Script("n1"),
    "Find a title.": Script("A title"),
    "Rate it.": Script.json({"rate": 4}),
}
PLANNED = Planned(Task("Report on this.", output=Report).with_input("data"))


async def test_a_planner_takes_a_request_apart() -> None:
    clock = VirtualClock()
    one = model("one", by_prompt({"Break the work": Script.json(PLAN), **PARTS}), clock)
    async with Atomic([one], clock=clock) as atomic:
        response = await atomic.run(PLANNED)
    assert response.output == Report(title="A title", score=4)
    assert [microtask.id for microtask in response.trace.microtasks] == ["plan", "notes", "title", "rate"]


async def test_a_plan_that_makes_no_graph_loses_to_one_that_does() -> None:
    """Both are valid JSON under the plan's schema: it is the graph that refuses the first."""
    clock = VirtualClock()
    bad = model("bad", by_prompt({"Break the work": Script.json(CIRCLE), **PARTS}), clock)
    good = model("good", by_prompt({"Break the work": Script.json(PLAN), **PARTS}), clock, pace=Pace(ttft_s=1.0))
    async with Atomic([bad, good], clock=clock, plan="race") as atomic:
        response = await atomic.run(PLANNED)
    planners = {lane.model: lane.outcome for lane in response.trace.executions if lane.microtask == "plan"}
    assert planners == {"bad": "acceptance_refused", "good": "won"}


async def test_a_bad_plan_is_mended_and_nothing_of_it_runs() -> None:
    clock = VirtualClock()

    def script(call: Any) -> Script:
        if "Break the work" in call.call.messages[0].text:
            return Script.json(PLAN if len(call.call.messages) > 1 else CIRCLE)
        return by_prompt(PARTS)(call)

    one = model("one", script, clock)
    async with Atomic([one], clock=clock) as atomic:
        response = await atomic.run(PLANNED)
    assert response.output.score == 4
    assert "circle" in asked(one.run.calls[1])
    assert len(one.run.calls) == 2 + 3


class Mood(BaseModel):
    mood: Literal["calm", "angry"]


async def test_the_best_is_asked_again_with_its_violations() -> None:
    clock = VirtualClock()
    scripts = [Script('{"mood": "glad"}'), Script.json({"mood": "calm"})]
    one = model("one", lambda call: scripts[min(call.number, 1)], clock)
    async with Atomic([one], clock=clock) as atomic:
        response = await atomic.run(Task("Which mood?", output=Mood).with_input("canary"))
    assert response.output == Mood(mood="calm")
    assert [lane.outcome for lane in response.trace.executions] == ["schema_dead", "won"]
    again = one.run.calls[1].call.messages
    assert [message.role for message in again] == ["user", "assistant", "user"]
    assert "/mood" in again[-1].text


class Brittle(BaseModel):
    word: str

    @field_validator("word")
    @classmethod
    def known(cls, word: str) -> str:
        return {"known": "known"}[word]


async def test_a_type_that_raises_refuses_the_answer() -> None:
    clock = VirtualClock()
    scripts = [Script.json({"word": "canary"}), Script.json({"word": "known"})]
    one = model("one", lambda call: scripts[min(call.number, 1)], clock)
    async with Atomic([one], clock=clock) as atomic:
        response = await atomic.run(Task("Which word?", output=Brittle))
    assert response.output.word == "known"
    assert [lane.outcome for lane in response.trace.executions] == ["acceptance_refused", "won"]
    assert "Brittle: KeyError" in asked(one.run.calls[1])


async def test_asking_again_ends() -> None:
    clock = VirtualClock()
    one = model("one", Script('{"mood": "glad"}'), clock)
    async with Atomic([one], clock=clock) as atomic:
        with pytest.raises(RaceError) as caught:
            await atomic.run(Task("Which mood?", output=Mood).with_input("?"))
    assert len(one.run.calls) == 3
    assert caught.value.violations


async def test_without_money_to_ask_again_the_violations_are_what_is_raised() -> None:
    clock = VirtualClock()
    one = model("one", Script('{"mood": "glad"}'), clock, price=100.0)
    task = Task("Which mood?", output=Mood, max_tokens=100).with_input("?")
    once = Lane.of(adapt(task, one), one.run).most_usd * 1.005  # enough to ask, not to ask again
    async with Atomic([one], clock=clock) as atomic:
        with pytest.raises(RaceError) as caught:
            await atomic.run(task, budget=Budget(usd=once))
    assert len(one.run.calls) == 1
    assert not isinstance(caught.value, BudgetError)
    assert caught.value.violations


async def test_a_provider_that_fails_is_not_asked_again() -> None:
    clock = VirtualClock()
    one = model("one", Script("!"), clock, faults=lambda call: Status(500))
    async with Atomic([one], clock=clock) as atomic:
        with pytest.raises(RaceError):
            await atomic.run(Task("Hello?"))
    assert len(one.run.calls) == 1


async def test_a_judge_decides_between_lanes() -> None:
    clock = VirtualClock()
    rude = model("rude", Script("No."), clock)
    kind = model("kind", Script("Gladly."), clock, pace=Pace(ttft_s=1.0))

    async def polite(text: str) -> bool:
        return text != "No."

    async with Atomic([rude, kind], clock=clock, plan="race") as atomic:
        response = await atomic.run(Task("Help?", judge=Judge(polite)))
    assert response.text == "Gladly."
    assert {lane.model: lane.outcome for lane in response.trace.executions} == {"rude": "judge_refused", "kind": "won"}


async def test_a_model_judges_and_is_paid_as_a_judge() -> None:
    clock = VirtualClock()
    one = model("one", Script("Gladly."), clock)
    judging = model("judging", Script.json({"score": 0.9, "reason": "fine"}), clock)
    task = Task("Help?", judge=Judge("judging", "Polite."), allow={"answers"})
    models = [Model("one", run=one.run, price_in=1, price_out=1, tags={"answers"}), judging]
    async with Atomic(models, clock=clock) as atomic:
        response = await atomic.run(task)
    assert response.text == "Gladly."
    assert len(judging.run.calls) == 1
    assert response.cost.judge_usd > 0
    assert response.cost.total_usd == pytest.approx(response.cost.winner_usd + response.cost.judge_usd)


async def test_a_judge_that_is_no_model_is_named_before_anybody_is_asked() -> None:
    clock = VirtualClock()
    one = model("strict", Script("Gladly."), clock)
    async with Atomic([one], clock=clock) as atomic:
        with pytest.raises(UnknownModelError, match="did you mean 'strict'"):
            await atomic.run(Task("Help?", judge=Judge("strikt", "Polite.")))
    assert one.run.calls == []


async def test_the_judges_reason_is_told_when_asking_again() -> None:
    clock = VirtualClock()
    scripts = [Script("No."), Script("Gladly.")]
    one = model("one", lambda call: scripts[min(call.number, 1)], clock)
    grades = [Script.json({"score": 0.1, "reason": "too curt"}), Script.json({"score": 1, "reason": ""})]
    judging = model("judging", lambda call: grades[min(call.number, 1)], clock, price=50.0)
    async with Atomic([one, judging], clock=clock, plan="single") as atomic:
        response = await atomic.run(Task("Help?", judge=Judge("judging", "Polite.")))
    assert response.text == "Gladly."
    assert "too curt" in asked(one.run.calls[1])
    assert "too curt" not in response.trace.to_json().decode()


class Vote(BaseModel):
    kind: str
    tags: list[str]


def voters(clock: VirtualClock, *votes: dict[str, Any]) -> list[Model]:
    return [model(f"m{i}", Script.json(vote), clock, pace=Pace(ttft_s=0.1 * (i + 1))) for i, vote in enumerate(votes)]


async def test_a_quorum_is_formed_field_by_field() -> None:
    clock = VirtualClock()
    votes = [{"kind": "a", "tags": ["x"]}, {"kind": "b", "tags": ["x"]}, {"kind": "b", "tags": ["y"]}]
    async with Atomic(voters(clock, *votes), clock=clock, max_lanes=3) as atomic:
        response = await atomic.run(Task("Vote.", output=Vote, join=Quorum(2)))
    assert response.output == Vote(kind="b", tags=["x"])
    assert "+" in response.model


async def test_a_merge_takes_what_all_lanes_gave() -> None:
    clock = VirtualClock()
    votes = [{"kind": "a", "tags": ["x"]}, {"kind": "b", "tags": ["x", "y"]}]
    async with Atomic(voters(clock, *votes), clock=clock) as atomic:
        response = await atomic.run(Task("Vote.", output=Vote, join=Merge()))
    assert response.output.tags == ["x", "y"]
    assert response.model in {"m0+m1", "m1+m0"}


async def test_a_combination_that_is_refused_leaves_the_winners_own() -> None:
    clock = VirtualClock()

    def few(vote: Vote) -> bool:
        return len(vote.tags) < 2

    votes = [{"kind": "a", "tags": ["x"]}, {"kind": "a", "tags": ["y"]}]
    async with Atomic(voters(clock, *votes), clock=clock) as atomic:
        response = await atomic.run(Task("Vote.", output=Vote, validators=[few], join=Merge()))
    assert response.output.tags in (["x"], ["y"])
    assert "+" not in response.model


async def test_the_best_of_several_wins_by_the_judge() -> None:
    clock = VirtualClock()
    models = [
        model("short", Script("Yes."), clock),
        model("long", Script("Yes, gladly."), clock, pace=Pace(ttft_s=1.0)),
    ]

    async def by_length(text: str) -> float:
        return min(1.0, len(text) / 12)

    async with Atomic(models, clock=clock) as atomic:
        response = await atomic.run(Task("Help?", judge=Judge(by_length, threshold=0), join=BestOf(2)))
    assert response.model == "long"


async def test_a_quorum_that_nobody_can_form_is_refused() -> None:
    clock = VirtualClock()
    async with Atomic(voters(clock, {"kind": "a", "tags": []}), clock=clock) as atomic:
        with pytest.raises(TaskError, match=r"Quorum\(2\) can never be met: 1 model"):
            await atomic.run(Task("Vote.", output=Vote, join=Quorum(2)))


def calls_then_says(*turns: Script) -> Callable[[Any], Script]:
    return lambda call: turns[min(call.number, len(turns) - 1)]


async def test_a_tool_is_called_and_its_result_is_a_further_turn() -> None:
    clock = VirtualClock()
    seen: list[str] = []

    @tool
    async def refund(order: int, idempotency_key: str) -> str:
        """Refund an order."""
        seen.append(idempotency_key)
        return f"refunded {order}"

    script = calls_then_says(Script(ToolCall("refund", '{"order": 7}')), Script("Done: order 7."))
    one = model("one", script, clock)
    async with Atomic([one], clock=clock) as atomic:
        response = await atomic.run(Task("Refund order 7.", tools=[refund]))
    assert response.text == "Done: order 7."
    assert len(seen) == 1
    said = one.run.calls[1].call.messages
    assert [message.role for message in said] == ["user", "assistant", "tool"]
    assert said[-1].parts[0].content == "refunded 7"
    (event,) = [event for event in response.trace.events if event["event"] == "tool_call"]
    assert event["idempotency_key"] == seen[0]
    assert "7" not in event


async def test_calls_of_a_tool_without_function_come_back() -> None:
    clock = VirtualClock()
    theirs = Tool("theirs", "Yours to do.", {"type": "object"})
    one = model("one", Script(ToolCall("theirs", "{}", "c1")), clock)
    async with Atomic([one], clock=clock) as atomic:
        response = await atomic.run(Task("Do it.", tools=[theirs]))
    assert response.message.parts == (ToolUse("c1", "theirs", "{}"),)


async def test_a_model_that_never_stops_calling_is_stopped() -> None:
    clock = VirtualClock()

    @tool(effects="read")
    async def look() -> str:
        """Look."""
        return "nothing"

    one = model("one", Script(ToolCall("look", "{}")), clock)
    async with Atomic([one], clock=clock) as atomic:
        with pytest.raises(LimitError) as caught:
            await atomic.run(Task("Look.", tools=[look]))
    assert caught.value.limit == "tool_turns"
    assert len(one.run.calls) == caught.value.bound + 1


async def test_a_model_beyond_the_budget_is_left_out_by_name() -> None:
    clock = VirtualClock()
    dear, cheap = model("dear", Script("Yes."), clock, price=1000.0), model("cheap", Script("Yes."), clock)
    async with Atomic([dear, cheap], clock=clock) as atomic:
        response = await atomic.run(Task("Well?", max_tokens=100), budget=Budget(usd=0.01))
        assert response.model == "cheap"
        with pytest.raises(BudgetError, match="cheap may cost up to"):
            await atomic.run(Task("Well?", max_tokens=100), budget=Budget(usd=0.00001))
    (filtered,) = [event for event in response.trace.events if event["event"] == "filtered"]
    assert filtered["model"] == "dear"
    assert "it may cost up to $0." in filtered["reasons"][0]
    assert not dear.run.calls


async def test_the_error_says_what_the_output_type_refuses() -> None:
    clock = VirtualClock()
    async with Atomic([model("only", Script.json({"day": "next week"}), clock)], clock=clock) as atomic:
        with pytest.raises(RaceError, match=r"the output type refuses /day: .*valid date"):
            await atomic.run(Task("When?", output=Meeting))

"""Microtasks by a planner: its plan is checked by schema and as a graph before anything runs."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from pydantic import BaseModel

from atomic_ai.decompose import Graph, Node, Planned
from atomic_ai.decompose.run import run
from atomic_ai.errors import TaskError
from atomic_ai.message import Message, Text
from atomic_ai.task import Task

pytestmark = pytest.mark.anyio


class Answered:
    """Asks nobody: parses the JSON or takes the text it was given for each microtask."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.tasks: dict[str, Task[Any]] = {}

    async def __call__(self, node: Node, task: Task[Any]) -> Any:
        self.tasks[node.name] = task
        answer = self.answers[node.name]
        if isinstance(answer, Exception):
            raise answer
        output = answer if task.shape is None else task.shape.parse(answer)
        return type("Answer", (), {"output": output})()


def said(task: Task[Any]) -> str:
    return "\n".join(part.text for message in task.conversation() for part in message.parts if isinstance(part, Text))


async def ran(graph: Graph[Any], ask: Answered) -> Any:
    with anyio.fail_after(5):
        return (await run(graph, ask))[0]


class Report(BaseModel):
    title: str
    score: int = 3


PLANNED = Planned(
    Task("Report on this.", output=Report, messages=[Message("user", "Hello")]).with_input("data"), limit=4
)

PLAN = {
    "microtasks": [
        {"name": "notes", "prompt": "Take notes.", "needs": ["input"], "gives": "text"},
        {"name": "title", "prompt": "Find a title.", "needs": ["notes"], "gives": "title"},
        {"name": "rate", "prompt": "Rate it.", "needs": ["notes", "input"], "gives": "score"},
    ]
}


def plan(*changes: dict[str, Any], without: str | None = None) -> dict[str, Any]:
    """`PLAN` with members of its microtasks changed in order, and without one of them."""
    steps = [step | change for step, change in zip(PLAN["microtasks"], [*changes, {}, {}, {}], strict=False)]
    return {"microtasks": [step for step in steps if step["name"] != without]}


async def test_a_plan_becomes_a_graph_and_the_graph_a_response() -> None:
    graph = PLANNED.graph(PLAN)
    assert graph.layers == (("notes",), ("title", "rate"))
    ask = Answered(notes="n1", title="A title", rate='{"rate": 5}')
    assert await ran(graph, ask) == Report(title="A title", score=5)
    assert said(ask.tasks["notes"]) == "Hello\nTake notes.\ndata"
    assert said(ask.tasks["title"]) == "Find a title.\nnotes:\nn1"
    assert said(ask.tasks["rate"]) == "Hello\nRate it.\ndata\nnotes:\nn1"


async def test_a_text_is_the_answer_of_one_microtask() -> None:
    planned = Planned(Task("Sum this up.").with_input("data"))
    graph = planned.graph({"microtasks": [{"name": "sum", "prompt": "Sum up.", "needs": ["input"], "gives": "answer"}]})
    assert await ran(graph, Answered(sum="Short.")) == "Short."


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (plan({"needs": ["rate"]}), "circle"),
        (plan({"needs": ["inptu"]}), "needs 'inptu', which nothing gives"),
        (plan(without="title"), "gives no title"),
        (plan({}, {}, {"gives": "title"}), "gives 'title' twice: by 'title' and 'rate'"),
        (plan({"name": "title"}), "two microtasks are called 'title'"),
        (plan({"name": "Not A Name"}), "pattern at /microtasks/0/name"),
        (plan({"tools": ["rm"]}), "additionalProperties"),
        (plan({"model": "expensive"}), "additionalProperties"),
        (plan({"gives": "money"}), "enum at /microtasks/0/gives"),
        ({"microtasks": []}, "minItems"),
        ({"microtasks": [PLAN["microtasks"][0] | {"name": f"n{i}"} for i in range(5)]}, "maxItems"),
        ({}, "required"),
    ],
)
def test_a_plan_that_makes_no_graph_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(TaskError, match=message):
        PLANNED.graph(wrong)


def test_the_planner_is_told_what_must_be_given_and_judged_by_the_graph() -> None:
    asked = PLANNED.planning()
    assert asked.task_class == "plan"
    assert '"title", "score"' in said(asked)
    assert asked.schema == PLANNED.schema()
    assert asked.validators[0](PLAN) is not False
    with pytest.raises(TaskError):
        asked.validators[0](plan({"needs": ["rate"]}))


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(TaskError, match="limit"):
        Planned(Task("?"), limit=0)

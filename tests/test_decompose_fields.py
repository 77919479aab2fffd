"""Microtasks by output model: fields annotated with `Micro`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import anyio
import pytest
from pydantic import BaseModel, Field

from atomic_ai.decompose import Graph, Micro, Node, Planned
from atomic_ai.decompose.annotated import graph_of
from atomic_ai.decompose.run import run
from atomic_ai.errors import AssemblyError, RaceError, TaskError
from atomic_ai.message import Text
from atomic_ai.task import Task
from atomic_ai.tool import tool

pytestmark = pytest.mark.anyio


class Triage(BaseModel):
    """What to do with a mail."""

    category: Annotated[Literal["order", "complaint"], Micro("Which category?", task_class="classify")]
    urgency: Annotated[int, Field(ge=0, le=9, description="Nine is worst."), Micro("How urgent?")] = 4
    reply: Annotated[str, Micro("Draft a reply.", after=("category", "urgency"))]
    language: str = Field(alias="lang")
    spam: bool = False


TASK = Task("Look at this mail.", system="Be brief.", output=Triage, allow={"eu"}).with_input("Where is my order?")


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


ANSWERS = {
    "category": '{"category": "order"}',
    "urgency": '{"urgency": 7}',
    "reply": "It is on its way.",
    "rest": '{"lang": "en"}',
}


async def test_each_annotated_field_is_asked_by_itself_and_the_others_together() -> None:
    graph = graph_of(TASK)
    assert graph.layers == (("category", "urgency", "rest"), ("reply",))
    ask = Answered(**ANSWERS)
    output = await ran(graph, ask)
    assert output == Triage(category="order", urgency=7, reply="It is on its way.", lang="en")
    assert ask.tasks["category"].task_class == "classify"
    assert ask.tasks["reply"].allow == frozenset({"eu"})
    assert ask.tasks["reply"].shape is None
    assert said(ask.tasks["category"]) == "Be brief.\nLook at this mail.\n\nWhich category?\nWhere is my order?"
    assert said(ask.tasks["reply"]).endswith("Where is my order?\ncategory:\norder\nurgency:\n7")


async def test_the_field_keeps_its_constraints_and_description() -> None:
    schema = graph_of(TASK).nodes["urgency"].task.schema
    assert schema["properties"]["urgency"]["maximum"] == 9
    assert schema["properties"]["urgency"]["description"] == "Nine is worst."


async def test_the_other_fields_are_asked_by_their_alias() -> None:
    schema = graph_of(TASK).nodes["rest"].task.schema
    assert list(schema["properties"]) == ["lang", "spam"]
    assert schema["required"] == ["lang"]


async def test_a_fields_default_stands_in() -> None:
    graph = graph_of(TASK, on_failure="skip_dependents")
    with pytest.raises(AssemblyError, match="Triage lacks reply"):
        await ran(graph, Answered(**ANSWERS | {"urgency": RaceError("no")}))

    class Calm(Triage):
        urgency: Annotated[int, Micro("How urgent?", on_failure="default")] = 4

    output = await ran(
        graph_of(Task("Look.", output=Calm).with_input("?")), Answered(**ANSWERS | {"urgency": RaceError("no")})
    )
    assert output.urgency == 4


async def test_validators_see_the_whole_and_not_the_parts() -> None:
    seen: list[Any] = []
    task = Task("Look.", output=Triage, validators=[seen.append]).with_input("?")
    output = await ran(graph_of(task), Answered(**ANSWERS))
    assert seen == [output]


def test_what_belongs_to_single_microtasks_is_refused() -> None:
    @tool
    def look_up(order: str) -> str:
        """Look up an order."""
        return order

    for options in ({"tools": [look_up]}, {"examples": [("a", "b")]}, {"criteria": ["x"]}):
        task = Task("Look.", output=Triage, **options)  # type: ignore[call-overload]
        for decompose in (graph_of, Planned):
            with pytest.raises(TaskError, match=f"takes no {next(iter(options))}"):
                decompose(task)


def test_after_names_a_microtask() -> None:
    class Wrong(BaseModel):
        a: Annotated[str, Micro("?", after="bb")]
        b: Annotated[str, Micro("?")]

    with pytest.raises(TaskError, match="'a' comes after 'bb', which is no microtask: did you mean 'b'"):
        graph_of(Task("?", output=Wrong))

    class Ring(BaseModel):
        a: Annotated[str, Micro("?", after="b")]
        b: Annotated[str, Micro("?", after="a")]

    with pytest.raises(TaskError, match="circle: a → b → a"):
        graph_of(Task("?", output=Ring))


def test_a_task_without_marked_fields_is_not_decomposed() -> None:
    with pytest.raises(TaskError, match="no field annotated"):
        graph_of(Task("?", output=dict[str, int]))

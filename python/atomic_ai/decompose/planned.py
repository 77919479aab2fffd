"""Microtasks by a planner: a model writes the plan, which is checked by schema and as a graph before anything runs.

The plan decides what is asked and in which order, never by whom, with which tools or for how much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import orjson

from atomic_ai.assemble import into_model, into_one, is_model
from atomic_ai.decompose.graph import Graph
from atomic_ai.decompose.narrow import blind, narrowed, require_plain
from atomic_ai.decompose.need import Need
from atomic_ai.decompose.node import MISSING, Node, OnFailure, shape_of
from atomic_ai.errors import TaskError
from atomic_ai.output import OutputType
from atomic_ai.schema import Schema

if TYPE_CHECKING:
    from atomic_ai.task import Task

T = TypeVar("T")

INPUT = "input"
"""How a plan names what the request is about."""

ANSWER = "answer"
"""What the last microtask of a plan gives, where the response is not made of fields."""

TEXT = "text"
"""What a microtask gives that only prepares others."""

_PROMPT = """\
Break the work below into at most {limit} microtasks, so that each can be done by a model that sees nothing but its \
own prompt and what it needs. Use as few as do the work well; let independent ones stay independent.

A microtask has a "name", a "prompt" (the whole instruction), "needs" (names of earlier microtasks, and "input" if it \
must see what the work is about) and "gives". Each of these must be given by exactly one microtask: {gives}. \
A microtask that only prepares others gives "text".

The work:
{work}"""


@dataclass(frozen=True, slots=True)
class Planned(Generic[T]):
    """A task to be decomposed by a planner model, such as `Planned(Task("…", output=Report), limit=5)`.

    Attributes:
        task: the work.
        limit: the most microtasks a plan may have.
        allow: tags of the models that may plan; the task's own where it is not given.
        task_class: the class that planners are profiled under.
        on_failure: what a failed microtask means for the rest.

    Raises:
        TaskError: the task cannot be planned: it has tools, criteria or examples, or its limit is below one.
    """

    task: Task[T]
    limit: int = 8
    allow: frozenset[str] | None = None
    task_class: str = "plan"
    on_failure: OnFailure = "cancel"

    def __post_init__(self) -> None:
        require_plain(self.task, "a planned task")
        if self.limit < 1:
            raise TaskError("Planned(limit=…) takes a whole number above zero")

    def planning(self) -> Task[Any]:
        """What the planner is asked; a plan that makes no graph is refused like any invalid answer."""
        gives = ", ".join(f'"{name}"' for name in self._gives())
        work = "\n".join(filter(None, (self.task.system, self.task.prompt)))
        return narrowed(
            self.task,
            prompt=_PROMPT.format(limit=self.limit, gives=gives, work=work),
            system=None,
            shape=OutputType(self.schema()),
            task_class=self.task_class,
            allow=self.task.allow if self.allow is None else frozenset(self.allow),
            validators=(self.graph,),
        )

    def schema(self) -> dict[str, Any]:
        """JSON Schema of a plan."""
        name = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,39}$"}
        microtask = {
            "type": "object",
            "properties": {
                "name": name,
                "prompt": {"type": "string", "minLength": 1, "maxLength": 8000},
                "needs": {"type": "array", "items": name, "maxItems": self.limit, "uniqueItems": True},
                "gives": {"enum": [*self._gives(), TEXT]},
            },
            "required": ["name", "prompt", "needs", "gives"],
            "additionalProperties": False,
        }
        return {
            "title": "plan",
            "type": "object",
            "properties": {"microtasks": {"type": "array", "items": microtask, "minItems": 1, "maxItems": self.limit}},
            "required": ["microtasks"],
            "additionalProperties": False,
        }

    def graph(self, plan: Mapping[str, Any]) -> Graph[T]:
        """The graph of a plan, whoever wrote it.

        Raises:
            TaskError: it does not fit the plan's schema, names what nothing gives, goes in a circle, or gives a field
                twice or not at all.
        """
        verdict = Schema(self.schema()).validate(orjson.dumps(plan))
        if verdict.state != "complete":
            places = "; ".join(f"{v.keyword} at {v.instance_path or '/'}" for v in verdict.violations)
            raise TaskError(f"the plan does not fit its schema: {places}")
        steps: Sequence[Mapping[str, Any]] = plan["microtasks"]
        given = _given(steps, self._gives())
        whole: Any = into_model(self._output) if is_model(self._output) else into_one(ANSWER)

        def assemble(**results: Any) -> Any:
            return whole({name: results[by] for name, by in given.items() if by in results})

        nodes = [self._node(step) for step in steps]
        return Graph(nodes, assemble=assemble, validators=self.task.validators, on_failure=self.on_failure)

    @property
    def _output(self) -> Any:
        return str if self.task.shape is None else self.task.shape.source

    def _gives(self) -> tuple[str, ...]:
        return tuple(self._output.model_fields) if is_model(self._output) else (ANSWER,)

    def _node(self, step: Mapping[str, Any]) -> Node:
        output, member = shape_of(step["name"], self._type(step["gives"]))
        needs = tuple(Need(name) for name in step["needs"] if name != INPUT)
        task = narrowed(
            self.task,
            prompt=step["prompt"],
            shape=None if output is None else OutputType(output),
            task_class=step["name"],
        )
        default = MISSING
        if is_model(self._output) and step["gives"] in self._output.model_fields:
            field = self._output.model_fields[step["gives"]]
            default = MISSING if field.is_required() else field.get_default(call_default_factory=True)
        return Node(
            step["name"], task if INPUT in step["needs"] else blind(task), needs, member=member, default=default
        )

    def _type(self, gives: str) -> Any:
        if gives == TEXT:
            return str
        return self._output.model_fields[gives].annotation if is_model(self._output) else self._output


def _given(steps: Sequence[Mapping[str, Any]], wanted: Sequence[str]) -> dict[str, str]:
    """Which microtask gives what is wanted."""
    given: dict[str, str] = {}
    for step in steps:
        if step["gives"] == TEXT:
            continue
        if step["gives"] in given:
            raise TaskError(f"the plan gives {step['gives']!r} twice: by {given[step['gives']]!r} and {step['name']!r}")
        given[step["gives"]] = step["name"]
    missing = [name for name in wanted if name not in given]
    if missing:
        raise TaskError(f"the plan gives no {', '.join(missing)}")
    return given

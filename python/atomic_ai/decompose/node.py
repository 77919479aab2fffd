"""One microtask before it runs: what is asked, what it needs, what it gives, what its failure means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from atomic_ai.artifacts import Microtask
from atomic_ai.decompose.need import Need, parts_of
from atomic_ai.decompose.prompt import NO_TEMPLATE, Template
from atomic_ai.errors import TaskError
from atomic_ai.output import OutputType

if TYPE_CHECKING:
    from atomic_ai.message import Part
    from atomic_ai.task import Task

OnFailure = Literal["cancel", "skip_dependents", "default"]
"""What a failed microtask means for the rest: stop everything and raise its error; leave out what depends on it;
go on with its default in its place."""


class Missing:
    """The type of `MISSING`: no default was given, which None would be."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One microtask of a graph. `@microtask` and `Micro` make them; by hand, any `Task` can be one.

    Attributes:
        name: unique in its graph; others depend on it by this name.
        task: what is asked, without what it needs.
        needs: what must be there before, in order.
        template: the prompt with named places; what it does not name is appended, labelled.
        member: the one member of the answer that is its result, where the answer was wrapped in an object.
        default: its result under `on_failure="default"`.
        on_failure: what its failure means; None leaves it to the graph.
    """

    name: str
    task: Task[Any]
    needs: tuple[Need, ...] = ()
    template: Template = NO_TEMPLATE
    member: str | None = None
    default: Any = MISSING
    on_failure: OnFailure | None = None

    def __post_init__(self) -> None:
        if self.on_failure is not None and self.on_failure not in get_args(OnFailure):
            raise TaskError(
                f"microtask {self.name!r}: on_failure={self.on_failure!r}; use one of {', '.join(get_args(OnFailure))}"
            )

    @property
    def schema(self) -> Mapping[str, Any] | None:
        """JSON Schema of its result (not of the object it may be wrapped in), or None for text."""
        whole = self.task.schema
        if whole is None or self.member is None:
            return whole
        inner: Mapping[str, Any] = whole["properties"][self.member]
        return {**inner, "$defs": whole["$defs"]} if "$defs" in whole else inner

    def bound(self, values: Mapping[str, Any]) -> Task[Any]:
        """The task with what it needs filled in.

        Raises:
            TaskError: a value does not fit the type it is needed as.
        """
        taken = {need.name: need.taken(values[need.name]) for need in self.needs}
        named = self.template.names
        appended: Iterable[Part] = (
            part for name, value in taken.items() if name not in named for part in parts_of(name, value)
        )
        prompt = self.template.render(taken) if self.template.pieces else self.task.prompt
        task = self.task if prompt is None else self.task.with_prompt(prompt)
        return task.with_input((*self.task.input, *appended))

    def result(self, output: Any) -> Any:
        """Its result, taken out of the object it may be wrapped in."""
        return output if self.member is None else getattr(output, self.member)

    def artifact(self, request_id: str) -> Microtask:
        """Its record for the trace."""
        schemas = {need.name: need.schema if need.schema is not None else True for need in self.needs}
        return Microtask(
            id=self.name,
            request_id=request_id,
            task_class=self.task.task_class,
            input_schema={"type": "object", "properties": schemas, "required": list(schemas)} if schemas else None,
            output_schema=self.task.schema,
            constraints=tuple(sorted(self.task.allow or ())),
            criteria=tuple(type(criterion).__name__ for criterion in self.task.criteria),
        )


def shape_of(name: str, type_: Any) -> tuple[Any, str | None]:
    """The type to ask for, and the member that holds the result.

    Providers' structured output wants an object at the root, so any other type is asked for as the one member of one.
    """
    if type_ is str:
        return None, None
    if _is_object(OutputType(type_).schema):
        return type_, None
    from pydantic import create_model

    wrapped: dict[str, Any] = {name: (type_, ...)}
    return create_model(name, **wrapped), name


def _is_object(schema: Mapping[str, Any]) -> bool:
    target = schema
    while isinstance(target.get("$ref"), str):
        target = schema["$defs"][target["$ref"].rpartition("/")[2]]
    return target.get("type") == "object"

"""Microtasks by output model: each field annotated with `Micro` is asked for by itself, the other fields together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from atomic_ai.assemble import into_model, is_model
from atomic_ai.decompose.graph import Graph
from atomic_ai.decompose.narrow import narrowed, require_plain
from atomic_ai.decompose.need import Need
from atomic_ai.decompose.node import MISSING, Node, OnFailure, shape_of
from atomic_ai.errors import TaskError
from atomic_ai.output import OutputType
from atomic_ai.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

    from atomic_ai.task import Task

T = TypeVar("T")

REST = "rest"
"""The microtask that asks for all fields without `Micro`."""


@dataclass(frozen=True, slots=True)
class Micro:
    """Marks a field as a microtask: `category: Annotated[Category, Micro("Which category?")]`.

    Attributes:
        prompt: what is asked for this field, after the task's own prompt.
        task_class: the class it is profiled under; the field's name where it is not given.
        after: fields whose results it is told.
        allow: tags of the models it may go to; the task's where it is not given.
        criteria: checks on its answer as it grows.
        on_failure: what its failure means for the rest. `"default"` puts the field's default in its place.
    """

    prompt: str
    task_class: str | None = None
    after: tuple[str, ...] | str = ()
    allow: frozenset[str] | None = None
    criteria: tuple[Any, ...] = ()
    on_failure: OnFailure | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """`after` as a tuple."""
        return (self.after,) if isinstance(self.after, str) else tuple(self.after)


def is_annotated(output: Any) -> bool:
    """Whether a task with this output type is to be decomposed by its fields."""
    return is_model(output) and any(_micro(field) for field in output.model_fields.values())


def graph_of(task: Task[T], *, on_failure: OnFailure = "cancel") -> Graph[T]:
    """The graph of a task whose output model has fields annotated with `Micro`.

    Raises:
        TaskError: `after` names no field, fields wait for each other in a circle, a field cannot be asked for, or the
            task has tools, criteria or examples, which belong to single microtasks.
    """
    output: Any = None if task.shape is None else task.shape.source
    if not is_annotated(output):
        raise TaskError("the output model has no field annotated with Micro(…)")
    require_plain(task, "a task decomposed by its fields")
    fields: Mapping[str, FieldInfo] = output.model_fields
    nodes = [_node(task, name, field, fields, micro) for name, field in fields.items() if (micro := _micro(field))]
    others = {name: field for name, field in fields.items() if not _micro(field)}
    if others:
        nodes.append(_rest(task, output, others))
    return Graph(nodes, assemble=_whole(output, frozenset(others)), validators=task.validators, on_failure=on_failure)


def _micro(field: FieldInfo) -> Micro | None:
    return next((item for item in field.metadata if isinstance(item, Micro)), None)


def _node(task: Task[Any], name: str, field: FieldInfo, fields: Mapping[str, FieldInfo], micro: Micro) -> Node:
    for other in micro.names:
        if other not in fields or not _micro(fields[other]):
            known = [known for known, info in fields.items() if _micro(info)]
            raise TaskError(f"field {name!r} comes after {other!r}, which is no microtask{did_you_mean(other, known)}")
    output, member = shape_of(name, _type(field))
    asked = narrowed(
        task,
        prompt="\n\n".join(filter(None, (task.prompt, micro.prompt))),
        shape=None if output is None else OutputType(output),
        task_class=micro.task_class or name,
        criteria=micro.criteria,
        allow=task.allow if micro.allow is None else frozenset(micro.allow),
    )
    needs = tuple(Need(other, _type(fields[other])) for other in micro.names)
    default = MISSING if field.is_required() else field.get_default(call_default_factory=True)
    return Node(name, asked, needs, member=member, default=default, on_failure=micro.on_failure)


def _rest(task: Task[Any], output: type[BaseModel], fields: Mapping[str, FieldInfo]) -> Node:
    from pydantic import create_model

    if REST in output.model_fields:
        raise TaskError(f"{output.__name__}.{REST}: this name is taken by the microtask that asks for the other fields")
    definitions: dict[str, Any] = {name: (field.annotation, field) for name, field in fields.items()}
    asked = create_model(output.__name__, __doc__=output.__doc__, **definitions)
    shape: OutputType[Any] = OutputType(asked)
    return Node(REST, narrowed(task, shape=shape, task_class=task.task_class or REST))


def _type(field: FieldInfo) -> Any:
    """The field's type with its constraints, without `Micro`, and described as the field is."""
    from pydantic import Field

    metadata = [item for item in field.metadata if not isinstance(item, Micro)]
    if field.description:
        metadata.append(Field(description=field.description))
    type_: Any = field.annotation
    for item in metadata:
        type_ = Annotated[type_, item]
    return type_


def _whole(output: Any, others: Iterable[str]) -> Callable[..., Any]:
    whole = into_model(output)

    def assemble(**results: Any) -> Any:
        rest = results.pop(REST, None)
        return whole(results if rest is None else {**results, **{name: getattr(rest, name) for name in others}})

    return assemble

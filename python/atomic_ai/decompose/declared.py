"""Declared microtasks: a typed function whose parameters name what it needs and whose docstring is the prompt."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Unpack, get_type_hints, overload

from atomic_ai.decompose.need import Need
from atomic_ai.decompose.node import MISSING, Node, OnFailure, shape_of
from atomic_ai.decompose.prompt import Template
from atomic_ai.errors import TaskError
from atomic_ai.task import Task, TaskOptions


@overload
def microtask(function: Callable[..., Any], /) -> Node: ...
@overload
def microtask(
    *,
    name: str | None = None,
    prompt: str | None = None,
    default: Any = MISSING,
    on_failure: OnFailure | None = None,
    **options: Unpack[TaskOptions],
) -> Callable[[Callable[..., Any]], Node]: ...
def microtask(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    prompt: str | None = None,
    default: Any = MISSING,
    on_failure: OnFailure | None = None,
    **options: Unpack[TaskOptions],
) -> Node | Callable[[Callable[..., Any]], Node]:
    """Make a microtask of a function; its body is never run.

    Each parameter names another microtask or a request input and says by its type how it wants to see it. The return
    type is the answer's. The docstring is the prompt; `{mail}` and `{mail.subject}` in it are filled in, parameters it
    does not name are appended, labelled. Type checkers miss a body: in such modules switch off mypy's `empty-body` or
    pyright's `reportReturnType`.

    Args:
        function: the function, where the decorator is used bare.
        name: its name in the graph, the function's otherwise.
        prompt: the prompt, the docstring otherwise.
        default: its result where it fails under `on_failure="default"`.
        on_failure: what its failure means; None leaves it to the graph.
        options: what `Task` takes; `task_class` is the name where it is not given.

    Raises:
        TaskError: no prompt, a parameter or return value without type, or a type without JSON Schema.
    """

    def made(function: Callable[..., Any]) -> Node:
        called = name or function.__name__
        needs, returned = _signature(function, called)
        text = prompt if prompt is not None else inspect.getdoc(function)
        if not text:
            raise TaskError(f"microtask {called!r} has no prompt: give it a docstring or prompt=…")
        output, member = shape_of(called, returned)
        given: TaskOptions = {"task_class": called, **options}
        task: Task[Any] = Task(text, output=output, **given)
        template = Template.of(text, [need.name for need in needs], owner=called)
        return Node(called, task, needs, template, member, default, on_failure)

    return made if function is None else made(function)


def _signature(function: Callable[..., Any], name: str) -> tuple[tuple[Need, ...], Any]:
    try:
        hints = get_type_hints(function, include_extras=True)
    except NameError as error:
        raise TaskError(f"microtask {name!r}: the type {error.name!r} in its signature is not defined") from None
    if "return" not in hints:
        raise TaskError(f"microtask {name!r} does not say what it returns: annotate it, with str for text")
    needs = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise TaskError(f"microtask {name!r}: parameter {parameter.name!r} names nothing; write each need by name")
        if parameter.name not in hints:
            raise TaskError(f"microtask {name!r}: parameter {parameter.name!r} has no type")
        needs.append(Need(parameter.name, hints[parameter.name]))
    return tuple(needs), hints["return"]

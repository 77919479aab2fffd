"""A task cut down to one of its microtasks: what holds for the whole stays with the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from atomic_ai.errors import TaskError

if TYPE_CHECKING:
    from atomic_ai.task import Task


def narrowed(task: Task[Any], **changes: Any) -> Task[Any]:
    """A microtask of `task`: about the same input, to the same models; what judges the whole answer is left out."""
    return task.changed(**{"validators": (), "criteria": (), "show": None} | changes)


def blind(task: Task[Any]) -> Task[Any]:
    """`task` without the input and the conversation: for a microtask that works on others' results alone."""
    return task.changed(input=(), messages=())


def require_plain(task: Task[Any], what: str) -> None:
    """Refuse what could only be dropped.

    Raises:
        TaskError: the task has tools, criteria or examples, which belong to single microtasks.
    """
    for name in ("tools", "criteria", "examples"):
        if getattr(task, name):
            raise TaskError(f"{what} takes no {name}: they belong to single microtasks; declare those with @microtask")

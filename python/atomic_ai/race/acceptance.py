"""Acceptance: the caller's own type and validators, asked before rivals are stopped."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from atomic_ai.errors import AtomicError

if TYPE_CHECKING:
    from atomic_ai.task import Task


class RefusedError(AtomicError):
    """The caller's type or validator says no.

    Attributes:
        reasons: one sentence each, fit to be shown to a model; they quote the rule, not the answer.
    """

    reasons: tuple[str, ...] = ()


async def accept(task: Task[Any], text: str) -> Any:
    """The typed output of a whole answer.

    Raises:
        RefusedError: the output type or a validator refuses it.
    """
    output = typed(task, text)
    for validator in task.validators:
        name = getattr(validator, "__name__", type(validator).__name__)
        try:
            answer = validator(output)
            if inspect.isawaitable(answer):
                answer = await answer
        except Exception as error:
            raise RefusedError(f"{name} raised {type(error).__name__}", reasons=(f"{name}: {error}",)) from error
        if answer is False:
            raise RefusedError(f"{name} said no", reasons=(f"{name} refuses it",))
    return output


def typed(task: Task[Any], text: str) -> Any:
    """The text as the task's output type has it, before validators are asked.

    Raises:
        RefusedError: the output type refuses it.
    """
    if task.shape is None:
        return text
    from pydantic import ValidationError

    try:
        return task.shape.parse(text)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        reasons = tuple(f"/{'/'.join(map(str, item['loc']))}: {item['msg']}" for item in found)
        raise RefusedError(f"the output type refuses it in {len(reasons)} place(s)", reasons=reasons) from None
    except Exception as error:
        name = type(error).__name__
        raise RefusedError(f"the output type raised {name}", reasons=(f"{task.shape.name}: {name}",)) from error

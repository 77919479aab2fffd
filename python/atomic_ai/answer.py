"""One microtask to its answer: rounds of auction and race, with tool calls and re-asks between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from atomic_ai import events
from atomic_ai.errors import BudgetError, DeadlineError, LimitError, RaceError
from atomic_ai.message import Message
from atomic_ai.reask import reasked
from atomic_ai.round import Round, hold
from atomic_ai.toolbox import Toolbox

if TYPE_CHECKING:
    from atomic_ai.context import Context
    from atomic_ai.engine import Engine
    from atomic_ai.message import ToolUse
    from atomic_ai.task import Show, Task

T = TypeVar("T")

REASKS = 2
"""How often the best model is asked again after every lane died of its answer."""

TOOL_TURNS = 16
"""How many turns of tool calls one microtask may take."""


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A microtask's good answer.

    Attributes:
        output: typed and validated.
        text: as the winner wrote it.
        model: the winner's name; several, joined by "+", where lanes were combined.
        message: the last turn, tool calls included that the caller is to carry out.
    """

    output: T
    text: str
    model: str
    message: Message


async def answer(engine: Engine, context: Context, microtask: str, task: Task[T], show: Show) -> Answer[T]:
    """Award `task`, race it, carry out tool calls, ask again where that may help, and give the answer.

    Raises:
        TaskError: no model may bid; the message names every model's reason.
        BudgetError: the budget does not hold any lane.
        DeadlineError: the deadline passed.
        RaceError: every lane ended and none was good.
        LimitError: a model went on calling tools.
    """
    toolbox = Toolbox(task.tools, scope=f"{context.recorder.request.id}/{microtask}")
    only: str | None = None
    died: list[RaceError] = []
    while True:
        try:
            held = await hold(engine, context, microtask, task, show, only=only)
        except RaceError as error:
            if died and isinstance(error, BudgetError):
                # What every lane died of says more than that there was no money to ask again.
                raise died[-1] from error
            again = _again(task, error) if len(died) < REASKS else None
            if again is None:
                raise
            task, only = again
            died.append(error)
            continue
        proposed = held.proposed
        if not proposed or toolbox.handed_over(proposed):
            return Answer(held.output, held.text, held.model, _message(held))
        if toolbox.turns >= TOOL_TURNS:
            raise LimitError("the models go on calling tools", limit="tool_turns", bound=TOOL_TURNS)
        task = task.continued(*await _carry_out(context, microtask, toolbox, held))


def _again(task: Task[T], error: RaceError) -> tuple[Task[T], str] | None:
    """The task with what was wrong, and the model to ask; None where asking again cannot help."""
    if isinstance(error, BudgetError | DeadlineError) or error.model is None or error.interrupted:
        return None
    again = reasked(task, error.partial or "", error.violations, error.refusals)
    return None if again is None else (again, error.model)


async def _carry_out(context: Context, microtask: str, toolbox: Toolbox, held: Round[Any]) -> tuple[Message, Message]:
    def announce(use: ToolUse, key: str) -> None:
        context.emit(
            events.ToolCall,
            microtask,
            round=held.round,
            lane=held.lane,
            model=held.model,
            id=use.id,
            name=use.name,
            arguments=use.arguments,
            idempotency_key=key,
        )

    return await toolbox.carry_out(held.text, held.proposed, announce)


def _message(held: Round[Any]) -> Message:
    return Message("assistant", [*([held.text] if held.text else []), *held.proposed])

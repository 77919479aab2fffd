"""One request from its arrival to its one outcome."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from atomic_ai import events
from atomic_ai.answer import answer
from atomic_ai.artifacts import Microtask, Request, Response
from atomic_ai.context import Context
from atomic_ai.errors import AtomicError, DeadlineError
from atomic_ai.message import Message, Text
from atomic_ai.purse import Purse
from atomic_ai.trace import Recorder, text_hash

if TYPE_CHECKING:
    from atomic_ai.budget import Budget
    from atomic_ai.engine import Engine
    from atomic_ai.stream import Run
    from atomic_ai.task import Show, Task

T = TypeVar("T")

RAISE: Final = object()
"""`on_deadline=RAISE`: a missed deadline raises."""

WHOLE = "answer"
"""The microtask's id where a request is one microtask."""


async def serve(
    engine: Engine, task: Task[T], budget: Budget, show: Show | None, on_deadline: object, run: Run[T]
) -> Response[T]:
    """Serve one request; its events go to trace, hooks and the run's backlog.

    Raises:
        AtomicError: no good answer.
    """
    context = _context(engine, task, budget, run)
    context.recorder.microtasks.append(_microtask(context, task, budget))
    try:
        response = await _respond(engine, context, task, show or task.show or _default_show(task), on_deadline)
    except AtomicError as error:
        context.emit(events.Failed, WHOLE, error=type(error).__name__, detail=str(error))
        error.trace = context.recorder.trace(context.cost)
        raise
    finally:
        _write(engine, context)
    context.emit(events.Completed, WHOLE, response=response)
    return response


async def _respond(engine: Engine, context: Context, task: Task[T], show: Show, on_deadline: object) -> Response[T]:
    try:
        found = await answer(engine, context, WHOLE, task, show)
    except DeadlineError:
        if on_deadline is RAISE:
            raise
        return _response(context, task, on_deadline, "", "", "fallback")
    return _response(context, task, found.output, found.text, found.model, "text" if task.shape is None else "valid")


def _default_show(task: Task[Any]) -> Show:
    return "committed" if task.shape is None else "final"


def _context(engine: Engine, task: Task[Any], budget: Budget, run: Run[Any]) -> Context:
    now = engine.clock.now()
    told = "\n".join(message.text for message in task.conversation())
    request = Request(
        id=uuid.uuid4().hex,
        time=datetime.now(UTC),
        input_hash=text_hash(told),
        input_chars=len(told),
        metadata=task.metadata,
        schema=task.schema,
    )
    return Context(
        clock=engine.clock,
        started=now,
        deadline=None if budget.deadline_s is None else now + int(budget.deadline_s * 1e9),
        purse=Purse(budget.usd),
        recorder=Recorder(request, keep_text=engine.settings.trace_text),
        hooks=engine.hooks,
        backlog=run.backlog,
        show_text=engine.settings.trace_text,
    )


def _microtask(context: Context, task: Task[Any], budget: Budget) -> Microtask:
    return Microtask(
        id=WHOLE,
        request_id=context.recorder.request.id,
        task_class=task.task_class,
        output_schema=task.schema,
        constraints=tuple(sorted(task.allow or ())),
        criteria=tuple(str(criterion) for criterion in task.criteria),
        deadline_s=budget.deadline_s,
    )


def _response(
    context: Context,
    task: Task[T],
    output: Any,
    text: str,
    model: str,
    validation: Literal["valid", "text", "fallback"],
) -> Response[T]:
    return Response(
        request_id=context.recorder.request.id,
        time=datetime.now(UTC),
        output=output,
        text=text,
        message=Message("assistant", Text(text)),
        model=model,
        cost=context.cost,
        latency_s=context.seconds(context.clock.now()),
        trace=context.recorder.trace(context.cost),
        validation=validation,
        metadata=task.metadata,
    )


def _write(engine: Engine, context: Context) -> None:
    """Append the trace to the trace file, if there is one; whatever became of the request."""
    if engine.settings.trace_file is not None:
        context.recorder.trace(context.cost).append_to(engine.settings.trace_file)

"""One request from its arrival to its one outcome."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

import anyio

from atomic_ai import events
from atomic_ai.answer import Answer, answer
from atomic_ai.artifacts import Microtask, Request, Response
from atomic_ai.context import Context
from atomic_ai.decompose import Graph, Planned
from atomic_ai.decompose.annotated import graph_of, is_annotated
from atomic_ai.decompose.run import run as run_graph
from atomic_ai.errors import AtomicError, DeadlineError
from atomic_ai.message import Message, written
from atomic_ai.purse import Purse
from atomic_ai.settings import RAISE
from atomic_ai.task import Task
from atomic_ai.trace import Recorder, text_hash

if TYPE_CHECKING:
    from atomic_ai.budget import Budget
    from atomic_ai.decompose.node import Node
    from atomic_ai.engine import Engine
    from atomic_ai.stream import Backlog
    from atomic_ai.task import Show

T = TypeVar("T")

Work = Task[T] | Graph[T] | Planned[T]
"""What can be asked: a task, microtasks that make a response, or a task that a planner takes apart."""

WHOLE = "answer"
"""The microtask's id where a request is one microtask."""

PLAN = "plan"
"""The microtask's id of a planner's plan."""


@dataclass(frozen=True, slots=True)
class Order(Generic[T]):
    """What a caller ordered.

    Attributes:
        work: what is asked.
        budget: bounds on money and time.
        show: what is seen before the verdict, or None for the default.
        on_deadline: the output to answer with when the deadline comes first, or `RAISE`.
        batch_s: seconds for which text may wait for more of it.
    """

    work: Work[T]
    budget: Budget
    show: Show | None
    on_deadline: object
    batch_s: float = 0.0


async def serve(engine: Engine, order: Order[T], backlog: Backlog | None = None) -> Response[T]:
    """Serve one request; its events go to trace, hooks and, where a reader follows, the backlog.

    Raises:
        AtomicError: no good answer; its `trace` is the record.
    """
    context = _context(engine, order, backlog)
    try:
        response = await _respond(engine, context, order)
        if context.arm is not None and engine.settings.experiment is not None:
            engine.settings.experiment.answered(context.arm, response)
    except AtomicError as error:
        if context.arm is not None and engine.settings.experiment is not None:
            engine.settings.experiment.failed(context.arm, error)
        _failed(context, type(error).__name__, str(error))
        error.trace = context.recorder.trace(context.cost)
        raise
    except BaseException as error:
        if isinstance(error, anyio.get_cancelled_exc_class()):
            _failed(context, "Cancelled", "the caller is gone")
        else:
            _failed(context, type(error).__name__, "")
        raise
    finally:
        if engine.settings.trace_file is not None:
            context.recorder.trace(context.cost).append_to(engine.settings.trace_file)
    context.emit(events.Completed, WHOLE, response=response)
    return response


def _failed(context: Context, error: str, detail: str) -> None:
    cost_usd, metadata = context.cost.total_usd, context.recorder.request.metadata
    context.emit(events.Failed, WHOLE, error=error, detail=detail, cost_usd=cost_usd, metadata=metadata)


async def _respond(engine: Engine, context: Context, order: Order[T]) -> Response[T]:
    try:
        found = await _find(engine, context, order)
    except DeadlineError:
        if order.on_deadline is RAISE:
            raise
        fallback: Answer[Any] = Answer(order.on_deadline, "", "", Message("assistant", ""))
        return _response(context, fallback, "fallback")
    typed = not isinstance(order.work, Task) or order.work.shape is not None
    return _response(context, found, "valid" if typed else "text")


async def _find(engine: Engine, context: Context, order: Order[T]) -> Answer[T]:
    work = order.work
    if isinstance(work, Planned):
        _enlist(context, work.planning(), PLAN)
        plan = await answer(engine, context, PLAN, work.planning(), "final")
        return await _assembled(engine, context, work.graph(plan.output))
    if isinstance(work, Graph):
        return await _assembled(engine, context, work)
    if work.shape is not None and is_annotated(work.shape.source):
        return await _assembled(engine, context, graph_of(work))
    _enlist(context, work, WHOLE)
    show: Show = "committed" if work.shape is None else "final"
    return await answer(engine, context, WHOLE, work, order.show or work.show or show)


async def _assembled(engine: Engine, context: Context, graph: Graph[T]) -> Answer[T]:
    """The response that the graph's microtasks make; its message is the output as JSON."""

    async def ask(node: Node, task: Task[Any]) -> Answer[Any]:
        return await answer(engine, context, node.name, task, "final")

    context.recorder.microtasks.extend(node.artifact(context.recorder.request.id) for node in graph.nodes.values())
    output, results = await run_graph(graph, ask)
    models = dict.fromkeys(found.model for found in results.answers.values() if isinstance(found, Answer))
    text = written(output)
    return Answer(output, text, "+".join(models), Message("assistant", text))


def _enlist(context: Context, task: Task[Any], name: str) -> None:
    context.recorder.microtasks.append(
        Microtask(
            id=name,
            request_id=context.recorder.request.id,
            task_class=task.task_class,
            output_schema=task.schema,
            constraints=tuple(sorted(task.allow or ())),
            criteria=tuple(type(criterion).__name__ for criterion in task.criteria),
            deadline_s=None if context.deadline is None else context.seconds(context.deadline),
        )
    )


def _context(engine: Engine, order: Order[Any], backlog: Backlog | None) -> Context:
    now = engine.clock.now()
    task = order.work.task if isinstance(order.work, Planned) else order.work
    told = _told(task)
    request_id, metadata, arm, trial = uuid.uuid4().hex, task.metadata, None, engine.settings.experiment
    if trial is not None:
        arm = trial.assign(request_id, metadata)
        metadata = {**metadata, **trial.experiment.note(arm)}
    request = Request(
        id=request_id,
        time=datetime.now(UTC),
        input_hash=text_hash(told),
        input_chars=len(told),
        metadata=metadata,
        schema=task.schema if isinstance(task, Task) else None,
    )
    deadline_s = order.budget.deadline_s
    return Context(
        clock=engine.clock,
        started=now,
        deadline=None if deadline_s is None else now + int(deadline_s * 1e9),
        purse=Purse(order.budget.usd),
        recorder=Recorder(request, keep_text=engine.settings.trace_text),
        hooks=engine.hooks,
        backlog=backlog,
        show_text=engine.settings.trace_text,
        batch_ns=int(order.batch_s * 1e9),
        caller=order.budget.caller,
        arm=arm,
    )


def _told(work: Task[Any] | Graph[Any]) -> str:
    """What the request says, for its hash and length."""
    if isinstance(work, Task):
        return "\n".join(message.text for message in work.conversation())
    return "\n".join(f"{name}: {written(value)}" for name, value in work.values.items())


def _response(context: Context, found: Answer[T], validation: Literal["valid", "text", "fallback"]) -> Response[T]:
    request = context.recorder.request
    return Response(
        request_id=request.id,
        time=datetime.now(UTC),
        output=found.output,
        text=found.text,
        message=found.message,
        model=found.model,
        cost=context.cost,
        latency_s=context.seconds(context.clock.now()),
        trace=context.recorder.trace(context.cost),
        validation=validation,
        metadata=request.metadata,
    )

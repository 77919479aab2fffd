"""One microtask from award to answer: who may bid, which plan clears, the race, the lesson."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from atomic_ai import events
from atomic_ai.adapt import adapt
from atomic_ai.eligibility import eligible
from atomic_ai.errors import AtomicError, BudgetError, DeadlineError, RaceError, TaskError
from atomic_ai.race.config import Rules, race_config
from atomic_ai.race.contest import Contest, Result
from atomic_ai.race.lanes import Lane

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from atomic_ai.context import Context
    from atomic_ai.engine import Engine
    from atomic_ai.market import Award
    from atomic_ai.providers.call import Call
    from atomic_ai.task import Show, Task

T = TypeVar("T")

CONTENT_FAULTS = frozenset(
    {"schema_dead", "criterion_failed", "judge_refused", "acceptance_refused", "refusal", "repetition", "truncated"}
)
"""The outcomes in which the answer itself was at fault: they count against a model's validity."""


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A microtask's good answer.

    Attributes:
        output: typed and validated.
        text: as the winner wrote it.
        model: the winner's name.
        result: the race it came from.
    """

    output: T
    text: str
    model: str
    result: Result


async def answer(engine: Engine, context: Context, microtask: str, task: Task[T], show: Show) -> Answer[T]:
    """Award `task`, race it, and give its answer.

    Args:
        engine: models, market, providers.
        context: the request it belongs to.
        microtask: the microtask's id.
        task: what is asked.
        show: what the caller sees before the verdict.

    Raises:
        TaskError: no model may bid; the message names every model's reason.
        BudgetError: the budget does not hold any lane.
        DeadlineError: the deadline passed.
        RaceError: every lane ended and none was good.
    """
    calls = _bidders(engine, context, microtask, task)
    award = engine.award(task, calls)
    plan = award.plan
    context.emit(
        events.Awarded,
        microtask,
        plan=plan.kind,
        lanes=tuple(plan.lanes),
        quality=award.expected.quality,
        cost_usd=award.expected.cost_usd,
        latency_s=award.expected.latency_s,
        explanation=award.explain(),
    )
    lanes = [Lane.of(_call(task, calls, name, alone=len(plan.lanes) == 1), engine.providers[name]) for name in plan.lanes]
    _affordable(context, lanes[0])
    contest = Contest(context, microtask, task, lanes, _race(engine, context, task, show, award, lanes))
    try:
        result = await contest.run()
    finally:
        _learn(engine, award, contest)
    if result.verdict != "won" or result.lane is None:
        raise _failure(result, contest)
    text = contest.race.lane(result.lane).text
    output: Any = result.outputs.get(result.lane, text)
    return Answer(output, text, contest.lanes[contest.race.lane(result.lane).source].model.name, result)


def _bidders(engine: Engine, context: Context, microtask: str, task: Task[Any]) -> Mapping[str, Call]:
    who = eligible(task, engine.models, engine.providers)
    for name, reasons in who.filtered.items():
        context.emit(events.Filtered, microtask, model=name, reasons=reasons)
    if not who.calls:
        told = "; ".join(f"{name}: {', '.join(reasons)}" for name, reasons in who.filtered.items())
        raise TaskError(f"no model may bid for this task ({told}): change the task's allow or features, or add a model")
    return who.calls


def _call(task: Task[Any], calls: Mapping[str, Call], name: str, *, alone: bool) -> Call:
    return adapt(task, calls[name].model, alone=True) if alone else calls[name]


def _affordable(context: Context, lane: Lane) -> None:
    """Refuse before anything is sent what cannot be paid.

    Raises:
        BudgetError: the first lane's most does not fit.
    """
    if lane.most_usd > context.purse.left_usd:
        raise BudgetError(
            f"{lane.model.name} may cost up to ${lane.most_usd:.6f} and ${context.purse.left_usd:.6f} is left: "
            "raise Budget(usd=…), lower max_tokens, or add a cheaper model"
        )


def _race(
    engine: Engine, context: Context, task: Task[Any], show: Show, award: Award, lanes: Sequence[Lane]
) -> Any:
    from atomic_ai._core import Race

    left = None if context.deadline is None else context.deadline - context.clock.now()
    rules = Rules(
        kind=award.plan.kind,
        show=show,
        acceptance=task.shape is not None or bool(task.validators),
        deadline_ns=left,
        hedge_ns=engine.hedge_ns(award),
    )
    return Race(race_config(rules, lanes), engine.schema(task), engine.criteria(task), engine.tool_schemas(task))


def _learn(engine: Engine, award: Award, contest: Contest) -> None:
    """Tell the market what every started lane did; what was stopped for another's sake says nothing of quality."""
    for execution in contest.executions:
        at_fault = execution.outcome in CONTENT_FAULTS
        judged = execution.outcome in ("won", "used")
        engine.market.observe(
            award,
            model=execution.model,
            quality=0.0 if at_fault else execution.quality if judged else None,
            cost_usd=execution.cost_usd,
            latency_s=max(0.0, execution.ended_s - execution.started_s),
            valid=not at_fault,
        )


def _failure(result: Result, contest: Contest) -> AtomicError:
    """The error of a race without winner, with all that a handler may need."""
    best = None if result.lane is None else contest.race.lane(result.lane)
    facts: dict[str, Any] = {
        "lanes": tuple(result.executions),
        "partial": best.text if best is not None else None,
        "violations": tuple(best.verdict.violations) if best is not None and best.verdict is not None else (),
        "refusals": () if result.lane is None else result.refusals.get(result.lane, ()),
        "cost": contest.context.cost,
    }
    told = "; ".join(
        f"{lane.model}: {lane.outcome}{f' ({lane.detail})' if lane.detail else ''}" for lane in result.executions
    )
    if result.verdict == "late":
        return DeadlineError(f"the deadline passed before an answer was good ({told})", **facts)
    if result.verdict == "budget":
        return BudgetError(f"the budget was spent before an answer was good ({told})", **facts)
    retryable = any(lane.outcome not in CONTENT_FAULTS for lane in result.executions)
    return RaceError(f"no lane was good ({told})", retryable=retryable, **facts)

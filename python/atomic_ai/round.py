"""One round: who may bid, which plan clears, the race, what came of it, the lesson."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from atomic_ai import events
from atomic_ai.adapt import within
from atomic_ai.cost import Cost
from atomic_ai.errors import AtomicError, BudgetError, DeadlineError, RaceError, TaskError, UnknownModelError
from atomic_ai.join import Quorum, combined, least_lanes
from atomic_ai.judge import Bench, Judge
from atomic_ai.message import ToolUse
from atomic_ai.purse import Purse
from atomic_ai.race.acceptance import RefusedError, accept
from atomic_ai.race.books import NOBODYS_FAULT, PART_OF_THE_ANSWER
from atomic_ai.race.config import Rules, race_config
from atomic_ai.race.contest import Contest, Result
from atomic_ai.race.lanes import Lane
from atomic_ai.spelling import did_you_mean
from atomic_ai.waiting import bidders

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from atomic_ai import _core
    from atomic_ai._core import Award, Race
    from atomic_ai.artifacts import Execution
    from atomic_ai.context import Context
    from atomic_ai.engine import Engine, Line
    from atomic_ai.market.outside import Auctioned
    from atomic_ai.providers.call import Call
    from atomic_ai.task import Show, Task

T = TypeVar("T")

CONTENT_FAULTS = frozenset(
    {"schema_dead", "criterion_failed", "judge_refused", "acceptance_refused", "refusal", "repetition", "truncated"}
)
"""The outcomes in which the answer itself was at fault: asking the model again may mend them."""

REASON_CHARS = 200
"""How much of a reason against an answer an error's sentence quotes; all of it is in `refusals`."""

RESTING = ("RateLimitedError", "CircuitOpenError")
"""Errors that say how much is asked of a model, and nothing of how good it is."""


@dataclass(frozen=True, slots=True)
class Round(Generic[T]):
    """A round with a winner.

    Attributes:
        output: typed and validated.
        text: the answer's text.
        model: the winner's name; several, joined by "+", where lanes were combined.
        round: which race of the microtask it was.
        lane: the winner's number in it.
        proposed: the winner's tool calls.
    """

    output: T
    text: str
    model: str
    round: int
    lane: int
    proposed: tuple[ToolUse, ...]


async def hold(
    engine: Engine, context: Context, microtask: str, task: Task[T], show: Show, *, only: str | None = None
) -> Round[T]:
    """Hold one round.

    Args:
        engine: models, market, providers.
        context: the request it belongs to.
        microtask: the microtask's id.
        task: what is asked.
        show: what the caller sees before the verdict.
        only: the one model that may bid, or None for all.

    Raises:
        TaskError: no model may bid.
        RateLimitedError: every model that may bid rests for too long.
        UnknownModelError: the judge is no model of these.
        BudgetError: the budget does not hold the first lane.
        DeadlineError: the deadline passed.
        RaceError: every lane ended and none was good.
    """
    judge = _judge(engine, task)
    who = await bidders(engine, context, microtask, task, only)
    calls, kept_out = who.calls, dict(who.told)
    if context.arm is not None and engine.settings.experiment is not None and only is None:
        barred = engine.settings.experiment.kept_out(context.arm, calls)
        calls = _without(barred, context, microtask, calls, kept_out)
    if task.max_tokens is None and context.purse.left_usd < math.inf:
        left, share = context.purse.left_usd, engine.settings.max_lanes
        calls = {name: within(call, left, share) for name, call in calls.items()}
    calls = _without(_dear(context, calls), context, microtask, calls, kept_out)
    tab = engine.tab(task, context.caller)
    if tab is not None:
        most = {name: call.most_usd for name, call in calls.items()}
        barred = await tab.admit(most, context.clock, context.deadline, wait=only is None)
        calls = _without(barred, context, microtask, calls, kept_out)
    multiplier, auctioned = 0.0 if tab is None else tab.multiplier, None
    least = least_lanes(task.join)
    if engine.settings.outside is None or least > 1:
        award = engine.award(task, calls, kept_out, multiplier)
    else:
        auctioned = await engine.auctioned(task, calls, kept_out, multiplier)
        award, calls = auctioned.award, engine.bought(auctioned, calls)
    line = engine.line(award, calls, least, context.left_s)
    if isinstance(task.join, Quorum) and len(line.models) < task.join.k:
        raise TaskError(f"Quorum({task.join.k}) can never be met: {len(line.models)} model(s) may bid for this task")
    _tell(context, microtask, award, line)
    lanes = _lanes(engine, calls, line, auctioned)
    bench = None if judge is None else Bench(judge, _grader(engine, context), context.purse)
    race = _race(engine, context, task, show, line, lanes)
    purse = context.purse if tab is None else Purse(None, context.purse, tab)
    at_once = len(lanes) if line.kind == "race" else 1
    contest = Contest(context, microtask, task, lanes, race, purse, bench, line.hops, at_once)
    if tab is not None:
        tab.begin(award.expected.cost_usd, lanes[0].most_usd)
    first = lanes[0].model.name
    engine.busy[first] += 1
    try:
        result = await contest.run()
    finally:
        engine.busy[first] -= 1
        if tab is not None:
            tab.close()
        _learn(engine, award, contest)
        if auctioned is not None:
            engine.pay(auctioned, contest.executions)
    if result.verdict != "won" or result.lane is None:
        raise _failure(result, contest, kept_out)
    return await _round(engine, task, result, contest)


def _tell(context: Context, microtask: str, award: Award, line: Line) -> None:
    context.emit(
        events.Awarded,
        microtask,
        plan=line.kind,
        lanes=line.models,
        quality=award.expected.quality,
        cost_usd=award.expected.cost_usd,
        latency_s=award.expected.latency_s,
        award=award,
    )


def _lanes(engine: Engine, calls: Mapping[str, Call], line: Line, auctioned: Auctioned | None) -> list[Lane]:
    """The plan's lanes; only a lane that stands alone may be retried by its provider."""
    alone = len(line.models) == 1
    made = (calls[name] if alone else replace(calls[name], retries=0) for name in line.models)
    lanes = [Lane.of(call, engine.providers[call.model.name], engine.gauges[call.model.name]) for call in made]
    if auctioned is None:
        return lanes
    return [replace(lane, sale=auctioned.sold(lane.model.name)) for lane in lanes]


def _dear(context: Context, calls: Mapping[str, Call]) -> Mapping[str, str]:
    """The models whose calls what is left of the budget does not hold at their most, each with the reason.

    Raises:
        BudgetError: it holds none.
    """
    left = context.purse.left_usd
    most = {name: call.most_usd for name, call in calls.items()}
    if min(most.values()) > left:
        name = min(most, key=lambda name: most[name])
        raise BudgetError(
            f"{name} may cost up to ${most[name]:.6f} and ${left:.6f} is left: "
            "raise Budget(usd=…), lower max_tokens, or add a cheaper model"
        )
    return {name: f"it may cost up to ${usd:.6f} and ${left:.6f} is left" for name, usd in most.items() if usd > left}


def _without(
    barred: Mapping[str, str], context: Context, microtask: str, calls: Mapping[str, Call], kept_out: dict[str, str]
) -> Mapping[str, Call]:
    """The calls but those of barred models, whose reasons are told and noted among those that are `kept_out`."""
    for name, reason in barred.items():
        context.emit(events.Filtered, microtask, model=name, reasons=(reason,))
    kept_out |= barred
    return {name: call for name, call in calls.items() if name not in barred} if barred else calls


def _race(engine: Engine, context: Context, task: Task[Any], show: Show, line: Line, lanes: Sequence[Lane]) -> Race:
    from atomic_ai._core import Race

    rules = Rules(
        kind=line.kind,
        show=show,
        acceptance=task.shape is not None or bool(task.validators),
        deadline_ns=None if context.deadline is None else context.deadline - context.clock.now(),
        hops=line.hops,
        join=task.join,
        judge=_judge(engine, task),
        lenient=task.lenient if task.shape is not None else (),
    )
    compiled = engine.schema(task), engine.criteria(task), engine.tools(task)
    return Race(race_config(rules, lanes), *compiled, engine.hedger.allowance)


def _judge(engine: Engine, task: Task[Any]) -> Judge | None:
    """The task's judge; a model among those of this engine, or a function."""
    judge = None if task.judge is None else Judge.of(task.judge)
    if judge is not None and isinstance(judge.by, str) and judge.by not in engine.models:
        raise UnknownModelError(f"Judge({judge.by!r}): no such model{did_you_mean(judge.by, engine.models)}")
    return judge


def _grader(engine: Engine, context: Context) -> Any:
    """Puts a judge's question to its model: a round of its own, paid as judging."""

    async def grade(model: str, task: Task[Any], purse: Purse) -> Any:
        judging = context.part(purse)
        try:
            held = await hold(engine, judging, "judge", task, "final", only=model)
        finally:
            context.cost += Cost(judge_usd=judging.cost.total_usd, estimated=judging.cost.estimated)
        return held.output

    return grade


def _learn(engine: Engine, award: Award, contest: Contest) -> None:
    """Tell the market how every lane ended; one that was stopped for another's sake says nothing of its model."""
    seen: set[str] = set()
    for execution in contest.executions:
        if execution.outcome == "lost":
            _time(engine, execution)
        # A second lane of a model is a continuation: its first one has been told.
        if execution.outcome in NOBODYS_FAULT or execution.model in seen or execution.detail.startswith(RESTING):
            continue
        seen.add(execution.model)
        came_through = execution.outcome in PART_OF_THE_ANSWER
        first, started = execution.first_token_s, execution.started_s
        engine.market.observe(
            award,
            model=execution.model,
            quality=execution.quality if came_through else 0.0,
            cost_usd=execution.cost_usd if came_through else None,
            latency_s=max(0.0, execution.ended_s - started) if came_through else None,
            valid=came_through,
            ttft_s=None if first is None else max(0.0, first - started),
            output_tokens=execution.usage.output_tokens if came_through else None,
        )


def _time(engine: Engine, execution: Execution) -> None:
    """What a loser says of its model: when it spoke, or how long it was silent until it was cut."""
    first, cut = execution.first_token_s, execution.first_token_s is None
    waited = (execution.ended_s if first is None else first) - execution.started_s
    engine.market.timed(execution.model, max(0.0, waited), cut=cut)


async def _round(engine: Engine, task: Task[T], result: Result, contest: Contest) -> Round[T]:
    """The answer of the lanes that came through: their combination, or the winner's own where that is not valid."""
    assert result.lane is not None  # noqa: S101 - the caller has looked
    used = list(result.used) or [result.lane]
    texts = [result.texts.get(number, contest.race.lane(number).text) for number in used]
    joined = await _joined(engine, task, texts) if len(used) > 1 else None
    models = [contest.model(number) for number in used]
    winner = contest.race.lane(result.lane)
    sent = texts[0] if winner.repaired is None else winner.text
    output, text = joined or (result.outputs.get(result.lane, texts[0]), sent)
    model = "+".join(models if joined else models[:1])
    return Round(output, text, model, contest.round, result.lane, _proposed(task, result, contest))


def _proposed(task: Task[Any], result: Result, contest: Contest) -> tuple[ToolUse, ...]:
    """The winner's tool calls; a call that only carries the answer is none."""
    assert result.lane is not None  # noqa: S101 - the caller has looked
    if not task.tools:
        return ()
    calls = contest.race.lane(result.lane).tool_calls
    names = {tool.name for tool in task.tools}
    # Some providers send no ids; a result must name its call all the same.
    return tuple(
        ToolUse(call.id or f"call_{index}", call.name, call.arguments)
        for index, call in enumerate(calls)
        if call.name in names
    )


async def _joined(engine: Engine, task: Task[T], texts: Sequence[str]) -> tuple[T, str] | None:
    """The combination's typed value and text; None where the schema or the caller refuses it: it is a new document."""
    text = combined(task.join, texts, structured=task.shape is not None)
    schema = engine.schema(task)
    if schema is not None and not schema.validate(text).valid:
        return None
    try:
        return await accept(task, text), text
    except RefusedError:
        return None


def _partial(lane: _core.Lane, *, interrupted: bool) -> str:
    """The best lane's text: where a caller was shown some of it, that and no more, as the rest may be forbidden."""
    return lane.slice(0, lane.released) if interrupted else lane.text


def _failure(result: Result, contest: Contest, kept_out: Mapping[str, str]) -> AtomicError:
    """The error of a race without winner, with all that a handler may need: the lanes of earlier rounds too.

    Who was kept out of the race is named as well: more money or other tags may be the remedy.
    """
    context = contest.context
    lanes = tuple(lane for lane in context.recorder.executions if lane.microtask == contest.microtask)
    best = None if result.lane is None else contest.race.lane(result.lane)
    facts: dict[str, Any] = {
        "lanes": lanes,
        "partial": None if best is None else _partial(best, interrupted=result.verdict == "interrupted"),
        "model": None if result.lane is None else contest.model(result.lane),
        "interrupted": result.verdict == "interrupted",
        "violations": () if best is None or best.verdict is None else tuple(best.verdict.violations),
        "refusals": () if result.lane is None else result.refusals.get(result.lane, ()),
        "cost": context.cost,
    }
    told = "; ".join(f"{lane.model}: {lane.outcome}{f' ({lane.detail})' if lane.detail else ''}" for lane in lanes)
    if result.verdict == "late":
        return DeadlineError(f"the deadline passed before an answer was good ({told})", **facts)
    if result.verdict == "budget":
        return BudgetError(f"the budget was spent before an answer was good ({told})", **facts)
    retryable = any(lane.outcome not in CONTENT_FAULTS for lane in lanes)
    unasked = "; ".join(f"{name} was not asked: {why}" for name, why in kept_out.items())
    # The output type's own reasons; a judge's are a model's words and may repeat the prompt.
    typed = next((why for why in facts["refusals"] if why.startswith("/")), None)
    refused = "" if typed is None else f"the output type refuses {typed[:REASON_CHARS]}"
    told = "; ".join(filter(None, (told, refused, unasked)))
    return RaceError(f"no lane was good ({told})", retryable=retryable, **facts)

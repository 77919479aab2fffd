"""A trace in words and numbers: why each model was chosen, stopped and paid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from atomic_ai.artifacts import Execution
    from atomic_ai.trace import Trace


def explain(trace: Trace) -> str:
    """The whole request: one paragraph a microtask, one line a lane, the bill last."""
    lines = [_headline(trace)]
    for microtask in trace.microtasks:
        events = [event for event in trace.events if event["microtask"] == microtask.id]
        executions = [execution for execution in trace.executions if execution.microtask == microtask.id]
        lines += ["", f"{microtask.id} (class {microtask.task_class or 'none given'})"]
        lines += [f"  {line}" for event in events for line in _decision(event)]
        lines += [f"  {_lane(execution)}" for execution in executions]
    return "\n".join([*lines, "", _bill(trace)])


def _headline(trace: Trace) -> str:
    request = trace.request
    return (
        f"Request {request.id} at {request.time:%Y-%m-%d %H:%M:%S} UTC: {request.input_chars} characters in, "
        f"{len(trace.microtasks)} microtask(s), {len(trace.executions)} lane(s)."
    )


def _decision(event: Mapping[str, Any]) -> Iterator[str]:
    """The lines that an event adds; most add none."""
    at = f"{event['at_s'] * 1000:8.1f} ms"
    match event["event"]:
        case "filtered":
            yield f"{at}  {event['model']} was not asked: {', '.join(event['reasons'])}"
        case "queued":
            yield f"{at}  waited {event['wait_s']:.2f} s for {' or '.join(event['models'])}"
        case "awarded":
            order = " and " if event["plan"] == "race" else " then "
            yield (
                f"{at}  plan {event['plan']}: {order.join(event['lanes'])}; expected quality "
                f"{event['quality']:.3f}, ${event['cost_usd']:.6f}, {event['latency_s']:.2f} s"
            )
            cleared = _cleared(event.get("award"))
            if cleared not in (None, event["plan"]):
                yield f"             A {event['plan']} was asked for; the auction itself cleared a {cleared}:"
            yield from (f"             {line}" for line in _why(event).splitlines())
        case "hedged":
            verb = "hedges" if event["sent"] else "does not hedge"
            yield f"{at}  lane {event['lane']} ({event['model']}) {verb}: {event['reason']}"
        case "violated":
            yield (
                f"{at}  lane {event['lane']} ({event['model']}) died at byte {event['offset']}: "
                f"{event['keyword']} at {event['schema_path'] or '#'}"
            )
        case "committed":
            yield f"{at}  committed to lane {event['lane']} ({event['model']})"
        case "replaced":
            yield f"{at}  lane {event['lane']} ({event['model']}) took the lead from lane {event['previous']}"
        case "criterion_settled":
            score = "" if event.get("score") is None else f" with {event['score']:.2f}"
            verb = "passed" if event["passed"] else "failed"
            yield f"{at}  lane {event['lane']} ({event['model']}) {verb} {event['criterion']}{score}"
        case "decided":
            yield f"{at}  lane {event['lane']} ({event['model']}) won: {event['why']}"


def _why(event: Mapping[str, Any]) -> str:
    """The award in words: of a live award, of one that was read, of a trace from before awards were kept."""
    award = event.get("award")
    if award is None:
        return str(event.get("explanation", ""))
    return str(award["text"]) if isinstance(award, Mapping) else award.explain()


def _cleared(award: Any) -> str | None:
    """The kind of plan that the auction cleared, of a live award or one that was read."""
    if award is None:
        return None
    return str(award["plan"]["kind"] if isinstance(award, Mapping) else award.plan.kind)


def _lane(execution: Execution) -> str:
    first = "no token" if execution.first_token_s is None else f"first token {execution.first_token_s * 1000:.1f} ms"
    usage = execution.usage
    marked = " (estimated)" if usage.estimated else ""
    detail = f", {execution.detail}" if execution.detail else ""
    return (
        f"lane {execution.lane} {execution.model}: {execution.outcome}{detail}; {first}, "
        f"ended {execution.ended_s * 1000:.1f} ms; {usage.input_tokens} tokens in, {usage.output_tokens} out, "
        f"${execution.cost_usd:.6f}{marked}"
    )


def _bill(trace: Trace) -> str:
    cost = trace.cost
    marked = " (partly estimated)" if cost.estimated else ""
    return (
        f"Paid ${cost.total_usd:.6f}{marked}: winners ${cost.winner_usd:.6f}, losers ${cost.losers_usd:.6f}, "
        f"judge ${cost.judge_usd:.6f}; ${cost.wasted_usd:.6f} of it for text nobody read; "
        f"stopping early saved ${cost.saved_usd:.6f}."
    )

"""What a race is told before it begins: the plan, the gate, the deadlines, the lanes, as the core's JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from atomic_ai.join import Join, stopping_rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atomic_ai.hedge import Hop
    from atomic_ai.judge import Judge
    from atomic_ai.model import Timeouts
    from atomic_ai.race.lanes import Lane
    from atomic_ai.task import Show

GATE = {"sentence": True, "chars": 400, "hold_ns": 1_500_000_000}
"""When a text lane may be committed: after a sentence, 400 characters, or one and a half seconds of text."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What of a race does not depend on its lanes.

    Attributes:
        kind: the plan: "single", "hedge", "cascade" or "race".
        show: what the caller sees before the verdict.
        acceptance: whether the caller's type and validators are asked.
        deadline_ns: nanoseconds from now until the race must be over, or None.
        hops: how each lane but the first of a hedge hedges the one before it.
        join: when there is an answer, and what it is made of.
        judge: who judges at checkpoints, or None.
    """

    kind: str
    show: Show
    acceptance: bool
    deadline_ns: int | None = None
    hops: tuple[Hop, ...] = ()
    join: Join = "first_valid"
    judge: Judge | None = None
    lenient: tuple[str, ...] = ()


def race_config(rules: Rules, lanes: Sequence[Lane]) -> bytes:
    """The core's configuration."""
    config: dict[str, Any] = {
        "show": rules.show,
        "gate": GATE,
        "join": "cascade" if rules.kind == "cascade" else stopping_rule(rules.join),
        "acceptance": rules.acceptance,
        "lanes": [_lane(rules, index, lane) for index, lane in enumerate(lanes)],
    }
    if rules.deadline_ns is not None:
        config["deadlines"] = {"total_ns": max(1, rules.deadline_ns)}
    if rules.hops:
        config["budget"] = {"metered": max(hop.weight for hop in rules.hops)}
    if rules.judge is not None:
        config["judge"] = rules.judge.checkpoints()
    return orjson.dumps(config)


def _lane(rules: Rules, index: int, lane: Lane) -> dict[str, Any]:
    config: dict[str, Any] = {
        "start": _triggers(rules, index),
        "can_continue": "prefill" in lane.model.capabilities and lane.negotiated.channel == "text",
        "deadlines": _deadlines(lane.model.timeouts),
        "cancel": "bills_all" if lane.model.cancel == "bills" else "stops",
        "start_usd": lane.start_usd,
        "byte_usd": lane.char_usd,
    }
    if lane.provider.dialect is not None:
        config["dialect"] = lane.provider.dialect
    if rules.lenient:
        config["lenient"] = list(rules.lenient)
    if lane.negotiated.channel != "text":
        config["channel"] = {"tool": lane.negotiated.channel.removeprefix("tool:")}
    return config


def _triggers(rules: Rules, index: int) -> list[Any]:
    if index == 0 or rules.kind == "race":
        return ["now"]
    before = index - 1
    if rules.kind == "cascade":
        return [{"failed": before}]
    by_ns = rules.hops[before].by_ns
    late = [] if by_ns is None else [{"late": {"lane": before, "by_ns": max(1, by_ns)}}]
    return [*late, {"failed": before}]


def _deadlines(timeouts: Timeouts) -> dict[str, int]:
    """The card's time-outs; the connection's is its transport's, which alone sees it."""
    seconds = {
        "first_byte_ns": timeouts.first_byte_s,
        "first_token_ns": timeouts.first_token_s,
        "gap_ns": timeouts.gap_s,
        "total_ns": timeouts.total_s,
    }
    return {name: int(value * 1e9) for name, value in seconds.items() if value is not None}

"""How good a round's answers are, by the reference that the simulated models are also made from."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import mean
from typing import TYPE_CHECKING, Any

from atomic_ai.demo.cast import reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from atomic_ai.demo.rounds import Round, Sorted
    from atomic_ai.demo.triage import Triage

FIELDS = ("category", "sentiment", "priority", "suggested_action", "reply")

NEAR = 0.5
"""What a priority one step off is worth."""


def graded(mail: str, output: Triage | None) -> dict[str, float]:
    """Each field's mark, 0 to 1: equal to the reference, a priority at most a step off, a reply that names its fact."""
    if output is None:
        return dict.fromkeys(FIELDS, 0.0)
    return {name: mark(reference()[mail], name, getattr(output, name)) for name in FIELDS}


def mark(right: Mapping[str, Any], name: str, value: Any) -> float:
    """One field's mark, 0 to 1, by the right answers about a mail."""
    if name == "reply":
        return float(right["mention"] in value and "AI language model" not in value)
    if name == "priority":
        return {0: 1.0, 1: NEAR}.get(abs(value - right[name]), 0.0)
    return float(value == right[name])


def quality(sorted_mail: Sorted) -> float:
    """The mean mark of a mail's fields."""
    return mean(graded(sorted_mail.mail.name, sorted_mail.output).values())


@dataclass(frozen=True, slots=True)
class Figures:
    """A round in numbers.

    Attributes:
        name: the policy's.
        source: "run" or "computed", and from what.
        quality: the mean mark over all mails and fields, 0 to 1.
        answered: mails with an answer.
        billed_usd: by the endpoints' counters and list prices.
        tokens: output tokens made, by the endpoints' counters.
        median_s: of the mails' latencies.
        slowest_s: of the mails' latencies.
    """

    name: str
    source: str
    quality: float
    answered: int
    billed_usd: float
    tokens: int
    median_s: float
    slowest_s: float


def figures(played: Round) -> Figures:
    """The figures of a round that was run."""
    latencies = sorted(mail.latency_s for mail in played.mails)
    return Figures(
        name=played.name,
        source="run",
        quality=mean(quality(mail) for mail in played.mails),
        answered=sum(mail.output is not None for mail in played.mails),
        billed_usd=played.billed_usd,
        tokens=played.tokens,
        median_s=latencies[len(latencies) // 2],
        slowest_s=latencies[-1],
    )

"""Atomic against the policies that a user would pick instead, and where it loses to them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import mean
from typing import TYPE_CHECKING, Any

from atomic_ai.demo.score import FIELDS, Figures, figures, graded, quality
from atomic_ai.demo.triage import Triage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atomic_ai.demo.rounds import Round, Sorted


@dataclass(frozen=True, slots=True)
class Comparison:
    """All policies in numbers.

    Attributes:
        atomic: Atomic's, with the plans that its auction clears.
        racing: Atomic's, with all models raced for every question.
        best: the single model whose answers were best, run by itself over the inbox.
        cheapest: the single model whose bill was smallest, run likewise.
        everything: all models to the end, the majority of their answers: computed from the single models' runs, its
            money their sum, each mail's time their slowest.
        losses: sentences that say where Atomic was worse, with the figures.
    """

    atomic: Figures
    racing: Figures
    best: Figures
    cheapest: Figures
    everything: Figures
    losses: tuple[str, ...]


def compare(atomic: Round, racing: Round, singles: Sequence[Round]) -> Comparison:
    """The comparison of Atomic's rounds with the rounds of the single models, all over the same mails."""
    alone = [figures(single) for single in singles]
    best = max(alone, key=lambda single: (single.quality, -single.billed_usd))
    cheapest = min(alone, key=lambda single: single.billed_usd)
    ours, everything = figures(atomic), _everything(singles)
    rounds = {single.name: single for single in singles}
    losses = [*_worse(ours, (best, cheapest, everything)), *_lost_mails(atomic, rounds[best.name])]
    return Comparison(ours, figures(racing), best, cheapest, everything, tuple(losses))


def _everything(singles: Sequence[Round]) -> Figures:
    by_mail = list(zip(*(single.mails for single in singles), strict=True))
    latencies = sorted(max(one.latency_s for one in same) for same in by_mail)
    return Figures(
        name="everything to the end",
        source="computed from the single models' runs",
        quality=mean(mean(graded(same[0].mail.name, _majority(same)).values()) for same in by_mail),
        answered=sum(any(one.output is not None for one in same) for same in by_mail),
        billed_usd=sum(single.billed_usd for single in singles),
        tokens=sum(single.tokens for single in singles),
        median_s=latencies[len(latencies) // 2],
        slowest_s=latencies[-1],
    )


def _majority(same: Sequence[Sorted]) -> Triage | None:
    """Field by field what most say; where all differ, what the last (dearest) one says."""
    outputs = [one.output for one in same if one.output is not None]
    if not outputs:
        return None
    return Triage.model_construct(**{name: _most([getattr(output, name) for output in outputs]) for name in FIELDS})


def _most(values: Sequence[Any]) -> Any:
    counted = Counter(values)
    most = max(counted.values())
    return next(value for value in reversed(values) if counted[value] == most)


def _worse(ours: Figures, others: Sequence[Figures]) -> list[str]:
    told = []
    for other in {other.name: other for other in others}.values():
        # A policy that gives up early is cheap and fast: its losses are told with that.
        name = other.name if other.answered >= ours.answered else f"{other.name} (answers only {other.answered} mails)"
        if other.quality > ours.quality:
            told.append(f"{name} is better: {other.quality:.3f} against {ours.quality:.3f}")
        if other.billed_usd < ours.billed_usd:
            told.append(f"{name} is cheaper: ${other.billed_usd:.5f} against ${ours.billed_usd:.5f}")
        if other.median_s < ours.median_s:
            told.append(f"{name} is faster: median {other.median_s:.2f} s against {ours.median_s:.2f} s")
        if other.slowest_s < ours.slowest_s:
            told.append(f"{name} has a shorter tail: {other.slowest_s:.2f} s against {ours.slowest_s:.2f} s")
    return told


def _lost_mails(atomic: Round, best: Round) -> list[str]:
    pairs = zip(atomic.mails, best.mails, strict=True)
    return [
        f"{ours.mail.name}: {best.name} answers better, {quality(theirs):.2f} against {quality(ours):.2f}"
        for ours, theirs in pairs
        if quality(theirs) > quality(ours)
    ]

"""What the market is told before it sorts: how everybody did on a few mails whose right answers are known.

A market that starts from nothing pays for its first mistakes; a probe of a few labelled examples is what one would
give a new employee, too. The probe is paid for and its bill is shown. The specialists, who cost nothing, are also asked
about the lessons in `lessons.json`: short mails that are not in the inbox.
"""

from __future__ import annotations

import time
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import orjson

from atomic_ai.adapt import adapt
from atomic_ai.decompose.annotated import graph_of
from atomic_ai.demo.cast import reference
from atomic_ai.demo.mail import Mail
from atomic_ai.demo.score import mark
from atomic_ai.demo.specialists import NotSureError
from atomic_ai.demo.triage import TRIAGE
from atomic_ai.market import Market

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from atomic_ai.demo.cast import Role
    from atomic_ai.demo.rounds import Round
    from atomic_ai.market.terms import Weights
    from atomic_ai.model import Model

PROBED = 3
"""Mails whose right answers the market is told."""

CONTENT_FAULTS = frozenset({"schema_dead", "criterion_failed", "acceptance_refused", "refusal", "repetition"})
"""Outcomes in which the answer itself was at fault."""


def learn(
    profiles: Path,
    singles: Sequence[Round],
    locals_: Sequence[Model],
    probe: Sequence[Mail],
    weights: Weights,
    seed: int,
) -> None:
    """Keep what the probe taught: the single models' runs over it, and the specialists asked about it."""
    cards: list[Role | Model] = [*(stage.role for single in singles for stage in single.stages), *locals_]
    known = [(mail, reference()[mail.name]) for mail in probe] + lessons()
    with Market(cards, weights, seed, profiles=profiles) as market:
        for single in singles:
            _teach_round(market, single, {mail.name for mail in probe})
        for specialist in locals_:
            _teach_specialist(market, specialist, known)


def lessons() -> list[tuple[Mail, dict[str, Any]]]:
    """Short mails that are not in the inbox, each with its right answers."""
    taught: list[dict[str, Any]] = orjson.loads((files("atomic_ai.demo") / "lessons.json").read_bytes())
    return [(_lesson(number, told), told) for number, told in enumerate(taught)]


def _lesson(number: int, told: dict[str, Any]) -> Mail:
    return Mail(
        f"lesson-{number}", f"{number}@lessons.example", "a customer", told["subject"], told["text"], (), bulk=False
    )


def _teach_round(market: Market, single: Round, probe: set[str]) -> None:
    for mail in single.mails:
        for execution in mail.executions if mail.mail.name in probe else ():
            won = execution.outcome == "won"
            at_fault = execution.outcome in CONTENT_FAULTS
            value = None if mail.output is None else getattr(mail.output, execution.microtask)
            right = mark(reference()[mail.mail.name], execution.microtask, value) if won and value is not None else None
            market.teach(
                mail.mail.prompt,
                execution.microtask,
                model=execution.model,
                quality=0.0 if at_fault else right,
                cost_usd=execution.cost_usd if won else None,
                latency_s=max(0.0, execution.ended_s - execution.started_s) if won else None,
                valid=not at_fault,
            )


def _teach_specialist(market: Market, specialist: Model, known: Sequence[tuple[Mail, dict[str, Any]]]) -> None:
    for field, node in graph_of(TRIAGE).nodes.items():
        if not node.task.allows(specialist.tags) or specialist.run is None:
            continue
        for mail, right in known:
            began = time.monotonic()
            try:
                answer = specialist.run(adapt(node.task.with_input(mail.prompt), specialist)).value[field]
            except NotSureError:  # no answer is no bad answer: the next lane takes over at once, for nothing
                continue
            market.teach(
                mail.prompt,
                field,
                model=specialist.name,
                quality=mark(right, field, answer),
                cost_usd=0.0,
                latency_s=time.monotonic() - began,
            )

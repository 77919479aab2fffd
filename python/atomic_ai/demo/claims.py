"""Atomic's claims beside the endpoints' own counters, lane by lane."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from atomic_ai.artifacts import Execution
    from atomic_ai.demo.rounds import Round, Sorted
    from atomic_ai.testing import Exchange


@dataclass(frozen=True, slots=True)
class Claim:
    """One lane that was not used: what Atomic says, and what the endpoint counted.

    Attributes:
        mail, field, model: which lane it was.
        outcome: why it ended, as Atomic tells it.
        dead_at: the fatal byte of its document, or None.
        claimed_usd: what it cost, as Atomic tells it.
        chunks_sent: by the endpoint.
        chunks_planned: by the endpoint: its whole answer.
        chunks_after_close: by the endpoint: what a provider that bills to the end made for nobody.
        closed_after_ms: from Atomic's decision to the moment at which the endpoint saw the close; None where the
            endpoint's answer ended first.
    """

    mail: str
    field: str
    model: str
    outcome: str
    dead_at: int | None
    claimed_usd: float
    chunks_sent: int
    chunks_planned: int
    chunks_after_close: int
    closed_after_ms: float | None

    @property
    def words(self) -> str:
        """The endpoint's side in a line."""
        if self.closed_after_ms is None:
            return f"ended by itself, {self.chunks_sent} of {self.chunks_planned} chunks sent"
        wasted = f", {self.chunks_after_close} more for nobody" if self.chunks_after_close else ""
        sent = f"{self.chunks_sent} of {self.chunks_planned} chunks sent"
        return f"closed after {max(0.0, self.closed_after_ms):.1f} ms, {sent}{wasted}"


def claims(played: Round) -> list[Claim]:
    """Every lane of simulated models that was not used, in the inbox's order."""
    counted: dict[tuple[str, str, str], deque[Exchange]] = defaultdict(deque)
    for stage in played.stages:
        for exchange in stage.endpoint.requests:
            mail, field, _ = stage.asked(exchange)
            counted[mail, field, stage.role.name].append(exchange)
    return [claim for mail in played.mails for claim in _of(mail, counted)]


def _of(mail: Sorted, counted: dict[tuple[str, str, str], deque[Exchange]]) -> Iterator[Claim]:
    for attempt in mail.attempts:
        for execution in sorted(attempt.executions, key=lambda execution: (execution.microtask, execution.started_s)):
            exchanges = counted.get((mail.mail.name, execution.microtask, execution.model))
            exchange = exchanges.popleft() if exchanges else None
            if exchange is not None and execution.outcome not in ("won", "used"):
                yield _claim(mail.mail.name, attempt.began, execution, exchange)


def _claim(mail: str, began: float, execution: Execution, exchange: Exchange) -> Claim:
    counters = exchange.counters
    seen = counters.close_seen_at
    return Claim(
        mail=mail,
        field=execution.microtask,
        model=execution.model,
        outcome=execution.outcome,
        dead_at=execution.dead_at,
        claimed_usd=execution.cost_usd,
        chunks_sent=counters.chunks_sent,
        chunks_planned=counters.chunks_planned,
        chunks_after_close=counters.chunks_after_close,
        closed_after_ms=None if seen is None else (seen - began - execution.ended_s) * 1e3,
    )

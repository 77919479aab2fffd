"""The demo's outcome, for people: typed answers, claims beside counters, policies side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from atomic_ai.demo.cast import short
from atomic_ai.demo.score import FIELDS, graded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from atomic_ai.demo.claims import Claim
    from atomic_ai.demo.comparison import Comparison
    from atomic_ai.demo.rounds import Round, Sorted
    from atomic_ai.demo.score import Figures

CLAIMS_SHOWN = 12
"""Rows of the table; the lanes that were spared most come first."""


def show_answers(console: Console, played: Round) -> None:
    """The typed answers, wrong ones marked by the reference."""
    table = Table(title="Typed answers (red: not what the reference says)", title_justify="left")
    for column in ("mail", *FIELDS):
        table.add_column(column, overflow="ellipsis", no_wrap=True, max_width=34 if column == "reply" else 18)
    for mail in played.mails:
        table.add_row(mail.mail.name, *_cells(mail))
    console.print(table)


def _cells(mail: Sorted) -> list[Text]:
    if mail.output is None:
        return [Text(mail.error, style="red")]
    marks = graded(mail.mail.name, mail.output)
    styles = {1.0: "green", 0.0: "red"}
    told = {name: str(getattr(mail.output, name)).replace("\n", " ") for name in FIELDS}
    return [Text(told[name], style=styles.get(marks[name], "yellow")) for name in FIELDS]


def show_claims(console: Console, claimed: Sequence[Claim], played: Round) -> None:
    """What became of the lanes that were not used, by the endpoints' own counters; then the two bills."""
    title = f"{played.name}: lanes that were not used (simulated models), our word and the endpoint's own counters"
    table = Table(title=title, title_justify="left")
    for column in ("mail", "field", "model", "Atomic says", "the endpoint counted"):
        table.add_column(column, no_wrap=True)
    spared = sorted(claimed, key=lambda claim: claim.chunks_sent - claim.chunks_planned)
    for claim in spared[:CLAIMS_SHOWN]:
        said = claim.outcome if claim.dead_at is None else f"{claim.outcome} at byte {claim.dead_at}"
        table.add_row(claim.mail, claim.field, short(claim.model), said, claim.words)
    console.print(table)
    if len(claimed) > CLAIMS_SHOWN:
        console.print(f"… and {len(claimed) - CLAIMS_SHOWN} more (--json has all)")
    console.print(
        f"Atomic says it cost ${played.claimed_usd:.5f}; by the endpoints' counters it is ${played.billed_usd:.5f}.\n"
    )


def show_comparison(console: Console, compared: Comparison) -> None:
    """The policies side by side, then where Atomic loses."""
    table = Table(title="Policies on the same inbox, simulated models and luck", title_justify="left")
    for column in ("policy", "quality", "answered", "billed", "tokens out", "median", "slowest"):
        table.add_column(column, justify="left" if column == "policy" else "right", no_wrap=True)
    for told, row in _policies(compared):
        table.add_row(
            told,
            f"{row.quality:.3f}",
            str(row.answered),
            f"${row.billed_usd:.5f}",
            str(row.tokens),
            f"{row.median_s:.2f} s",
            f"{row.slowest_s:.2f} s",
        )
    console.print(table)
    console.print(f"*{compared.everything.name}* is {compared.everything.source}; the others were run.", style="dim")
    console.print("Where Atomic loses:" if compared.losses else "In this run Atomic loses nowhere.", style="bold")
    for loss in compared.losses:
        console.print(f"  {loss}", highlight=False)


def _policies(compared: Comparison) -> list[tuple[str, Figures]]:
    return [
        ("Atomic", compared.atomic),
        ("Atomic, racing all", compared.racing),
        (f"best single: {short(compared.best.name)}", compared.best),
        (f"cheapest: {short(compared.cheapest.name)}", compared.cheapest),
        (compared.everything.name, compared.everything),
    ]

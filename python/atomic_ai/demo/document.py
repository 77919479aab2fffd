"""The demo's outcome as one JSON document."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from atomic_ai.demo.score import graded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from atomic_ai.demo.claims import Claim
    from atomic_ai.demo.comparison import Comparison
    from atomic_ai.demo.rounds import Round

FORMAT = "atomic-demo"
VERSION = 1


def document(
    played: Round, claimed: Mapping[str, Sequence[Claim]], compared: Comparison | None, *, seed: int
) -> dict[str, Any]:
    """Everything that the demo shows, and what it leaves out for length.

    Args:
        played: Atomic's round.
        claimed: the lanes that were not used, by policy.
        compared: the policies side by side, or None where nothing was simulated.
        seed: of the run.
    """
    told: dict[str, Any] = {"format": FORMAT, "version": VERSION, "simulated": bool(played.stages), "seed": seed}
    told["mails"] = [
        {
            "mail": mail.mail.name,
            "subject": mail.mail.subject,
            "output": None if mail.output is None else mail.output.model_dump(mode="json"),
            "error": mail.error,
            "marks": graded(mail.mail.name, mail.output),
            "latency_s": mail.latency_s,
            "cost_usd": mail.cost_usd,
            "lanes": [asdict(execution) for execution in mail.executions],
        }
        for mail in played.mails
    ]
    told["claims"] = {
        policy: [{**asdict(claim), "words": claim.words} for claim in lanes] for policy, lanes in claimed.items()
    }
    told["cost"] = {
        "claimed_usd": played.claimed_usd,
        "billed_usd": played.billed_usd if played.stages else None,
    }
    told["comparison"] = None if compared is None else asdict(compared)
    return told

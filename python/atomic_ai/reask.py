"""Re-ask: when every lane died of its answer, the best one is told what was wrong with it and asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from atomic_ai.message import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atomic_ai.task import Task

REASONS = 20
"""What a model is told at most: past that, the first ones are what it has to mend."""

SHOWN_CHARS = 20_000
"""How much of its answer a model is shown again."""

_NO_ANSWER = "(no answer)"


def reasked(task: Task[Any], text: str, violations: Sequence[Any], refusals: Sequence[str]) -> Task[Any] | None:
    """`task` after the refused answer and the reasons for it; None where nothing was said against the answer.

    Args:
        task: what was asked.
        text: the best lane's answer, as far as it came.
        violations: what it violates, in the referee's words, which quote the schema.
        refusals: what the caller's type, validators or judge say against it.
    """
    reasons = [*(f"{v.instance_path or 'the whole'}: {v.message} ({v.keyword})" for v in violations), *refusals]
    if not reasons:
        return None
    told = "\n".join(f"- {reason}" for reason in reasons[:REASONS])
    shown = text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + " …"
    return task.continued(
        Message("assistant", shown or _NO_ANSWER),
        Message("user", f"That answer cannot be used:\n{told}\nAnswer again from the beginning, with this mended."),
    )

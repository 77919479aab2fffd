"""Exit codes, one for each kind of blame, and errors in words."""

from __future__ import annotations

import orjson

from atomic_ai.errors import AtomicError, BudgetError, DeadlineError, LimitError, MisuseError, SchemaError

NO_ANSWER = 1
MISUSE = 2
BUDGET = 3
DEADLINE = 4
INTERRUPTED = 130

EXIT_CODES = {
    0: "done",
    NO_ANSWER: "no good answer: every lane ended, or the provider failed",
    MISUSE: "wrong usage: the arguments, the TOML file, the schema, or a missing key",
    BUDGET: "the budget is spent, or holds no lane",
    DEADLINE: "the deadline passed",
    INTERRUPTED: "interrupted",
}
"""What each exit code means."""


def exit_code(error: AtomicError) -> int:
    """The exit code of an error."""
    match error:
        case BudgetError():
            return BUDGET
        case DeadlineError():
            return DEADLINE
        case MisuseError() | SchemaError() | LimitError():
            return MISUSE
        case _:
            return NO_ANSWER


def told(error: AtomicError, *, as_json: bool) -> str:
    """The error for stderr: a line, or a JSON document with its lanes."""
    if not as_json:
        return f"atomic: {error}\n"
    lanes = [execution.outcome for execution in getattr(error, "lanes", ())]
    document = {"error": type(error).__name__, "message": str(error), "retryable": error.retryable, "lanes": lanes}
    return orjson.dumps(document).decode() + "\n"

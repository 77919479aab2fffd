"""Carries out the winner's tool calls: each once, after the decision, in the order in which they were proposed.

Lanes propose and are raced; nothing they propose is carried out before one of them has won. Neighbouring calls that
only read run at the same time; a call that writes runs alone. What a tool gives, or that it failed, is told to the
model as a further turn.
"""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING, Any

import anyio

from atomic_ai.errors import TaskError, ToolError
from atomic_ai.message import Message, Text, ToolResult, ToolUse, written
from atomic_ai.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from atomic_ai.tool import Tool

RESULT_CHARS = 100_000
"""How much of a tool's result a model is told; the rest is cut, and it is told so."""

_log = logging.getLogger("atomic_ai.tools")


class Toolbox:
    """The tools of one request and the ledger of what was carried out with them.

    Attributes:
        turns: how many turns of calls were carried out.
    """

    __slots__ = ("_ledger", "_scope", "_tools", "turns")

    def __init__(self, tools: Iterable[Tool], *, scope: str) -> None:
        """Make the toolbox of one request.

        Args:
            tools: what may be called.
            scope: what makes its idempotency keys unique: the request's id and the microtask's.
        """
        self._tools = {tool.name: tool for tool in tools}
        self._scope = scope
        self._ledger: dict[str, ToolResult | None] = {}
        self.turns = 0

    def handed_over(self, proposed: Sequence[ToolUse]) -> bool:
        """Whether the caller carries these calls out: one of them is of a tool without function."""
        return any(use.name in self._tools and self._tools[use.name].function is None for use in proposed)

    def key(self, index: int, use: ToolUse) -> str:
        """The idempotency key of the `index`-th call of this turn: the same whenever the same call is repeated."""
        told = "\0".join((self._scope, str(self.turns), str(index), use.name, use.arguments))
        return hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

    async def carry_out(
        self, text: str, proposed: Sequence[ToolUse], announce: Callable[[ToolUse, str], None]
    ) -> tuple[Message, Message]:
        """Carry out a turn's calls and give the two turns that follow: what was proposed, and what came of it.

        Cancelled, it starts no further call; one that had been started is not repeated, as its end is unknown.

        Args:
            text: what the winner said besides.
            proposed: the winner's calls, in order.
            announce: told of each call just before it is carried out.
        """
        results: dict[int, ToolResult] = {}

        async def one(index: int) -> None:
            results[index] = await self._once(self.key(index, proposed[index]), proposed[index], announce)

        for group in self._groups(proposed):
            async with anyio.create_task_group() as tasks:
                for index in group:
                    tasks.start_soon(one, index)
        self.turns += 1
        said = [Text(text)] if text else []
        return Message("assistant", [*said, *proposed]), Message("tool", [results[i] for i in range(len(proposed))])

    def _groups(self, proposed: Sequence[ToolUse]) -> Iterator[list[int]]:
        """Calls that may run at the same time: neighbours that only read; everything else alone."""
        group: list[int] = []
        for index, use in enumerate(proposed):
            if self._reads(use):
                group.append(index)
                continue
            if group:
                yield group
            yield [index]
            group = []
        if group:
            yield group

    def _reads(self, use: ToolUse) -> bool:
        return use.name not in self._tools or self._tools[use.name].effects == "read"

    async def _once(self, key: str, use: ToolUse, announce: Callable[[ToolUse, str], None]) -> ToolResult:
        if key in self._ledger:
            return self._ledger[key] or _failed(use, "it was started before and what became of it is unknown")
        tool = self._tools.get(use.name)
        if tool is None:
            return _failed(use, f"no tool is called {use.name!r}{did_you_mean(use.name, self._tools)}")
        self._ledger[key] = None
        announce(use, key)
        result = self._ledger[key] = await _result(tool, use, key)
        return result


async def _result(tool: Tool, use: ToolUse, key: str) -> ToolResult:
    try:
        value: Any = await tool.invoke(use.arguments, key)
        told = written(value)
    except ToolError as error:
        return _failed(use, str(error))
    except TaskError as error:  # the arguments do not fit, or the result has no JSON; its words name no values
        return _failed(use, str(error))
    except Exception as error:  # noqa: BLE001 - the model is told, the request goes on
        # What a tool raises by accident may hold a password or a row of a table: only its type leaves.
        _log.warning("tool %s raised %s", tool.name, type(error).__name__)
        return _failed(use, f"it raised {type(error).__name__}")
    if len(told) > RESULT_CHARS:
        told = f"{told[:RESULT_CHARS]}\n(cut: {len(told) - RESULT_CHARS} more characters)"
    return ToolResult(use.id, use.name, told)


def _failed(use: ToolUse, why: str) -> ToolResult:
    return ToolResult(use.id, use.name, f"The call failed: {why}", failed=True)

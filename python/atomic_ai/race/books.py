"""The books of one race: each lane reserves before it starts and is settled once, the stopped ones too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atomic_ai.artifacts import Execution
from atomic_ai.cost import Cost, Usage
from atomic_ai.trace import text_hash

if TYPE_CHECKING:
    from atomic_ai import _core
    from atomic_ai.context import Context
    from atomic_ai.purse import Purse
    from atomic_ai.race.lanes import Lane

PART_OF_THE_ANSWER = frozenset({"won", "used"})
"""The outcomes of lanes whose text is in the answer."""

NOBODYS_FAULT = frozenset({"lost", "unused", "budget", "caller_gone", "drained"})
"""The outcomes that say nothing of the model; any other that gave no answer counts against it."""


class Books:
    """What the lanes of one race reserved, used and cost.

    Attributes:
        executions: the outcome of every lane that started, by lane, in the order in which they ended.
    """

    __slots__ = (
        "_context", "_lanes", "_microtask", "_open", "_purse", "_race", "_round", "_scored", "executions",
    )  # fmt: skip

    def __init__(
        self, context: Context, microtask: str, number: int, race: _core.Race, purse: Purse, *, scored: bool
    ) -> None:
        """Open the books of a race.

        Args:
            context: the request.
            microtask: the microtask's id.
            number: which race of the microtask it is.
            race: the core's race.
            purse: who pays.
            scored: whether criteria or a judge score its lanes; without them a lane's quality is not known.
        """
        self._context = context
        self._microtask = microtask
        self._round = number
        self._purse = purse
        self._race = race
        self._scored = scored
        self._lanes: dict[int, Lane] = {}
        self._open: set[int] = set()
        self.executions: dict[int, Execution] = {}

    def open(self, number: int, lane: Lane) -> bool:
        """Reserve the most that lane `number` can cost; False where the budget does not hold it."""
        if not self._purse.reserve(lane.most_usd):
            return False
        self._lanes[number] = lane
        self._open.add(number)
        return True

    def ended(self, number: int, model: str, outcome: str, detail: str) -> Execution:
        """Settle a lane that ended, and write down its outcome."""
        heard = self._race.lane(number)
        came_through = outcome in PART_OF_THE_ANSWER
        judged = self._scored if came_through else outcome not in NOBODYS_FAULT
        quality = (heard.score if came_through else 0.0) if judged else None
        usage, cost_usd = self._settle(number, heard, quality)
        timing = heard.timing
        verdict = heard.verdict
        violations = () if verdict is None else verdict.violations
        execution = Execution(
            microtask=self._microtask,
            round=self._round,
            lane=number,
            model=model,
            outcome=outcome,
            detail=detail,
            output_hash=text_hash(heard.text) if heard.text else None,
            output_chars=heard.chars,
            started_s=self._seconds(timing["started"]) or 0.0,
            first_token_s=self._seconds(timing["first_token"]),
            ended_s=self._seconds(timing["ended"]) or 0.0,
            usage=usage,
            cost_usd=cost_usd,
            finish_reason=heard.finish_reason,
            dead_at=None if verdict is None else verdict.dead_at,
            violations=tuple((v.keyword, v.schema_path, v.instance_path, v.offset) for v in violations),
            repairs=() if verdict is None else tuple((made.name, made.offset) for made in verdict.repairs),
            quality=heard.score if self._scored and outcome in PART_OF_THE_ANSWER else None,
        )
        self.executions[number] = execution
        return execution

    def close(self) -> Cost:
        """The race's cost; what a lane reserved whose end was never told stays spent in full."""
        for number in self._open:
            most = self._lanes[number].most_usd
            self._purse.settle(most, most)
        self._open.clear()
        parts = [execution for execution in self.executions.values() if execution.outcome in PART_OF_THE_ANSWER]
        losers = [execution for execution in self.executions.values() if execution.outcome not in PART_OF_THE_ANSWER]
        length = max((execution.usage.output_tokens for execution in parts), default=0)
        return Cost(
            winner_usd=sum(execution.cost_usd for execution in parts),
            losers_usd=sum(execution.cost_usd for execution in losers),
            wasted_usd=sum(self._wasted(execution) for execution in self.executions.values()),
            saved_usd=sum(self._saved(execution, length) for execution in losers),
            estimated=any(execution.usage.estimated for execution in self.executions.values()),
        )

    def _settle(self, number: int, heard: _core.Lane, quality: float | None) -> tuple[Usage, float]:
        """The lane's tokens and price; nothing for a lane that never left."""
        lane = self._lanes.get(number)
        if lane is None:
            return Usage(0, 0), 0.0
        text, whole = heard.text + heard.reasoning, heard.finish_reason is not None
        usage = lane.usage(heard.usage, text, self._longest(), whole=whole)
        if whole and not usage.estimated and not heard.prefix:
            lane.gauge.learn(len(text), usage.output_tokens)
        cost_usd = lane.price(usage, quality)
        if number in self._open:
            self._open.remove(number)
            self._purse.settle(lane.most_usd, cost_usd)
        return usage, cost_usd

    def _longest(self) -> int:
        """Characters of the longest answer so far: what a provider that writes on after the close is taken to bill."""
        return max((self._race.lane(number).chars for number in self._lanes), default=0)

    def _wasted(self, execution: Execution) -> float:
        """What a lane was billed for that came after its close."""
        lane = self._lanes.get(execution.lane)
        return 0.0 if lane is None else lane.model.cost(0, execution.usage.unread_tokens)

    def _saved(self, execution: Execution, length: int) -> float:
        """What a stopped lane would have cost more, had it written as much as the winner."""
        lane = self._lanes.get(execution.lane)
        if lane is None or lane.model.cancel == "bills":
            return 0.0
        return lane.model.cost(0, max(0, length - execution.usage.output_tokens))

    def _seconds(self, moment: int | None) -> float | None:
        return None if moment is None else self._context.seconds(moment)

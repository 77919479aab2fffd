"""The core's questions to the outside: acceptance by type and validators, the judge, the caller's own criteria."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from atomic_ai.callback import called
from atomic_ai.criteria import custom_functions
from atomic_ai.race.acceptance import RefusedError, accept, typed
from atomic_ai.race.driver import Answer

if TYPE_CHECKING:
    from atomic_ai._core import Output, Race
    from atomic_ai.judge import Bench
    from atomic_ai.task import Task

_log = logging.getLogger("atomic_ai.criteria")


@dataclass(slots=True)
class Checks:
    """Answers the questions of one race and keeps what came of them.

    Attributes:
        task: what is asked.
        race: whose questions they are.
        bench: who judges, or None.
        outputs: the typed outputs that passed acceptance, by lane.
        texts: the texts they were read from, by lane: repaired where the task is lenient.
        refusals: what was said against a lane's answer, fit to be told to a model.
    """

    task: Task[Any]
    race: Race
    bench: Bench | None
    outputs: dict[int, Any] = field(default_factory=dict)
    texts: dict[int, str] = field(default_factory=dict)
    refusals: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def at_once(self, check: Output.Check) -> Answer | None:
        """The answer to a question that takes no waiting: the output type's, where the caller has no validators."""
        if check.by != "acceptance" or self.task.validators:
            return None
        try:
            text = self._document(check)
            return self._accepted(check.lane, text, typed(self.task, text))
        except RefusedError as refused:
            return self._refused(check.lane, refused)

    async def answer(self, check: Output.Check) -> Answer | None:
        """The answer to one question; None leaves it to the ticket's default."""
        lane = self.race.lane(check.lane)
        if check.by == "acceptance":
            return await self._accept(check.lane, self._document(check))
        text = lane.slice(check.start, check.end)
        if check.by == "judge":
            # The lane may have grown to its end since the question about its beginning was put.
            return await self._judge(check.lane, text, whole=lane.state == "checking" and text == lane.text)
        return await self._ask(check.criterion, text)

    def _document(self, check: Output.Check) -> str:
        """What acceptance reads: the answer, repaired where the task is lenient."""
        lane = self.race.lane(check.lane)
        return lane.slice(check.start, check.end) if lane.repaired is None else lane.repaired

    async def _accept(self, lane: int, text: str) -> Answer:
        try:
            return self._accepted(lane, text, await accept(self.task, text))
        except RefusedError as refused:
            return self._refused(lane, refused)

    def _accepted(self, lane: int, text: str, output: Any) -> Answer:
        self.outputs[lane], self.texts[lane] = output, text
        return Answer(passed=True)

    def _refused(self, lane: int, refused: RefusedError) -> Answer:
        self.refusals[lane] = refused.reasons
        return Answer(passed=False)

    async def _judge(self, lane: int, text: str, *, whole: bool) -> Answer | None:
        assert self.bench is not None  # noqa: S101 - the core asks a judge only where the configuration names one
        judgement = await self.bench.judge(text, whole=whole)
        if judgement is None:
            return None
        if not judgement.passed and judgement.reason:
            self.refusals[lane] = (*self.refusals.get(lane, ()), f"judge: {judgement.reason}")
        return Answer(judgement.passed, judgement.score)

    async def _ask(self, name: str, text: str) -> Answer | None:
        """Ask the caller's own code; where it fails, the ticket's default decides."""
        try:
            said = await called(custom_functions(self.task.criteria)[name], text)
        except Exception as error:  # noqa: BLE001 - the caller's code, which may raise anything
            _log.warning("criterion %s raised %s", name, type(error).__name__)
            return None
        if isinstance(said, bool):
            return Answer(said)
        return Answer(said > 0, min(1.0, max(0.0, float(said))))

"""One microtask's race: the core driven, its events told, its books kept."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from atomic_ai import events
from atomic_ai._core import Output, Race
from atomic_ai.adapt import adapt
from atomic_ai.clock import MonotonicClock
from atomic_ai.errors import BudgetError
from atomic_ai.race.books import Books
from atomic_ai.race.checks import Checks
from atomic_ai.race.driver import Driver, Follow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from atomic_ai import _core
    from atomic_ai.artifacts import Execution
    from atomic_ai.context import Context
    from atomic_ai.cost import Cost
    from atomic_ai.hedge import Hop
    from atomic_ai.judge import Bench
    from atomic_ai.providers.flight import Flight, Landing
    from atomic_ai.providers.native_loop import Loop
    from atomic_ai.purse import Purse
    from atomic_ai.race.driver import Begun
    from atomic_ai.race.lanes import Lane
    from atomic_ai.task import Task


@dataclass(slots=True)
class Result:
    """How a race ended.

    Attributes:
        verdict: "won", "failed", "interrupted", "late", "budget", "cancelled".
        lane: the winner's number, or the lane with the best partial, or None.
        used: all lanes that are part of the answer, the winner first.
        outputs: the typed outputs that passed acceptance, by lane.
        texts: the texts they were read from, by lane.
        refusals: what acceptance said against a lane's answer.
        executions: every started lane's outcome.
        cost: what the race cost.
    """

    verdict: str
    lane: int | None
    used: Sequence[int]
    outputs: dict[int, Any]
    texts: dict[int, str]
    refusals: dict[int, tuple[str, ...]]
    executions: list[Execution]
    cost: Cost


class Shown(NamedTuple):
    """A lane that is shown, and what makes its events of a time and what is shown.

    Attributes:
        lane: its live view.
        text_delta: makes a `TextDelta`.
        partial_value: makes a `Partial`.
    """

    lane: _core.Lane
    text_delta: Callable[[float, str], events.TextDelta]
    partial_value: Callable[[float, Any], events.Partial]


@dataclass(slots=True)
class Contest:
    """Runs one race and remembers what came of it.

    Attributes:
        context: the request it belongs to.
        microtask: the microtask's id.
        task: what is asked.
        lanes: the configured lanes, in the order of the race's configuration.
        race: the core's race, not yet started.
        purse: who pays its lanes.
        bench: who judges lanes at checkpoints, or None.
        hops: how each lane but the first of a hedge hedges the one before it.
        at_once: how many lanes the plan starts together.
    """

    context: Context
    microtask: str
    task: Task[Any]
    lanes: Sequence[Lane]
    race: Race
    purse: Purse
    bench: Bench | None = None
    hops: Sequence[Hop] = ()
    at_once: int = 1
    round: int = field(init=False)
    _books: Books = field(init=False)
    _checks: Checks = field(init=False)
    _over: Output.Over | None = None
    _used: Sequence[int] = ()
    _grown: dict[int, int] = field(default_factory=dict)
    _shown: dict[int, Shown] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.round = self.context.recorder.round(self.microtask)
        self._books = Books(
            self.context,
            self.microtask,
            self.round,
            self.race,
            self.purse,
            scored=bool(self.task.criteria) or self.bench is not None,
        )
        self._checks = Checks(self.task, self.race, self.bench)

    @property
    def executions(self) -> list[Execution]:
        """The outcome of every lane that started, in the order in which they ended."""
        return list(self._books.executions.values())

    async def run(self) -> Result:
        """Run the race to its outcome; cancelled, it closes every lane and its books stay balanced."""
        driver = Driver(
            self.race,
            self.context.clock,
            begin=self._begin,
            hear=self._hear,
            offer=_unheard_of if self.context.backlog is None else partial(self.context.backlog.offer, self._fetch),
            answer=self._checks.at_once,
            check=self._checks.answer,
            grew=self._grew if self.context.follows_growth else _unheard,
            room=self.context.room,
            lags=self.context.lags,
            follow=self._follow,
        )
        for number, hop in enumerate(self.hops, 1):
            if hop.by_ns is None:
                self._tell(events.Hedged, number, sent=False, reason=hop.why)
        try:
            await driver.run()
        finally:
            cost = self._books.close()
            self.context.cost += cost
        assert self._over is not None  # noqa: S101 - the driver returns only after `Over`
        return Result(
            verdict=self._over.verdict,
            lane=self._over.lane,
            used=self._used,
            outputs=self._checks.outputs,
            texts=self._checks.texts,
            refusals=self._checks.refusals,
            executions=self.executions,
            cost=cost,
        )

    def _begin(self, order: Output.Start, listens: Callable[[Loop], bool], landed: Callable[[Landing], None]) -> Begun:
        """Start a lane: on its way already where the native transport carries it, else for a task to open.

        Raises:
            AtomicError: it cannot start; the budget does not hold it, its model has no key.
        """
        lane = self.lanes[order.source]
        if not self._books.open(order.lane, lane):
            raise BudgetError(f"up to ${lane.most_usd:.6f} is more than what is left of the budget")
        continues = order.prefix is not None
        self._tell(events.LaneStarted, order.lane, stripped=lane.negotiated.stripped, continues=continues)
        call = adapt(self.task, lane.model, prefix=order.prefix) if continues else lane.call
        follow = self._follow()
        patient = follow is not None and (not follow.text or bool(follow.batch_ns))
        at_risk = self._at_risk(order.lane)
        if patient or at_risk:
            call = replace(call, patient=patient, at_risk=at_risk)
        launch = getattr(lane.provider, "launch", None)
        flight: Flight | None = None if launch is None else launch(call, (self.race, order.lane), listens, landed)
        return flight or lane.provider.open(call)

    def _at_risk(self, lane: int) -> float:
        """How likely a lane is to be stopped before its end: of lanes that run at once, one wins."""
        running = max(self.at_once, 1 + sum(self.race.lane(other).outcome is None for other in range(lane)))
        return 1 - 1 / running

    def _follow(self) -> Follow | None:
        """What to be woken for. With a clock of a test's, time passes in Python alone, and every chunk goes there."""
        if not isinstance(self.context.clock, MonotonicClock):
            return None
        growth = self.context.follows_growth
        return Follow(growth or self.context.is_read, growth, self.context.batch_ns)

    def _when(self, lane: int, what: str) -> int | None:
        """When it happened: where nobody reads along, a native lane's event may be heard of later."""
        return None if self.context.is_read else self.race.lane(lane).timing[what]

    def _tell(self, kind: type[Any], lane: int, **facts: Any) -> None:
        self.context.emit(kind, self.microtask, round=self.round, lane=lane, model=self.model(lane), **facts)

    def model(self, lane: int) -> str:
        """The lane's model; a continuation runs by the configuration of another lane."""
        return self.lanes[self.race.lane(lane).source].model.name

    def _hear(self, event: Output) -> None:
        """Tell the core's event to the outside, in the outside's words."""
        match event:
            case Output.Text(lane, text):
                self._deliver(self._text_delta(lane, text))
            case Output.Partial(lane):
                self._deliver(self._partial(lane))
            case Output.Hedge(lane, _, granted, requests, hedges):
                self._hedged(lane, granted, f"{hedges:g} of {requests:g} requests hedged in the window")
            case Output.Opened(lane, status):
                self._tell(events.LaneOpened, lane, at=self._when(lane, "opened"), status=status or 200)
            case Output.FirstToken(lane):
                self._tell(events.FirstToken, lane, at=self._when(lane, "first_token"))
            case Output.Violated(lane, call, at):
                self._violated(lane, call, at)
            case Output.Settled(lane, by, criterion, passed, _, score, late):
                detail = "too late to count" if late else ""
                name = criterion or by
                self._tell(events.CriterionSettled, lane, criterion=name, passed=passed, score=score, detail=detail)
            case Output.Committed(lane):
                self._tell(events.Committed, lane)
            case Output.Replaced(origin, to):
                self._tell(events.Replaced, to, previous=origin)
            case Output.Interrupted(lane, _):
                heard = self.race.lane(lane)
                # Only what was shown: the rest may hold what a criterion forbids.
                self._tell(events.Interrupted, lane, partial=heard.slice(0, heard.released))
            case Output.LaneEnded(lane, outcome, detail):
                self._ended(lane, outcome, detail)
            case Output.Decided(winner, lanes, why):
                self._used = lanes
                self._tell(events.Decided, winner, why=why)
            case Output.Over():
                self._over = event

    def _deliver(self, event: events.TextDelta | events.Partial) -> None:
        """To hooks and reader; it is recorded."""
        self.context.hooks.emit(event)
        if self.context.backlog is not None:
            self.context.backlog.put(event)

    def _fetch(self) -> events.TextDelta | None:
        """The text that waits for the reader in the race, where it is all that waits there, but for a value's growth.

        Hooks are not forgotten: where there are any, growth is followed, and text is never all that waits.
        """
        said = self.race.text()
        if said is None:
            return None
        lane, text, moved = said
        event = self._text_delta(lane, text)
        if moved and self.context.backlog is not None:
            self.context.backlog.put(self._partial(lane))  # what is read next: nothing else was queued
        return event

    def _text_delta(self, lane: int, text: str) -> events.TextDelta:
        """Text that is shown, recorded."""
        context = self.context
        shown = self._shown.get(lane) or self._begin_to_show(lane)
        event = shown.text_delta((context.clock.now() - context.started) / 1e9, text)
        context.recorder.record_text(event)
        return event

    def _partial(self, lane: int) -> events.Partial:
        """A value that is shown as it grows, recorded."""
        context = self.context
        shown = self._shown.get(lane) or self._begin_to_show(lane)
        event = shown.partial_value((context.clock.now() - context.started) / 1e9, shown.lane.value)
        context.recorder.record_partial(event)
        return event

    def _begin_to_show(self, lane: int) -> Shown:
        """What a lane's text and values have in common; it does not change while they grow."""
        place = (self.context.recorder.request.id, self.microtask, self.round, lane, self.model(lane))
        live = self.race.lane(lane)
        shown = Shown(live, partial(events.text_delta, *place, live.prefix > 0), partial(events.partial_value, *place))
        self._shown[lane] = shown
        return shown

    def _grew(self, lane: int) -> None:
        """Tell of a lane's growth, if it grew; text only where it is asked for, as it is copied."""
        heard, before = self.race.lane(lane), self._grown.get(lane, 0)
        chars = heard.chars  # once: a native lane grows on meanwhile
        if chars > before:
            self._grown[lane] = chars
            text = heard.text[before:chars] if self.context.show_text else None
            self._tell(events.LaneGrew, lane, chars=chars, text=text)

    def _hedged(self, lane: int, granted: bool, share: str) -> None:
        why = self.hops[lane - 1].why
        self._tell(
            events.Hedged, lane, sent=granted, reason=f"{why}; {'' if granted else 'the share is used up: '}{share}"
        )

    def _violated(self, lane: int, call: int | None, at: int) -> None:
        verdict = self.race.lane(lane).verdict
        first = verdict.violations[0] if call is None and verdict is not None and verdict.violations else None
        self._tell(
            events.Violated,
            lane,
            keyword=first.keyword if first else "",
            schema_path=first.schema_path if first else "",
            instance_path=first.instance_path if first else "",
            offset=at,
        )

    def _ended(self, lane: int, outcome: str, detail: str) -> None:
        if outcome == "unused":
            return
        execution = self._books.ended(lane, self.model(lane), outcome, detail)
        self._tell(events.LaneEnded, lane, execution=execution)


def _unheard(_lane: int) -> None:
    """Nobody follows growth."""


def _unheard_of() -> None:
    """Nobody follows text."""

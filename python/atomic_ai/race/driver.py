"""Drives one race: opens, reads and closes the lanes' sources as the core orders.

The core (`atomic_ai._core.Race`) decides; this file owns what waits: one timer, a task and a cancel scope for each lane
that needs them, and one task for each question to the outside. The tasks live in one task group, so that nothing
outlives the race; it is opened with the first of them.

Where the native transport carries a lane, there is a `Flight` in place of the task: its bytes run into the race on the
reactor's thread, this file hears at the ring of its event loop's bell what the race said meanwhile, and a stopped
lane's socket is closed already.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from contextvars import Context, copy_context
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import anyio
from anyio import CancelScope

from atomic_ai._core import Output, Race
from atomic_ai.errors import AtomicError, ConnectTimeoutError, TruncatedError
from atomic_ai.providers.call import SERVED
from atomic_ai.providers.flight import Flight
from atomic_ai.wake import Alarm

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from atomic_ai.clock import Clock
    from atomic_ai.providers.call import Source
    from atomic_ai.providers.flight import Landing
    from atomic_ai.providers.native_loop import Loop

    Begun = Flight | AbstractAsyncContextManager[Source]
    """A lane on its way, or one that a task is to open."""


class Answer(NamedTuple):
    """The outside's answer to a check.

    Attributes:
        passed: yes or no.
        score: in 0..=1, where there is one.
    """

    passed: bool
    score: float | None = None


class Follow(NamedTuple):
    """What wakes Python while the reactor's thread feeds a race.

    Attributes:
        text: text and values as they grow; without it they are not told at all.
        growth: every lane's growth.
        batch_ns: how long text may wait for more of it, in nanoseconds.
    """

    text: bool
    growth: bool
    batch_ns: int = 0


class Driver:
    """One race from start to its one outcome.

    Args:
        race: the core's race, not yet started.
        clock: where its time comes from.
        begin: starts a lane: gives the flight that carries it, or the context manager of a source for a task to open.
        hear: hears every event of the core, in order, on the event loop; must not block.
        offer: is called when there is text to hear of, and nothing else; whoever wants it takes it by `race.text()`.
        answer: answers a question of the core's without waiting, or gives None where that takes waiting.
        check: answers a question of the core's; None leaves it to the ticket's default.
        grew: hears of each chunk's lane, after what the core made of the chunk.
        room: waits while the caller lags behind; awaited between chunks, so that a slow caller slows its lanes.
        lags: whether the caller lags behind.
        follow: what to be woken for where lanes are native; None reads every lane's chunks in Python.
    """

    __slots__ = (
        "_answer", "_begin", "_check", "_clock", "_context", "_failure", "_flights", "_follow", "_grew", "_hear",
        "_lagging", "_lags", "_later", "_loop", "_numbers", "_offer", "_over", "_race", "_ringing", "_room", "_scopes",
        "_stopped", "_tasks", "_until", "_wake",
    )  # fmt: skip

    def __init__(
        self,
        race: Race,
        clock: Clock,
        *,
        begin: Callable[[Output.Start, Callable[[Loop], bool], Callable[[Landing], None]], Begun],
        hear: Callable[[Any], None],
        offer: Callable[[], None],
        answer: Callable[[Output.Check], Answer | None],
        check: Callable[[Output.Check], Awaitable[Answer | None]],
        grew: Callable[[int], None],
        room: Callable[[], Awaitable[None]],
        lags: Callable[[], bool],
        follow: Callable[[], Follow | None],
    ) -> None:
        self._race = race
        self._clock = clock
        self._begin = begin
        self._hear = hear
        self._offer = offer
        self._answer = answer
        self._check = check
        self._grew = grew
        self._room = room
        self._lags = lags
        self._follow = follow
        self._flights: dict[int, Flight] = {}
        self._scopes: dict[int, CancelScope] = {}
        self._stopped: set[int] = set()
        self._tasks: TaskGroup | None = None
        self._until: int | None = None
        self._over = False
        self._wake = Alarm()
        self._context: Context = copy_context()
        self._later: list[tuple[Callable[..., Coroutine[Any, Any, None]], tuple[Any, ...]]] = []
        self._ringing = False
        self._loop: Loop | None = None
        self._numbers: tuple[int, ...] = ()
        self._lagging = False
        self._failure: Exception | None = None

    async def run(self) -> None:
        """Run the race to its end; leaving early, by cancellation or an error, closes every source."""
        try:
            self._obey(self._race.start(self._clock.now()))
            await self._keep_time()
            if not self._over:
                async with anyio.create_task_group() as self._tasks:
                    self._start_waiting()
                    await self._keep_time()
                    self._tasks.cancel_scope.cancel()
        finally:
            if self._loop is not None:
                for number in self._numbers:
                    self._loop.forget(number)
            if not self._over:  # the caller is gone: the core gives every lane its outcome
                self._obey(self._race.cancelled(self._clock.now()))
            for flight in self._flights.values():
                flight.close()

    async def _keep_time(self) -> None:
        """Tick when the core's next deadline has come, until the race is over or a first task is to be started.

        A deadline moved back is noticed when the old one fires.
        """
        while not self._over and (self._tasks is not None or not self._later):
            self._wake.clear()
            come = await self._clock.wait(self._wake, self._until)
            self._start_waiting()
            if not come:
                self._obey(self._race.tick(self._clock.now()))
            if self._failure is not None:
                raise self._failure

    def _obey(self, outputs: Sequence[Any]) -> None:
        """Carry out orders and hand on events, in the order in which the core gave them."""
        answers: list[tuple[int, Answer]] = []
        lost: list[tuple[int, AtomicError]] = []
        for output in outputs:
            match output:
                case Output.Wait():
                    self._arm(output.until)
                case Output.Start():
                    error = self._launch(output)
                    if error is not None:
                        lost.append((output.lane, error))
                case Output.Stop():
                    self._stop(output.lane)
                case Output.LaneEnded():
                    self._close(output.lane)
                    self._hear(output)
                case Output.Check():
                    answer = self._answer(output)
                    if answer is None:
                        self._spawn(self._ask, output)
                    else:
                        answers.append((output.ticket, answer))
                case Output.Over():
                    self._over = True
                    self._wake.set()
                    self._hear(output)
                case _:
                    self._hear(output)
        for lane, error in lost:
            self._lost(lane, error)
        for ticket, answer in answers:
            self._reply(ticket, answer)

    def _launch(self, order: Output.Start) -> AtomicError | None:
        """Start a lane; gives the error where it cannot."""
        lane = order.lane
        try:
            begun = self._begin(order, self._listens, partial(self._landed, lane))
        except AtomicError as error:
            return error
        if isinstance(begun, Flight):
            self._flights[lane] = begun
        else:
            self._spawn(self._serve, lane, begun)
        return None

    def _landed(self, lane: int, how: Landing) -> None:
        """A flight needs help. Runs on the event loop, in nobody's task."""
        flight = self._flights.get(lane)
        if flight is None:
            return
        if how == "astray":
            self._put_off(self._rescue, lane)  # it stays among the flights, to be closed, until a task has it
        elif flight.error is not None:
            del self._flights[lane]
            self._in_nobodys_task(partial(self._lost, lane, flight.error))

    async def _rescue(self, lane: int) -> None:
        """Go on with a flight in a task, if it has not been stopped meanwhile."""
        flight = self._flights.pop(lane, None)
        if flight is not None:
            await self._serve(lane, flight.source())

    def _stop(self, lane: int) -> None:
        self._stopped.add(lane)
        self._close(lane)
        scope = self._scopes.get(lane)
        if scope is not None:
            scope.cancel()

    def _close(self, lane: int) -> None:
        flight = self._flights.pop(lane, None)
        if flight is not None:
            flight.close()

    def _lost(self, lane: int, error: AtomicError) -> None:
        if not self._over:
            self._drain()  # what was said of it comes before its end
            self._obey(self._race.ended(self._clock.now(), lane, _ending(error), _blame(error)))

    def _arm(self, until: int | None) -> None:
        sooner = until is not None and (self._until is None or until < self._until)
        self._until = until
        if sooner:
            self._wake.set()

    async def _serve(self, lane: int, opening: AbstractAsyncContextManager[Source]) -> None:
        """One lane from its call to its end; its scope is what `Stop` cancels."""
        if lane in self._stopped:
            return
        with CancelScope() as scope:
            self._scopes[lane] = scope
            SERVED.set((self._race, lane))
            how: Literal["end", "cut", "unconnected", "failed"] = "end"
            detail = ""
            try:
                async with opening as source:
                    await self._read(lane, source)
            except AtomicError as error:
                how, detail = _ending(error), _blame(error)
            except Exception as error:  # noqa: BLE001 - whatever a source raises ends its lane, not the race
                how, detail = "failed", type(error).__name__
            if not scope.cancel_called:
                self._obey(self._race.ended(self._clock.now(), lane, how, detail))

    async def _read(self, lane: int, source: Source) -> None:
        race, now = self._race, self._clock.now
        self._obey(race.opened(now(), lane, source.status))
        loop: Loop | None = getattr(source, "loop", None)
        if loop is not None and self._listens(loop):
            await source.flow(race, lane)  # type: ignore[attr-defined]
            self._drain()  # what was said of it comes before its end
            return
        feed: Callable[[int, int, Any], Sequence[Any]] = race.deltas if source.dialect is None else race.bytes
        async for chunk in source:
            self._obey(feed(now(), lane, chunk))
            self._grew(lane)
            await self._room()

    def _listens(self, loop: Loop) -> bool:
        """Whether lanes run natively here; the first one has the race ring its loop's bell."""
        if self._loop is None:
            follow = self._follow()
            if follow is None:
                return False
            self._numbers = self._race.follow(loop.bell, self._clock.now(), **follow._asdict())
            self._loop = loop
            loop.hear(self._numbers[0], self._rung)
            loop.hear(self._numbers[1], self._offer)
        return True

    def _rung(self) -> None:
        """The race has said something on the reactor's thread. Runs on the event loop, in nobody's task."""
        if self._lags():
            if not self._lagging:
                self._lagging = True
                self._put_off(self._catch_up)
            return
        self._in_nobodys_task(self._drain)

    def _in_nobodys_task(self, work: Callable[[], None]) -> None:
        self._ringing = True
        try:
            self._context.run(work)
        except Exception as error:  # noqa: BLE001 - raised where the race is awaited
            self._failure = error
            self._wake.set()
        finally:
            self._ringing = False

    def _spawn(self, work: Callable[..., Coroutine[Any, Any, None]], *args: Any) -> None:
        """Start a task of the race; at the ring of the bell nobody's task runs, which may start none."""
        if self._ringing or self._tasks is None:
            self._put_off(work, *args)
        else:
            self._tasks.start_soon(work, *args)

    def _put_off(self, work: Callable[..., Coroutine[Any, Any, None]], *args: Any) -> None:
        self._later.append((work, args))
        self._wake.set()

    def _start_waiting(self) -> None:
        """Start what was put off, from the race's own task."""
        if self._tasks is None:
            return
        later, self._later = self._later, []
        for work, args in later:
            self._tasks.start_soon(work, *args)

    async def _catch_up(self) -> None:
        await self._room()
        self._lagging = False
        self._drain()

    def _drain(self) -> None:
        if self._over:
            return
        for lane in self._race.grown():  # before the ends that may be among the outputs
            self._grew(lane)
        self._obey(self._race.drain())

    async def _ask(self, check: Output.Check) -> None:
        """Ask the outside; a question that gets no answer is decided by its ticket's default."""
        answer = await self._check(check)
        if answer is not None:
            self._reply(check.ticket, answer)

    def _reply(self, ticket: int, answer: Answer) -> None:
        if not self._over:
            self._obey(self._race.checked(self._clock.now(), ticket, answer.passed, answer.score))


def _ending(error: AtomicError) -> Literal["cut", "unconnected", "failed"]:
    if isinstance(error, ConnectTimeoutError):
        return "unconnected"
    return "cut" if isinstance(error, TruncatedError) else "failed"


def _blame(error: AtomicError) -> str:
    """The error in one line; Atomic's errors hold neither keys nor prompts."""
    return f"{type(error).__name__}: {error}"

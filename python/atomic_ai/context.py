"""One request while it runs: its clock zero, its purse, its record, and who hears of its events."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from atomic_ai.cost import Cost

if TYPE_CHECKING:
    from atomic_ai.clock import Clock
    from atomic_ai.hooks import Hooks
    from atomic_ai.purse import Purse
    from atomic_ai.stream import Backlog
    from atomic_ai.trace import Recorder


@dataclass(slots=True)
class Context:
    """What every step of one request shares.

    Attributes:
        started: the request's start on `clock`.
        deadline: the request's end on `clock`, or None.
        purse: its money.
        cost: what was paid so far.
        recorder: its trace in the making.
        backlog: where a reader follows, or None where nobody does.
        show_text: whether `LaneGrew` carries text.
        batch_ns: how long text may wait for more of it, in nanoseconds, where a native transport brings it.
        caller: whose shared budget pays besides.
        arm: the arm of the experiment that it belongs to, if there is one.
    """

    clock: Clock
    started: int
    deadline: int | None
    purse: Purse
    recorder: Recorder
    hooks: Hooks
    backlog: Backlog | None
    show_text: bool
    caller: str | None = None
    arm: str | None = None
    cost: Cost = field(default_factory=Cost)
    batch_ns: int = 0

    @property
    def left_s(self) -> float | None:
        """Seconds until the deadline; None without one."""
        return None if self.deadline is None else (self.deadline - self.clock.now()) / 1e9

    @property
    def follows_growth(self) -> bool:
        """Whether anybody hears of `LaneGrew`: hooks, or a trace that keeps text."""
        return self.show_text or self.hooks.any

    def emit(self, kind: type[Any], microtask: str, at: int | None = None, **facts: Any) -> None:
        """Let trace, hooks and reader have an event of the moment `at`, or of now; made only where it is heard."""
        at_s = self.seconds(self.clock.now() if at is None else at)
        if self.backlog is None and not self.hooks.any:
            self.recorder.note(kind, at_s, microtask, facts)
            return
        event = kind(at_s=at_s, request_id=self.recorder.request.id, microtask=microtask, **facts)
        self.recorder.record(event)
        self.hooks.emit(event)
        if self.backlog is not None:
            self.backlog.put(event)

    @property
    def is_read(self) -> bool:
        """Whether a reader follows."""
        return self.backlog is not None and self.backlog.is_read

    def lags(self) -> bool:
        """Whether the reader lags behind."""
        return self.backlog is not None and self.backlog.full

    async def room(self) -> None:
        """Wait while the reader lags behind."""
        if self.backlog is not None:
            await self.backlog.room()

    def part(self, purse: Purse) -> Context:
        """A context for work on the side, such as judging: with a purse and a bill of its own, otherwise this one."""
        return replace(self, purse=purse, cost=Cost())

    def seconds(self, moment: int) -> float:
        """A moment of the clock as seconds since the request's start."""
        return (moment - self.started) / 1e9

"""A circuit breaker: a model that keeps failing is left alone for a while, then tried with one call.

    closed    ── failures in a row reach the threshold ──▶ open
    open      ── the rest is over ──▶ half-open
    half-open ── one call succeeds ──▶ closed
    half-open ── it fails ──▶ open

Only failures of the model count: refused and reset connections, 5xx, pages that are no answer. A cancelled call, a rate
limit and a call that the provider rightly refuses say nothing about its health.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from atomic_ai.errors import CircuitOpenError
from atomic_ai.providers.headroom import TRIAL_S, Wait

if TYPE_CHECKING:
    from atomic_ai.clock import Clock

State = Literal["closed", "open", "half-open"]


@dataclass(slots=True)
class Circuit:
    """The breaker of one model.

    Attributes:
        clock: whose time the rest is measured in.
        threshold: failures in a row that open it.
        rest_s: seconds for which it stays open.
    """

    clock: Clock
    threshold: int = 5
    rest_s: float = 30.0
    _failures: int = field(default=0, init=False)
    _opened: int | None = field(default=None, init=False)
    _trying: bool = field(default=False, init=False)

    @property
    def state(self) -> State:
        """Where it stands now."""
        if self._opened is None:
            return "closed"
        return "open" if self._left() > 0 else "half-open"

    def wait(self) -> Wait | None:
        """What stands against a call now, and for how long; None if nothing does."""
        match self.state:
            case "open":
                return Wait("it failed too often and rests", max(0.0, self._left()))
            case "half-open" if self._trying:
                return Wait("one call is tried after its rest", TRIAL_S)
        return None

    def enter(self) -> None:
        """Ask for leave to call; every leave is answered by `succeeded`, `failed` or `left`.

        Raises:
            CircuitOpenError: it is open, or half-open with a call under way.
        """
        state = self.state
        if state == "open" or (state == "half-open" and self._trying):
            raise CircuitOpenError("the model failed too often and rests", retry_after_s=max(0.0, self._left()))
        self._trying = state == "half-open"

    def succeeded(self) -> None:
        """The model answered."""
        self._failures, self._opened, self._trying = 0, None, False

    def failed(self) -> None:
        """The model failed."""
        self._failures += 1
        if self._trying or self._failures >= self.threshold:
            self._opened = self.clock.now()
        self._trying = False

    def left(self) -> None:
        """The call ended before it showed anything."""
        self._trying = False

    def _left(self) -> float:
        opened = self.clock.now() if self._opened is None else self._opened
        return self.rest_s - (self.clock.now() - opened) / 1e9

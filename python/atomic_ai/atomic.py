"""`Atomic`: the owner of models, market, connections and every running request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import anyio
from anyio.lowlevel import current_token

from atomic_ai.budget import Budget
from atomic_ai.clock import Clock, MonotonicClock
from atomic_ai.errors import ConfigError, StateError, UnknownModelError
from atomic_ai.hooks import Hook, Hooks
from atomic_ai.ownership import Inmates
from atomic_ai.settings import RAISE, Settings
from atomic_ai.spelling import did_you_mean
from atomic_ai.stream import Run, Stream

if TYPE_CHECKING:
    from pathlib import Path

    import httpx
    from anyio.abc import TaskGroup

    from atomic_ai.artifacts import Response
    from atomic_ai.engine import Engine
    from atomic_ai.hedge import Hedge
    from atomic_ai.market import Budgets, Market, Outside, Weights
    from atomic_ai.market.trial import Trial
    from atomic_ai.model import Model
    from atomic_ai.providers.reply import TransportKind
    from atomic_ai.request import Work
    from atomic_ai.settings import PlanKind
    from atomic_ai.task import Show

T = TypeVar("T")


class Atomic:
    """Models that compete for tasks.

    `async with Atomic(models=[…]) as atomic:` owns every connection and task; leaving it closes them all. Without it
    only `run_sync` works, which opens and closes an own event loop.

    Args:
        models: who may bid; names are unique.
        weights: what the score weighs: `quality` (USD a perfect answer is worth), `cost` (per USD), `latency`
            (USD per second).
        budget: bounds of each request that brings none.
        profiles: where the market's memory is kept between runs: an SQLite file or a `postgresql://` address. None
            keeps it in this process only.
        http_client: an `httpx.AsyncClient` of yours, which stays open; None makes one.
        ca: a file of certificates to trust instead of the usual ones, where no client of yours is given.
        proxy: URL of a proxy, likewise; None takes the environment's.
        transport: who carries requests: "native" (the default) is Atomic's own, "httpx" what an `http_client` means.
        hooks: called with every event; neither a slow nor a raising one harms a request.
        trace_text: whether traces and `LaneGrew` events keep text; off by default.
        trace_file: append every request's trace to this file as a JSON line.
        plan: "auto" runs the plan that the auction clears; any other kind is run in its place with the best bids.
        hedge: when a late lane gets a hedge and how many there may be; None is `Hedge()`.
        max_lanes: the most lanes of a plan.
        budgets: caps that requests share: per day, task class, caller.
        outside: who bids from outside for which of the models: a lane of theirs costs what the auction says.
        experiment: an A/B test on these requests: which arm asks which models, and when it stops.
        explore: whether the market may choose a model to learn about it.
        explore_floor: chance that a task goes to any model that bids, each alike, so that traces can say what others
            would have earned; see `Market`.
        seed: of everything random.
        clock: the time; tests bring their own.

    Raises:
        ConfigError: no model, two of one name, or a model that cannot be called.
        UnknownModelError: an experiment that asks a model which is not there.
    """

    def __init__(
        self,
        models: Sequence[Model],
        *,
        weights: Weights | None = None,
        budget: Budget | None = None,
        profiles: str | Path | None = None,
        http_client: httpx.AsyncClient | None = None,
        ca: str | Path | None = None,
        proxy: str | None = None,
        transport: TransportKind | None = None,
        hooks: Sequence[Hook] = (),
        trace_text: bool = False,
        trace_file: str | Path | None = None,
        plan: PlanKind = "auto",
        hedge: Hedge | None = None,
        max_lanes: int = 2,
        budgets: Budgets | None = None,
        outside: Outside | None = None,
        experiment: Trial | None = None,
        explore: bool = False,
        explore_floor: float = 0.0,
        seed: int = 0,
        clock: Clock | None = None,
    ) -> None:
        self._settings = Settings(
            models=_by_name(models),
            weights=weights,
            profiles=profiles,
            http_client=http_client,
            ca=ca,
            proxy=proxy,
            transport=transport,
            trace_text=trace_text,
            trace_file=trace_file,
            plan=plan,
            hedge=hedge,
            max_lanes=max_lanes,
            budgets=budgets,
            outside=outside,
            experiment=experiment,
            explore=explore,
            explore_floor=explore_floor,
            seed=seed,
            clock=clock or MonotonicClock(),
        )
        if experiment is not None:
            _known(experiment, self._settings.models)
        self._budget = budget or Budget()
        self._hooks = hooks
        self._engine: Engine | None = None
        self._tasks: TaskGroup | None = None
        self._running = Inmates()

    @classmethod
    def from_toml(cls, path: str | Path) -> Atomic:
        """An `Atomic` as the TOML file at `path` describes it.

        Raises:
            ConfigError: the file is missing or wrong; the message names the key and a near match.
        """
        from atomic_ai.config import load

        return load(path)

    @property
    def models(self) -> Mapping[str, Model]:
        """The models by name."""
        return self._settings.models

    @property
    def market(self) -> Market:
        """The market of this open Atomic, for feedback that comes later, its profiles and what it noticed.

        Raises:
            StateError: it is not open.
        """
        return self._opened()[0].market

    async def __aenter__(self) -> Self:
        if self._tasks is not None:
            raise StateError("this Atomic is open already")
        # Loaded when first needed: `import atomic_ai` stays light.
        from atomic_ai.engine import Engine

        self._engine = Engine(self._settings, Hooks(self._hooks))
        self._tasks = await anyio.create_task_group().__aenter__()
        self._engine.hooks.start(self._tasks)
        self._engine.errands = self._tasks
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        engine, tasks = self._opened()
        self._engine = self._tasks = None
        await self._running.stop()
        try:
            await engine.close()
        finally:
            tasks.cancel_scope.cancel()
            # An exception of the block is the block's: the group would wrap it.
            await tasks.__aexit__(None, None, None)

    def stream(
        self,
        task: Work[T],
        *,
        budget: Budget | None = None,
        show: Show | None = None,
        on_deadline: Any = RAISE,
        batch_s: float = 0.0,
    ) -> Stream[T]:
        """A request to follow: `async with atomic.stream(task) as stream: async for event in stream: …`.

        Args:
            task: what is asked: a task, a graph of microtasks, or a planned task.
            budget: bounds on money and time; None takes this Atomic's own.
            show: what is seen before the verdict: "final" (default with an output type) nothing, "committed" (default
                for text) the text of one lane, never retracted, "lead" the best lane at once, with `Replaced` events.
            on_deadline: the output to answer with, instead of raising, when the deadline comes first.
            batch_s: seconds for which text may wait for more of it where the native transport brings it, so that
                Python wakes once for many chunks; a few thousandths cost a reader nothing and spare most of the work.

        Raises:
            ConfigError: a `batch_s` that is negative or above one second.
        """
        if not 0 <= batch_s <= 1:
            raise ConfigError("stream(batch_s=…) takes seconds from 0 to 1")
        return Stream(partial(self._start, task, budget or self._budget, show, on_deadline, batch_s))

    async def run(self, task: Work[T], *, budget: Budget | None = None, on_deadline: Any = RAISE) -> Response[T]:
        """One request to its one answer.

        Args:
            task: what is asked: a task, a graph of microtasks, or a planned task.
            budget: bounds on money and time; None takes this Atomic's own.
            on_deadline: the output to return, instead of raising, when the deadline comes first.

        Raises:
            AtomicError: no good answer; the tree in `atomic_ai.errors` says whose blame it is. Where lanes ran it
                carries every lane's outcome, the best partial, violations and cost.
            StateError: this Atomic is not open, or was closed meanwhile.
        """
        from atomic_ai.request import Order, serve

        engine, _ = self._opened()
        # In the caller's own task: nobody follows the events, so that nothing needs to run beside it.
        with anyio.CancelScope() as scope:
            self._running.enter(scope)
            try:
                return await serve(engine, Order(task, budget or self._budget, "final", on_deadline))
            finally:
                self._running.leave(scope)
        raise StateError("this Atomic was closed while the request ran")

    def run_sync(self, task: Work[T], *, budget: Budget | None = None, on_deadline: Any = RAISE) -> Response[T]:
        """`run` without an event loop of your own: opens, runs, closes.

        Raises:
            StateError: an event loop is running in this thread, or this Atomic is open.
        """
        try:
            current_token()
        except RuntimeError:
            pass
        else:
            raise StateError("an event loop runs in this thread: use `await atomic.run(task)` there")
        return anyio.run(partial(self._run_alone, task, budget, on_deadline))

    async def _run_alone(self, task: Work[T], budget: Budget | None, on_deadline: Any) -> Response[T]:
        async with self:
            return await self.run(task, budget=budget, on_deadline=on_deadline)

    def _start(self, task: Work[T], budget: Budget, show: Show | None, on_deadline: object, batch_s: float) -> Run[T]:
        from atomic_ai.request import Order, serve

        engine, tasks = self._opened()
        run: Run[T] = Run()
        order = Order(task, budget, show, on_deadline, batch_s)
        tasks.start_soon(run.serve, partial(serve, engine, order, run.backlog))
        return run

    def _opened(self) -> tuple[Engine, TaskGroup]:
        if self._engine is None or self._tasks is None:
            raise StateError("this Atomic is not open: use `async with Atomic(…) as atomic:`, or atomic.run_sync(task)")
        return self._engine, self._tasks


def _by_name(models: Sequence[Model]) -> dict[str, Model]:
    if not models:
        raise ConfigError("no models: Atomic(models=[Model(…), …]) needs at least one")
    by_name = {model.name: model for model in models}
    if len(by_name) < len(models):
        names = [model.name for model in models]
        double = next(name for name in names if names.count(name) > 1)
        raise ConfigError(f"two models are named {double!r}: give each its own name")
    return by_name


def _known(trial: Trial, models: Mapping[str, Model]) -> None:
    for arm, names in trial.models.items():
        for name in sorted(names - models.keys()):
            raise UnknownModelError(f"Trial: arm {arm!r} asks {name!r}, no such model{did_you_mean(name, models)}")

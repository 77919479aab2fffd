"""What all requests of one open `Atomic` share: market, providers, compiled schemas, clock, hooks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from time import gmtime
from typing import TYPE_CHECKING, Any

import anyio
from anyio import to_thread

from atomic_ai.compiled import Compiled
from atomic_ai.criteria import compile_criteria
from atomic_ai.errors import UnsatisfiableSchemaError
from atomic_ai.gauge import Gauge
from atomic_ai.hedge import Hedge, Hedger
from atomic_ai.market import Market
from atomic_ai.market.market import EXPLORE
from atomic_ai.market.tab import Tab
from atomic_ai.providers.client import HttpOptions
from atomic_ai.providers.registry import Providers
from atomic_ai.race.books import NOBODYS_FAULT, PART_OF_THE_ANSWER
from atomic_ai.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from anyio.abc import TaskGroup

    from atomic_ai._core import Award, Criteria
    from atomic_ai.artifacts import Execution
    from atomic_ai.clock import Clock
    from atomic_ai.hedge import Hop
    from atomic_ai.hooks import Hooks
    from atomic_ai.market.options import AwardOptions
    from atomic_ai.market.outside import Auctioned
    from atomic_ai.model import Model
    from atomic_ai.output import OutputType
    from atomic_ai.providers.call import Call, Provider
    from atomic_ai.settings import PlanKind, Settings
    from atomic_ai.task import Task
    from atomic_ai.tool import Tool

READ = 2_048
"""Characters by which a task is classed that names no class."""

NOT_ASKED = "this round is for another model alone"
"""Why a model does not bid where a judge, a re-ask or a caller names one."""


@dataclass(frozen=True, slots=True)
class Line:
    """Who starts in what order.

    Attributes:
        kind: "single", "hedge", "cascade" or "race".
        models: names in order of start.
        hops: how each but the first hedges the one before it; empty where the plan is no hedge.
    """

    kind: str
    models: tuple[str, ...]
    hops: tuple[Hop, ...] = ()


class Engine:
    """The shared half of every request.

    Attributes:
        settings: the arguments of `Atomic`.
        market: who bids what, and what became of it.
        providers: who carries each model's calls, by the model's name.
        hedger: who hedges when, and how often.
        gauges: what is known of each model's tokens, by its name.
        hooks: who hears of every event.
        busy: how many races each model leads at this moment.
    """

    __slots__ = (
        "_carriers",
        "_criteria",
        "_schemas",
        "_tools",
        "busy",
        "errands",
        "gauges",
        "hedger",
        "hooks",
        "market",
        "providers",
        "settings",
    )

    def __init__(self, settings: Settings, hooks: Hooks) -> None:
        """Make ready what every request needs; nothing is connected yet.

        Raises:
            ConfigError: a model that cannot be called.
            MissingKeyError: a model whose provider needs a key and has none.
        """
        self.settings = settings
        self.hooks = hooks
        self.market = Market(
            settings.models.values(),
            settings.weights,
            settings.seed,
            explore=EXPLORE if settings.explore else 0.0,
            explore_floor=settings.explore_floor,
            max_lanes=settings.max_lanes,
            profiles=settings.profiles,
            outside=settings.outside,
        )
        self.errands: TaskGroup | None = None
        self.busy = dict.fromkeys(settings.models, 0)
        self.gauges = {name: Gauge.of(model) for name, model in settings.models.items()}
        self.hedger = Hedger(settings.hedge or Hedge(), self.market)
        self._carriers = Providers(
            http_client=settings.http_client,
            http=HttpOptions(settings.ca, settings.proxy),
            transport=settings.transport,
            clock=settings.clock,
            seed=settings.seed,
        )
        self.providers: Mapping[str, Provider] = self._carriers.all_of(settings.models)
        self._schemas = Compiled(_compiled_schema)
        self._criteria = Compiled(compile_criteria)
        self._tools = Compiled(_compiled_tools)

    async def close(self) -> None:
        """Let the hooks see what is queued, close every connection of its own, write what was learned.

        Raises:
            ConfigError: the profiles could not be written.
        """
        await self.hooks.close()
        await self._carriers.aclose()
        if self.settings.profiles is not None:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(self.market.close)

    @property
    def models(self) -> Mapping[str, Model]:
        """The models by name."""
        return self.settings.models

    @property
    def clock(self) -> Clock:
        """The time."""
        return self.settings.clock

    def tab(self, task: Task[Any], caller: str | None) -> Tab | None:
        """The task's tab with the shared budgets; None where none is capped for it."""
        budgets = self.settings.budgets
        accounts = () if budgets is None else budgets.accounts_of(task.task_class, caller)
        return Tab(budgets, accounts) if budgets is not None and accounts else None

    def award(
        self, task: Task[Any], calls: Mapping[str, Call], kept_out: Mapping[str, str], multiplier: float = 0.0
    ) -> Award:
        """Hold the auction among the models that have a call; money is 1 + `multiplier` times as dear.

        The award says of each model that was `kept_out` why.
        """
        asked = self._asked(calls, kept_out, multiplier)
        barred = dict.fromkeys(self.market.outside_names, "its runs are sold one at a time")
        asked["filtered"] = {**barred, **(asked["filtered"] or {})} if barred else asked["filtered"]
        return self.market.award_inside(_read(task, calls), task.task_class, asked)

    async def auctioned(
        self, task: Task[Any], calls: Mapping[str, Call], kept_out: Mapping[str, str], multiplier: float
    ) -> Auctioned:
        """Hold the auction with the outside bidders; they are told how it ended beside the work."""
        done = await self.market.auction(
            _read(task, calls), task.task_class, **self._asked(calls, kept_out, multiplier)
        )
        if self.errands is not None:
            self.errands.start_soon(done.notify)
        return done

    def bought(self, auctioned: Auctioned, calls: Mapping[str, Call]) -> Mapping[str, Call]:
        """The calls but those of outside bidders whose runs were not bought."""
        outside = self.market.outside_names
        return {name: call for name, call in calls.items() if name not in outside or auctioned.sold(name) is not None}

    def pay(self, auctioned: Auctioned, executions: Iterable[Execution]) -> None:
        """Tell outside bidders what they are owed, beside the work; the lanes' bills have it already."""
        for execution in executions:
            if self.errands is not None and auctioned.sold(execution.model) is not None:
                failed = execution.outcome not in PART_OF_THE_ANSWER | NOBODYS_FAULT
                quality = 0.0 if failed else execution.quality
                self.errands.start_soon(partial(auctioned.pay, model=execution.model, quality=quality))

    def _asked(self, calls: Mapping[str, Call], kept_out: Mapping[str, str], multiplier: float) -> AwardOptions:
        call = next(iter(calls.values()))
        filtered = {name: kept_out.get(name, NOT_ASKED) for name in self.models if name not in calls}
        return {
            "multiplier": multiplier,
            "input_tokens": call.input_tokens,
            "output_limit": call.max_tokens,
            "filtered": filtered,
            "max_lanes": self.settings.max_lanes,
            "hour": gmtime().tm_hour,
            "load": {name: self.busy[name] for name in calls},
        }

    def line(self, award: Award, calls: Mapping[str, Call], least: int = 1, deadline_s: float | None = None) -> Line:
        """The awarded plan, or the kind of plan that this Atomic was told to run, filled with the best bids.

        Args:
            award: what the auction cleared.
            calls: the models that may run.
            least: how many lanes the join needs; more than one makes it a race.
            deadline_s: seconds until the request must be answered, or None.
        """
        kind: PlanKind = self.settings.plan if least == 1 else "race"
        if kind == "auto":
            return self._line(award.plan.kind, tuple(award.plan.lanes), award, calls, deadline_s)
        ranked = sorted((bid for bid in award.bids if bid.model in calls), key=lambda bid: -bid.score)
        count = 1 if kind == "single" else max(least, self.settings.max_lanes)
        names = tuple(bid.model for bid in ranked[:count])
        return self._line(kind if len(names) > 1 else "single", names, award, calls, deadline_s)

    def _line(
        self, kind: str, names: tuple[str, ...], award: Award, calls: Mapping[str, Call], deadline_s: float | None
    ) -> Line:
        return Line(kind, names, self.hedger.hops(award, names, calls, deadline_s) if kind == "hedge" else ())

    def schema(self, task: Task[Any]) -> Schema | None:
        """The referee of the task's answers, or None for text.

        Raises:
            SchemaError: the output's schema cannot be compiled, or no document can ever be valid.
        """
        return None if task.shape is None else self._schemas.get(task.shape)

    def criteria(self, task: Task[Any]) -> Criteria | None:
        """The task's criteria, compiled; None where it has none.

        Raises:
            TaskError: one of them is none.
        """
        return self._criteria.get(task.criteria) if task.criteria else None

    def tools(self, task: Task[Any]) -> Mapping[str, Schema] | None:
        """The referees of the tools' arguments, or None where the task has no tools."""
        return self._tools.get(task.tools) if task.tools else None


def _read(task: Task[Any], calls: Mapping[str, Call]) -> str:
    """What a task that names no class is classed by: its last words, which the market neither keeps nor logs."""
    if task.task_class is not None:
        return ""
    return next(iter(calls.values())).messages[-1].text[:READ]


def _compiled_schema(shape: OutputType[Any]) -> Schema:
    schema = Schema(shape.schema)
    if not schema.satisfiable:
        raise UnsatisfiableSchemaError(
            f"no document can be valid under the schema of {shape.name}; Schema(…).report() names the contradiction"
        )
    return schema


def _compiled_tools(tools: tuple[Tool, ...]) -> Mapping[str, Schema]:
    return {tool.name: Schema(tool.parameters) for tool in tools}

"""Atomic from a TOML file, or from the keys found in the environment.

[atomic]                       # options of Atomic(…)
max_lanes = 2
profiles = "profiles.db"       # paths are relative to the file; postgresql://user@host/base takes PGPASSWORD

[weights]                      # what the score weighs
quality = 0.01
latency = 0.001

[budget]                       # of each request that brings none
usd = 0.01
deadline_s = 20

[hedge]                        # options of Hedge(…): when a late lane gets a hedge, and how many there may be
share = 0.05

[budgets]                      # shared by all requests: "day", "total", "class:NAME", "caller:*", "caller:*/day", …
at_the_end = "cheapest"        # or "refuse"
caps = { day = 5.0 }
tasks = { day = 10_000 }       # spread over so many
store = "budgets.db"           # or "postgresql://…": processes and restarts share the caps

[[models]]                     # options of Model(…); keys by the name of their variable, never in the file
name = "small"
provider = "openai"
model = "gpt-4o-mini"
api_key_env = "OPENAI_API_KEY"
price_in = 0.15
price_out = 0.60
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from atomic_ai.budget import Budget
from atomic_ai.errors import ConfigError, MissingKeyError
from atomic_ai.model import Model, Timeouts
from atomic_ai.providers.presets import PRESETS, Cancel
from atomic_ai.spelling import did_you_mean

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from atomic_ai.atomic import Atomic
    from atomic_ai.market import Budgets
    from atomic_ai.market.terms import Weights

DEFAULT_FILE = "atomic.toml"
"""The file that the command reads where none is named, if it is there."""


class _Entry(BaseModel):
    """A table of the file; keys it does not know are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class TimeoutsEntry(_Entry):
    """`timeouts = { … }` of a model; as in `Timeouts`."""

    connect_s: float | None = None
    first_byte_s: float | None = None
    first_token_s: float | None = None
    gap_s: float | None = None
    total_s: float | None = None


class ModelEntry(_Entry):
    """A `[[models]]` table; the keys mean what they mean in `Model`."""

    name: str
    provider: str
    model: str | None = None
    base_url: str | None = None
    api_key_env: str | None = None
    price_in: float | None = None
    price_out: float | None = None
    price_cached: float | None = None
    context: int | None = None
    max_output: int | None = None
    capabilities: list[str] | None = None
    cancel: Cancel | None = None
    tags: list[str] = Field(default_factory=list)
    region: str | None = None
    max_concurrency: int | None = None
    timeouts: TimeoutsEntry = TimeoutsEntry()
    headers: dict[str, str] = Field(default_factory=dict)

    def card(self) -> Model:
        """The model's card.

        Raises:
            ConfigError: a value does not fit.
        """
        given = {name: getattr(self, name) for name in self.model_fields_set - {"timeouts"}}
        return Model(**given, timeouts=Timeouts(**self.timeouts.model_dump(exclude_unset=True)))


class AtomicEntry(_Entry):
    """The `[atomic]` table; the keys mean what they mean in `Atomic`."""

    profiles: str | None = None
    trace_file: str | None = None
    trace_text: bool = False
    plan: Literal["auto", "single", "hedge", "cascade", "race"] = "auto"
    max_lanes: int = 2
    explore: bool = False
    explore_floor: float = 0.0
    seed: int = 0

    def store(self, folder: Path) -> str | Path | None:
        """Where profiles are kept: an address as it is, a path from the file's folder.

        Raises:
            ConfigError: the address holds a password.
        """
        return None if self.profiles is None else _stored(self.profiles, folder, "[atomic] profiles")


class WeightsEntry(_Entry):
    """The `[weights]` table."""

    quality: float | None = None
    cost: float | None = None
    latency: float | None = None


class BudgetEntry(_Entry):
    """The `[budget]` table."""

    usd: float | None = None
    deadline_s: float | None = None


class HedgeEntry(_Entry):
    """The `[hedge]` table; the keys mean what they mean in `Hedge`."""

    quantile: float = 0.95
    after_s: float | None = None
    share: float = 0.1
    of: Literal["requests", "spend"] = "requests"
    window_s: float = 60.0
    spare: float = 10.0
    worthwhile: bool = True


class BudgetsEntry(_Entry):
    """The `[budgets]` table: `caps` in USD and `tasks` to spread them over, by account; as in `Budgets`."""

    at_the_end: Literal["refuse", "cheapest"] = "refuse"
    caps: dict[str, float] = Field(default_factory=dict)
    tasks: dict[str, int] = Field(default_factory=dict)
    store: str | None = None
    lapsed: Literal["spent", "freed"] = "spent"

    def shared(self, folder: Path) -> Budgets | None:
        """The budgets that requests share, if any is capped; a store is a path from `folder` on.

        Raises:
            ConfigError: a store that cannot be used.
            MisuseError: a cap that is negative or no number, or tasks for an account that has no cap.
        """
        from atomic_ai.market import Budgets

        if not self.caps and not self.tasks:
            return None
        store = None if self.store is None else _stored(self.store, folder, "[budgets] store")
        budgets = Budgets(self.caps, at_the_end=self.at_the_end, store=store, lapsed=self.lapsed)
        for account, tasks in self.tasks.items():
            budgets.pace(account, tasks=tasks)
        return budgets


def _stored(where: str, folder: Path, key: str) -> str | Path:
    """A database's address as it is, a path from the file's folder.

    Raises:
        ConfigError: the address holds a password.
    """
    if "://" not in where:
        return folder / where
    if ":" in where.partition("://")[2].rpartition("@")[0] or "password=" in where:
        raise ConfigError(f"{key} holds a password: put it into PGPASSWORD or ~/.pgpass")
    return where


class Config(_Entry):
    """A whole file."""

    atomic: AtomicEntry = AtomicEntry()
    weights: WeightsEntry | None = None
    budget: BudgetEntry = BudgetEntry()
    budgets: BudgetsEntry = BudgetsEntry()
    hedge: HedgeEntry | None = None
    models: list[ModelEntry] = Field(min_length=1)

    def cards(self) -> list[Model]:
        """The models' cards.

        Raises:
            ConfigError: a value does not fit.
        """
        return [entry.card() for entry in self.models]

    def default_budget(self) -> Budget:
        """The budget of requests that bring none.

        Raises:
            BudgetError, DeadlineError: a bound of zero or less.
        """
        return Budget(**self.budget.model_dump())


def read(path: str | Path) -> Config:
    """The file at `path`, checked.

    Raises:
        ConfigError: it is missing, no TOML, or has a wrong key or value; the message names the place and the remedy.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({type(error).__name__}); give the path of a TOML file") from None
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: no TOML: {error}") from None
    _refuse_keys(path, document)
    try:
        return Config.model_validate(document)
    except ValidationError as error:
        raise ConfigError(f"{path}: {'; '.join(_told(detail, document) for detail in error.errors())}") from None


def load(path: str | Path) -> Atomic:
    """An `Atomic` as the file at `path` describes it; its paths are relative to the file.

    Raises:
        ConfigError: the file is missing or wrong, or holds a password.
    """
    from atomic_ai.atomic import Atomic
    from atomic_ai.hedge import Hedge

    config, folder = read(path), Path(path).resolve().parent
    options = config.atomic.model_dump()
    options["profiles"] = config.atomic.store(folder)
    options["trace_file"] = None if config.atomic.trace_file is None else folder / config.atomic.trace_file
    weights = None if config.weights is None else cast("Weights", config.weights.model_dump(exclude_none=True))
    hedge = None if config.hedge is None else Hedge(**config.hedge.model_dump())
    budget, budgets = config.default_budget(), config.budgets.shared(folder)
    return Atomic(config.cards(), weights=weights, budget=budget, budgets=budgets, hedge=hedge, **options)


# Small models at the vendors' list prices of January 2026, USD per million tokens: a first run should cost little.
FIRST_MODELS: tuple[tuple[str, str, float, float], ...] = (
    ("openai", "gpt-4o-mini", 0.15, 0.60),
    ("anthropic", "claude-haiku-4-5", 1.00, 5.00),
    ("gemini", "gemini-2.5-flash", 0.30, 2.50),
    ("mistral", "mistral-small-latest", 0.10, 0.30),
    ("groq", "llama-3.1-8b-instant", 0.05, 0.08),
)
"""(provider, model, price in, price out) of the model taken for each key found in the environment."""


def from_environment(environ: Mapping[str, str] | None = None, *, tags: Iterable[str] = ()) -> list[Model]:
    """One small model for each provider whose key is in the environment, labelled with `tags`.

    Raises:
        MissingKeyError: there is none; the message lists the variables looked for.
    """
    found = os.environ if environ is None else environ
    labels, cards = frozenset(tags), []
    for provider, model, price_in, price_out in FIRST_MODELS:
        variable = PRESETS[provider].key_env
        if variable is not None and found.get(variable):
            cards.append(Model(model, provider=provider, tags=labels, price_in=price_in, price_out=price_out))
    if not cards:
        variables = [PRESETS[provider].key_env or "" for provider, *_ in FIRST_MODELS]
        raise MissingKeyError(f"no models: write an {DEFAULT_FILE}, or set one of {', '.join(variables)}")
    return cards


def _refuse_keys(path: str | Path, document: Mapping[str, Any]) -> None:
    """A key in a file gets into backups and repositories, so none is taken from there."""
    for number, entry in enumerate(_tables(document.get("models"))):
        if "api_key" in entry:
            place = f"models[{number}]"
            raise ConfigError(f"{path}: {place} holds an api_key: put it into the environment and name it: api_key_env")


def _tables(value: object) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


_KNOWN: dict[str, type[BaseModel]] = {
    "": Config,
    "atomic": AtomicEntry,
    "weights": WeightsEntry,
    "budget": BudgetEntry,
    "budgets": BudgetsEntry,
    "hedge": HedgeEntry,
    "models": ModelEntry,
    "timeouts": TimeoutsEntry,
}


def _told(detail: ErrorDetails, document: Mapping[str, Any]) -> str:
    """One wrong place in words; a value is never repeated, since it may be a secret."""
    *tables, last = [step for step in detail["loc"] if isinstance(step, str)] or [""]
    place = _place(detail["loc"], document)
    if detail["type"] == "extra_forbidden":
        table = _KNOWN[tables[-1] if tables else ""]
        return f"{place}: there is no such key{did_you_mean(str(last), table.model_fields)}"
    if detail["type"] == "missing":
        return f"{place} is missing"
    return f"{place}: {detail['msg'][0].lower()}{detail['msg'][1:]}"


def _place(steps: tuple[int | str, ...], document: Mapping[str, Any]) -> str:
    """`models[1] ("small").price_in`: the number counts from 0, the name is the entry's own."""
    told = ""
    for step in steps:
        told += f"[{step}]" if isinstance(step, int) else f".{step}" if told else step
        if isinstance(step, int) and isinstance(document.get("models"), list):
            name = _tables(document["models"])[step].get("name") if step < len(_tables(document["models"])) else None
            told += f" ({name!r})" if isinstance(name, str) else ""
    return told

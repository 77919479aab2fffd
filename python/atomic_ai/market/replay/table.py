"""Outcome tables: what every model did on every task.

A table is JSON Lines, gzipped or not, one task a line::

    {"task_class": "…", "prompt": "…", "outcomes": {"model": {"quality": 1.0, "cost_usd": 0.001, "latency_s": 2.5}}}

or CSV with one line a (task, model): `task_class,prompt,model,quality,cost_usd,latency_s`; or Parquet with
the same columns (the extra `parquet`). Prices stand beside it in `NAME.meta.json`:
`{"models": {"model": {"price_in": 0.2, "price_out": 0.6}}}`; without it all list prices are 0.
"""

from __future__ import annotations

import csv
import gzip
import importlib
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atomic_ai.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one model did on one task; None where it was not recorded."""

    quality: float
    cost_usd: float
    latency_s: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One task and its outcomes by model name."""

    task_class: str
    prompt: str
    outcomes: Mapping[str, Recorded]


@dataclass(frozen=True, slots=True)
class Priced:
    """A model of a table, as the market wants it."""

    name: str
    price_in: float
    price_out: float


@dataclass(frozen=True, slots=True)
class Table:
    """Recorded outcomes: every model on every task.

    Attributes:
        models: the models with their list prices.
        rows: the tasks.
        unit_usd: the dearest model's mean cost: what a cost weight of 1 compares with a quality of 1.
    """

    models: tuple[Priced, ...]
    rows: tuple[Row, ...]
    unit_usd: float

    @classmethod
    def of(cls, models: Iterable[Priced], rows: Iterable[Row]) -> Table:
        """A table of these models and tasks.

        Raises:
            ConfigError: it is empty, or a task lacks a model.
        """
        models, rows = tuple(models), tuple(rows)
        if not models or not rows:
            raise ConfigError("an outcome table needs at least one model and one task")
        for number, row in enumerate(rows, 1):
            missing = [model.name for model in models if model.name not in row.outcomes]
            if missing:
                raise ConfigError(f"task {number} has no outcome of {missing[0]!r}")
        means = (sum(row.outcomes[model.name].cost_usd for row in rows) / len(rows) for model in models)
        return cls(models, rows, max(means) or 1.0)

    @classmethod
    def load(cls, path: str | Path) -> Table:
        """Reads a table; see the module for the formats.

        Raises:
            ConfigError: the file is not there or not in one of them; the message names the line.
        """
        path = Path(path)
        try:
            rows = tuple(_rows(path))
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
        names = dict.fromkeys(name for row in rows for name in row.outcomes)
        prices = _prices(path)
        return cls.of((Priced(name, *prices.get(name, (0.0, 0.0))) for name in names), rows)


def _rows(path: Path) -> Iterator[Row]:
    kind = path.name.removesuffix(".gz").rpartition(".")[2]
    if kind in ("jsonl", "ndjson"):
        return _from_json(path)
    if kind == "csv":
        return _from_csv(path)
    if kind == "parquet":
        return _from_records(path, _parquet(path))
    raise ConfigError(f"{path.name}: an outcome table is .jsonl, .jsonl.gz, .csv, .csv.gz or .parquet")


def _text(path: Path) -> io.TextIOBase:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")


def _from_json(path: Path) -> Iterator[Row]:
    with _text(path) as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    entry = json.loads(line)
                    outcomes = {name: _recorded(one) for name, one in entry["outcomes"].items()}
                    yield Row(str(entry.get("task_class") or "default"), str(entry.get("prompt", "")), outcomes)
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    raise ConfigError(f"{path.name}, line {number}: no outcomes of a task ({error})") from error


def _from_csv(path: Path) -> Iterator[Row]:
    with _text(path) as lines:
        yield from _from_records(path, csv.DictReader(lines))


def _from_records(path: Path, records: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    tasks: dict[tuple[str, str], dict[str, Recorded]] = {}
    for number, record in enumerate(records, 2):
        try:
            task = (str(record.get("task_class") or "default"), str(record["prompt"]))
            tasks.setdefault(task, {})[str(record["model"])] = _recorded(record)
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(f"{path.name}, line {number}: no outcome ({error})") from error
    return (Row(*task, outcomes) for task, outcomes in tasks.items())


def _recorded(entry: Mapping[str, Any]) -> Recorded:
    latency = entry.get("latency_s")
    recorded = Recorded(
        float(entry["quality"]),
        float(entry.get("cost_usd") or 0.0),
        None if latency in (None, "") else float(latency),
    )
    if not (0.0 <= recorded.quality <= 1.0 and math.isfinite(recorded.cost_usd) and recorded.cost_usd >= 0.0):
        raise ValueError("quality must be within 0..1 and cost_usd not negative")
    return recorded


def _parquet(path: Path) -> Iterable[Mapping[str, Any]]:
    try:
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise ConfigError("reading Parquet needs pyarrow: pip install 'atomic-ai[parquet]'") from error
    try:
        records: Iterable[Mapping[str, Any]] = parquet.read_table(path).to_pylist()
    except ValueError as error:  # what Arrow raises for bytes that are no Parquet
        raise ConfigError(f"{path.name} is no Parquet file: {str(error)[:100]}") from error
    return records


def _prices(path: Path) -> dict[str, tuple[float, float]]:
    meta = path.with_name(path.name.partition(".")[0] + ".meta.json")
    if not meta.exists():
        return {}
    try:
        models = json.loads(meta.read_text(encoding="utf-8"))["models"]
        return {name: (float(card["price_in"]), float(card["price_out"])) for name, card in models.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{meta.name}: no prices by model ({error})") from error

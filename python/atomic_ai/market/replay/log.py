"""One's own log as off-policy estimates want it: the awards in a file of traces, each with its chance and reward.

A line of the file is a trace (`Atomic(trace=…)` writes them) or an award's JSON form (`award.explain("json")`); both
hold awards with `propensity`, `weights` and what `happened`. The reward is the score of what happened:
V·quality - per_usd·cost - per_s·latency. Awards of whose first lane no quality is known are left out and counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from atomic_ai.errors import ConfigError
from atomic_ai.market.replay.estimate import Logged

FORMAT = "atomic-award"
DEEPEST = 32
"""Levels of a line in which awards are looked for."""


@dataclass(frozen=True, slots=True)
class Log:
    """The awards of a file.

    Attributes:
        entries: those whose reward is known.
        unjudged: how many have none.
        models: every model that bid, in order of first sight.
    """

    entries: tuple[Logged, ...]
    unjudged: int
    models: tuple[str, ...]

    @classmethod
    def load(cls, path: str | Path) -> Log:
        """Reads a file of traces or awards, one JSON document a line.

        Raises:
            ConfigError: the file is not there, a line is no JSON, an award lacks its numbers, or there is none.
        """
        awards = list(_awards(Path(path)))
        if not awards:
            raise ConfigError(f"{path} holds no awards")
        entries = [entry for award in awards if (entry := _entry(path, award)) is not None]
        models = dict.fromkeys(bid["model"] for award in awards for bid in award.get("bids", ()))
        return cls(tuple(entries), len(awards) - len(entries), tuple(models))


def _awards(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                document = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise ConfigError(f"{path}, line {number}: {error}") from error
            yield from _within(document, DEEPEST)


def _within(value: object, depth: int) -> Iterator[Mapping[str, Any]]:
    """The awards in a document, in its order."""
    if depth == 0:
        return
    if isinstance(value, dict):
        if value.get("format") == FORMAT:
            yield value
            return
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _within(one, depth - 1)


def _entry(path: str | Path, award: Mapping[str, Any]) -> Logged | None:
    try:
        winner, weights = award["winner"], award["weights"]
        ran = [lane for lane in award["happened"] if lane["model"] == winner]
        if not ran or ran[0]["quality"] is None:
            return None
        cost, latency = ran[0]["cost_usd"] or 0.0, ran[0]["latency_s"] or 0.0
        reward = weights["quality"] * ran[0]["quality"] - weights["per_usd"] * cost - weights["per_s"] * latency
        return Logged(award["task_class"], winner, award["propensity"], reward)
    except (KeyError, TypeError) as error:
        raise ConfigError(f"{path}: an award lacks its numbers ({error})") from error

"""Real-world schemas with labelled instances: verdicts as labelled, invalid ones dead by the first error's close.

Some errors (under `then`, mostly) hold only once a later member has decided a condition. A text that outlives the
first error's close passes if a valid document is found that begins with what stands up to that close.

A sample by default; `ATOMIC_EXHAUSTIVE=1` takes every schema.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import validators

from atomic_ai.schema import Schema
from witness import witness

SAMPLE = 1 if os.environ.get("ATOMIC_EXHAUSTIVE") == "1" else 12
"""Every which schema is taken."""

DECIDED_LATER = ("drupal-info", "minecraft-biome", "minecraft-recipe")
"""Schemas whose `if` asks for a member that may come after what `then` forbids: taken always."""


class Writer:
    """Writes JSON and keeps, for each value by its path, the byte at which it is known to be closed."""

    def __init__(self, *, indent: bool, escaped: bool) -> None:
        self._break = "\n  " if indent else ""
        self._colon = ": " if indent else ":"
        self._escaped = escaped
        self._parts: list[str] = []
        self._length = 0
        self.closes: dict[tuple[str | int, ...], int] = {}

    def write(self, value: Any) -> bytes:
        self._value(value, ())
        return "".join(self._parts).encode()

    def _put(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text.encode())

    def _value(self, value: Any, path: tuple[str | int, ...]) -> None:
        if isinstance(value, dict):
            self._members(
                "{", "}", [(f"{self._text(key)}{self._colon}", key, item) for key, item in value.items()], path
            )
        elif isinstance(value, list):
            self._members("[", "]", [("", at, item) for at, item in enumerate(value)], path)
        else:
            self._put(self._text(value) if isinstance(value, str) else json.dumps(value))
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        self.closes[path] = self._length - (not is_number)

    def _members(self, opening: str, closing: str, members: list[tuple[str, str | int, Any]], path: Any) -> None:
        self._put(opening)
        for at, (before, key, item) in enumerate(members):
            self._put(("," if at else "") + self._break + before)
            self._value(item, (*path, key))
        self._put(closing)

    def _text(self, text: str) -> str:
        if not self._escaped:
            return json.dumps(text, ensure_ascii=False)
        units = text.encode("utf-16-be", "surrogatepass")
        return '"' + "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2)) + '"'


def ordered(value: Any, order: Callable[[list[Any]], list[Any]]) -> Any:
    if isinstance(value, dict):
        return dict(order([(key, ordered(item, order)) for key, item in value.items()]))
    return [ordered(item, order) for item in value] if isinstance(value, list) else value


def variants(value: Any, chance: random.Random) -> Iterator[tuple[bytes, dict[Any, int]]]:
    """The instance with its keys as stored, reversed and shuffled; each compact, indented and escaped."""
    orders: list[Callable[[list[Any]], list[Any]]] = [list, lambda m: m[::-1], lambda m: chance.sample(m, len(m))]
    for order in orders:
        for indent, escaped in ((False, False), (True, False), (False, True)):
            writer = Writer(indent=indent, escaped=escaped)
            yield writer.write(ordered(value, order)), writer.closes


class Peer:
    """jsonschema's validator of one schema, formats asserted."""

    def __init__(self, schema: Any) -> None:
        kind = validators.validator_for(schema, default=validators.validator_for({}))
        self._validator = kind(schema, format_checker=kind.FORMAT_CHECKER)
        self.is_valid = self._validator.is_valid

    def paths(self, value: Any) -> list[tuple[str | int, ...]]:
        """Where its top-level errors are; none if it cannot say."""
        try:
            return [tuple(error.absolute_path) for error in self._validator.iter_errors(value)]
        except Exception:  # noqa: BLE001 - references that it cannot fetch, patterns that are none of Python's
            return []


@pytest.fixture(scope="module")
def cases(conformance: Path) -> list[Any]:
    lines = (conformance / "maskbench" / "cases.jsonl").read_text().splitlines()
    sampled = [json.loads(line) for line in lines[::SAMPLE]]
    known = {case["id"] for case in sampled}
    late = (case for case in map(json.loads, lines) if case["id"].endswith(DECIDED_LATER))
    return sampled + [case for case in late if case["id"] not in known]


def test_labels_and_deaths(cases: list[Any], tally: Callable[[str, int, int], None]) -> None:
    right, wrong, late, witnessed, shares, unsaid = 0, [], [], 0, [], 0
    chance = random.Random(3)
    for case in cases:
        schema, peer = Schema(case["schema"], formats=True), Peer(case["schema"])
        known = [test["data"] for test in case["tests"]]
        for at, test in enumerate(case["tests"]):
            paths = [] if test["valid"] else peer.paths(test["data"])
            for number, (text, closes) in enumerate(variants(test["data"], chance)):
                verdict = fed(schema, text, chance)
                if verdict.valid != test["valid"]:
                    wrong.append((case["id"], at, number, verdict))
                    continue
                right += 1
                if test["valid"]:
                    continue
                close = min((closes[path] for path in paths), default=None)
                unsaid += close is None
                if close is not None and verdict.dead_at > close:
                    # Dying there would have been wrong if a valid document begins so.
                    if witness(case["schema"], text[: close + 1], known, peer.is_valid):
                        witnessed += 1
                    else:
                        late.append((case["id"], at, number, verdict, close))
                if number == 0:
                    shares.append(max(0, verdict.dead_at) / len(text))
    tally("real-world schemas, nine variants of each instance", right, 0)
    print(f"mean share of the text at death: {sum(shares) / len(shares):.3f} of {len(shares)}")
    print(f"invalid texts of which jsonschema says nothing: {unsaid}")
    print(f"dead later than jsonschema's first error: {witnessed + len(late)}, of which viable there: {witnessed}")
    assert not wrong
    assert not late


def fed(schema: Schema, text: bytes, chance: random.Random) -> Any:
    """The verdict of a text fed in pieces. Invalid is final: a valid last verdict says so of every prefix too."""
    stream = schema.stream(value=False)
    at = 0
    while at < len(text):
        size = chance.randint(1, 40)
        stream.feed(text[at : at + size])
        at += size
    return stream.finish()

"""The earliest byte against brute force: small schemas, every text of a small world, every completion tried.

A *world* is a finite set of documents, and a schema that exactly those meet. Put beside a random schema it leaves only
completions that the world has, so that trying them all tells the earliest dead byte of each of its texts. Which of
them are valid says jsonschema-rs, which shares nothing with the core.

The first law holds without exception: no text with a valid completion is dead. That the byte is the earliest is
asserted for the keywords that promise it; for the others it is printed how often it is so. `ATOMIC_EXHAUSTIVE=1` takes
a hundred times as many schemas.
"""

from __future__ import annotations

import itertools
import json
import os
import random
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema_rs
import pytest

from atomic_ai.schema import Schema

SCHEMAS = 6_000 if os.environ.get("ATOMIC_EXHAUSTIVE") == "1" else 60
"""Random schemas of each kind."""

LEAF = {"type": ["null", "boolean", "integer"], "minimum": 1, "maximum": 2}
LEAVES = [None, False, True, 1, 2]

INNER = {
    "minimum": 1,
    "maximum": 3,
    "multipleOf": 1,
    "pattern": "^[ab]?$",
    "maxItems": 1,
    "items": LEAF,
    "properties": {"a": LEAF},
    "additionalProperties": False,
}
INNERS = [
    None,
    False,
    True,
    1,
    2,
    3,
    "",
    "a",
    "b",
    [],
    *([leaf] for leaf in LEAVES),
    {},
    *({"a": leaf} for leaf in LEAVES),
]

WORLD = {
    "minimum": 1,
    "maximum": 3,
    "multipleOf": 1,
    "pattern": "^[ab]{0,2}$",
    "maxItems": 2,
    "items": INNER,
    "properties": {"a": INNER, "b": INNER},
    "additionalProperties": False,
}
"""What exactly the documents meet. Its numbers begin with different digits, so that no spelling of one begins as
another does: `10` would be a beginning of `10e-1`."""

SCALARS = [None, False, True, 1, 2, 3, "", "a", "b", "aa", "ab", "ba", "bb"]


def documents() -> Iterator[Any]:
    yield from SCALARS
    for count in range(3):
        yield from map(list, itertools.product(INNERS, repeat=count))
    yield {}
    for name in "ab":
        yield from ({name: value} for value in INNERS)
    for names in (("a", "b"), ("b", "a")):
        yield from (dict(zip(names, values, strict=True)) for values in itertools.product(INNERS, repeat=2))


DOCUMENTS = list(documents())
TEXTS = [json.dumps(document, separators=(",", ":")).encode() for document in DOCUMENTS]


class Chance:
    """Random schemas over the world's few names and values."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def earliest(self, depth: int) -> Any:
        """A schema of keywords whose violation is known at the earliest byte."""
        return self._schema(depth, list(self._early))

    def exclusive(self, depth: int) -> Any:
        """As `earliest`, with `oneOf`, which is dead where no branch can hold or two certainly do."""
        return self._schema(depth, [*self._early, *self._late[:1] * 3])

    def any(self, depth: int) -> Any:
        """A schema of whatever keywords."""
        return self._schema(depth, [*self._early, *self._late])

    def _schema(self, depth: int, keywords: Any) -> Any:
        if depth == 0 or self._random.random() < 0.05:
            return self._one(
                [True, False, {}, {"type": "integer"}, {"type": "string"}, {"const": 2}, {"enum": ["a", 1]}]
            )
        self._keywords = keywords
        chosen = self._random.sample(keywords, self._random.randint(1, 3))
        return {key: value for make in chosen for key, value in make(self, depth - 1).items()}

    def _one(self, of: list[Any]) -> Any:
        return self._random.choice(of)

    def _some(self, depth: int, least: int = 1) -> list[Any]:
        keywords = self._keywords
        return [self._schema(depth, keywords) for _ in range(self._random.randint(least, 3))]

    def _inner(self, depth: int) -> Any:
        return self._schema(depth, self._keywords)

    def _values(self) -> list[Any]:
        return self._random.sample(DOCUMENTS[:60] + DOCUMENTS[-60:], self._random.randint(1, 4))

    def _small(self) -> int:
        return self._random.randint(0, 2)

    _early = (
        lambda self, _: {"type": self._one(["null", "boolean", "integer", "number", "string", "array", "object"])},
        lambda self, _: {"type": self._random.sample(["null", "boolean", "integer", "string", "array", "object"], 2)},
        lambda self, _: {"enum": self._values()},
        lambda self, _: {"const": self._values()[0]},
        lambda self, _: {"minLength": self._small()},
        lambda self, _: {"maxLength": self._small()},
        lambda self, _: {"pattern": self._one(["^a", "b$", "^b*$", ".", "^(a|bb)$", "[^a]"])},
        lambda self, _: {
            self._one(["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"]): self._one([1, 2, 3])
        },
        lambda self, _: {"multipleOf": self._one([2, 3, 1.5, 0.5])},
        lambda self, depth: {"properties": {name: self._inner(depth) for name in self._one(["a", "b", "ab"])}},
        lambda self, depth: {"properties": {name: self._inner(depth) for name in self._one(["a", "b", "ab"])}},
        lambda self, _: {"required": list(self._one(["a", "b", "ab"]))},
        lambda self, depth: {"additionalProperties": self._inner(depth)},
        lambda self, depth: {"patternProperties": {self._one(["^a", "b", "."]): self._inner(depth)}},
        lambda self, _: {
            "propertyNames": self._one([{"const": "a"}, {"pattern": "^b"}, {"maxLength": 0}, {"enum": ["a"]}])
        },
        lambda self, _: {"minProperties": self._small()},
        lambda self, _: {"maxProperties": self._small()},
        lambda self, depth: {"items": self._inner(depth)},
        lambda self, depth: {"prefixItems": self._some(depth)},
        lambda self, _: {"minItems": self._small()},
        lambda self, _: {"maxItems": self._small()},
        lambda self, depth: {"allOf": self._some(depth)},
        lambda self, depth: {"anyOf": self._some(depth, 2)},
        lambda self, _: {"$ref": "#/$defs/" + self._one(["x", "y"])},
    )

    _late = (
        lambda self, depth: {"oneOf": self._some(depth, 2)},
        lambda self, depth: {"not": self._inner(depth)},
        lambda self, depth: {"if": self._inner(depth), "then": self._inner(depth), "else": self._inner(depth)},
        lambda self, depth: {"contains": self._inner(depth)},
        lambda self, depth: {
            "contains": self._inner(depth),
            "minContains": self._small(),
            "maxContains": self._small(),
        },
        lambda self, _: {"uniqueItems": True},
        lambda self, _: {"dependentRequired": {self._one(["a", "b"]): [self._one(["a", "b"])]}},
        lambda self, depth: {"dependentSchemas": {self._one(["a", "b"]): self._inner(depth)}},
        lambda self, depth: {"unevaluatedProperties": self._inner(depth)},
        lambda self, depth: {"unevaluatedItems": self._inner(depth)},
    )


def earliest_deaths(valid: set[bytes]) -> Callable[[bytes], int | None]:
    """The earliest dead byte of a text, by all completions: -1 where there is none at all, its length where it ends."""
    begun = {text[:end] for text in valid for end in range(len(text) + 1)}

    def dead_at(text: bytes) -> int | None:
        if text in valid:
            return None
        return next((end - 1 for end in range(len(text) + 1) if text[:end] not in begun), len(text))

    return dead_at


def compared(source: dict[str, Any]) -> Iterator[tuple[bytes, int | None, int | None]]:
    """Each text of the world with its earliest dead byte, by brute force and by the core."""
    judge = jsonschema_rs.Draft202012Validator(source)
    dead_at = earliest_deaths({text for text, value in zip(TEXTS, DOCUMENTS, strict=True) if judge.is_valid(value)})
    schema = Schema(source)
    for text in TEXTS:
        yield text, dead_at(text), schema.validate(text).dead_at


@pytest.mark.parametrize("kind", ["earliest", "exclusive", "any"])
def test_every_death_has_no_completion_and_is_early(kind: str, tally: Callable[[str, int, int], None]) -> None:
    exact, late, early, dead = 0, [], [], 0
    for seed in range(SCHEMAS):
        chance = Chance(seed)
        make: Callable[[int], Any] = getattr(chance, kind)
        defs = {"x": chance.earliest(1), "y": chance.earliest(1)}
        defs = {name: each for name, each in defs.items() if "$ref" not in json.dumps(each)}
        defs = {name: defs.get(name, {"type": "integer"}) for name in "xy"}
        source = {"$defs": defs, "allOf": [make(3), WORLD]}
        for text, expected, found in compared(source):
            if expected is None and found is None:
                continue
            dead += 1
            if found == expected:
                exact += 1
            elif expected is None or (found is not None and found < expected):
                early.append((source, text, expected, found))
            else:
                late.append((source, text, expected, found))
    if kind == "earliest":
        tally("earliest dead byte, by all completions", exact, 0)
    print(f"{kind}: {SCHEMAS} schemas, {dead} dead texts, exact {exact}, late {len(late)}, early {len(early)}")
    assert not early, early[:3]
    assert kind != "earliest" or not late, late[:3]

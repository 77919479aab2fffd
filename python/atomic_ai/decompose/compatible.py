"""Whether what one microtask gives can be what another needs, by their JSON Schemas.

Refused is what is certain to go wrong for some answer: a type the other side does not take, a member it requires that
may be absent, a value outside its list. Bounds, patterns and formats are left to the run, where every value is checked
as it is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

Schema = Mapping[str, Any] | bool

_DEPTH = 64
"""Levels looked into; a schema that refers to itself is the same from some level on."""

_NUMBERS = frozenset({"integer", "number"})


def mismatch(source: Schema, target: Schema) -> str | None:
    """Why an instance of `source` may be none of `target`, as a sentence; None where nothing speaks against it."""
    return next(_mismatches(source, target, source, target, "", _DEPTH), None)


def _mismatches(
    source: Schema, target: Schema, source_root: Schema, target_root: Schema, at: str, depth: int
) -> Iterator[str]:
    source, target = _resolved(source, source_root), _resolved(target, target_root)
    if isinstance(source, bool) or isinstance(target, bool) or depth == 0:
        return

    def beneath(inner: Schema, outer: Schema, place: str) -> Iterator[str]:
        return _mismatches(inner, outer, source_root, target_root, place, depth - 1)

    if branches := _alternatives(source):
        for branch in branches:
            yield from beneath(branch, target, at)
        return
    if branches := _alternatives(target):
        reasons = [next(beneath(source, branch, at), None) for branch in branches]
        if all(reasons):
            yield cast("str", reasons[0])
        return
    yield from _values(source, target, at)
    yield from _types(source, target, at)
    yield from _members(source, target, at)
    for name, schema in source.get("properties", {}).items():
        if name in target.get("properties", {}):
            yield from beneath(schema, target["properties"][name], f"{at}.{name}" if at else name)
    if "items" in source and "items" in target:
        yield from beneath(source["items"], target["items"], f"{at}[]")


def _values(source: Mapping[str, Any], target: Mapping[str, Any], at: str) -> Iterator[str]:
    given, taken = _listed(source), _listed(target)
    if given is not None and taken is not None:
        for value in given:
            if value not in taken:
                yield f"{_place(at)} may be {value!r}, which is not taken"


def _types(source: Mapping[str, Any], target: Mapping[str, Any], at: str) -> Iterator[str]:
    given, taken = _type_names(source), _type_names(target)
    if given and taken:
        for name in sorted(given):
            if name not in taken and not (name == "integer" and taken & _NUMBERS):
                yield f"{_place(at)} may be of type {name}, taken is {' or '.join(sorted(taken))}"


def _members(source: Mapping[str, Any], target: Mapping[str, Any], at: str) -> Iterator[str]:
    if _type_names(source) != {"object"}:
        return
    sure = set(source.get("required", ()))
    for name in target.get("required", ()):
        if name not in sure:
            yield f"{_place(at)} may lack {name!r}, which is needed"
    if target.get("additionalProperties") is False:
        for name in source.get("properties", {}):
            if name not in target.get("properties", {}):
                yield f"{_place(at)} has {name!r}, which is not taken"


def _alternatives(schema: Mapping[str, Any]) -> tuple[Schema, ...]:
    return tuple(schema.get("anyOf") or schema.get("oneOf") or ())


def _listed(schema: Mapping[str, Any]) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _type_names(schema: Mapping[str, Any]) -> set[str]:
    named = schema.get("type", ())
    return {named} if isinstance(named, str) else set(named)


def _resolved(schema: Schema, root: Schema) -> Schema:
    for _ in range(_DEPTH):
        reference = None if isinstance(schema, bool) else schema.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/") or isinstance(root, bool):
            return schema
        found: Any = root
        for step in reference[2:].split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        schema = found
    return True


def _place(at: str) -> str:
    return at or "the whole"

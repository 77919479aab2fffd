"""Witnesses: valid documents that begin with a given text, as proof that the text is still viable."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

OTHER = "something else"
"""A string that no schema names."""

KIND = "type"
"""What schemas call the member that tells kinds of objects apart."""


def witness(schema: Any, begun: bytes, patterns: list[Any], is_valid: Callable[[Any], bool]) -> bytes | None:
    """A valid text that begins with this one, which ends with a value or the comma behind it; None if none is found.

    Candidates are what the text has so far, completed by the members of known documents that it lacks, one member of
    each object being given every value that the schema names somewhere, and one that it does not.
    """
    closing = closers(begun)
    so_far = json.loads(begun.rstrip(b", \n") + closing)
    for whole in candidates(so_far, patterns, [*sorted(named(schema)), OTHER]):
        text = continued(begun, so_far, whole)
        if text.startswith(begun) and is_valid(json.loads(text)):
            return text
    return None


def closers(begun: bytes) -> bytes:
    """The brackets that close what a text has left open, innermost first."""
    opened, inside, escaped = [], False, False
    for char in begun.decode():
        if inside:
            inside, escaped = char != '"' or escaped, char == "\\" and not escaped
        elif char == '"':
            inside = True
        elif char in "{[":
            opened.append({"{": "}", "[": "]"}[char])
        elif char in "}]":
            opened.pop()
    return "".join(reversed(opened)).encode()


def named(schema: Any) -> set[str]:
    """The strings that some `const` or `enum` names."""
    if isinstance(schema, list):
        return set().union(*map(named, schema)) if schema else set()
    if not isinstance(schema, dict):
        return set()
    here = [schema.get("const"), *(schema["enum"] if isinstance(schema.get("enum"), list) else [])]
    return {each for each in here if isinstance(each, str)} | named(list(schema.values()))


def candidates(so_far: Any, patterns: list[Any], strings: list[str]) -> Iterator[Any]:
    for pattern in [None, *patterns]:
        whole = merged(so_far, pattern)
        yield whole
        yield from varied(whole, so_far, strings)


def merged(so_far: Any, pattern: Any) -> Any:
    """What there is so far, its last member or item merged likewise, and then the members that it lacks."""
    if not isinstance(so_far, dict) or not isinstance(pattern, dict):
        return so_far
    last = next(reversed(so_far), None)
    grown = {key: merged(item, pattern.get(key)) if key == last else item for key, item in so_far.items()}
    return grown | {key: item for key, item in pattern.items() if key not in so_far}


def varied(whole: Any, so_far: Any, strings: list[str]) -> Iterator[Any]:
    """The value with one member that is not there so far set to each of the strings, at every open object."""
    if not isinstance(whole, dict):
        return
    missing = [key for key in {**whole, KIND: None} if not isinstance(so_far, dict) or key not in so_far]
    for key in missing:
        for text in strings:
            yield whole | {key: text}
    last = next(reversed(so_far), None) if isinstance(so_far, dict) else None
    if last is not None:
        for inner in varied(whole[last], so_far[last], strings):
            yield whole | {last: inner}


def continued(begun: bytes, so_far: Any, whole: Any) -> bytes:
    """The text that a value comes to when it goes on from a beginning that holds what there is so far."""
    rest = reversed(list(levels(so_far, whole, closers(begun).decode()[::-1])))
    return begun.rstrip(b", \n") + "".join(rest).encode()


def levels(so_far: Any, whole: Any, opened: str) -> Iterator[str]:
    """What follows at each open level, outermost first."""
    for bracket in opened:
        if bracket == "]":
            yield bracket
            so_far, whole = so_far[-1] if so_far else None, whole[-1] if whole else None
            continue
        added = {key: item for key, item in whole.items() if key not in so_far}
        members = [f"{json.dumps(key)}: {json.dumps(item)}" for key, item in added.items()]
        yield ("," if so_far and members else "") + ", ".join(members) + bracket
        last = next(reversed(so_far), None)
        so_far, whole = so_far.get(last), whole.get(last)

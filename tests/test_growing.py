"""The growing value: changes that make the snapshot, and values at selected paths."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atomic_ai.errors import StateError
from atomic_ai.schema import Change, Schema

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('aé~/\n"\\', max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab~/*0", max_size=2), inner, max_size=4),
    max_leaves=12,
)


def steps(pointer: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def applied(root: Any, change: Change) -> Any:
    """The value after a change, by the words of the documentation alone."""
    *way, last = ["", *steps(change.pointer)]
    holder: Any = {"": root}
    for step in way:
        holder = holder[int(step) if isinstance(holder, list) else step]
    key: Any = len(holder) if isinstance(holder, list) and int(last) == len(holder) else last
    key = int(key) if isinstance(holder, list) else key
    there = key in holder if isinstance(holder, dict) else key < len(holder)
    if change.kind == "closed":
        assert isinstance(holder[key], dict | list)
        return root
    if change.kind == "text" and there and isinstance(holder[key], str):
        new: Any = holder[key] + change.value
    else:
        new = {"object": {}, "array": []}.get(change.kind, change.value)
    if isinstance(holder, list) and not there:
        holder.append(new)
    else:
        holder[key] = new
    return new if not way else root


def chunks(text: bytes, sizes: list[int]) -> Iterator[bytes]:
    at = 0
    while at < len(text):
        size = sizes[at % len(sizes)]
        yield text[at : at + size]
        at += size


@given(VALUES, st.lists(st.integers(1, 9), min_size=1, max_size=5), st.booleans(), st.lists(st.booleans(), min_size=1))
def test_applied_changes_make_the_snapshot(value: Any, sizes: list[int], ascii_only: bool, looks: list[bool]) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only).encode()
    stream = Schema(True).stream()
    root: Any = None
    for number, chunk in enumerate(chunks(text, sizes)):
        stream.feed(chunk)
        if looks[number % len(looks)]:
            for change in stream.changes():
                root = applied(root, change)
            assert root == stream.snapshot()
    stream.finish()
    for change in stream.changes():
        root = applied(root, change)
    assert root == stream.snapshot() == value
    assert stream.changes() == []


def at_path(value: Any, path: list[str], pointer: str = "") -> Iterator[tuple[str, Any]]:
    """What a path selects, in document order."""
    if not path:
        yield pointer, value
        return
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else iter(())
    for key, member in members:
        if path[0] in ("*", str(key)):
            step = str(key).replace("~", "~0").replace("/", "~1")
            yield from at_path(member, path[1:], f"{pointer}/{step}")


@given(
    VALUES, st.lists(st.sampled_from(["*", "a", "b", "0", "1", "~", "/"]), max_size=3), st.integers(1, 9), st.booleans()
)
def test_a_selection_is_what_the_path_says(value: Any, path: list[str], size: int, keeps: bool) -> None:
    text = json.dumps(value).encode()
    stream = Schema(True).stream(value=keeps)
    selection = stream.select("".join("/" + step.replace("~", "~0").replace("/", "~1") for step in path))
    found = []
    for at in range(0, len(text), size):
        stream.feed(text[at : at + size])
        found += selection.take()
        growing = selection.growing()
        assert growing is None or not growing.closed
    stream.finish()
    found += selection.take()
    assert [(each.pointer, each.value) for each in found] == list(at_path(value, path))
    assert all(each.closed for each in found)
    assert selection.growing() is None
    if keeps:
        assert stream.value() == value


def test_selected_values_grow() -> None:
    stream = Schema(True).stream(value=False)
    prices, names = stream.select("$.items[*].price"), stream.select("/items/*/name")
    stream.feed('{"items": [{"name": "sp')
    name = names.growing()
    assert name is not None
    assert (name.pointer, name.value, name.closed) == ("/items/0/name", "sp", False)
    stream.feed('oon", "price": 1.5}, {"price"')
    assert [(each.pointer, each.value) for each in prices.take()] == [("/items/0/price", 1.5)]
    assert repr(names.take()) == "[Selected(pointer=\"/items/0/name\", value='spoon', closed=True)]"
    assert (names.take(), names.growing(), prices.growing()) == ([], None, None)
    with pytest.raises(StateError, match="value=False"):
        stream.value()


def test_select_says_what_it_cannot() -> None:
    stream = Schema(True).stream()
    with pytest.raises(ValueError, match="expected / or \\$ at 0"):
        stream.select("items")
    for _ in range(64):
        stream.select("/a")
    with pytest.raises(ValueError, match="at most 64"):
        stream.select("/a")
    stream.feed("[")
    with pytest.raises(StateError, match="before the first byte"):
        stream.select("/a")


def test_what_is_not_selected_is_not_kept() -> None:
    stream = Schema(True).stream(value=False)
    selection = stream.select("/last")
    stream.feed(b'{"first": "' + b"x" * 1_000_000 + b'", ')
    stream.feed(b'"last": [1, {}]}')
    assert [each.value for each in selection.take()] == [[1, {}]]


def test_changes_alone_are_told_and_dropped() -> None:
    stream = Schema(True).stream(value=False, changes=True)
    last = stream.select("/b")
    stream.feed('{"a": [1, "x')
    root: Any = None
    for change in stream.changes():
        root = applied(root, change)
    stream.feed('y"], "b": null}')
    for change in stream.changes():
        root = applied(root, change)
    assert root == {"a": [1, "xy"], "b": None}
    assert [each.value for each in last.take()] == [None]
    with pytest.raises(StateError, match="value=False"):
        stream.value()
    with pytest.raises(StateError, match="changes=True"):
        Schema(True).stream(value=False).changes()


HOLDS_LITTLE = """
import resource
from atomic_ai.schema import Schema

held = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
stream = Schema(True).stream(value=False, changes=True)
chunk = b'"' + b"x" * 100_000 + b'",'
stream.feed(b"[")
before = held()
for _ in range(600):
    stream.feed(chunk)
    assert stream.changes()
print(held() - before)
"""


def test_what_changes_have_told_is_not_kept() -> None:
    run = subprocess.run([sys.executable, "-c", HOLDS_LITTLE], capture_output=True, text=True, check=True)
    assert int(run.stdout) < 20, "MiB of the 60 MB that were told"

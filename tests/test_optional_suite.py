"""The optional and format tests of the official suite: what jsonschema-rs decides rightly, Atomic does too."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from atomic_ai.errors import LimitError, SchemaError
from atomic_ai.schema import Schema

DRAFTS = {"4": "draft4", "6": "draft6", "7": "draft7", "2019-09": "draft2019-09", "2020-12": "draft2020-12"}
PEERS = {
    "4": jsonschema_rs.Draft4Validator,
    "6": jsonschema_rs.Draft6Validator,
    "7": jsonschema_rs.Draft7Validator,
    "2019-09": jsonschema_rs.Draft201909Validator,
    "2020-12": jsonschema_rs.Draft202012Validator,
}
MISSES: dict[str, str] = {}
"""What Atomic decides otherwise than the suite, by draft and file; each with its reason."""


def groups(folder: Path) -> Iterator[tuple[str, bool, dict[str, Any]]]:
    for below, formats in (("optional", False), ("optional/format", True)):
        for file in sorted((folder / below).glob("*.json")):
            for group in json.loads(file.read_bytes()):
                yield f"{below}/{file.stem}", formats, group


def ours(schema: Any, draft: Any, formats: bool, registry: dict[str, Any]) -> Callable[[str], bool]:
    try:
        compiled = Schema(schema, draft=draft, formats=formats or None, registry=registry)
    except (SchemaError, LimitError):
        return lambda _: not _
    return lambda text: compiled.validate(text).valid


def theirs(schema: Any, draft: str, formats: bool, registry: dict[str, Any]) -> Callable[[Any], bool | None]:
    # Of meta-schemas that are still being written it takes none, not even unused.
    published = [(uri, each) for uri, each in registry.items() if "/v1/" not in uri]
    try:
        known = jsonschema_rs.Registry(published)
        compiled = PEERS[draft](schema, validate_formats=formats or None, registry=known)
    except Exception:  # noqa: BLE001 - whatever it makes of a schema that it does not take
        return lambda _: None
    return compiled.is_valid


@pytest.mark.parametrize("draft", DRAFTS)
def test_no_optional_test_is_left_to_the_peer(
    draft: str, conformance: Path, tally: Callable[[str, int, int], None]
) -> None:
    root = conformance / "json-schema"
    registry = {
        f"http://localhost:1234/{file.relative_to(root / 'remotes').as_posix()}": json.loads(file.read_bytes())
        for file in (root / "remotes").rglob("*.json")
    }
    passed, peer, misses = 0, 0, []
    for name, formats, group in groups(root / "tests" / DRAFTS[draft]):
        mine, other = ours(group["schema"], draft, formats, registry), theirs(group["schema"], draft, formats, registry)
        for test in group["tests"]:
            right = mine(json.dumps(test["data"])) == test["valid"]
            rival = other(test["data"]) == test["valid"]
            passed, peer = passed + right, peer + rival
            if not right:
                misses.append((f"{draft} {name}", group["description"], test["description"], rival))
    print(f"{draft}: {passed} passed, jsonschema-rs {peer}, missed: {misses}")
    assert peer > passed / 2, "the peer was not asked"
    tally(f"JSON Schema {draft}, optional and formats", passed, len(misses))
    assert all(miss[0] in MISSES for miss in misses), misses
    assert not any(miss[3] for miss in misses), misses

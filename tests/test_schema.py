"""The referee as Python sees it: sources, verdicts, growing values, errors, the suites."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from typing_extensions import TypedDict

from atomic_ai.errors import LimitError, SchemaError, StateError
from atomic_ai.schema import Schema

PERSON = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}


class Person(BaseModel):
    age: int
    nickname: str | None = None


@dataclasses.dataclass
class Point:
    x: int


class Movie(TypedDict):
    title: str


def test_the_earliest_dead_byte_is_named() -> None:
    stream = Schema(PERSON).stream()
    assert stream.feed(b'{"age"').state == "open"
    verdict = stream.feed(': "')
    assert (verdict.state, verdict.dead_at, verdict.valid) == ("invalid", 8, False)
    violation = verdict.violations[0]
    assert (violation.keyword, violation.schema_path) == ("type", "/properties/age/type")
    assert (violation.instance_path, violation.offset) == ("/age", 8)
    assert stream.finish() == verdict


@pytest.mark.parametrize(
    ("source", "valid", "invalid"),
    [
        (PERSON, '{"age": 3}', "{}"),
        (json.dumps(PERSON), '{"age": 3}', "{}"),
        (json.dumps(PERSON).encode(), '{"age": 3}', "{}"),
        (True, "1", "]"),
        (Person, '{"age": 1, "nickname": null}', '{"age": "1"}'),
        (Point, '{"x": 1}', '{"x": null}'),
        (Movie, '{"title": "M"}', '{"title": 1}'),
    ],
)
def test_sources(source: Any, valid: str, invalid: str) -> None:
    schema = Schema(source)
    assert schema.validate(valid).state == "complete"
    assert schema.validate(invalid).state == "invalid"


def test_a_msgspec_struct_is_a_source() -> None:
    struct = msgspec.defstruct("Pair", [("left", int), ("right", str)])
    assert Schema(struct).validate('{"left": 1, "right": "r"}').valid
    assert not Schema(struct).validate('{"left": "1"}').valid


def test_examples_are_a_source() -> None:
    schema = Schema.from_examples([{"age": 3, "name": "Ann"}, {"age": 4.5, "tags": ["a"]}])
    assert schema.validate('{"age": 1, "tags": []}').valid
    assert schema.validate('{"name": "Bob"}').violations[0].keyword == "required"
    assert schema.validate('{"age": "1"}').dead_at == 8
    with pytest.raises(SchemaError, match="no examples"):
        Schema.from_examples([])
    with pytest.raises(SchemaError, match="example 2"):
        Schema.from_examples([1, {1, 2}])


def test_closed_parts_keep_their_identity() -> None:
    stream = Schema(True).stream()
    stream.feed('{"a": [1, {"b": "c"}], "d": "grow')
    value = stream.value()
    closed, root = value["a"], value
    assert value == {"a": [1, {"b": "c"}], "d": "grow"}
    stream.feed('ing"')
    assert stream.value() is root
    assert root["a"] is closed
    assert root["d"] == "growing"
    copied = stream.snapshot()
    assert copied == root
    assert copied is not root


def test_changes_tell_what_is_new() -> None:
    stream = Schema(True).stream()
    stream.feed('{"a": ["x')
    told = [(change.pointer, change.kind, change.value) for change in stream.changes()]
    assert told == [("", "object", None), ("/a", "array", None), ("/a/0", "text", "x")]
    stream.feed('y", 1]')
    told = [(change.pointer, change.kind, change.value) for change in stream.changes()]
    assert told == [("/a/0", "text", "y"), ("/a/0", "value", "xy"), ("/a/1", "value", 1), ("/a", "closed", None)]
    assert stream.changes() == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON, st.booleans(), st.randoms(use_true_random=False))
def test_the_value_is_what_json_says(value: Any, ascii_only: bool, chance: random.Random) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only).encode()
    stream = Schema(True).stream()
    at = 0
    while at < len(text):
        length = chance.randint(1, 7)
        stream.feed(text[at : at + length])
        stream.value()
        at += length
    assert stream.finish().state == "complete"
    assert stream.value() == value


def test_schemas_and_verdicts_pickle_and_are_shared() -> None:
    schema = pickle.loads(pickle.dumps(Schema(PERSON)))
    verdict = schema.validate("[]")
    assert pickle.loads(pickle.dumps(verdict)) == verdict
    assert pickle.loads(pickle.dumps(verdict.violations[0])) == verdict.violations[0]
    with ThreadPoolExecutor(4) as pool:
        verdicts = list(pool.map(schema.validate, ['{"age": 1}', "{}"] * 50))
    assert [each.valid for each in verdicts] == [True, False] * 50


def test_errors_name_the_place_and_the_bound() -> None:
    with pytest.raises(SchemaError) as refused:
        Schema({"properties": {"a": {"type": "strin"}}})
    assert refused.value.schema_path == "/properties/a/type"
    with pytest.raises(SchemaError):
        Schema({"pattern": r"(a)\1"}, patterns="linear")
    with pytest.raises(LimitError) as bounded:
        Schema({"pattern": r"^(?:(a+)\1*)+$(?=b)"}).validate(json.dumps("a" * 40))
    assert (bounded.value.limit, bounded.value.bound) == ("pattern_steps", 1_000_000)
    stream = Schema(True).stream()
    with pytest.raises(LimitError) as bounded:
        stream.feed("[" * 1_000_000)
    assert (bounded.value.limit, bounded.value.bound) == ("depth", 1024)
    done = Schema(True).stream()
    done.finish()
    with pytest.raises(StateError):
        done.feed("1")
    with pytest.raises(StateError):
        Schema(True).stream(value=False).value()


@pytest.mark.parametrize("source", [5, None, object(), [1], (1, 2), Point(1), type("Opaque", (), {})])
def test_what_is_no_source_is_told_what_is_one(source: Any) -> None:
    with pytest.raises(SchemaError, match="a dict, a bool, JSON text, or a type") as refused:
        Schema(source)
    assert "\n" not in str(refused.value)


def test_misuse_is_told_what_was_expected() -> None:
    with pytest.raises(SchemaError, match="no UTF-8 at byte 1"):
        Schema(b"{\xff}")
    with pytest.raises(TypeError, match="expected bytes, bytearray or str, not dict"):
        Schema(True).validate({"a": 1})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="there are 4, 6, 7, 2019-09, 2020-12"):
        Schema(True, draft="5")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="there are all, linear"):
        Schema(True, patterns="some")  # type: ignore[arg-type]


def test_an_unsatisfiable_schema_says_why() -> None:
    schema = Schema({"allOf": [{"type": "string"}, {"type": "null"}]})
    assert not schema.satisfiable
    assert schema.validate("null").dead_at == -1
    contradiction = schema.report().contradiction
    assert contradiction is not None
    assert contradiction.keyword == "type"


def test_the_report_says_how_early_each_keyword_decides() -> None:
    report = Schema({"pattern": r"(a)\1", "maxLength": 3, "not": {"const": "a"}}).report()
    assert {(keyword.name, keyword.timing) for keyword in report.keywords} == {
        ("pattern", "backtracking"),
        ("maxLength", "earliest"),
        ("not", "close"),
        ("const", "earliest"),
    }


def test_the_report_has_what_the_draft_knows_and_asserts() -> None:
    def names(schema: dict[str, Any], **options: Any) -> set[tuple[str, str]]:
        return {(keyword.name, keyword.timing) for keyword in Schema(schema, **options).report().keywords}

    dated = {"format": "date", "dependentRequired": {}, "title": "A date"}
    assert names(dated) == {("dependentRequired", "close")}
    assert names(dated, formats=True) == {("dependentRequired", "close"), ("format", "earliest")}
    assert names(dated, draft="7") == {("format", "earliest")}
    assert names({"if": {"minimum": 1}, "then": {"format": "regex"}, "else": {}}, formats=True) == {
        ("if", "close"),
        ("then", "close"),
        ("else", "close"),
        ("minimum", "earliest"),
        ("format", "close"),
    }
    assert names({"then": False}) == set()
    assert names({"$ref": "#/definitions/a", "type": "string", "definitions": {"a": {}}}, draft="7") == {
        ("$ref", "earliest")
    }


def test_references_lead_through_the_registry_only() -> None:
    registry = {"https://example.com/age": {"type": "integer"}}
    schema = Schema({"$ref": "https://example.com/age"}, registry=registry)
    assert schema.validate("3").valid
    with pytest.raises(SchemaError, match="registry"):
        Schema({"$ref": "https://example.com/age"})


def test_repeated_keys() -> None:
    text = '{"age": "x", "age": 1}'
    assert Schema(PERSON).validate(text).dead_at == 8
    assert Schema(PERSON, duplicates="last").validate(text).valid


def test_lone_surrogates_are_refused_not_raised() -> None:
    assert Schema(True).validate('"\ud800"').violations[0].keyword == "syntax"


DRAFTS = {"4": "draft4", "6": "draft6", "7": "draft7", "2019-09": "draft2019-09", "2020-12": "draft2020-12"}


@pytest.fixture(scope="module")
def remotes(conformance: Path) -> dict[str, Any]:
    folder = conformance / "json-schema" / "remotes"
    return {
        f"http://localhost:1234/{file.relative_to(folder).as_posix()}": json.loads(file.read_bytes())
        for file in folder.rglob("*.json")
    }


@pytest.mark.parametrize("draft", DRAFTS)
def test_the_official_suite(
    draft: Any, conformance: Path, remotes: dict[str, Any], tally: Callable[[str, int, int], None]
) -> None:
    passed, failed = 0, []
    chance = random.Random(draft)
    for file in sorted((conformance / "json-schema" / "tests" / DRAFTS[draft]).glob("*.json")):
        for group in json.loads(file.read_bytes()):
            schema = Schema(group["schema"], draft=draft, registry=remotes)
            for test in group["tests"]:
                text = json.dumps(test["data"], ensure_ascii=chance.random() < 0.5).encode()
                verdicts = [schema.validate(text), *(split(schema, text, size) for size in (1, 5))]
                if any(each != verdicts[0] for each in verdicts) or verdicts[0].valid != test["valid"]:
                    failed.append((file.name, group["description"], test["description"], verdicts))
                else:
                    passed += 1
    tally(f"JSON Schema {draft}", passed, 0)
    assert not failed


def split(schema: Schema, text: bytes, size: int) -> Any:
    stream = schema.stream()
    for at in range(0, len(text), size):
        stream.feed(text[at : at + size])
    return stream.finish()


def test_the_earliest_deaths(conformance: Path, tally: Callable[[str, int, int], None]) -> None:
    cases = [json.loads(line) for line in (conformance / "early" / "cases.jsonl").read_text().splitlines()]
    labelled = [case for case in cases if case["confidence"] == "hand+oracle" and case["status"] == "dead"]
    exact = [case for case in labelled if Schema(case["schema"]).validate(case["text"]).dead_at == case["dead_at"]]
    tally("earliest dead byte, exact", len(exact), len(labelled) - len(exact))
    assert len(exact) >= 0.98 * len(labelled)
    for case in cases:
        if case["valid"]:
            assert Schema(case["schema"]).validate(case["text"]).valid, case


def test_a_snapshot_is_a_copy_of_its_own() -> None:
    stream = Schema(True).stream()
    stream.feed('{"a": [1')
    before = copy.deepcopy(stream.snapshot())
    stream.snapshot()["a"].append("mine")
    assert stream.snapshot() == before

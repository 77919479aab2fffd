"""Violations: where they are for people, and all of them, beside what jsonschema finds."""

from __future__ import annotations

import json
import pickle
from typing import Any

import jsonschema
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from atomic_ai.schema import Schema

ORDER = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "minimum": 1},
        "name": {"type": "string", "minLength": 2},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 3, "uniqueItems": True},
        "at": {"$ref": "#/$defs/place"},
    },
    "required": ["id", "name"],
    "additionalProperties": False,
    "$defs": {"place": {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x", "y"]}},
}


def test_all_violations_in_order_of_offsets() -> None:
    text = '{"id": 0, "tags": ["a", "c"],\n "at": {"x": "1"}, "é": 1}'
    verdict = Schema(ORDER).validate(text, violations="all", positions=True)
    assert [(v.keyword, v.instance_path, v.line) for v in verdict.violations] == [
        ("minimum", "/id", 1),
        ("enum", "/tags/1", 1),
        ("type", "/at/x", 2),
        ("required", "/at", 2),
        ("additionalProperties", "", 2),
        ("required", "", 2),
    ]
    assert verdict.dead_at == verdict.violations[0].offset == Schema(ORDER).validate(text).dead_at
    offsets = [v.offset for v in verdict.violations]
    assert offsets == sorted(offsets)
    assert all((v.line, v.column) == v.position(text) for v in verdict.violations)
    assert pickle.loads(pickle.dumps(verdict)) == verdict
    # They quote the schema, never the document.
    assert not any("é" in v.message for v in verdict.violations)


def test_positions_only_where_asked_for() -> None:
    violation = Schema(ORDER).validate('{\n "id": "é"}').violations[0]
    assert (violation.line, violation.column) == (None, None)
    assert violation.position('{\n "id": "é"}') == (2, 8)
    stream = Schema(ORDER).stream(positions=True)
    for byte in '{"name": "éé",\n"id": ""}'.encode():
        verdict = stream.feed(bytes([byte]))
    assert (verdict.violations[0].line, verdict.violations[0].column) == (2, 7)


def test_bounds_and_choices() -> None:
    verdict = Schema({"items": False}).validate("[1, 2, 3]", violations="all", max_violations=2)
    assert len(verdict.violations) == 2
    with pytest.raises(ValueError, match="violations"):
        Schema(True).validate("1", violations="some")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="max_violations"):
        Schema(True).validate("1", violations="all", max_violations=0)


def test_lost_alternatives_say_what_each_broke() -> None:
    circle = {"properties": {"kind": {"const": "circle"}, "radius": {"type": "number"}}, "required": ["kind", "radius"]}
    square = {"properties": {"kind": {"const": "square"}, "side": {"minimum": 0}}, "required": ["kind", "side"]}
    schema = Schema({"items": {"type": "object", "anyOf": [circle, square]}})
    for violations in ("first", "all"):
        verdict = schema.validate('[{"side": -1, "kind": "circle"}]', violations=violations)  # type: ignore[arg-type]
        (violation,) = verdict.violations
        assert (violation.keyword, violation.instance_path) == ("anyOf", "/0")
        assert {cause.schema_path for cause in violation.causes} == {
            "/items/anyOf/0/required",
            "/items/anyOf/1/properties/side/minimum",
        }
        assert 'the member "radius" is required' in violation.message
        assert "must be at least 0" in violation.message
        assert pickle.loads(pickle.dumps(verdict)) == verdict
        assert hash(violation) == hash(pickle.loads(pickle.dumps(violation)))


SCALARS = st.none() | st.integers(-1, 3) | st.sampled_from(["", "a", "b", "abc"])
ORDERS = st.dictionaries(
    st.sampled_from(["id", "name", "tags", "at", "other"]),
    SCALARS | st.lists(SCALARS, max_size=4) | st.dictionaries(st.sampled_from(["x", "y"]), SCALARS),
)


@given(ORDERS | SCALARS, st.integers(1, 30))
@example({"id": 1, "name": "nm", "tags": ["a", "a"]}, 1)
def test_all_means_wherever_jsonschema_finds_something(value: Any, size: int) -> None:
    text = json.dumps(value)
    stream = Schema(ORDER).stream(violations="all", positions=True)
    for at in range(0, len(text), size):
        stream.feed(text[at : at + size])
    verdict = stream.finish()
    expected = {
        "".join(f"/{step}" for step in error.absolute_path)
        for error in jsonschema.Draft202012Validator(ORDER).iter_errors(value)
    }
    assert {v.instance_path for v in verdict.violations} == expected
    assert verdict.valid == (not expected)
    assert verdict == Schema(ORDER).validate(text, violations="all", positions=True)

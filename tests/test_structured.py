"""Schemas on their way to a provider: what is stripped and narrowed is told, and means what it says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from atomic_ai.providers import anthropic_messages, gemini, openai_chat
from atomic_ai.providers.structured import MAX_DEPTH, SchemaRules, fit

RULES = {
    "strict": openai_chat.STRICT,
    "bare": openai_chat.BARE,
    "anthropic": anthropic_messages.RULES,
    "gemini": gemini.RULES,
}


class Tree(BaseModel):
    name: str
    children: list[Tree]


class Loose(BaseModel):
    name: str
    children: list[Loose] = []


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
def test_a_model_without_oddities_loses_nothing(rules: SchemaRules) -> None:
    class Plain(BaseModel, extra="forbid"):
        name: str
        size: int | None
        tags: list[str]

    fitted = fit(Plain.model_json_schema(), rules)
    assert fitted is not None
    assert (fitted.stripped, fitted.narrowed) == ((), ())


def test_recursion_goes_where_it_is_taken() -> None:
    schema = Tree.model_json_schema()
    assert fit(schema, anthropic_messages.RULES) is None
    root = {**schema["$defs"]["Tree"], "$defs": schema["$defs"]}
    assert fit(root, openai_chat.STRICT) is not None
    assert fit(schema, gemini.RULES) is not None


def test_a_recursive_optional_property_is_not_made_required() -> None:
    schema = Loose.model_json_schema()
    root = {**schema["$defs"]["Loose"], "$defs": schema["$defs"]}
    assert fit(root, openai_chat.STRICT) is None


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": {"type": "string"}},
        {"type": "object"},
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {"type": "object", "additionalProperties": True, "properties": {"a": {"type": "string"}}},
        {"type": "object", "properties": {"a": {}}},
        {"type": "object", "properties": {"a": True}},
        {"type": "object", "properties": {"a": {"type": ["object", "null"]}}},
        {"type": "object", "patternProperties": {"x": {}}, "additionalProperties": False},
        {"type": "object", "properties": {"a": {"allOf": [{"type": "string"}, {"minLength": 1}]}}},
    ],
)
def test_what_strict_mode_cannot_say_is_not_said_wrongly(schema: dict[str, Any]) -> None:
    assert fit(schema, openai_chat.STRICT) is None


def test_depth_is_bounded() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(MAX_DEPTH):
        schema = {"type": "array", "items": schema}
    assert fit(schema, gemini.RULES) is not None
    for _ in range(100_000):
        schema = {"type": "array", "items": schema}
    assert fit(schema, gemini.RULES) is None


def test_keywords_are_stripped_renamed_and_unwrapped_by_name() -> None:
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": ["a", "b/c", "d", "e", "f"],
        "properties": {
            "a": {"type": "string", "pattern": "(?=x)", "format": "odd", "default": "x"},
            "b/c": {"oneOf": [{"type": "string"}, {"type": "null"}]},
            "d": {"allOf": [{"$ref": "#/$defs/D"}], "description": "told"},
            "e": {"$ref": "#/$defs/D", "description": "silent", "maxLength": 3},
            "f": {"const": 1},
        },
        "$defs": {"D": {"type": "string", "minLength": 2}},
    }
    fitted = fit(schema, openai_chat.STRICT)
    assert fitted is not None
    assert set(fitted.stripped) == {
        "/properties/b~1c/oneOf",
        "/properties/a/pattern",
        "/properties/a/format",
        "/properties/e/maxLength",
        "/$defs/D/minLength",
    }
    assert fitted.narrowed == ()
    properties = fitted.schema["properties"]
    assert properties["b/c"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert properties["d"] == {"$ref": "#/$defs/D"}
    assert properties["f"] == {"const": 1}
    google = fit(schema, gemini.RULES)
    assert google is not None
    assert google.schema["properties"]["f"] == {"enum": [1]}


def test_pointers_are_escaped() -> None:
    fitted = fit(
        {"type": "object", "properties": {"a/b~": {"type": "string", "minLength": 1}}, "additionalProperties": False},
        openai_chat.STRICT,
    )
    assert fitted is not None
    assert fitted.stripped == ("/properties/a~1b~0/minLength",)
    assert fitted.narrowed == ("/properties/a~1b~0",)


_SCALARS = st.sampled_from(
    [
        {"type": "string"},
        {"type": "string", "minLength": 1},
        {"type": "integer", "minimum": 1},
        {"enum": ["a", 1]},
        {"const": 1},
        {"type": ["string", "null"]},
        {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        {"oneOf": [{"type": "integer"}, {"type": "string"}]},
        {"oneOf": [{"type": "integer"}, {"minimum": 1}]},
        {"not": {"type": "string"}},
        {},
    ]
)


def _compound(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    objects = st.fixed_dictionaries(
        {"type": st.just("object"), "properties": st.dictionaries(st.sampled_from("ab"), inner, max_size=2)},
        optional={
            "required": st.lists(st.sampled_from("ab"), unique=True),
            "additionalProperties": st.one_of(st.booleans(), inner),
            "maxProperties": st.just(1),
        },
    )
    arrays = st.fixed_dictionaries(
        {"type": st.just("array"), "items": inner}, optional={"minItems": st.just(1), "uniqueItems": st.just(True)}
    )
    return st.one_of(objects, arrays, st.builds(lambda schema: {"allOf": [schema]}, inner))


_SCHEMAS = _compound(st.recursive(_SCALARS, _compound, max_leaves=4))
_LEAVES: list[Any] = ["", "a", 1, 0, None]
_SMALL: list[Any] = [*_LEAVES, [], [1], ["a", "a"], {}, {"a": 1}, {"a": "a", "b": 1}, {"c": 1}]
_VALUES: list[Any] = [
    *_SMALL,
    *([value] for value in _SMALL),
    *({key: value} for key in "abc" for value in _SMALL),
    *({"a": value, "b": other} for value in _SMALL for other in _LEAVES),
]


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
@settings(max_examples=150, deadline=None)
@given(schema=_SCHEMAS)
def test_told_losses_are_the_only_losses(rules: SchemaRules, schema: dict[str, Any]) -> None:
    fitted = fit(schema, rules)
    if fitted is None:
        return
    here, there = Draft202012Validator(schema), Draft202012Validator(dict(fitted.schema))
    for value in _VALUES:
        if not fitted.stripped:
            assert here.is_valid(value) or not there.is_valid(value)
        if not fitted.narrowed:
            assert there.is_valid(value) or not here.is_valid(value)

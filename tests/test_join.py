"""Joins: what is made of the lanes that came through."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atomic_ai.errors import TaskError
from atomic_ai.join import BestOf, Merge, Quorum, combined, stopping_rule

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.floats(-5, 5), st.text(max_size=3))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from("abcd"), VALUES, max_size=4)


def of(join: Any, *documents: Any) -> Any:
    return json.loads(combined(join, [json.dumps(document) for document in documents], structured=True))


@pytest.mark.parametrize(
    ("join", "rule"),
    [
        ("first_valid", "first_valid"),
        (BestOf(3), {"rule": "best_of", "n": 3}),
        (BestOf(3, 0.25), {"rule": "best_of", "n": 3, "patience_ns": 250_000_000}),
        (Quorum(2, ("/a", "/b/c")), {"rule": "quorum", "k": 2, "fields": ["/a", "/b/c"]}),
        (Merge(), {"rule": "merge"}),
        (Merge(2, 1), {"rule": "merge", "enough": 2, "patience_ns": 1_000_000_000}),
    ],
)
def test_the_core_is_told_in_its_own_words(join: Any, rule: Any) -> None:
    assert stopping_rule(join) == rule


@pytest.mark.parametrize("join", ["first_valid", BestOf(2)])
def test_one_winner_speaks_alone(join: Any) -> None:
    assert combined(join, ['{"a": 1 }', '{"a": 2}'], structured=True) == '{"a": 1 }'


def test_a_lone_lane_is_left_as_it_was_written() -> None:
    assert combined(Quorum(1), ['{"a":  1.0}'], structured=True) == '{"a":  1.0}'


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ([{"a": 1, "b": 1}, {"a": 2, "b": 2}, {"a": 2, "b": 1}], {"a": 2, "b": 1}),
        ([{"a": 1}, {"a": 1.0}, {"a": 2}], {"a": 1}),
        ([{"a": True}, {"a": 1}, {"a": 1}], {"a": 1}),
        ([{"a": {"x": 1, "y": 2}}, {"a": {"y": 2, "x": 1}}, {"a": {}}], {"a": {"x": 1, "y": 2}}),
        ([{"a": 1}, {"a": 2}], {"a": 1}),
        ([{"a": 1, "odd": 1}, {"a": 1}, {"a": 1}], {"a": 1}),
        ([{"a": 1}, {"a": 1, "b": 2}, {"a": 1, "b": 2}], {"a": 1, "b": 2}),
        ([1, 2, 2], 2),
        ([[1], [1], {"a": 1}], [1]),
    ],
)
def test_a_quorum_votes_on_each_member(documents: list[Any], expected: Any) -> None:
    assert of(Quorum(2), *documents) == expected


@pytest.mark.parametrize(
    ("fields", "documents", "expected"),
    [
        (("/a/x",), [{"a": {"x": 1}, "b": 1}, {"a": {"x": 2}}, {"a": {"x": 2}}], {"a": {"x": 2}, "b": 1}),
        (("/l/0",), [{"l": [1, 9]}, {"l": [2]}, {"l": [2]}], {"l": [2, 9]}),
        (("/a",), [{"a": 1, "b": 1}, {"b": 2}, {"b": 3}], {"b": 1}),
        (("/a/x",), [{"b": 1}, {"a": {"x": 2}}, {"a": {"x": 2}}], {"b": 1, "a": {"x": 2}}),
        (("/s~1t",), [{"s/t": 1}, {"s/t": 2}, {"s/t": 2}], {"s/t": 2}),
        (("/a/x",), [{"a": 1}, {"a": {"x": 2}}, {"a": {"x": 2}}], {"a": 1}),
    ],
)
def test_a_quorum_on_named_fields_leaves_the_rest_to_the_winner(
    fields: tuple[str, ...], documents: list[Any], expected: Any
) -> None:
    assert of(Quorum(2, fields), *documents) == expected


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ([{"a": 1}, {"b": 2}], {"a": 1, "b": 2}),
        ([{"a": 1}, {"a": 2}], {"a": 1}),
        ([{"a": [1, 2]}, {"a": [2.0, 3]}], {"a": [1, 2, 3]}),
        ([{"a": {"x": 1}}, {"a": {"y": 2}}, {"a": 3}], {"a": {"x": 1, "y": 2}}),
        ([[1, 1], [2, 2]], [1, 1, 2]),
        ([None, {"a": 1}], None),
    ],
)
def test_a_merge_takes_all(documents: list[Any], expected: Any) -> None:
    assert of(Merge(), *documents) == expected


def test_texts_are_voted_on_and_joined_as_they_are() -> None:
    assert combined(Quorum(2), ["no", "yes", "yes"], structured=False) == "yes"
    assert combined(Merge(), ["one", "two", "one"], structured=False) == "one\n\ntwo"


@given(OBJECTS, st.integers(1, 4), st.sampled_from([Merge(), Quorum(1)]))
def test_lanes_that_agree_make_what_they_agree_on(document: Any, lanes: int, join: Any) -> None:
    assert of(join, *[document] * lanes) == document


@given(st.lists(OBJECTS, min_size=1, max_size=4))
def test_a_merge_keeps_every_member_and_all_that_is_the_winners(documents: list[Any]) -> None:
    made = of(Merge(), *documents)
    assert set(made) == {name for document in documents for name in document}
    for name, value in documents[0].items():
        if not isinstance(value, dict | list):
            assert made[name] == value


@given(OBJECTS, st.lists(OBJECTS, max_size=2), st.randoms())
def test_a_majority_is_heard_in_any_order(agreed: Any, others: list[Any], random: Any) -> None:
    documents = [*[agreed] * (len(others) + 1), *others]
    random.shuffle(documents)
    assert of(Quorum(len(others) + 1), *documents) == agreed


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: BestOf(0),
        lambda: BestOf(True),
        lambda: BestOf(2, 0),
        lambda: Quorum(0),
        lambda: Quorum(2, ("a",)),
        lambda: Merge(0),
        lambda: Merge(patience_s=-1),
    ],
)
def test_impossible_rules_are_refused(wrong: Any) -> None:
    with pytest.raises(TaskError):
        wrong()

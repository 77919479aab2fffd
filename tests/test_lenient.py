"""Lenient reading as Python sees it: what is repaired, what is reported, and what becomes of it in a race."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from atomic_ai import Atomic, Model, Task
from atomic_ai.errors import RaceError, TaskError
from atomic_ai.repair import repair_names
from atomic_ai.schema import Repair, Schema
from atomic_ai.testing import Script, ScriptedModel, VirtualClock

PERSON = {"type": "object", "properties": {"age": {"type": "integer"}, "name": {"type": "string"}}, "required": ["age"]}
FENCED = "Here you are:\n```json\n{age: 42, 'name': 'Ann',}  \n```\nAnything else?"


class Person(BaseModel):
    age: int
    name: str = ""


def test_a_fenced_answer_is_repaired_and_says_so() -> None:
    schema = Schema(PERSON)
    assert schema.validate(FENCED).dead_at == 0
    verdict = schema.validate(FENCED, lenient=True)
    assert verdict.valid
    assert [made.name for made in verdict.repairs] == [
        "prose",
        "fence",
        "unquoted_keys",
        "single_quotes",
        "single_quotes",
        "trailing_commas",
        "prose",
    ]
    assert verdict.repairs[1] == Repair("fence", FENCED.index("```"))
    assert pickle.loads(pickle.dumps(verdict)) == verdict
    assert "repairs=(Repair(name='fence'" in repr(schema.validate("```\n{}", lenient=["fence"])).replace('"', "'")


@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_the_value_and_the_text_are_the_repaired_ones(size: int) -> None:
    stream = Schema(PERSON).stream(lenient=True)
    for at in range(0, len(FENCED), size):
        assert stream.feed(FENCED[at : at + size]).state != "invalid"
    assert stream.finish().valid
    assert stream.value() == {"age": 42, "name": "Ann"}
    assert stream.repaired is not None
    assert json.loads(stream.repaired) == {"age": 42, "name": "Ann"}
    assert stream.consumed == len(FENCED)


def test_offsets_are_those_of_the_original() -> None:
    text = FENCED.replace("42", "'x'")
    verdict = Schema(PERSON).validate(text, lenient=True, positions=True)
    assert verdict.dead_at == text.index("'x'")
    violation = verdict.violations[0]
    assert (violation.line, violation.column) == (3, 7) == violation.position(text)


def test_only_what_is_named_is_repaired() -> None:
    assert Schema(PERSON).validate('{"age": 1,}', lenient={"trailing_commas"}).valid
    assert Schema(PERSON).validate('{"age": 1,}', lenient={"comments"}).dead_at == 10
    assert repair_names(True) == repair_names(repair_names(True))
    assert repair_names(False) == []
    for wrong in (["trailing_comma"], "fences"):
        with pytest.raises(ValueError, match="no such repair"):
            Schema(PERSON).stream(lenient=wrong)  # type: ignore[arg-type]
    with pytest.raises(TaskError, match="lenient"):
        Task("…", output=Person, lenient=["fences"])  # type: ignore[list-item]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES, st.sampled_from([None, 2]), st.sets(st.sampled_from(repair_names(True))), st.integers(1, 9))
def test_valid_json_is_never_changed(value: Any, indent: int | None, lenient: set[Any], size: int) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False).encode("utf-8", "surrogatepass")
    strict = Schema(True).validate(text)
    stream = Schema(True).stream(lenient=lenient)
    for at in range(0, len(text), size):
        stream.feed(text[at : at + size])
    verdict = stream.finish()
    assert (verdict.state, verdict.dead_at, verdict.repairs) == (strict.state, strict.dead_at, ())
    if strict.valid:
        assert stream.value() == value


@given(VALUES.filter(lambda value: isinstance(value, dict | list)), st.data())
def test_python_s_own_repr_is_read(value: Any, data: st.DataObject) -> None:
    text = repr(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    if "\\x" in text or "\\U" in text:
        return  # escapes of Python's that JSON has not
    stream = Schema(True).stream(lenient={"single_quotes", "python_literals"})
    cut = data.draw(st.integers(0, len(text)))
    stream.feed(text[:cut])
    stream.feed(text[cut:])
    assert stream.finish().valid
    assert stream.value() == value


def lane(text: str) -> tuple[VirtualClock, Model]:
    clock = VirtualClock()
    return clock, Model("fast", run=ScriptedModel(Script(text), clock), price_in=1, price_out=1)


def test_a_race_reads_a_fenced_answer_where_it_is_asked_to() -> None:
    clock, model = lane(FENCED)
    with pytest.raises(RaceError):
        Atomic([model], clock=clock).run_sync(Task("Who?", output=Person))
    response = Atomic([model], clock=clock).run_sync(Task("Who?", output=Person, lenient=True))
    assert response.output == Person(age=42, name="Ann")
    # As it was sent, up to where the document ends.
    assert response.text == FENCED[: FENCED.index("}") + 1]
    assert response.trace is not None
    execution = response.trace.executions[-1]
    assert execution.repairs[:2] == (("prose", 0), ("fence", FENCED.index("```")))
    assert type(response.trace).from_json(response.trace.to_json()).executions[-1].repairs == execution.repairs


def test_a_race_closes_an_answer_that_is_cut_short() -> None:
    clock, model = lane('{"age": 42, "name": "An')
    response = Atomic([model], clock=clock).run_sync(Task("Who?", output=Person, lenient={"cut_short"}))
    assert response.output == Person(age=42, name="An")
    assert response.trace is not None
    assert response.trace.executions[-1].repairs == (("cut_short", 23),)

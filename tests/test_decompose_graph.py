"""Declared microtasks and the graph they make: everything wrong with it is refused by name, before anything runs."""

from __future__ import annotations

import random
import re
from enum import StrEnum
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from atomic_ai.decompose import Graph, Node, microtask
from atomic_ai.decompose.compatible import mismatch
from atomic_ai.decompose.need import Need
from atomic_ai.errors import TaskError
from atomic_ai.message import Image, Text
from atomic_ai.task import Task

PNG = b"\x89PNG\r\n\x1a\n0000"


class Mail(BaseModel):
    subject: str
    body: str


class Subject(BaseModel):
    subject: str


class Kind(StrEnum):
    COMPLAINT = "complaint"
    ORDER = "order"


class Triage(BaseModel):
    kind: Kind
    reply: str
    urgency: int = 0


@microtask
def kind(mail: Mail) -> Kind:
    """Which kind of mail is {mail.subject}?"""


@microtask(task_class="drafting", max_tokens=300)
def reply(mail: Mail, kind: Kind) -> str:
    """Draft a reply."""


def bare(name: str, *needs: str) -> Node:
    return Node(name, Task(name), tuple(Need(need) for need in needs))


def said(task: Task) -> str:
    return "\n".join(part.text for message in task.conversation() for part in message.parts if isinstance(part, Text))


def test_a_function_becomes_a_microtask() -> None:
    assert (reply.name, reply.task.task_class, reply.task.max_tokens) == ("reply", "drafting", 300)
    assert [need.name for need in reply.needs] == ["mail", "kind"]
    assert reply.schema is None
    assert kind.schema["$defs"]["Kind"]["enum"] == ["complaint", "order"]


def test_one_decorator_can_make_several() -> None:
    decorate = microtask(max_tokens=5)

    def one() -> str:
        """One."""

    def two() -> str:
        """Two."""

    assert [decorate(f).task.task_class for f in (one, two)] == ["one", "two"]


def test_a_root_that_is_no_object_is_asked_for_inside_one() -> None:
    assert kind.task.schema["type"] == "object"
    assert list(kind.task.schema["properties"]) == ["kind"]
    answer = kind.task.shape.parse('{"kind": "order"}')
    assert kind.result(answer) is Kind.ORDER


def test_the_prompt_is_filled_in_and_the_rest_appended() -> None:
    mail = Mail(subject="Late {again}", body="Where is it?")
    assert said(kind.bound({"mail": mail})) == "Which kind of mail is Late {again}?"
    text = said(reply.bound({"mail": mail, "kind": Kind.COMPLAINT}))
    assert text.startswith("Draft a reply.\nmail:\n{")
    assert text.endswith("kind:\ncomplaint")


def test_pictures_stay_pictures() -> None:
    @microtask
    def caption(picture: Image) -> str:
        """What is to be seen?"""

    parts = caption.bound({"picture": Image(PNG)}).conversation()[-1].parts
    assert [type(part) for part in parts] == [Text, Text, Image]


def test_one_model_can_be_read_as_another() -> None:
    @microtask
    def shout(mail: Subject) -> str:
        """{mail}"""

    assert said(shout.bound({"mail": Mail(subject="hi", body="secret")})) == '{"subject":"hi"}'


@pytest.mark.parametrize(
    ("prompt", "named"),
    [
        ("{mial}", "did you mean 'mail'"),
        ("{mail.__class__}", "no dotted name"),
        ("{mail[0]}", "no dotted name"),
        ("{mail!r}", "format"),
        ("{mail:>9}", "format"),
        ("{", "no template"),
        ("{}", "no dotted name"),
    ],
)
def test_a_prompt_that_names_nothing_is_refused(prompt: str, named: str) -> None:
    with pytest.raises(TaskError, match=named):

        @microtask(prompt=prompt)
        def wrong(mail: Mail) -> str: ...


def test_what_cannot_be_declared_is_refused() -> None:
    with pytest.raises(TaskError, match="no prompt"):

        @microtask
        def silent() -> str: ...

    with pytest.raises(TaskError, match="what it returns"):

        @microtask
        def void(mail: Mail):
            """?"""

    with pytest.raises(TaskError, match="'mail' has no type"):

        @microtask
        def untyped(mail) -> str:
            """?"""

    with pytest.raises(TaskError, match="'mails' names nothing"):

        @microtask
        def many(*mails: Mail) -> str:
            """?"""

    with pytest.raises(TaskError, match="'Nowhere' in its signature"):

        @microtask
        def lost(mail: Nowhere) -> str:  # noqa: F821
            """?"""


def test_an_attribute_that_is_not_there_is_named_without_the_value() -> None:
    @microtask
    def wrong(mail: Mail) -> str:
        """{mail.sender}"""

    with pytest.raises(TaskError, match="'mail' has no 'sender'") as caught:
        wrong.bound({"mail": Mail(subject="canary", body="canary")})
    assert "canary" not in str(caught.value)


def test_layers() -> None:
    graph = Graph([reply, kind], inputs={"mail": Mail}, output=Triage)
    assert graph.layers == (("kind",), ("reply",))
    assert repr(graph) == "Graph(kind → reply)"


@pytest.mark.parametrize(
    ("nodes", "inputs", "message"),
    [
        ([bare("a", "b"), bare("b", "c"), bare("c", "a")], {}, "circle: a → b → c → a"),
        ([bare("a", "a")], {}, "circle: a → a"),
        ([bare("x", "a"), bare("a", "b"), bare("b", "a")], {}, "circle: a → b → a"),
        ([bare("a", "mial")], {"mail": str}, "microtask 'a' needs 'mial', which nothing gives: did you mean 'mail'"),
        ([bare("a"), bare("a")], {}, "two microtasks are called 'a'"),
        ([bare("mail")], {"mail": str}, "both a microtask and a request input"),
        ([], {}, "at least one"),
        ([print], {}, "'print' is no microtask"),
    ],
)
def test_what_makes_no_graph_is_refused(nodes: list, inputs: dict, message: str) -> None:
    with pytest.raises(TaskError, match=message):
        Graph(nodes, inputs=inputs)


def test_edges_that_do_not_fit_are_refused() -> None:
    @microtask
    def score(mail: Mail) -> int:
        """How urgent is it?"""

    @microtask(name="later")
    def later(score: Mail) -> str:
        """?"""

    with pytest.raises(TaskError, match="'score' does not fit what microtask 'later' needs: the whole may be of type"):
        Graph([score, later], inputs={"mail": Mail})
    with pytest.raises(TaskError, match="'mail' does not fit what microtask 'kind' needs"):
        Graph([kind], inputs={"mail": int})


def test_fields_must_be_given_and_fit() -> None:
    with pytest.raises(TaskError, match=r"Triage\.reply is given by no microtask"):
        Graph([kind], inputs={"mail": Mail}, output=Triage)

    @microtask(name="kind")
    def number(mail: Mail) -> int:
        """?"""

    with pytest.raises(TaskError, match=r"microtask 'kind' does not fit Triage\.kind"):
        Graph([number, bare("reply")], inputs={"mail": Mail}, output=Triage)
    with pytest.raises(TaskError, match="no pydantic model"):
        Graph([kind], inputs={"mail": Mail}, output=int)
    with pytest.raises(TaskError, match="takes 'kin', which is no microtask: did you mean 'kind'"):
        Graph([kind], inputs={"mail": Mail}, assemble=lambda kin: kin)


def test_inputs_are_checked_when_they_are_given() -> None:
    graph = Graph([kind, reply], inputs={"mail": Mail}, output=Triage)
    bound = graph.with_input(mail={"subject": "s", "body": "b"})
    assert bound.values["mail"] == Mail(subject="s", body="b")
    assert not graph.values
    with pytest.raises(TaskError, match="no request input is called 'mial': did you mean 'mail'"):
        graph.with_input(mial=1)
    with pytest.raises(TaskError, match="'mail' is missing"):
        graph.with_input()
    with pytest.raises(TaskError, match=r"'mail' is no Mail \(body: missing\)"):
        graph.with_input(mail={"subject": "canary"})


def test_a_policy_needs_what_it_names() -> None:
    with pytest.raises(TaskError, match='on_failure="default" and no default'):
        Graph([kind], inputs={"mail": Mail}, on_failure="default")
    with pytest.raises(TaskError, match="use one of cancel, skip_dependents, default"):
        Graph([kind], inputs={"mail": Mail}, on_failure="ignore")  # type: ignore[call-overload]
    with pytest.raises(TaskError, match="use one of cancel, skip_dependents, default"):
        Node("a", Task("a"), on_failure="ignore")  # type: ignore[arg-type]


def test_the_record_says_what_goes_in_and_out() -> None:
    record = reply.artifact("r1")
    assert (record.id, record.request_id, record.task_class, record.output_schema) == ("reply", "r1", "drafting", None)
    assert record.input_schema["required"] == ["mail", "kind"]


@given(st.data())
def test_layers_keep_every_order(data: st.DataObject) -> None:
    """Any acyclic graph, declared in any order, comes out with each microtask after all it needs."""
    count = data.draw(st.integers(1, 8))
    needs = {i: data.draw(st.sets(st.integers(0, i - 1))) if i else set() for i in range(count)}
    nodes = [bare(f"n{i}", *(f"n{j}" for j in before)) for i, before in needs.items()]
    random.Random(count).shuffle(nodes)
    graph = Graph(nodes)
    level = {name: depth for depth, layer in enumerate(graph.layers) for name in layer}
    assert len(level) == count
    for i, before in needs.items():
        assert level[f"n{i}"] == max((level[f"n{j}"] + 1 for j in before), default=0)


@given(st.integers(1, 6), st.integers(0, 5))
def test_any_circle_is_found(length: int, tail: int) -> None:
    ring = [bare(f"r{i}", f"r{(i + 1) % length}") for i in range(length)]
    others = [bare(f"t{i}", f"t{i - 1}" if i else "r0") for i in range(tail)]
    with pytest.raises(TaskError, match="circle") as caught:
        Graph([*others, *ring])
    walked = str(caught.value).split(": ")[1].split(" → ")
    assert walked[0] == walked[-1]
    assert sorted(set(walked)) == sorted(f"r{i}" for i in range(length))


def schema(type_: object) -> dict:
    from pydantic import TypeAdapter

    return TypeAdapter(type_).json_schema()


class Narrow(BaseModel):
    a: int


class Wide(BaseModel):
    a: int | None
    b: str


class Tree(BaseModel):
    children: list[Tree] = []


@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [
        (int, float, None),
        (float, int, "type number"),
        (str, str, None),
        (str | None, str, "type null"),
        (str, str | None, None),
        (Literal["a"], Literal["a", "b"], None),
        (Literal["a", "c"], Literal["a", "b"], "'c'"),
        (list[int], list[str], r"\[\]"),
        (Narrow, Wide, "may lack 'b'"),
        (Wide, Narrow, "a may be of type null"),
        (Tree, Tree, None),
        (Annotated[int, Field(ge=0)], Annotated[int, Field(ge=5)], None),
        (dict, Narrow, "may lack 'a'"),
        (Narrow | Wide, Wide, "may lack 'b'"),
        (Narrow, Wide | Narrow, None),
        (int, str | list[str], "type integer"),
    ],
)
def test_compatibility(source: object, target: object, reason: str | None) -> None:
    found = mismatch(schema(source), schema(target))
    if reason is None:
        assert found is None
    else:
        assert found is not None
        assert re.search(reason, found)


TYPES = st.recursive(
    st.sampled_from([int, str, bool, float]),
    lambda inner: st.one_of(
        inner.map(lambda t: list[t]), inner.map(lambda t: t | None), st.tuples(inner, inner).map(lambda p: p[0] | p[1])
    ),
    max_leaves=5,
)


@given(TYPES)
def test_every_type_fits_itself(type_: object) -> None:
    assert mismatch(schema(type_), schema(type_)) is None

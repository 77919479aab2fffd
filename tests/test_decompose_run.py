"""Running a graph: order, parallelism, each failure policy, assembly; on asyncio and trio."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, model_validator

from atomic_ai.decompose import Graph, Node
from atomic_ai.decompose.need import Need
from atomic_ai.decompose.run import Results, run
from atomic_ai.errors import AssemblyError, BudgetError, RaceError, TaskError
from atomic_ai.task import Task

pytestmark = pytest.mark.anyio


@dataclass
class Said:
    output: Any


class Asker:
    """Answers by script; a microtask named in `gates` waits until all of its gate's names are being asked."""

    def __init__(self, answers: dict[str, Any] | None = None, gates: dict[str, set[str]] | None = None) -> None:
        self.answers = answers or {}
        self.gates = gates or {}
        self.asked: list[str] = []
        self.ended: list[str] = []
        self.cancelled: list[str] = []
        self._changed = anyio.Event()

    async def __call__(self, node: Node, task: Task[Any]) -> Said:
        self.asked.append(node.name)
        self._changed.set()
        self._changed = anyio.Event()
        try:
            while not self.gates.get(node.name, set()) <= set(self.asked):
                await self._changed.wait()
            await anyio.lowlevel.checkpoint()
        except anyio.get_cancelled_exc_class():
            self.cancelled.append(node.name)
            raise
        answer = self.answers.get(node.name, node.name.upper())
        self.ended.append(node.name)
        if isinstance(answer, Exception):
            raise answer
        return Said(answer)


def node(name: str, *needs: str, **options: Any) -> Node:
    return Node(name, Task(name), tuple(Need(need) for need in needs), **options)


async def outcome(graph: Graph[Any], asker: Asker) -> tuple[Any, Results]:
    with anyio.fail_after(5):
        return await run(graph, asker)


async def test_each_starts_when_what_it_needs_is_there() -> None:
    asker = Asker()
    output, results = await outcome(Graph([node("c", "a", "b"), node("b", "a"), node("a")]), asker)
    assert output == {"a": "A", "b": "B", "c": "C"}
    assert asker.asked == ["a", "b", "c"]
    assert set(results.answers) == {"a", "b", "c"}


async def test_independent_ones_run_at_the_same_time() -> None:
    """Each waits until the other is being asked: one after the other, they would never end."""
    asker = Asker(gates={"a": {"b"}, "b": {"a"}})
    output, _ = await outcome(Graph([node("a"), node("b")]), asker)
    assert output == {"a": "A", "b": "B"}


async def test_a_branch_does_not_wait_for_the_layer() -> None:
    """`slow` ends only once `after_quick` is asked, though both layers' first members are in one layer."""
    asker = Asker(gates={"slow": {"after_quick"}})
    await outcome(Graph([node("slow"), node("quick"), node("after_quick", "quick")]), asker)
    assert asker.ended[-1] in {"slow", "after_quick"}
    assert len(asker.ended) == 3


async def test_cancel_stops_the_others_and_raises_the_error_itself() -> None:
    error = RaceError("every lane ended")
    asker = Asker({"bad": error}, gates={"slow": {"never"}, "bad": {"slow"}})
    with pytest.raises(RaceError) as caught:
        await outcome(Graph([node("slow"), node("bad"), node("later", "bad")]), asker)
    assert caught.value is error
    assert caught.value.microtask == "bad"
    assert asker.cancelled == ["slow"]
    assert "later" not in asker.asked


async def test_skip_dependents_lets_the_others_end() -> None:
    error = RaceError("every lane ended")
    error.retryable = True
    graph = Graph(
        [node("bad"), node("child", "bad"), node("grandchild", "child"), node("good")], on_failure="skip_dependents"
    )
    output, results = await outcome(graph, asker := Asker({"bad": error}))
    assert output == {"good": "GOOD"}
    assert results.skipped == {"child": "bad", "grandchild": "bad"}
    assert results.failures == {"bad": error}
    assert sorted(asker.asked) == ["bad", "good"]


class Pair(BaseModel):
    good: str
    bad: str
    extra: str = "none"


async def test_what_is_missing_is_named_with_its_cause() -> None:
    error = RaceError("every lane ended", retryable=True)
    graph = Graph([node("bad"), node("good")], output=Pair, on_failure="skip_dependents")
    with pytest.raises(AssemblyError, match="Pair lacks bad") as caught:
        await outcome(graph, Asker({"bad": error}))
    assert caught.value.missing == ("bad",)
    assert caught.value.failures == {"bad": error}
    assert caught.value.results == {"good": "GOOD"}
    assert caught.value.retryable
    assert caught.value.__cause__ is error


async def test_a_field_with_a_default_may_be_missing() -> None:
    graph = Graph([node("bad"), node("good"), node("extra")], output=Pair, on_failure="skip_dependents")
    output, _ = await outcome(graph, Asker({"extra": RaceError("no")}))
    assert output == Pair(good="GOOD", bad="BAD", extra="none")


async def test_a_default_stands_in_and_is_told_to_dependents() -> None:
    graph = Graph([node("bad", on_failure="default", default="calm"), node("child", "bad")])
    output, results = await outcome(graph, Asker({"bad": RaceError("no")}))
    assert output == {"bad": "calm", "child": "CHILD"}
    assert results.defaulted == {"bad"}
    assert set(results.failures) == {"bad"}


async def test_a_skipped_microtask_may_have_a_default_of_its_own() -> None:
    graph = Graph(
        [node("bad"), node("child", "bad", on_failure="default", default="spare"), node("last", "child")],
        on_failure="skip_dependents",
    )
    output, results = await outcome(graph, Asker({"bad": RaceError("no")}))
    assert output == {"child": "spare", "last": "LAST"}
    assert results.skipped == {"child": "bad"}


@pytest.mark.parametrize("policy", ["cancel", "skip_dependents", "default"])
async def test_the_callers_own_mistakes_stop_everything(policy: Any) -> None:
    graph = Graph([node("bad", default=None), node("good", default=None)], on_failure=policy)
    with pytest.raises(TaskError):
        await outcome(graph, Asker({"bad": TaskError("no such tool")}, gates={"good": {"never"}}))
    with pytest.raises(ZeroDivisionError):
        await outcome(graph, Asker({"bad": ZeroDivisionError()}, gates={"good": {"never"}}))


async def test_two_failures_at_once_raise_one_error() -> None:
    with pytest.raises(BudgetError):
        await outcome(Graph([node("a"), node("b")]), Asker({"a": BudgetError("x"), "b": BudgetError("y")}))


async def test_a_cancelled_caller_stops_all() -> None:
    asker = Asker(gates={"a": {"never"}, "b": {"never"}})
    with anyio.move_on_after(0.01) as scope:
        await run(Graph([node("a"), node("b")]), asker)
    assert scope.cancelled_caught
    assert sorted(asker.cancelled) == ["a", "b"]


async def test_a_missing_request_input_is_refused_before_anything_is_asked() -> None:
    asker = Asker()
    with pytest.raises(TaskError, match="'mail' is missing"):
        await run(Graph([node("a", "mail")], inputs={"mail": str}), asker)
    assert not asker.asked


async def test_assemble_gets_what_its_parameters_name() -> None:
    graph = Graph([node("a"), node("b"), node("c")], assemble=lambda b, a: f"{a}{b}")
    assert (await outcome(graph, Asker()))[0] == "AB"


async def test_assemble_may_do_without() -> None:
    graph = Graph([node("a"), node("b")], assemble=lambda a, b="-": f"{a}{b}", on_failure="skip_dependents")
    assert (await outcome(graph, Asker({"b": RaceError("no")})))[0] == "A-"
    with pytest.raises(AssemblyError, match="needs a"):
        await outcome(graph, Asker({"a": RaceError("no")}))


class Range(BaseModel):
    low: int = Field(alias="Low")
    high: int

    @model_validator(mode="after")
    def ordered(self) -> Range:
        if self.low > self.high:
            raise ValueError("canary")
        return self


async def test_the_whole_is_validated_and_values_stay_out_of_the_error() -> None:
    def number(name: str) -> Node:
        return Node(name, Task(name, output={"type": "integer"}))

    graph = Graph([number("low"), number("high")], output=Range)
    assert (await outcome(graph, Asker({"low": 1, "high": 2})))[0].high == 2
    with pytest.raises(AssemblyError, match="the whole: value_error") as caught:
        await outcome(graph, Asker({"low": 7777, "high": 2}))
    assert "7777" not in str(caught.value)
    assert "canary" not in str(caught.value)


async def refuses_later(_: Any) -> bool:
    await anyio.lowlevel.checkpoint()
    return False


def raises(_: Any) -> None:
    raise ValueError("canary")


@pytest.mark.parametrize("validator", [lambda output: False, refuses_later, raises])
async def test_validators_judge_the_response(validator: Any) -> None:
    with pytest.raises(AssemblyError, match="a validator refuses the response") as caught:
        await outcome(Graph([node("a")], validators=[validator]), Asker())
    assert "canary" not in str(caught.value)
    assert caught.value.results == {"a": "A"}


@pytest.mark.parametrize("validator", [lambda output: None, lambda output: True, lambda output: 0])
async def test_only_false_or_an_exception_refuses(validator: Any) -> None:
    assert (await outcome(Graph([node("a")], validators=[validator]), Asker()))[0] == {"a": "A"}


def graphs() -> st.SearchStrategy[tuple[list[Node], set[str]]]:
    """Acyclic graphs of up to seven microtasks and which of them fail."""

    @st.composite
    def drawn(draw: st.DrawFn) -> tuple[list[Node], set[str]]:
        names = [f"n{i}" for i in range(draw(st.integers(1, 7)))]
        nodes = [
            node(name, *draw(st.sets(st.sampled_from(names[:i])) if i else st.just(set())))
            for i, name in enumerate(names)
        ]
        return draw(st.permutations(nodes)), draw(st.sets(st.sampled_from(names)))

    return drawn()


@given(graphs())
def test_every_microtask_has_exactly_one_end(drawn: tuple[list[Node], set[str]]) -> None:
    nodes, failing = drawn
    asker = Asker({name: RaceError(name) for name in failing})
    output, results = anyio.run(run, Graph(nodes, on_failure="skip_dependents"), asker)
    ends = [*results.answers, *results.failures, *results.skipped]
    assert sorted(ends) == sorted(node.name for node in nodes)
    assert set(results.failures) == failing & set(asker.asked)
    by_name = {node.name: node for node in nodes}
    for name, culprit in results.skipped.items():
        assert culprit in failing
        assert any(need.name in {*results.failures, *results.skipped} for need in by_name[name].needs)
    assert set(output) == set(results.answers)

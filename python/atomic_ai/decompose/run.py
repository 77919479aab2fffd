"""Runs a graph: each microtask as soon as what it needs is there, independent ones at the same time.

It knows neither models nor money: `ask` runs one microtask and gives its answer.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import anyio

from atomic_ai.errors import AssemblyError, AtomicError, MisuseError

if TYPE_CHECKING:
    from atomic_ai.decompose.graph import Graph
    from atomic_ai.decompose.node import Node
    from atomic_ai.task import Task

T = TypeVar("T")


class Answer(Protocol):
    """What came of one microtask.

    Attributes:
        output: the typed, validated output.
    """

    @property
    def output(self) -> Any:
        """The typed, validated output."""
        ...


class Ask(Protocol):
    """Runs one microtask to its answer."""

    def __call__(self, node: Node, task: Task[Any], /) -> Awaitable[Answer]:
        """Ask `task`, which is `node`'s with everything it needs filled in.

        Raises:
            AtomicError: no answer was good.
        """
        ...


@dataclass(slots=True)
class Results:
    """How each microtask ended; every one that was reached is in exactly one of `answers`, `failures` and `skipped`.

    Attributes:
        values: results by name, defaults among them.
        answers: what `ask` gave.
        failures: why a microtask has none.
        skipped: the failed microtask for whose sake one was not asked.
        defaulted: names whose value is their default.
    """

    values: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    failures: dict[str, AtomicError] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    defaulted: set[str] = field(default_factory=set)


async def run(graph: Graph[T], ask: Ask) -> tuple[T, Results]:
    """The response's output, and how each microtask ended.

    Raises:
        AtomicError: a microtask failed under `on_failure="cancel"`: its own error, with `microtask` set.
        AssemblyError: what came does not make the response.
        MisuseError: a microtask cannot be asked as written; it counts as nobody's failure and stops everything.
    """
    if graph.inputs.keys() - graph.values.keys():
        graph.with_input()
    results = Results()
    await _Execution(graph, ask, results).run()
    try:
        output = graph.assemble(results.values)
        await _accept(graph, output)
    except AssemblyError as error:
        error.failures, error.results = dict(results.failures), dict(results.values)
        error.retryable = any(failure.retryable for failure in results.failures.values())
        raise error from next(iter(results.failures.values()), None)
    return output, results


async def _accept(graph: Graph[Any], output: Any) -> None:
    for validator in graph.validators:
        try:
            accepted = validator(output)
            accepted = await accepted if inspect.isawaitable(accepted) else accepted
        except Exception as error:
            raise AssemblyError(f"a validator refuses the response ({type(error).__name__})") from error
        if accepted is False:
            raise AssemblyError("a validator refuses the response")


class _Execution:
    """One run of a graph."""

    def __init__(self, graph: Graph[Any], ask: Ask, results: Results) -> None:
        self._graph = graph
        self._ask = ask
        self._results = results
        self._done = {name: anyio.Event() for name in graph.nodes}
        self._fatal: Exception | None = None

    async def run(self) -> None:
        async with anyio.create_task_group() as tasks:
            for node in self._graph.nodes.values():
                tasks.start_soon(self._run, node, tasks.cancel_scope)
        if self._fatal is not None:
            raise self._fatal

    async def _run(self, node: Node, scope: anyio.CancelScope) -> None:
        for need in node.needs:
            if need.name in self._done:
                await self._done[need.name].wait()
        try:
            await self._answer(node)
        except Exception as error:  # noqa: BLE001 - raised again, as itself and alone, once every task has ended
            if self._fatal is None:
                self._fatal = error
            scope.cancel()
        self._done[node.name].set()

    async def _answer(self, node: Node) -> None:
        results, needed = self._results, [need.name for need in node.needs]
        known = {**self._graph.values, **results.values}
        absent = next((name for name in needed if name not in known), None)
        if absent is not None:
            results.skipped[node.name] = results.skipped.get(absent, absent)
            self._stand_in(node)
            return
        try:
            answer = await self._ask(node, node.bound(known))
            results.answers[node.name] = answer
            results.values[node.name] = node.result(answer.output)
        except MisuseError:
            raise
        except AtomicError as error:
            error.microtask = node.name
            if self._graph.policy(node.name) == "cancel":
                raise
            results.failures[node.name] = error
            self._stand_in(node)

    def _stand_in(self, node: Node) -> None:
        if self._graph.policy(node.name) == "default":
            self._results.values[node.name] = node.default
            self._results.defaulted.add(node.name)

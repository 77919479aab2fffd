"""Microtasks and what they need of each other: checked when it is made, before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, get_args, overload

from atomic_ai.assemble import Assembly, into_call, into_model, is_model, required_fields
from atomic_ai.decompose.compatible import mismatch
from atomic_ai.decompose.need import Need
from atomic_ai.decompose.node import MISSING, Node, OnFailure
from atomic_ai.errors import TaskError
from atomic_ai.spelling import did_you_mean
from atomic_ai.task import checked_metadata

if TYPE_CHECKING:
    from typing import Self

T = TypeVar("T")

_TEXT = {"type": "string"}


class Graph(Generic[T]):
    """Microtasks that make one response. Immutable; `with_input` gives it what a run is about.

    Attributes:
        nodes: the microtasks by name, in topological order.
        layers: names of microtasks, each layer depending on earlier ones only.
        inputs: the request inputs by name, each with its type.
        values: the request inputs of this run.
        metadata: the caller's own words, carried to the outcome.
        on_failure: what a failed microtask means, where it does not say so itself.
        assemble: makes the response of the results.
        validators: asked with the response; False or an exception refuses it.
    """

    __slots__ = ("assemble", "inputs", "layers", "metadata", "nodes", "on_failure", "validators", "values")

    @overload
    def __init__(
        self,
        nodes: Iterable[Node],
        *,
        output: type[T],
        inputs: Mapping[str, Any] | None = None,
        assemble: None = None,
        validators: Iterable[Callable[[Any], object]] = (),
        on_failure: OnFailure = "cancel",
    ) -> None: ...
    @overload
    def __init__(
        self,
        nodes: Iterable[Node],
        *,
        assemble: Callable[..., T],
        output: type[T] | None = None,
        inputs: Mapping[str, Any] | None = None,
        validators: Iterable[Callable[[Any], object]] = (),
        on_failure: OnFailure = "cancel",
    ) -> None: ...
    @overload
    def __init__(
        self: Graph[dict[str, Any]],
        nodes: Iterable[Node],
        *,
        output: None = None,
        inputs: Mapping[str, Any] | None = None,
        assemble: None = None,
        validators: Iterable[Callable[[Any], object]] = (),
        on_failure: OnFailure = "cancel",
    ) -> None: ...
    def __init__(
        self,
        nodes: Iterable[Node],
        *,
        output: Any = None,
        inputs: Mapping[str, Any] | None = None,
        assemble: Callable[..., Any] | None = None,
        validators: Iterable[Callable[[Any], object]] = (),
        on_failure: OnFailure = "cancel",
    ) -> None:
        """Check and order the microtasks.

        Args:
            nodes: the microtasks.
            output: the response's type, a pydantic model whose fields are named like microtasks; None gives a dict.
            inputs: the request inputs' names and types.
            assemble: makes the response; its parameters name microtasks.
            validators: asked with the response; False or an exception refuses it.
            on_failure: what a failed microtask means for the rest.

        Raises:
            TaskError: a name twice or unknown, a cycle, an edge whose types do not fit, a field nothing gives.
        """
        self.inputs = {name: Need(name, type_) for name, type_ in (inputs or {}).items()}
        by_name = _by_name(nodes, self.inputs)
        self.on_failure: OnFailure = on_failure
        self.validators = tuple(validators)
        self._check_policies(by_name)
        _check_known(by_name, self.inputs)
        self.layers = _layers(by_name)
        self.nodes: Mapping[str, Node] = {name: by_name[name] for layer in self.layers for name in layer}
        self._check_edges()
        self.values: Mapping[str, Any] = {}
        self.metadata: Mapping[str, str] = {}
        self.assemble = cast("Assembly[T]", _assembly(self.nodes, output, assemble))

    def with_input(self, **values: Any) -> Self:
        """This graph about these request inputs.

        Raises:
            TaskError: one is missing, unknown or of another type.
        """
        for name in values:
            if name not in self.inputs:
                raise TaskError(f"no request input is called {name!r}{did_you_mean(name, self.inputs)}")
        for name in self.inputs:
            if name not in values:
                raise TaskError(f"the request input {name!r} is missing")
        copy = self._copy()
        copy.values = {name: need.taken(values[name]) for name, need in self.inputs.items()}
        return copy

    def with_metadata(self, metadata: Mapping[str, str]) -> Self:
        """This graph with the caller's own words, which the outcome carries.

        Raises:
            TaskError: it is no dict with names as keys.
        """
        copy = self._copy()
        copy.metadata = checked_metadata(metadata)
        return copy

    def _copy(self) -> Self:
        copy = object.__new__(type(self))
        for slot in Graph.__slots__:
            setattr(copy, slot, getattr(self, slot))
        return copy

    def policy(self, name: str) -> OnFailure:
        """What a failure of that microtask means."""
        return self.nodes[name].on_failure or self.on_failure

    def _check_policies(self, nodes: Mapping[str, Node]) -> None:
        if self.on_failure not in get_args(OnFailure):
            raise TaskError(f"on_failure={self.on_failure!r}: use one of {', '.join(get_args(OnFailure))}")
        for node in nodes.values():
            if (node.on_failure or self.on_failure) == "default" and node.default is MISSING:
                raise TaskError(f'microtask {node.name!r} has on_failure="default" and no default')

    def _check_edges(self) -> None:
        for node in self.nodes.values():
            for need in node.needs:
                given = _given(self.nodes, self.inputs, need.name)
                reason = None if need.schema is None or given is None else mismatch(given, need.schema)
                if reason:
                    raise TaskError(f"{need.name!r} does not fit what microtask {node.name!r} needs: {reason}")

    def __repr__(self) -> str:
        return f"Graph({' → '.join(', '.join(layer) for layer in self.layers)})"


def _by_name(nodes: Iterable[Node], inputs: Mapping[str, Need]) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for node in nodes:
        if not isinstance(node, Node):
            raise TaskError(f"{getattr(node, '__name__', node)!r} is no microtask: decorate it with @microtask")
        if node.name in found:
            raise TaskError(f"two microtasks are called {node.name!r}")
        if node.name in inputs:
            raise TaskError(f"{node.name!r} is both a microtask and a request input")
        found[node.name] = node
    if not found:
        raise TaskError("a graph needs at least one microtask")
    return found


def _check_known(nodes: Mapping[str, Node], inputs: Mapping[str, Need]) -> None:
    for node in nodes.values():
        for need in node.needs:
            if need.name not in nodes and need.name not in inputs:
                near = did_you_mean(need.name, [*nodes, *inputs])
                raise TaskError(f"microtask {node.name!r} needs {need.name!r}, which nothing gives{near}")


def _layers(nodes: Mapping[str, Node]) -> tuple[tuple[str, ...], ...]:
    """Kahn's algorithm, a layer a round (Kahn 1962, Topological sorting of large networks)."""
    waiting = {name: {need.name for need in node.needs} & nodes.keys() for name, node in nodes.items()}
    layers: list[tuple[str, ...]] = []
    while waiting:
        ready = tuple(name for name, needs in waiting.items() if not needs & waiting.keys())
        if not ready:
            raise TaskError(f"microtasks need each other in a circle: {_circle(waiting)}")
        layers.append(ready)
        for name in ready:
            del waiting[name]
    return tuple(layers)


def _circle(waiting: Mapping[str, set[str]]) -> str:
    """One circle as `a → b → a`: whoever waits, waits for another that waits, so walking on must come back."""
    path = [min(waiting)]
    while path[-1] not in path[:-1]:
        path.append(min(waiting[path[-1]] & waiting.keys()))
    return " → ".join(path[path.index(path[-1]) :])


def _given(nodes: Mapping[str, Node], inputs: Mapping[str, Need], name: str) -> Mapping[str, Any] | None:
    if name in inputs:
        return inputs[name].schema
    schema = nodes[name].schema
    return _TEXT if schema is None else schema


def _assembly(nodes: Mapping[str, Node], output: Any, assemble: Callable[..., Any] | None) -> Assembly[Any]:
    if assemble is not None:
        return into_call(assemble, nodes, output)
    if output is None:
        return dict
    if not is_model(output):
        raise TaskError(
            f"output={output!r} is no pydantic model with fields: give assemble=… to make one of the results"
        )
    for name in required_fields(output):
        if name not in nodes:
            raise TaskError(f"{output.__name__}.{name} is given by no microtask{did_you_mean(name, nodes)}")
    schema = output.model_json_schema()
    by_field = {name: schema["properties"][key] for name, key in _keys(output).items() if name in nodes}
    for name, wanted in by_field.items():
        given = nodes[name].schema or _TEXT
        reason = mismatch(given, {**wanted, "$defs": schema.get("$defs", {})})
        if reason:
            raise TaskError(f"microtask {name!r} does not fit {output.__name__}.{name}: {reason}")
    return into_model(output)


def _keys(output: Any) -> dict[str, str]:
    from atomic_ai.assemble import member

    return {name: member(output.__name__, name, field) for name, field in output.model_fields.items()}

"""Tools: functions a model may propose to call; only the winner's proposals are carried out."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, get_type_hints, overload

from atomic_ai.errors import TaskError

if TYPE_CHECKING:
    from pydantic import BaseModel

Effects = Literal["read", "write"]

KEY_PARAMETER = "idempotency_key"
"""A function's parameter of this name gets the call's idempotency key and is not shown to the model."""


@dataclass(frozen=True, slots=True, eq=False)
class Tool:
    """What a model may propose to call.

    Attributes:
        name: how the model calls it.
        description: what it is told about it.
        parameters: JSON Schema of the arguments, an object.
        effects: "write" (default) changes the world and runs after the decision only; "read" may run early if asked.
        function: what carries it out, or None where the caller does that itself.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    effects: Effects = "write"
    function: Callable[..., Any] | None = None
    _arguments: type[BaseModel] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.effects not in ("read", "write"):
            raise TaskError(f'tool {self.name!r}: effects is "read" or "write", not {self.effects!r}')
        if self.parameters.get("type") != "object":
            raise TaskError(f'tool {self.name!r}: parameters is a JSON Schema with "type": "object"')

    async def invoke(self, arguments: str | bytes, idempotency_key: str) -> Any:
        """Carry out one call; a plain function runs in a worker thread.

        Args:
            arguments: JSON text of one object.
            idempotency_key: the same for repeats of the same call; handed to a parameter of that name.

        Raises:
            TaskError: the tool has no function, or the arguments do not fit its signature.
        """
        if self.function is None or self._arguments is None:
            raise TaskError(f"tool {self.name!r} has no function: carry out its calls where you receive them")
        call = partial(self.function, **self._checked(arguments))
        if KEY_PARAMETER in inspect.signature(self.function).parameters:
            call = partial(call, **{KEY_PARAMETER: idempotency_key})
        if inspect.iscoroutinefunction(self.function):
            return await call()
        from anyio import to_thread

        return await to_thread.run_sync(call)

    def _checked(self, arguments: str | bytes) -> dict[str, Any]:
        from pydantic import ValidationError

        assert self._arguments is not None  # noqa: S101 - `invoke` has looked
        try:
            parsed = self._arguments.model_validate_json(arguments)
        except ValidationError as error:
            # The input is left out: arguments are the model's words about the caller's data.
            places = "; ".join(
                f"{'.'.join(map(str, e['loc']))}: {e['type']}" for e in error.errors(include_input=False)
            )
            raise TaskError(f"tool {self.name!r}: the arguments do not fit ({places})") from None
        return {name: getattr(parsed, name) for name in type(parsed).model_fields if name in parsed.model_fields_set}


@overload
def tool(function: Callable[..., Any], /) -> Tool: ...
@overload
def tool(
    *, effects: Effects = "write", name: str | None = None, description: str | None = None
) -> Callable[[Callable[..., Any]], Tool]: ...
def tool(
    function: Callable[..., Any] | None = None,
    /,
    *,
    effects: Effects = "write",
    name: str | None = None,
    description: str | None = None,
) -> Tool | Callable[[Callable[..., Any]], Tool]:
    """Make a `Tool` of a function: its parameters' types give the schema, its docstring the description.

    Args:
        function: the function, where the decorator is used bare.
        effects: whether it changes the world ("write", the default) or only looks ("read").
        name: its name for the model, the function's otherwise.
        description: its description, the docstring otherwise.

    Raises:
        TaskError: a parameter without a type, or one that cannot be given by name.
    """

    def made(function: Callable[..., Any]) -> Tool:
        called = name or function.__name__
        arguments = _arguments_of(function, called)
        schema = arguments.model_json_schema()
        schema.pop("title", None)
        about = description if description is not None else inspect.getdoc(function) or ""
        return Tool(called, about, schema, effects, function, arguments)

    return made if function is None else made(function)


def _arguments_of(function: Callable[..., Any], name: str) -> type[BaseModel]:
    from pydantic import ConfigDict, create_model
    from pydantic.errors import PydanticUserError

    try:
        hints = get_type_hints(function, include_extras=True)
    except NameError as error:
        raise TaskError(f"tool {name!r}: the type {error.name!r} in its signature is not defined") from None
    fields: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name == KEY_PARAMETER:
            continue
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise TaskError(f"tool {name!r}: parameter {parameter.name!r} cannot be given by name")
        if parameter.name not in hints:
            raise TaskError(f"tool {name!r}: parameter {parameter.name!r} has no type")
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[parameter.name] = (hints[parameter.name], default)
    try:
        arguments: type[BaseModel] = create_model(name, __config__=ConfigDict(extra="forbid"), **fields)
        arguments.model_json_schema()
    except (PydanticUserError, TypeError) as error:
        raise TaskError(f"tool {name!r}: a parameter's type has no JSON Schema ({type(error).__name__})") from None
    return arguments

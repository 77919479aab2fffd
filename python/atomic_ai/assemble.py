"""The microtasks' results become the response, validated by pydantic."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from atomic_ai.errors import AssemblyError, TaskError
from atomic_ai.spelling import did_you_mean

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

T = TypeVar("T")

Assembly = Callable[[Mapping[str, Any]], T]
"""Makes the response's output of the results by name; raises `AssemblyError` where they do not suffice."""


def into_model(output: type[T]) -> Assembly[T]:
    """Each result becomes the field of its name; the model's defaults stand in for what is not there."""
    fields: Mapping[str, FieldInfo] = output.model_fields  # type: ignore[attr-defined]
    keys = {name: member(output.__name__, name, field) for name, field in fields.items()}

    def assembly(results: Mapping[str, Any]) -> Any:
        missing = [name for name, field in fields.items() if field.is_required() and name not in results]
        if missing:
            raise AssemblyError(f"{output.__name__} lacks {', '.join(missing)}", missing=tuple(missing))
        return validated(output, {keys[name]: value for name, value in results.items() if name in keys})

    return assembly


def into_call(function: Callable[..., T], names: Mapping[str, Any], output: Any = None) -> Assembly[T]:
    """`function` gets the results that its parameters name; a parameter's default stands in for what is not there.

    Raises:
        TaskError: a parameter names no microtask.
    """
    parameters = inspect.signature(function).parameters.values()
    takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    named = {p.name: p.default is p.empty for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}
    for name in named:
        if name not in names:
            raise TaskError(f"assemble= takes {name!r}, which is no microtask{did_you_mean(name, names)}")

    def assembly(results: Mapping[str, Any]) -> T:
        missing = tuple(name for name, required in named.items() if required and name not in results)
        if missing:
            raise AssemblyError(f"assemble= needs {', '.join(missing)}", missing=missing)
        made = function(**{name: value for name, value in results.items() if takes_all or name in named})
        return made if output is None else validated(output, made)

    return assembly


def into_one(name: str) -> Assembly[Any]:
    """The one result of that name is the response."""

    def assembly(results: Mapping[str, Any]) -> Any:
        if name not in results:
            raise AssemblyError(f"the answer lacks {name}", missing=(name,))
        return results[name]

    return assembly


def validated(output: Any, value: Any) -> Any:
    """`value` as `output`.

    Raises:
        AssemblyError: a validator of the output type refuses it; the message names places, not values.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(output).validate_python(value)
    except ValidationError as error:
        places = tuple(
            f"{'.'.join(map(str, e['loc'])) or 'the whole'}: {e['type']}" for e in error.errors(include_input=False)
        )
        name = getattr(output, "__name__", str(output))
        raise AssemblyError(f"the results make no {name}: {'; '.join(places)}", places=places) from None


def member(owner: str, name: str, field: FieldInfo) -> str:
    """The key that pydantic reads a field from.

    Raises:
        TaskError: the field is read from a path inside another member.
    """
    from pydantic import AliasChoices

    alias = field.validation_alias if field.validation_alias is not None else field.alias
    if isinstance(alias, AliasChoices):
        alias = next((choice for choice in alias.choices if isinstance(choice, str)), None)
    if alias is not None and not isinstance(alias, str):
        raise TaskError(f"{owner}.{name} is read from a path: a microtask gives a whole field; use a plain alias")
    return alias or name


def is_model(output: Any) -> bool:
    """Whether results can become fields: `output` is a pydantic model class with fields of its own."""
    from pydantic import BaseModel, RootModel

    return isinstance(output, type) and issubclass(output, BaseModel) and not issubclass(output, RootModel)


def required_fields(output: type[BaseModel]) -> tuple[str, ...]:
    """The fields that have no default."""
    return tuple(name for name, field in output.model_fields.items() if field.is_required())

"""What a microtask needs: a request input or another microtask's result, as the type it wants to see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from atomic_ai.errors import TaskError
from atomic_ai.message import File, Image, Part, Text, written


@dataclass(frozen=True, slots=True, eq=False)
class Need:
    """One thing that must be there before a microtask can be asked.

    Attributes:
        name: the microtask or request input it comes from.
        type: what it is taken as; `Any` takes it as it comes.
        schema: JSON Schema of that type, or None where it has none (pictures, files, `Any`).
    """

    name: str
    type: Any = Any
    schema: Mapping[str, Any] | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "schema", _schema(self.name, self.type))

    def taken(self, value: Any) -> Any:
        """`value` as the needed type.

        Raises:
            TaskError: it does not fit; the message names the place, not the value.
        """
        if self.type is Any or _is_part(self.type):
            return value
        from pydantic import TypeAdapter, ValidationError

        adapter = TypeAdapter(self.type)
        try:
            return adapter.validate_python(_plain_unless(self.type, value))
        except ValidationError as error:
            places = "; ".join(
                f"{'.'.join(map(str, e['loc'])) or 'the whole'}: {e['type']}" for e in error.errors(include_input=False)
            )
            raise TaskError(f"{self.name!r} is no {shown(self.type)} ({places})") from None


def parts_of(name: str, value: Any) -> tuple[Part, ...]:
    """A value as labelled input: pictures and files stay what they are."""
    if isinstance(value, Image | File):
        return (Text(f"{name}:"), value)
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping):
        items = tuple(value)
        if any(isinstance(item, Image | File) for item in items):
            return (Text(f"{name}:"), *(item if isinstance(item, Part) else Text(written(item)) for item in items))
    return (Text(f"{name}:\n{value.text if isinstance(value, Text) else written(value)}"),)


def shown(type_: Any) -> str:
    """A type's name for messages."""
    return getattr(type_, "__name__", None) or str(type_)


def _is_part(type_: Any) -> bool:
    return isinstance(type_, type) and issubclass(type_, Image | File | Text)


def _plain_unless(type_: Any, value: Any) -> Any:
    """`value` itself where it is already of `type_`, else as JSON data, so that one model can be read as another."""
    from pydantic import BaseModel

    if isinstance(type_, type) and isinstance(value, type_):
        return value
    return orjson.loads(value.model_dump_json()) if isinstance(value, BaseModel) else value


def _schema(name: str, type_: Any) -> Mapping[str, Any] | None:
    if type_ is Any or _is_part(type_):
        return None
    from pydantic import TypeAdapter
    from pydantic.errors import PydanticUserError

    try:
        return TypeAdapter(type_).json_schema()
    except (PydanticUserError, NameError, TypeError):
        if any(_is_part(part) for part in getattr(type_, "__args__", ())):
            return None
        raise TaskError(f"{name!r}: no JSON Schema can be made of its type {shown(type_)}") from None

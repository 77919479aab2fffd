"""The type of an answer: its JSON Schema for the referee, its parser for the caller."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import orjson

from atomic_ai.errors import TaskError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")

_LONG = re.compile("[0-9]{18}")
"""Digits enough for a number that 64 bits may not hold."""


class OutputType(Generic[T]):
    """What an answer must be, once read from its source.

    Attributes:
        source: what the caller gave: a type that pydantic knows, or a JSON Schema as a dict.
        name: a name for providers that want one; letters, digits, underscores.
        schema: JSON Schema, 2020-12 where it comes from a type.
    """

    __slots__ = ("_adapter", "name", "schema", "source")

    def __init__(self, source: Any) -> None:
        self.source = source
        self._adapter: TypeAdapter[T] | None = None
        if isinstance(source, Mapping):
            self.schema: Mapping[str, Any] = source
            self.name = _name(source.get("title"))
        else:
            self._adapter = _adapter(source)
            self.schema = _schema(self._adapter, source)
            self.name = _name(getattr(source, "__name__", None))

    def parse(self, document: bytes | str) -> T:
        """The typed value of one whole JSON document that the schema has accepted.

        Raises:
            pydantic.ValidationError: a validator of the caller's type refuses it.
        """
        if self._adapter is not None:
            return self._adapter.validate_json(document)
        text = document if isinstance(document, str) else document.decode()
        # orjson reads integers of more than 64 bits as floats, or not at all.
        value: T = json.loads(text) if _LONG.search(text) else orjson.loads(text)
        return value

    def __repr__(self) -> str:
        return f"OutputType({self.name})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (OutputType, (self.source,))


def _adapter(source: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter
    from pydantic.errors import PydanticUserError

    try:
        return TypeAdapter(source)
    except (PydanticUserError, NameError, TypeError) as error:
        raise TaskError(
            f"output={_shown(source)}: no JSON Schema can be made of it ({type(error).__name__}); "
            "use a pydantic model, a dataclass, a TypedDict, or a JSON Schema as a dict"
        ) from None


def _schema(adapter: TypeAdapter[Any], source: Any) -> dict[str, Any]:
    from pydantic.errors import PydanticUserError

    try:
        return adapter.json_schema()
    except PydanticUserError as error:
        raise TaskError(f"output={_shown(source)}: it has a part without JSON Schema: {error.message}") from None


def _shown(source: Any) -> str:
    return getattr(source, "__qualname__", None) or type(source).__qualname__


def _name(given: object) -> str:
    letters = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in str(given or ""))
    return letters[:64] or "answer"

"""The referee: JSON Schema, judged while the document arrives, dead at the earliest byte.

schema = Schema({"type": "object", "properties": {"age": {"type": "integer"}}})
stream = schema.stream()
stream.feed('{"age": "')      # Verdict(state="invalid", dead_at=8, …)
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import orjson

from atomic_ai._core import Change, CompiledSchema, SchemaStream, Verdict, Violation
from atomic_ai.errors import SchemaError

__all__ = ["Change", "Keyword", "Report", "Schema", "SchemaSource", "SchemaStream", "Verdict", "Violation"]

SchemaSource: TypeAlias = "Mapping[str, Any] | bool | str | bytes | type[Any]"
Draft: TypeAlias = Literal["4", "6", "7", "2019-09", "2020-12"]


@dataclass(frozen=True, slots=True)
class Keyword:
    """A keyword of a schema.

    Attributes:
        schema_path: JSON Pointer to it, as in violations.
        name: the keyword.
        timing: when its violation is known: at the "earliest" byte; as soon as its parts are certain, at the latest
            when the value closes ("close"); when the string closes, by a matcher bounded in steps ("backtracking").
    """

    schema_path: str
    name: str
    timing: str


@dataclass(frozen=True, slots=True)
class Report:
    """What compiling a schema found out.

    Attributes:
        contradiction: what makes every document invalid, or None.
        keywords: every keyword that asks something, in the schemas that the root leads to.
    """

    contradiction: Violation | None
    keywords: tuple[Keyword, ...]


class Schema:
    """A JSON Schema, compiled once: immutable, thread-safe, picklable, shared by any number of streams.

    Args:
        source: a schema as dict, bool or JSON text, or a type that has one: a pydantic model, a dataclass, a
            TypedDict, a `msgspec.Struct`.
        draft: how it is read where its own `$schema` does not say; 2020-12 if neither does.
        formats: whether `format` is asserted; None: as the draft has it (asserted up to draft 7).
        registry: documents that references lead to, by URI. Nothing is ever fetched.
        duplicates: whether a repeated key is a violation, or the last one counts.
        patterns: "linear" refuses patterns with lookaround or backreferences.

    Raises:
        SchemaError: the source is no schema; `schema_path` says where.
        LimitError: compiling it takes more than the budgets allow.
    """

    __slots__ = ("_compiled", "_options", "_source")

    def __init__(
        self,
        source: SchemaSource,
        draft: Draft | None = None,
        formats: bool | None = None,
        registry: Mapping[str, SchemaSource] | None = None,
        duplicates: Literal["violation", "last"] = "violation",
        *,
        patterns: Literal["all", "linear"] = "all",
    ) -> None:
        self._source = schema_text(source)
        self._options: dict[str, Any] = {
            "draft": draft,
            "formats": formats,
            "registry": {uri: schema_text(each) for uri, each in (registry or {}).items()},
            "duplicates": duplicates,
            "patterns": patterns,
        }
        self._compile()

    def _compile(self) -> None:
        self._compiled = CompiledSchema(self._source, seed=int.from_bytes(os.urandom(8), "little"), **self._options)

    def validate(self, data: bytes | bytearray | str) -> Verdict:
        """Judge one whole JSON document."""
        return self._compiled.validate(data)

    def stream(self, *, value: bool = True) -> SchemaStream:
        """Judge one growing document; `value=False` keeps no value, for a verdict only."""
        return self._compiled.stream(value=value)

    @property
    def compiled(self) -> CompiledSchema:
        """The core's own schema, as a race takes it."""
        return self._compiled

    def report(self) -> Report:
        """What compiling found out: a contradiction, if there is one, and how early each keyword decides."""
        contradiction, keywords = self._compiled.report()
        return Report(contradiction, tuple(Keyword(*each) for each in keywords))

    @property
    def satisfiable(self) -> bool:
        """Whether any document can be valid, as far as compiling finds out: False is certain."""
        return self._compiled.satisfiable

    @property
    def text(self) -> str:
        """The schema as JSON text."""
        return self._source

    def __repr__(self) -> str:
        text = self._source if len(self._source) <= 60 else f"{self._source[:60]}…"
        return f"Schema({text})"

    def __getstate__(self) -> tuple[str, dict[str, Any]]:
        return (self._source, self._options)

    def __setstate__(self, state: tuple[str, dict[str, Any]]) -> None:
        self._source, self._options = state
        self._compile()


def schema_text(source: SchemaSource) -> str:
    """The JSON text of a schema source.

    Raises:
        SchemaError: the source is of no kind that has a schema.
    """
    if isinstance(source, str):
        return source
    if isinstance(source, bytes):
        return source.decode()
    if isinstance(source, bool | Mapping):
        return _dumped(source)
    return _dumped(_schema_of(source))


def _dumped(source: Mapping[str, Any] | bool) -> str:
    try:
        return orjson.dumps(source).decode()
    except TypeError:
        import json

        # Integers past 64 bits, and keys or values that are no JSON, which json names.
        try:
            return json.dumps(dict(source) if isinstance(source, Mapping) else source, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise SchemaError(f"the schema is no JSON value: {error}") from error


def _schema_of(source: type[Any]) -> Mapping[str, Any]:
    """What pydantic, or msgspec for its own types, says of a type."""
    if hasattr(source, "__struct_fields__"):
        import msgspec

        schema: Mapping[str, Any] = msgspec.json.schema(source)
        return schema
    from pydantic import BaseModel, TypeAdapter
    from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError

    try:
        if isinstance(source, type) and issubclass(source, BaseModel):
            return source.model_json_schema()
        return TypeAdapter(source).json_schema()
    except (PydanticSchemaGenerationError, PydanticUserError) as error:
        raise SchemaError(f"no schema can be made of {source!r}: {error}") from error

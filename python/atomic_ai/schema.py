"""The referee: JSON Schema, judged while the document arrives, dead at the earliest byte.

schema = Schema({"type": "object", "properties": {"age": {"type": "integer"}}})
stream = schema.stream()
stream.feed('{"age": "')      # Verdict(state="invalid", dead_at=8, …)
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import orjson

from atomic_ai._core import Change, CompiledSchema, Repair, SchemaStream, Selected, Selection, Verdict, Violation
from atomic_ai.errors import ConfigError, SchemaError
from atomic_ai.repair import Lenient, RepairName, repair_names

__all__ = [
    "Change",
    "Keyword",
    "Lenient",
    "Repair",
    "RepairName",
    "Report",
    "Schema",
    "SchemaSource",
    "SchemaStream",
    "Selected",
    "Selection",
    "Verdict",
    "Violation",
]

SchemaSource: TypeAlias = "Mapping[str, Any] | bool | str | bytes | type[Any]"
Draft: TypeAlias = Literal["4", "6", "7", "2019-09", "2020-12"]

MAX_VIOLATIONS = 1_000
"""Violations of one document that are told where all are asked for."""


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
        formats: whether `format` is asserted; None: as the draft has it (asserted up to draft 7). In draft 7 so are
            `contentEncoding` (base64) and `contentMediaType` (JSON); later drafts make them annotations.
        registry: documents that references lead to, by URI. Nothing is ever fetched.
        duplicates: whether a repeated key is a violation, or the last one counts: then what an object holds is judged
            where the outermost object around it closes.
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

    @classmethod
    def from_examples(cls, examples: Iterable[Any]) -> Schema:
        """The schema that genson infers from example values: their types, and the members that all objects have.

        Needs the extra `examples`. It is a beginning: `.text` is JSON to be read, tightened and passed to `Schema(…)`.

        Args:
            examples: JSON values; at least one.

        Raises:
            SchemaError: there are none, or one of them is no JSON value.
            ConfigError: genson is not installed.
        """
        return cls(inferred(examples))

    def _compile(self) -> None:
        self._compiled = CompiledSchema(self._source, seed=int.from_bytes(os.urandom(8), "little"), **self._options)

    def validate(
        self,
        data: bytes | bytearray | str,
        *,
        lenient: Lenient = False,
        violations: Literal["first", "all"] = "first",
        max_violations: int = MAX_VIOLATIONS,
        positions: bool = False,
    ) -> Verdict:
        """Judge one whole JSON document.

            verdict = schema.validate("```{'age': 42,}```", lenient=True)
            verdict.repairs               # (Repair("fence", 0), Repair("single_quotes", 4), …)

        Args:
            data: the text.
            lenient: what is repaired before it is judged: `True`, or repairs by name. The verdict is on the repaired
                text, its offsets are those of `data`, and `verdict.repairs` says what was repaired. Valid JSON is never
                changed.
            violations: "first": what the document dies of; "all": whatever else can be told apart, in order of offsets.
            max_violations: how many "all" are at most; nothing is read beyond.
            positions: whether violations say `line` and `column`; `violation.position(data)` tells them later.

        Raises:
            LimitError: a bound left it undecided.
            ValueError: an option is none.
        """
        return self._compiled.validate(
            data,
            lenient=repair_names(lenient),
            violations=violations,
            max_violations=max_violations,
            positions=positions,
        )

    def stream(
        self,
        *,
        value: bool = True,
        changes: bool = False,
        lenient: Lenient = False,
        violations: Literal["first", "all"] = "first",
        max_violations: int = MAX_VIOLATIONS,
        positions: bool = False,
    ) -> SchemaStream:
        """Judge one growing document.

            stream = schema.stream(value=False)
            prices = stream.select("/items/*/price")
            for chunk in chunks:
                stream.feed(chunk)
                for price in prices.take():
                    print(price.pointer, price.value)

        However lenient, no text is given up that could still be repaired to a valid document. What a repair may take
        back is judged once it cannot: with "trailing_commas" a comma with the byte after it, with "cut_short" a key at
        the first byte of its value.

        Args:
            value: whether the value is kept, for `value()`, `snapshot()` and `changes()`. False for a verdict, or
                selected values, only: then nothing is held but what is open.
            changes: with `value=False`, whether `changes()` is told nevertheless; what it has told is dropped.
            lenient: as `validate` has it.
            violations: as `validate` has it: with "all" an invalid document is read on.
            max_violations: as `validate` has it.
            positions: as `validate` has it; lines are counted only where asked for.

        Raises:
            ValueError: an option is none.
        """
        return self._compiled.stream(
            value=value,
            changes=changes,
            lenient=repair_names(lenient),
            violations=violations,
            max_violations=max_violations,
            positions=positions,
        )

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


def inferred(examples: Iterable[Any]) -> dict[str, Any]:
    """What genson infers from example values.

    Raises:
        SchemaError: there are none, or one of them is no JSON value.
        ConfigError: genson is not installed.
    """
    try:
        from genson import SchemaBuilder
    except ImportError as error:
        raise ConfigError("schemas from examples need genson: pip install 'atomic-ai[examples]'") from error
    builder = SchemaBuilder("https://json-schema.org/draft/2020-12/schema")
    count = 0
    for count, example in enumerate(examples, 1):
        try:
            builder.add_object(example)
        except Exception as error:
            raise SchemaError(f"example {count} is no JSON value: {type(error).__name__}") from error
    if not count:
        raise SchemaError("no examples: a schema is inferred from at least one")
    schema: dict[str, Any] = builder.to_schema()
    return schema


def schema_text(source: SchemaSource) -> str:
    """The JSON text of a schema source.

    Raises:
        SchemaError: the source is of no kind that has a schema.
    """
    if isinstance(source, str):
        return source
    if isinstance(source, bytes):
        try:
            return source.decode()
        except UnicodeDecodeError as error:
            raise SchemaError(f"the schema is no UTF-8 at byte {error.start}") from error
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


def _schema_of(source: Any) -> Mapping[str, Any]:
    """What pydantic, or msgspec for its own types, says of a type."""
    if hasattr(source, "__struct_fields__"):
        import msgspec

        schema: Mapping[str, Any] = msgspec.json.schema(source)
        return schema
    from pydantic import BaseModel, TypeAdapter
    from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError

    if source is None or (dataclasses.is_dataclass(source) and not isinstance(source, type)):
        raise SchemaError(_no_source(source))
    try:
        if isinstance(source, type) and issubclass(source, BaseModel):
            return source.model_json_schema()
        return TypeAdapter(source).json_schema()
    except (PydanticSchemaGenerationError, PydanticUserError) as error:
        because = str(error).partition("\n")[0] if isinstance(source, type) else ""
        raise SchemaError(_no_source(source) + (f": {because}" if because else "")) from error


def _no_source(source: Any) -> str:
    given = source.__qualname__ if isinstance(source, type) else f"an object of type {type(source).__qualname__}"
    return (
        "a schema is a dict, a bool, JSON text, or a type that has one (a pydantic model, dataclass, TypedDict or "
        f"msgspec.Struct), which {given} is not"
    )

"""Asking for a shape: which mode a model gets, and what of the schema survives in the provider's subset of JSON Schema.

Providers take subsets. What one refuses is stripped and told; the task's own schema still judges the answer. Where a
provider demands more (closed objects, every property required) the request is narrowed and that is told too: every
answer to the narrowed schema is one to the task's. A schema that cannot be said at all makes the next mode take over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson

from atomic_ai.compiled import Compiled
from atomic_ai.message import Message, Text
from atomic_ai.providers.call import Negotiated

if TYPE_CHECKING:
    from atomic_ai.providers.call import Call, OutputMode

MAX_DEPTH = 64


def words(text: str) -> frozenset[str]:
    """A set of words."""
    return frozenset(text.split())


ANNOTATIONS = words(
    "$schema $id $comment title description default examples deprecated readOnly writeOnly discriminator"
)
STRUCTURE = words("type properties required additionalProperties items enum const anyOf $ref $defs definitions")

_MAPS = frozenset({"properties", "$defs", "definitions"})
_LISTS = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_SINGLE = frozenset({"items", "additionalProperties"})


@dataclass(frozen=True, slots=True)
class SchemaRules:
    """A provider's dialect of JSON Schema.

    Attributes:
        keywords: what it takes.
        renamed: what it takes under another name; "const" under "enum" is wrapped.
        formats: the formats it takes, or None for all.
        closed: objects must be closed, and every schema must say what it is.
        all_required: every property must be required.
        lone_refs: a `$ref` must stand alone.
        simple_patterns: patterns must do without lookaround, word boundaries and back references.
        recursive: schemas may refer to themselves.
        object_root: the root must be an object.
        known: what became of the latest schemas by these rules.
    """

    keywords: frozenset[str]
    renamed: Mapping[str, str] = field(default_factory=dict)
    formats: frozenset[str] | None = None
    closed: bool = False
    all_required: bool = False
    lone_refs: bool = False
    simple_patterns: bool = False
    recursive: bool = True
    object_root: bool = False
    known: Compiled[Mapping[str, Any], Fitted | None] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "known", Compiled(partial(_fit, self)))


@dataclass(frozen=True, slots=True)
class Fitted:
    """A schema in a provider's dialect.

    Attributes:
        schema: what is sent.
        stripped: JSON Pointers to the keywords left out.
        narrowed: JSON Pointers to where more is demanded.
    """

    schema: Mapping[str, Any]
    stripped: tuple[str, ...] = ()
    narrowed: tuple[str, ...] = ()


class _InexpressibleError(Exception):
    """The schema cannot be said in the dialect."""


def fit(schema: Mapping[str, Any], rules: SchemaRules) -> Fitted | None:
    """The schema by the rules, or None where it cannot be said; worked out once for each schema object."""
    return rules.known.get(schema)


def _fit(rules: SchemaRules, schema: Mapping[str, Any]) -> Fitted | None:
    if rules.object_root and not is_object(schema):
        return None
    recursive = _recursive(schema)
    if recursive and not rules.recursive:
        return None
    fitter = _Fitter(rules)
    try:
        fitted = fitter.schema(schema, "", 0)
    except _InexpressibleError:
        return None
    if recursive and fitter.required:
        # A required property that leads back to its own object would make every document infinite.
        return None
    assert isinstance(fitted, dict)  # noqa: S101 - a mapping goes in, a mapping comes out
    return Fitted(fitted, tuple(fitter.stripped), tuple(fitter.closed + fitter.required))


def is_object(schema: Mapping[str, Any]) -> bool:
    """Whether the root says that the document is an object."""
    return schema.get("type") == "object"


def first_mode(call: Call, modes: Iterable[OutputMode]) -> OutputMode | None:
    """The mode of a call's output: the one asked for, else the first possible one."""
    if call.output is None:
        return None
    if call.output.mode is not None:
        return call.output.mode
    first = next(iter(modes), None)
    return first or "prompt"


def negotiated(call: Call, mode: OutputMode | None, fitted: Fitted | None) -> Negotiated:
    """What a mode and a fitted schema mean for a call's answer."""
    if call.output is None or mode in ("prompt", "json_object"):
        return Negotiated(mode=mode)
    if mode == "tool":
        return Negotiated(f"tool:{call.output.name}", mode)
    return Negotiated("text", mode, *((fitted.stripped, fitted.narrowed) if fitted else ()))


def instructed(call: Call, mode: OutputMode | None) -> tuple[Message, ...]:
    """The call's messages; where the mode does not carry the schema, the system message tells it in words.

    It joins the first system message, since some chat templates refuse a second one.
    """
    if call.output is None or mode not in ("json_object", "prompt"):
        return call.messages
    schema = orjson.dumps(call.output.schema).decode()
    words = Text(f"Answer with one JSON document and nothing else. It must be valid under this JSON Schema:\n{schema}")
    first, *rest = call.messages
    if first.role == "system":
        return (Message("system", [*first.parts, words]), *rest)
    return (Message("system", words), *call.messages)


class _Fitter:
    """One walk over one schema."""

    def __init__(self, rules: SchemaRules) -> None:
        self.rules = rules
        self.stripped: list[str] = []
        self.closed: list[str] = []
        self.required: list[str] = []

    def schema(self, node: object, at: str, depth: int) -> dict[str, Any] | bool:
        if depth > MAX_DEPTH or (self.rules.closed and not isinstance(node, Mapping)):
            raise _InexpressibleError
        if not isinstance(node, Mapping):
            return bool(node)
        node = self._unwrapped(node)
        if self.rules.lone_refs and "$ref" in node:
            for keyword in node:
                self._drop(keyword, at, keep="$ref")
            return {"$ref": node["$ref"]}
        fitted = self._keywords(node, at, depth)
        if self.rules.closed:
            self._close(fitted, node, at)
        return fitted

    def _unwrapped(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """Without an `allOf` of one branch beside which only annotations stand."""
        branches = node.get("allOf")
        if "allOf" in self.rules.keywords or branches is None:
            return node
        rest = {keyword: value for keyword, value in node.items() if keyword != "allOf"}
        if len(branches) == 1 and isinstance(branches[0], Mapping) and ANNOTATIONS.issuperset(rest):
            return {**rest, **branches[0]}
        raise _InexpressibleError

    def _keywords(self, node: Mapping[str, Any], at: str, depth: int) -> dict[str, Any]:
        fitted: dict[str, Any] = {}
        for keyword, value in node.items():
            name = self.rules.renamed.get(keyword, keyword)
            if name not in self.rules.keywords or (name != keyword and name in node) or not self._takes(keyword, value):
                self._drop(keyword, at)
            else:
                fitted[name] = self._value(keyword, value, f"{at}/{_escaped(keyword)}", depth + 1)
                if keyword == "const" and name == "enum":
                    fitted[name] = [value]
                elif keyword != name:  # "oneOf" as "anyOf", which takes more
                    self._drop(keyword, at)
        return fitted

    def _takes(self, keyword: str, value: object) -> bool:
        if keyword == "format" and self.rules.formats is not None:
            return value in self.rules.formats
        if keyword == "pattern" and self.rules.simple_patterns:
            return isinstance(value, str) and not any(hard in value for hard in ("(?", "\\b", "\\B", "\\1"))
        return True

    def _value(self, keyword: str, value: Any, at: str, depth: int) -> Any:
        if keyword in _MAPS and isinstance(value, Mapping):
            return {name: self.schema(part, f"{at}/{_escaped(name)}", depth) for name, part in value.items()}
        if keyword in _LISTS and isinstance(value, list | tuple):
            return [self.schema(part, f"{at}/{index}", depth) for index, part in enumerate(value)]
        if keyword in _SINGLE and isinstance(value, Mapping):
            return self.schema(value, at, depth)
        return value

    def _close(self, fitted: dict[str, Any], node: Mapping[str, Any], at: str) -> None:
        if not fitted.keys() & {"type", "enum", "const", "anyOf", "allOf", "$ref"}:
            raise _InexpressibleError
        if fitted.get("type") != "object":
            if "object" in (fitted.get("type") or ()):
                raise _InexpressibleError
            return
        extra, properties = node.get("additionalProperties"), fitted.get("properties", {})
        required = set(node.get("required", ()))
        if (extra is not None and extra is not False) or "patternProperties" in node or not required <= set(properties):
            raise _InexpressibleError
        if extra is None:
            if not properties:
                raise _InexpressibleError
            self.closed.append(f"{at}/additionalProperties")
        fitted["additionalProperties"] = False
        if self.rules.all_required:
            self.required += [f"{at}/properties/{_escaped(name)}" for name in properties if name not in required]
            fitted["required"] = list(properties)

    def _drop(self, keyword: str, at: str, keep: str = "") -> None:
        if keyword != keep and keyword not in ANNOTATIONS:
            self.stripped.append(f"{at}/{_escaped(keyword)}")


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _recursive(schema: Mapping[str, Any]) -> bool:
    """Whether some definition leads back to itself."""
    edges = {
        f"#/{shelf}/{name}": _refs(part)
        for shelf in ("$defs", "definitions")
        for name, part in (schema.get(shelf) or {}).items()
    }
    edges["#"] = _refs({k: v for k, v in schema.items() if k not in ("$defs", "definitions")})
    done: set[str] = set()
    for start in edges:
        path, stack = {start}, [(start, iter(edges[start]))]
        while stack:
            node, targets = stack[-1]
            target = next(targets, None)
            if target is None:
                path.discard(node)
                done.add(node)
                stack.pop()
            elif target in path:
                return True
            elif target in edges and target not in done:
                path.add(target)
                stack.append((target, iter(edges[target])))
    return False


def _refs(node: object) -> set[str]:
    found: set[str] = set()
    stack = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, Mapping):
            reference = part.get("$ref")
            if isinstance(reference, str):
                found.add(reference)
            stack += part.values()
        elif isinstance(part, list | tuple):
            stack += part
    return found

"""The record of a request: what was decided, when, on what grounds, and what it cost.

A trace holds hashes, lengths, offsets and decisions; text only with `trace_text=True`. Its JSON is versioned: readers
accept every version up to their own.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from atomic_ai._core import Award
from atomic_ai.artifacts import Execution, Microtask, Request
from atomic_ai.cost import Cost, Usage
from atomic_ai.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from atomic_ai.events import Event, Partial, TextDelta

FORMAT = "atomic-trace"
VERSION = 1

EVENT_LIMIT = 20_000
"""Events a trace keeps; later ones are counted in `dropped_events`."""

_TEXT_FIELDS = frozenset({"text", "partial", "value", "arguments"})
_NOT_RECORDED = frozenset({"execution", "metadata", "request_id", "response"})


def text_hash(text: str) -> str:
    """BLAKE2b-128 of the text's UTF-8, in hex: tells equal from different without keeping either."""
    import hashlib  # here: `import atomic_ai` stays light

    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _facts(event: Event, keep_text: bool) -> dict[str, Any]:
    """The event as JSON facts; text becomes its hash and length unless it is to be kept."""
    facts: dict[str, Any] = {"event": event.kind}
    kind: Any = type(event)
    for name in _recorded(kind):
        _put(facts, name, getattr(event, name), keep_text)
    return facts


def _put(facts: dict[str, Any], name: str, value: Any, keep_text: bool) -> None:
    if value is None:
        return
    if name in _TEXT_FIELDS and not keep_text:
        text = value if isinstance(value, str) else _document(value)
        facts[f"{name}_chars"], facts[f"{name}_hash"] = len(text), text_hash(text)
    else:
        facts[name] = value


def _document(value: object) -> str:
    """A value as JSON, for its hash and length."""
    try:
        return orjson.dumps(value, default=str).decode()
    except TypeError:  # an integer of more than 64 bits, which is JSON all the same
        return json.dumps(value, default=str, ensure_ascii=False, separators=(",", ":"))


@cache
def _recorded(kind: Any) -> tuple[str, ...]:
    """The names of an event's facts."""
    return tuple(field.name for field in fields(kind) if field.name not in _NOT_RECORDED)


@cache
def _usual(kind: Any) -> Mapping[str, Any]:
    """What an event's facts are where nothing else is said."""
    plain = (field for field in fields(kind) if field.name in _recorded(kind))
    return {"event": kind.kind, **{f.name: f.default for f in plain if f.default not in (MISSING, None)}}


class _Told:
    """What was shown of one lane with no other event in between: an entry for its text, one for its value."""

    __slots__ = ("delta_s", "lane", "microtask", "partial_s", "partials", "parts", "round", "text", "value", "values")

    def __init__(self, event: TextDelta | Partial) -> None:
        self.microtask, self.round, self.lane = event.microtask, event.round, event.lane
        self.parts: list[str] = []
        self.delta_s = self.partial_s = event.at_s
        self.partials = 0
        self.value: Any = None
        self.text: dict[str, Any] | None = None
        self.values: dict[str, Any] | None = None

    def close(self) -> None:
        """Write length and hash into the trace's entries; text and value go."""
        if self.text is not None:
            text = "".join(self.parts)
            self.text |= {"text_chars": len(text), "text_hash": text_hash(text)}
            self.text |= {"deltas": len(self.parts), "until_s": self.delta_s}
        if self.values is not None:
            document = _document(self.value)
            self.values |= {"value_chars": len(document), "value_hash": text_hash(document)}
            self.values |= {"partials": self.partials, "until_s": self.partial_s}


class Recorder:
    """Collects the events of one request while it runs, and counts the races of its microtasks.

    A `TextDelta` and a `Partial` have entries of their own only where text is kept; else what was shown of a lane is
    one entry of each kind until something else happens: with the hash of the whole text, or of the last value, the
    number of `deltas` or `partials`, and the time of the last, `until_s`.
    """

    __slots__ = ("_keep_text", "_told", "dropped", "events", "executions", "microtasks", "request", "rounds")

    def __init__(self, request: Request, *, keep_text: bool = False) -> None:
        self.request = request
        self.microtasks: list[Microtask] = []
        self.executions: list[Execution] = []
        self.events: list[dict[str, Any]] = []
        self.dropped = 0
        self.rounds: Counter[str] = Counter()
        self._keep_text = keep_text
        self._told: _Told | None = None

    def round(self, microtask: str) -> int:
        """The number of the microtask's next race."""
        self.rounds[microtask] += 1
        return self.rounds[microtask] - 1

    def record_text(self, event: TextDelta) -> None:
        """Keep the facts of text that was shown."""
        if self._keep_text:
            self.record(event)
            return
        told = self._told_of(event)
        told.parts.append(event.text)
        told.delta_s = event.at_s
        if told.text is None:
            told.text = self._begun(event)

    def record_partial(self, event: Partial) -> None:
        """Keep the facts of a value that was shown as it grew."""
        if self._keep_text:
            self.record(event)
            return
        told = self._told_of(event)
        told.value = event.value
        told.partial_s = event.at_s
        told.partials += 1
        if told.values is None:
            told.values = self._begun(event)

    def _told_of(self, event: TextDelta | Partial) -> _Told:
        told = self._told
        if told is None or told.lane != event.lane or told.round != event.round or told.microtask != event.microtask:
            self._close_text()
            told = self._told = _Told(event)
        return told

    def _begun(self, event: TextDelta | Partial) -> dict[str, Any]:
        """The trace's entry, without what it is going to say of text or value."""
        kind: Any = type(event)
        names = (name for name in _recorded(kind) if name not in _TEXT_FIELDS)
        facts = {"event": event.kind, **{name: getattr(event, name) for name in names}}
        if len(self.events) < EVENT_LIMIT:
            self.events.append(facts)
        else:
            self.dropped += 1
        return facts

    def _close_text(self) -> None:
        if self._told is not None:
            self._told.close()
            self._told = None

    def record(self, event: Event) -> None:
        """Keep the event's facts; growth is kept only where text is."""
        if event.kind == "lane_ended":
            self.executions.append(event.execution)  # type: ignore[union-attr]
        elif event.kind == "lane_grew" and not self._keep_text:
            return
        if self._has_room():
            self.events.append(_facts(event, self._keep_text))

    def note(self, kind: Any, at_s: float, microtask: str, given: Mapping[str, Any]) -> None:
        """Keep the facts of an event that nobody hears of, without making it."""
        if kind.kind == "lane_ended":
            self.executions.append(given["execution"])
        elif kind.kind == "lane_grew" and not self._keep_text:
            return
        if self._has_room():
            facts = {**_usual(kind), "at_s": at_s, "microtask": microtask}
            for name, value in given.items():
                if name not in _NOT_RECORDED:
                    _put(facts, name, value, self._keep_text)
            self.events.append(facts)

    def _has_room(self) -> bool:
        self._close_text()
        full = len(self.events) >= EVENT_LIMIT
        self.dropped += full
        return not full

    def trace(self, cost: Cost) -> Trace:
        """The record so far."""
        self._close_text()
        return Trace(
            self.request, tuple(self.microtasks), tuple(self.executions), tuple(self.events), cost, self.dropped
        )


@dataclass(frozen=True, slots=True)
class Trace:
    """One request's record.

    Attributes:
        request: hash and length of the input, time, metadata.
        microtasks: what the request was decomposed into.
        executions: every lane's outcome, the stopped ones too.
        events: facts in order; each has `event`, `at_s` and `microtask`. An "awarded" one has the `award`: the object
            itself in the process that made it, and its JSON document in a trace that was read.
        cost: the request's.
        dropped_events: events beyond the trace's bound.
    """

    request: Request
    microtasks: tuple[Microtask, ...]
    executions: tuple[Execution, ...]
    events: tuple[Mapping[str, Any], ...]
    cost: Cost
    dropped_events: int = 0

    def to_json(self) -> bytes:
        """The versioned JSON document."""
        document = {"format": FORMAT, "version": VERSION, **{f.name: getattr(self, f.name) for f in fields(self)}}
        document["cost"] = {**asdict(self.cost), "total_usd": self.cost.total_usd}
        return orjson.dumps(document, default=_plain)

    @classmethod
    def from_json(cls, data: bytes | str) -> Trace:
        """Read what `to_json` wrote.

        Raises:
            ConfigError: not a trace, cut short, or of a newer version.
        """
        try:
            document = orjson.loads(data)
            if document["format"] != FORMAT:
                raise ConfigError(f"not a trace: its format is {document['format']!r}, expected {FORMAT!r}")
            if document["version"] > VERSION:
                raise ConfigError(f"this trace has version {document['version']}; this Atomic reads up to {VERSION}")
            return _rebuild(document)
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(f"not a trace, or cut short: {type(error).__name__}") from error

    def __reduce__(self) -> tuple[Any, ...]:
        # An award is a live object of the core: what is pickled is its record.
        return (Trace.from_json, (self.to_json(),))

    def append_to(self, path: str | Path) -> None:
        """Append the trace as one JSON line to the file at `path`."""
        with Path(path).open("ab") as file:
            file.write(self.to_json() + b"\n")

    def explain(self) -> str:
        """Why each model was chosen, stopped and paid, in words and numbers."""
        from atomic_ai.explain import explain

        return explain(self)


def _plain(value: object) -> Any:
    if isinstance(value, Award):
        return orjson.Fragment(value.explain("json"))
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=str)
    return str(value)


def _rebuild(document: dict[str, Any]) -> Trace:
    request = document["request"] | {"time": datetime.fromisoformat(document["request"]["time"])}
    cost = {name: value for name, value in document["cost"].items() if name != "total_usd"}
    return Trace(
        Request(**request),
        tuple(Microtask(**_tuples(m)) for m in document["microtasks"]),
        tuple(_execution(e) for e in document["executions"]),
        tuple(document["events"]),
        Cost(**cost),
        document["dropped_events"],
    )


def _execution(document: dict[str, Any]) -> Execution:
    usage = Usage(**document["usage"])
    lists: dict[str, Iterable[list[Any]]] = {name: document.get(name, ()) for name in ("violations", "repairs")}
    return Execution(**document | {"usage": usage} | {name: tuple(map(tuple, of)) for name, of in lists.items()})


def _tuples(document: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in document.items()}

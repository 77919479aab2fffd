"""Join: which lanes make the answer, and what is made of them.

When a race has its answer is the core's to decide; the rules here tell it how, and combine what came through.

| rule | the race is decided | the answer |
| --- | --- | --- |
| `"first_valid"` | by the first good lane | that lane's |
| `BestOf(n)` | by the first n good lanes | the best-scored one's |
| `Quorum(k)` | when k good lanes agree on each field | each field as most lanes have it |
| `Merge()` | when all lanes ended, or `enough` came through | all lanes' members, the winner's first |

A cascade is a plan, not a join: its lanes run one after the other and the first good one wins.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from atomic_ai.errors import TaskError

FirstValid = Literal["first_valid"]


@dataclass(frozen=True, slots=True)
class BestOf:
    """The best-scored of the first `n` good lanes.

    Attributes:
        n: how many to wait for.
        patience_s: how long to wait for them after the first, in seconds; None waits for as long as they run.
    """

    n: int
    patience_s: float | None = None

    def __post_init__(self) -> None:
        _count("BestOf(n=…)", self.n)
        _seconds("BestOf(patience_s=…)", self.patience_s)


@dataclass(frozen=True, slots=True)
class Quorum:
    """Each field as at least `k` good lanes have it.

    Attributes:
        k: how many must agree.
        fields: JSON Pointers of what they must agree on; empty means every member of the root. What is in no field is
            the winner's.
        patience_s: how long to wait for agreement after the first good lane, in seconds.
    """

    k: int
    fields: tuple[str, ...] = ()
    patience_s: float | None = None

    def __post_init__(self) -> None:
        _count("Quorum(k=…)", self.k)
        _seconds("Quorum(patience_s=…)", self.patience_s)
        object.__setattr__(self, "fields", tuple(self.fields))
        for pointer in self.fields:
            if not pointer.startswith("/"):
                raise TaskError(f"Quorum(fields=…): {pointer!r} is no JSON Pointer, which begins with /")


@dataclass(frozen=True, slots=True)
class Merge:
    """All that came through, merged: members of all objects, the winner's arrays and what others add to them.

    Attributes:
        enough: so many good lanes suffice; None waits for all.
        patience_s: how long to wait for the rest after the first good lane, in seconds.
    """

    enough: int | None = None
    patience_s: float | None = None

    def __post_init__(self) -> None:
        _count("Merge(enough=…)", 1 if self.enough is None else self.enough)
        _seconds("Merge(patience_s=…)", self.patience_s)


Join = FirstValid | BestOf | Quorum | Merge


def least_lanes(join: Join) -> int:
    """How many lanes must run for the rule to mean anything."""
    match join:
        case BestOf(n):
            return n
        case Quorum(k):
            return k
        case Merge(enough):
            return enough or 2
        case _:
            return 1


def stopping_rule(join: Join) -> str | dict[str, Any]:
    """The rule in the core's words."""
    match join:
        case BestOf(n, patience):
            rule: dict[str, Any] = {"rule": "best_of", "n": n}
        case Quorum(k, fields, patience):
            rule = {"rule": "quorum", "k": k, "fields": list(fields)}
        case Merge(enough, patience):
            rule = {"rule": "merge"} if enough is None else {"rule": "merge", "enough": enough}
        case _:
            return "first_valid"
    if patience is not None:
        rule["patience_ns"] = max(1, int(patience * 1e9))
    return rule


def combined(join: Join, texts: Sequence[str], *, structured: bool) -> str:
    """The answer's text, made of the texts that came through.

    A combination is a new document: whoever asked for a schema or validators holds it to them again.

    Args:
        join: the rule.
        texts: what came through, the winner's first; not empty.
        structured: whether they are JSON documents. Texts without structure are voted on and joined as they are.
    """
    if len(texts) == 1 or not isinstance(join, Quorum | Merge):
        return texts[0]
    if not structured:
        return _most(texts) if isinstance(join, Quorum) else "\n\n".join(dict.fromkeys(texts))
    documents = [json.loads(text) for text in texts]
    made = _voted(documents, join.fields) if isinstance(join, Quorum) else _merged(documents)
    return json.dumps(made, ensure_ascii=False, separators=(",", ":"))


def _voted(documents: Sequence[Any], fields: Sequence[str]) -> Any:
    winner = documents[0]
    if fields:
        for pointer in fields:
            winner = _put(winner, _steps(pointer), _most(_found(documents, _steps(pointer))))
        return winner
    if not all(isinstance(document, dict) for document in documents):
        return _most(documents)
    return {name: _most([d[name] for d in documents if name in d]) for name in _elected(documents)}


def _elected(documents: Sequence[Mapping[str, Any]]) -> list[str]:
    """Members that most documents have, or half of them with the winner; in the winner's order, then the others'."""
    names = dict.fromkeys(name for document in documents for name in document)
    votes = {name: sum(name in document for document in documents) for name in names}
    return [name for name in names if 2 * votes[name] + (name in documents[0]) > len(documents)]


_ABSENT = object()


def _found(documents: Sequence[Any], steps: Sequence[str]) -> list[Any]:
    return [_at(document, steps) for document in documents]


def _at(document: Any, steps: Sequence[str]) -> Any:
    for step in steps:
        if isinstance(document, dict) and step in document:
            document = document[step]
        elif isinstance(document, list) and step.isdecimal() and int(step) < len(document):
            document = document[int(step)]
        else:
            return _ABSENT
    return document


def _put(document: Any, steps: Sequence[str], value: Any) -> Any:
    """A copy of `document` with `value` at `steps`; without it where most have nothing there."""
    if not steps:
        return document if value is _ABSENT else value
    step, rest = steps[0], steps[1:]
    if isinstance(document, list) and step.isdecimal() and int(step) < len(document):
        copied = list(document)
        copied[int(step)] = _put(copied[int(step)], rest, value)
        return copied
    if not isinstance(document, dict):
        return document
    if not rest and value is _ABSENT:
        return {name: member for name, member in document.items() if name != step}
    if rest and step not in document:
        return document if value is _ABSENT else {**document, step: _put({}, rest, value)}
    return {**document, step: _put(document.get(step), rest, value)}


def _steps(pointer: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _most(values: Sequence[Any]) -> Any:
    """The value that most have; of several such, the one that comes first."""
    votes: dict[str, int] = {}
    for value in values:
        votes[_same(value)] = votes.get(_same(value), 0) + 1
    return max(values, key=lambda value: votes[_same(value)])


def _merged(documents: Sequence[Any]) -> Any:
    first = documents[0]
    if isinstance(first, dict):
        objects = [document for document in documents if isinstance(document, dict)]
        names = dict.fromkeys(name for document in objects for name in document)
        return {name: _merged([document[name] for document in objects if name in document]) for name in names}
    if isinstance(first, list):
        others = {_same(item): item for document in documents[1:] if isinstance(document, list) for item in document}
        known = {_same(item) for item in first}
        return [*first, *(item for key, item in others.items() if key not in known)]
    return first


def _same(value: Any) -> str:
    """Equal for values that JSON holds to be equal: 1 and 1.0, members in any order; true is not 1."""
    if value is _ABSENT:
        return ""
    return json.dumps(_plain(value), sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_plain(element) for element in value]
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    return value


def _count(place: str, value: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise TaskError(f"{place} takes a whole number above zero")


def _seconds(place: str, value: float | None) -> None:
    if value is not None and not (isinstance(value, int | float) and value > 0):
        raise TaskError(f"{place} takes seconds above zero, or None")

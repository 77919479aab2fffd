"""Criteria: what an answer is held to while it grows.

    Task("Reply to this mail.", criteria=[
        contains("Regards"),
        forbids(regex=r"(?i)guarantee[ds]?"),
        words(max=120),
        any_of(sections("Summary", "Next steps"), pointer("/priority") >= 3),
        custom(sounds_friendly, every_chars=400).soft(),
    ])

A criterion is met, failed or open at every prefix of an answer, and never changes its mind; a lane whose criteria
cannot be met any more is stopped at that byte. Text that may become a forbidden match is held back from the caller.
Patterns are those of Rust's `regex` crate: linear in time, without lookaround and backreferences.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from atomic_ai._core import Criteria, CriteriaStream
from atomic_ai.errors import TaskError

__all__ = [
    "Criteria", "CriteriaStream", "Criterion", "Pointer", "all_of", "any_of", "chars", "compile_criteria",
    "contains", "custom", "custom_functions", "forbids", "lines", "no_refusal", "no_repetition", "not_", "pointer",
    "script", "sections", "words",
]  # fmt: skip

Function = Callable[[str], Any]
"""Code of the caller's: takes the text so far; gives a bool or a score in 0..=1, or an awaitable of one."""

Script = Literal[
    "latin", "cyrillic", "greek", "arabic", "hebrew", "devanagari", "bengali", "tamil", "thai", "georgian",
    "armenian", "han", "japanese", "hangul",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion, or several combined.

    Attributes:
        description: what the core reads; see the documentation of its `criteria` module.
        functions: the caller's code among its parts, by name.
    """

    description: Mapping[str, Any]
    functions: Mapping[str, Function] = field(default_factory=dict)

    def named(self, name: str) -> Criterion:
        """The same under a name of the caller's, for events and traces. A custom criterion is named when made."""
        if "custom" in self.description:
            raise TaskError("custom(…): name it by custom(function, name=…)")
        return self._with(name=name)

    def weighing(self, weight: float) -> Criterion:
        """The same with a weight in the score; 1 unless told otherwise."""
        return self._with(weight=weight)

    def soft(self) -> Criterion:
        """The same, but never fatal: it only lowers the score."""
        return self._with(soft=True)

    def _with(self, **more: Any) -> Criterion:
        return replace(self, description={**self.description, **more})

    def __and__(self, other: Criterion) -> Criterion:
        return all_of(self, other)

    def __or__(self, other: Criterion) -> Criterion:
        return any_of(self, other)

    def __invert__(self) -> Criterion:
        return not_(self)


def _without_none(**fields: Any) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value is not None}


def contains(
    text: str | None = None, *, regex: str | None = None, ignore_case: bool = False, times: int = 1
) -> Criterion:
    """The answer must contain `text`, or a match of `regex`, at least `times` times."""
    return Criterion({"contains": _without_none(text=text, regex=regex, ignore_case=ignore_case, times=times)})


def forbids(text: str | None = None, *, regex: str | None = None, ignore_case: bool = False) -> Criterion:
    """The answer must not contain `text`, or a match of `regex`; no part of one is ever shown."""
    return Criterion({"forbids": _without_none(text=text, regex=regex, ignore_case=ignore_case)})


def chars(*, min: int | None = None, max: int | None = None) -> Criterion:  # noqa: A002 - the plain words
    """The answer's length in characters."""
    return Criterion({"chars": _without_none(min=min, max=max)})


def words(*, min: int | None = None, max: int | None = None) -> Criterion:  # noqa: A002 - the plain words
    """The answer's length in words, which stand between white space."""
    return Criterion({"words": _without_none(min=min, max=max)})


def lines(*, min: int | None = None, max: int | None = None) -> Criterion:  # noqa: A002 - the plain words
    """The answer's length in lines."""
    return Criterion({"lines": _without_none(min=min, max=max)})


def sections(*titles: str, ordered: bool = False) -> Criterion:
    """The answer must have these headings: lines `## Title`, `**Title**` or `Title:`."""
    return Criterion({"sections": {"titles": list(titles), "ordered": ordered}})


def no_refusal(*, within_chars: int | None = None, phrases: Iterable[str] | None = None) -> Criterion:
    """The answer must not begin with a refusal.

    Args:
        within_chars: how far into the answer phrases are looked for.
        phrases: the caller's own, instead of the built-in English ones; case does not matter.
    """
    own = None if phrases is None else list(phrases)
    return Criterion({"refusal": _without_none(within_chars=within_chars, phrases=own)})


def no_repetition(*, times: int | None = None, period: int | None = None, span: int | None = None) -> Criterion:
    """The answer must not fall into a loop.

    Args:
        times: how often a passage must come in a row.
        period: its longest length in bytes.
        span: the least length of all its repetitions together, in bytes.
    """
    return Criterion({"repetition": _without_none(times=times, period=period, span=span)})


def script(script: Script, *, share: float | None = None, letters: int | None = None) -> Criterion:
    """Most letters must be of a writing system: a cheap sign of the language.

    Args:
        script: the writing system.
        share: the least share of its letters, in 0..=1.
        letters: after how many letters that is decided, if the answer is not over before.
    """
    return Criterion({"script": {"is": script, **_without_none(share=share, letters=letters)}})


def custom(
    function: Function, *, name: str | None = None, every_chars: int | None = None, at_end: bool = True
) -> Criterion:
    """Code of the caller's decides, at checkpoints and on the whole answer.

    Args:
        function: takes the text so far; gives a bool or a score in 0..=1 (0 is a no), or an awaitable of one.
        name: for events and traces; the function's own unless told otherwise.
        every_chars: ask about the growing answer every so many characters.
        at_end: ask about the whole answer.
    """
    called: str = name or getattr(function, "__name__", None) or type(function).__name__
    asked = {"at_end": at_end, **_without_none(every_chars=every_chars)}
    return Criterion({"custom": asked, "name": called}, {called: function})


class Pointer:
    """A place in a JSON answer; comparing it makes a criterion. Numbers compare by value, strings by code point."""

    __slots__ = ("_at",)
    __hash__ = None  # type: ignore[assignment]  # equality makes a criterion, so there is nothing to hash by

    def __init__(self, at: str) -> None:
        self._at = at

    def _is(self, comparison: str, **value: Any) -> Criterion:
        return Criterion({"pointer": {"at": self._at, "is": comparison, **value}})

    def __eq__(self, value: object) -> Criterion:  # type: ignore[override]  # that is what it is for
        return self._is("==", value=value)

    def __ne__(self, value: object) -> Criterion:  # type: ignore[override]
        return self._is("!=", value=value)

    def __lt__(self, value: float | str) -> Criterion:
        return self._is("<", value=value)

    def __le__(self, value: float | str) -> Criterion:
        return self._is("<=", value=value)

    def __gt__(self, value: float | str) -> Criterion:
        return self._is(">", value=value)

    def __ge__(self, value: float | str) -> Criterion:
        return self._is(">=", value=value)

    def among(self, values: Iterable[Any]) -> Criterion:
        """The value must be one of these."""
        return self._is("in", value=list(values))

    def exists(self) -> Criterion:
        """There must be a value."""
        return self._is("exists")

    def absent(self) -> Criterion:
        """There must be none."""
        return self._is("absent")


def pointer(at: str) -> Pointer:
    """The value that a JSON Pointer (RFC 6901) leads to, such as `/items/0/price`; "" is the whole answer."""
    return Pointer(at)


def all_of(*criteria: Criterion) -> Criterion:
    """All must hold; the score is their weighted mean."""
    return _group("all", criteria)


def any_of(*criteria: Criterion) -> Criterion:
    """One must hold; the score is the best one's."""
    return _group("any", criteria)


def not_(criterion: Criterion) -> Criterion:
    """It must not hold."""
    return Criterion({"not": criterion.description}, criterion.functions)


def _group(key: str, criteria: Iterable[Criterion]) -> Criterion:
    parts = tuple(criteria)
    return Criterion({key: [part.description for part in parts]}, _functions(parts))


def compile_criteria(criteria: Iterable[Criterion | Mapping[str, Any]]) -> Criteria:
    """The core's form of a task's criteria, all of which must hold.

    Raises:
        TaskError: one of them is none, or cannot be; the message begins with its place.
    """
    parts = tuple(criteria)
    _functions(parts)
    try:
        description = json.dumps([_description(part) for part in parts], allow_nan=False)
    except (TypeError, ValueError) as error:
        raise TaskError(f"criteria: a value compared with is not JSON ({error})") from error
    return Criteria(description)


def custom_functions(criteria: Iterable[Criterion | Mapping[str, Any]]) -> dict[str, Function]:
    """The caller's code among the criteria, by the name under which the core asks for it.

    Raises:
        TaskError: two have one name.
    """
    return _functions(tuple(criteria))


def _description(part: Criterion | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(part, Criterion):
        return part.description
    if isinstance(part, Mapping):
        return part
    raise TaskError(
        f"criteria: {type(part).__name__} is no criterion: use contains(…), forbids(…), … of atomic_ai.criteria"
    )


def _functions(parts: Iterable[Criterion | Mapping[str, Any]]) -> dict[str, Function]:
    functions: dict[str, Function] = {}
    for name, function in _named(parts):
        if name in functions:
            raise TaskError(f"criteria: two custom criteria are named {name!r}: give one custom(…, name=…)")
        functions[name] = function
    return functions


def _named(parts: Iterable[Criterion | Mapping[str, Any]]) -> Iterator[tuple[str, Function]]:
    for part in parts:
        if isinstance(part, Criterion):
            yield from part.functions.items()

"""Prompt templates: `{mail}` and `{mail.subject}` name what a microtask needs; `{{` and `}}` are braces."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any

from atomic_ai.errors import TaskError
from atomic_ai.message import File, Image, written
from atomic_ai.spelling import did_you_mean


@dataclass(frozen=True, slots=True)
class Template:
    """A prompt with named places.

    Attributes:
        pieces: (text, path) pairs; the path, such as ("mail", "subject"), is empty after the last text.
    """

    pieces: tuple[tuple[str, tuple[str, ...]], ...]

    @classmethod
    def of(cls, text: str, names: Collection[str], *, owner: str) -> Template:
        """Read a template that may name `names`.

        Raises:
            TaskError: a place names nothing that is needed, or is no plain dotted name.
        """
        try:
            parsed = list(Formatter().parse(text))
        except ValueError as error:
            raise TaskError(
                f"microtask {owner!r}: its prompt is no template ({error}); write {{{{ for a brace"
            ) from None
        pieces = []
        for literal, path, spec, conversion in parsed:
            if path is not None and (spec or conversion):
                raise TaskError(f"microtask {owner!r}: its prompt has {{{path}…}} with a format; name the value only")
            pieces.append((literal, _path(path, names, owner)))
        return cls(tuple(pieces))

    @property
    def names(self) -> frozenset[str]:
        """What it names."""
        return frozenset(path[0] for _, path in self.pieces if path)

    def render(self, values: Mapping[str, Any]) -> str:
        """The prompt with every place filled. Values are data: braces in them stay braces."""
        return "".join(text + (_filled(path, values) if path else "") for text, path in self.pieces)


NO_TEMPLATE = Template(())
"""For a microtask whose prompt is its task's own."""


def _path(path: str | None, names: Collection[str], owner: str) -> tuple[str, ...]:
    if path is None:
        return ()
    steps = tuple(path.split("."))
    if not all(step.isidentifier() and not step.startswith("_") for step in steps):
        raise TaskError(f"microtask {owner!r}: {{{path}}} in its prompt is no dotted name; write {{{{ for a brace")
    if steps[0] not in names:
        raise TaskError(f"microtask {owner!r}: its prompt names {steps[0]!r}{did_you_mean(steps[0], names)}")
    return steps


def _filled(path: tuple[str, ...], values: Mapping[str, Any]) -> str:
    value = values[path[0]]
    for step in path[1:]:
        try:
            value = value[step] if isinstance(value, Mapping) else getattr(value, step)
        except (AttributeError, KeyError):
            raise TaskError(f"{'.'.join(path)!r} in a prompt: {path[0]!r} has no {step!r}") from None
    if isinstance(value, Image | File):
        raise TaskError(
            f"{'.'.join(path)!r} is a {type(value).__name__}, which no text can hold: leave it out of the prompt"
        )
    return written(value)

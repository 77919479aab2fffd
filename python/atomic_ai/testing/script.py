"""What a simulated model says: parts in order, cut into tokens, with the usage and the finish it claims."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Finish = Literal["stop", "length", "tool_calls", "content_filter"]
"""Why the answer ended; each dialect has its own word for it."""

Omission = Literal["usage", "finish", "done"]
"""What an answer may leave out at its end: the usage, the finish reason, the dialect's end mark."""


@dataclass(frozen=True, slots=True)
class Text:
    """Visible text of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """Reasoning, sent in the dialect's own shape for it."""

    text: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """The model's refusal, sent in the dialect's own shape for it."""

    text: str = "I can't help with that."


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of a tool.

    Attributes:
        name: the tool's name.
        arguments: JSON text; it may be broken on purpose where the dialect sends arguments as text.
        id: the call's id; empty gives a numbered one.
    """

    name: str
    arguments: str = "{}"
    id: str = ""


Part = Text | Reasoning | Refusal | ToolCall


@dataclass(frozen=True, slots=True)
class Usage:
    """The tokens an answer claims to have cost; `cached_tokens` are part of `input_tokens`."""

    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0


class Script:
    """One answer of a simulated model.

    Args:
        parts: what is said, in order; a string stands for `Text`.
        finish: why the answer ends; by default `"tool_calls"` if there is a call, else `"stop"`.
        usage: the usage claimed at the end; by default the prompt's estimate and the tokens really scripted.
        omit: what is left out at the end, for providers that forget.
        piece: characters in a token, the unit in which parts are sent; 0 sends each part whole.
    """

    __slots__ = ("finish", "omit", "parts", "piece", "usage")

    def __init__(
        self,
        *parts: Part | str,
        finish: Finish | None = None,
        usage: Usage | None = None,
        omit: Iterable[Omission] = (),
        piece: int = 4,
    ) -> None:
        self.parts = tuple(Text(part) if isinstance(part, str) else part for part in parts)
        called = any(isinstance(part, ToolCall) for part in self.parts)
        self.finish: Finish = finish or ("tool_calls" if called else "stop")
        self.usage = usage
        self.omit = frozenset(omit)
        self.piece = piece

    @classmethod
    def json(cls, value: object, *, piece: int = 4) -> Script:
        """A script whose text is `value` as JSON."""
        return cls(orjson.dumps(value).decode(), piece=piece)

    def pieces(self, text: str) -> Iterator[str]:
        """`text` cut into the tokens it is sent in; an empty text has none."""
        size = self.piece or len(text)
        return (text[start : start + size] for start in range(0, len(text), size or 1))

    @property
    def text(self) -> str:
        """The visible text, all parts of it."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def tokens(self) -> int:
        """How many tokens the whole answer has: simulated ones, of `piece` characters."""
        said = (part.arguments if isinstance(part, ToolCall) else part.text for part in self.parts)
        return sum(sum(1 for _ in self.pieces(text)) for text in said)

    def saying(self, *parts: Part) -> Script:
        """The same manner with other parts: piece size, usage, omissions and a plain finish stay."""
        finish = "stop" if self.finish == "tool_calls" else self.finish
        called = any(isinstance(part, ToolCall) for part in parts)
        return Script(
            *parts,
            finish="tool_calls" if called else finish,
            usage=self.usage,
            omit=self.omit,
            piece=self.piece,
        )

    def __repr__(self) -> str:
        return f"<simulated Script of {len(self.parts)} parts, {self.tokens} tokens, finish={self.finish!r}>"

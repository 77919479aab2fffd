"""What is said to a model: messages made of parts.

No part shows its content in its repr: prompts stay out of logs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from atomic_ai.errors import TaskError

Role = Literal["system", "user", "assistant", "tool"]

_IMAGE_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
)


@dataclass(frozen=True, slots=True)
class Text:
    """Words."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Image:
    """A picture.

    Attributes:
        source: its bytes, or an https URL that the provider fetches.
        media_type: such as "image/png"; found in the bytes where it is not given.
        detail: how closely the model should look, for providers that take it.

    Raises:
        TaskError: no bytes, no URL, or bytes of no known picture format and no media type.
    """

    source: bytes | str = field(repr=False)
    media_type: str | None = None
    detail: Literal["low", "high", "auto"] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.source, str):
            if not self.source.startswith(("https://", "http://")):
                raise TaskError("Image(…) takes bytes or a URL; read a file first: Image(path.read_bytes())")
        elif isinstance(self.source, bytes) and self.source:
            object.__setattr__(self, "media_type", self.media_type or _sniffed(self.source))
        else:
            raise TaskError(f"Image(…) takes non-empty bytes or a URL, not {type(self.source).__name__}")


@dataclass(frozen=True, slots=True)
class File:
    """A document.

    Attributes:
        data: its bytes.
        media_type: such as "application/pdf".
        name: the file name the model sees.

    Raises:
        TaskError: no bytes, or no media type.
    """

    data: bytes = field(repr=False)
    media_type: str = "application/pdf"
    name: str = "document"

    def __post_init__(self) -> None:
        if not isinstance(self.data, bytes) or not self.data:
            raise TaskError("File(…) takes non-empty bytes; read the file first: File(path.read_bytes(), …)")
        if "/" not in self.media_type:
            raise TaskError('File(media_type=…) takes a media type such as "application/pdf"')


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A tool call that an assistant proposed earlier in the conversation.

    Attributes:
        id: the provider's or the caller's id, which the result repeats.
        name: the tool's name.
        arguments: JSON text of one object.
    """

    id: str
    name: str
    arguments: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool returned.

    Attributes:
        id: the call's id.
        name: the tool's name (Gemini answers by name).
        content: the result as text.
        failed: whether the tool raised.
    """

    id: str
    name: str
    content: str = field(repr=False)
    failed: bool = False


Part = Text | Image | File | ToolUse | ToolResult


@dataclass(frozen=True, slots=True, init=False)
class Message:
    """One turn.

    Attributes:
        role: who speaks.
        parts: what is said, in order.

    Raises:
        TaskError: an unknown role or a part that is none.
    """

    role: Role
    parts: tuple[Part, ...]

    def __init__(self, role: Role, content: str | Part | Iterable[str | Part]) -> None:
        if role not in ("system", "user", "assistant", "tool"):
            raise TaskError(f"unknown role {role!r}: use system, user, assistant or tool")
        items = [content] if isinstance(content, str | Part) else content
        object.__setattr__(self, "role", role)
        object.__setattr__(self, "parts", tuple(part_of(item) for item in items))

    @property
    def text(self) -> str:
        """The words of all text parts, joined by line ends."""
        return "\n".join(part.text for part in self.parts if isinstance(part, Text))


def written(value: object) -> str:
    """A value as a model reads it: text as it is, everything else as JSON.

    Raises:
        TaskError: it has no JSON.
    """
    from pydantic import BaseModel, TypeAdapter
    from pydantic.errors import PydanticUserError
    from pydantic_core import PydanticSerializationError

    if isinstance(value, str):
        return str(getattr(value, "value", value))  # a member of a StrEnum reads as its value
    try:
        if isinstance(value, BaseModel):
            return value.model_dump_json()
        return TypeAdapter(type(value)).dump_json(value).decode()
    except (PydanticUserError, PydanticSerializationError):
        raise TaskError(f"no JSON can be made of a {type(value).__name__}") from None


def part_of(item: object) -> Part:
    """A part as it is; a string as `Text`.

    Raises:
        TaskError: it is neither.
    """
    if isinstance(item, str):
        return Text(item)
    if isinstance(item, Part):
        return item
    raise TaskError(f"a message part is text, Text, Image, File, ToolUse or ToolResult, not {type(item).__name__}")


def _sniffed(data: bytes) -> str:
    for signature, media_type in _IMAGE_SIGNATURES:
        if data.startswith(signature):
            return media_type
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    raise TaskError("these bytes are no PNG, JPEG, GIF or WebP; pass Image(…, media_type=…) if they are a picture")

"""Bytes on their way into JSON: base64, data URLs, and text files that need neither."""

from __future__ import annotations

import base64

from atomic_ai.message import File, Image, Message, Part, Text

_TEXTUAL = ("text/", "application/json", "application/xml", "application/yaml", "application/toml")


def encoded(data: bytes) -> str:
    """Base64 without line breaks."""
    return base64.b64encode(data).decode()


def data_url(part: Image | File) -> str:
    """A picture's URL, or the bytes of a picture or file as a data URL."""
    data = part.source if isinstance(part, Image) else part.data
    return data if isinstance(data, str) else f"data:{part.media_type};base64,{encoded(data)}"


def inlined(part: Part) -> Part:
    """A file of text as `Text` under its name, which every model can read; any other part as it is."""
    if not isinstance(part, File) or not part.media_type.startswith(_TEXTUAL):
        return part
    try:
        return Text(f"{part.name}:\n{part.data.decode()}")
    except UnicodeDecodeError:
        return part


def with_text_files_inlined(messages: tuple[Message, ...]) -> list[Message]:
    """The messages with every file of text inlined."""
    return [
        Message(message.role, [inlined(part) for part in message.parts])
        if any(isinstance(part, File) for part in message.parts)
        else message
        for message in messages
    ]

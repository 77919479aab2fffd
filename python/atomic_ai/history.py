"""Conversations from elsewhere: messages as dicts in OpenAI's chat style become `Message`s."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from atomic_ai.errors import TaskError
from atomic_ai.message import File, Image, Message, Part, Role, Text, ToolResult, ToolUse

Turn = Message | Mapping[str, Any] | str

_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
}


def messages_of(turns: Iterable[Turn]) -> tuple[Message, ...]:
    """`Message`s from messages, OpenAI-style dicts or plain strings (which the user says).

    Raises:
        TaskError: a turn that cannot be read; names its place, such as ``messages[2].content[0].type``.
    """
    if isinstance(turns, str | Mapping):
        raise TaskError("messages takes a list of turns; for one text use Task(prompt)")
    names: dict[str, str] = {}
    return tuple(_message(turn, f"messages[{index}]", names) for index, turn in enumerate(turns))


def _message(turn: object, at: str, names: dict[str, str]) -> Message:
    if isinstance(turn, Message):
        return turn
    if isinstance(turn, str):
        return Message("user", turn)
    if not isinstance(turn, Mapping):
        raise TaskError(f"{at} is no message, dict or text but {type(turn).__name__}")
    role = turn.get("role")
    if not isinstance(role, str) or role not in _ROLES:
        raise TaskError(f"{at}.role is not one of {', '.join(_ROLES)}")
    if role == "tool":
        return Message("tool", _tool_result(turn, at, names))
    parts = _content(turn.get("content"), f"{at}.content")
    calls = turn.get("tool_calls") or ()
    if not isinstance(calls, list | tuple):
        raise TaskError(f"{at}.tool_calls is no list")
    for index, call in enumerate(calls):
        use = _tool_use(call, f"{at}.tool_calls[{index}]")
        names[use.id] = use.name
        parts.append(use)
    if not parts:
        raise TaskError(f"{at} says nothing: give it content or tool_calls")
    return Message(_ROLES[role], parts)


def _content(content: object, at: str) -> list[Part]:
    if content is None:
        return []
    if isinstance(content, str):
        return [Text(content)]
    if not isinstance(content, list | tuple):
        raise TaskError(f"{at} is neither text nor a list of parts")
    return [_part(item, f"{at}[{index}]") for index, item in enumerate(content)]


def _part(item: object, at: str) -> Part:
    if isinstance(item, Part):
        return item
    if not isinstance(item, Mapping):
        raise TaskError(f"{at} is no part")
    match item.get("type"):
        case "text" if isinstance(item.get("text"), str):
            return Text(item["text"])
        case "image_url":
            return _placed(_image, item.get("image_url"), f"{at}.image_url")
        case "file":
            return _placed(_file, item.get("file"), f"{at}.file")
    raise TaskError(f"{at}.type is not text, image_url or file, or the part lacks its content")


def _placed(read: Callable[[object, str], Part], source: object, at: str) -> Part:
    """A picture or file; what its own type finds fault with is told with its place."""
    try:
        return read(source, at)
    except TaskError as error:
        told = str(error)
    raise TaskError(told if told.startswith(at) else f"{at}: {told}")


def _image(source: object, at: str) -> Image:
    detail = source.get("detail") if isinstance(source, Mapping) else None
    url = source.get("url") if isinstance(source, Mapping) else source
    if not isinstance(url, str):
        raise TaskError(f"{at}.url is no text")
    if detail not in (None, "low", "high", "auto"):
        raise TaskError(f"{at}.detail is not low, high or auto")
    if url.startswith("data:"):
        media_type, data = _data_url(url, at)
        return Image(data, media_type, detail)
    return Image(url, detail=detail)


def _file(source: object, at: str) -> File:
    data = source.get("file_data") if isinstance(source, Mapping) else None
    if not isinstance(source, Mapping) or not isinstance(data, str):
        raise TaskError(f"{at}.file_data is missing: a file is given by its bytes as a data URL")
    media_type, content = _data_url(data, at)
    return File(content, media_type, str(source.get("filename") or "document"))


def _data_url(url: str, at: str) -> tuple[str, bytes]:
    head, comma, data = url.partition(",")
    media_type, _, encoding = head.removeprefix("data:").partition(";")
    if not head.startswith("data:") or not comma or encoding != "base64":
        raise TaskError(f"{at} is no base64 data URL (data:<media type>;base64,…)")
    try:
        return media_type, base64.b64decode(data, validate=True)
    except binascii.Error:
        raise TaskError(f"{at} holds broken base64") from None


def _tool_use(call: object, at: str) -> ToolUse:
    function = call.get("function") if isinstance(call, Mapping) else None
    if not isinstance(call, Mapping) or not isinstance(function, Mapping):
        raise TaskError(f"{at}.function is missing")
    name, arguments = function.get("name"), function.get("arguments")
    if not isinstance(name, str) or not isinstance(arguments, str):
        raise TaskError(f"{at}.function needs a name and arguments, both text")
    return ToolUse(str(call.get("id") or name), name, arguments)


def _tool_result(turn: Mapping[str, Any], at: str, names: Mapping[str, str]) -> ToolResult:
    call_id = turn.get("tool_call_id")
    if not isinstance(call_id, str):
        raise TaskError(f"{at}.tool_call_id is missing")
    name = turn.get("name") or names.get(call_id)
    if not isinstance(name, str):
        raise TaskError(f"{at}.tool_call_id answers no earlier tool call and {at}.name is missing")
    text = "\n".join(part.text for part in _content(turn.get("content"), f"{at}.content") if isinstance(part, Text))
    return ToolResult(call_id, name, text)

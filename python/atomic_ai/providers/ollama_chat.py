"""Ollama's chat, streamed as lines of JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from atomic_ai.message import Image, Message, ToolResult, ToolUse
from atomic_ai.providers.call import Negotiated
from atomic_ai.providers.media import encoded, with_text_files_inlined
from atomic_ai.providers.request import HttpRequest, arguments_of, present, request
from atomic_ai.providers.structured import first_mode, instructed

if TYPE_CHECKING:
    from atomic_ai.providers.call import Call, OutputMode
    from atomic_ai.providers.presets import Preset


def build(call: Call, preset: Preset) -> HttpRequest:
    """POST …/api/chat."""
    mode = _mode(call)
    body: dict[str, Any] = {"model": call.model.model, "messages": _messages(call, mode), "stream": True}
    body |= present({"tools": [_function(tool.name, tool.description, tool.parameters) for tool in call.tools]})
    if call.output is not None and mode in ("json_schema", "json_object"):
        body["format"] = call.output.schema if mode == "json_schema" else "json"
    if call.reasoning_effort is not None:
        body["think"] = _think(call.reasoning_effort)
    body["options"] = _options(call)
    path = "/chat" if (call.model.base_url or "").endswith("/api") else "/api/chat"
    return request(call, preset, path, body)


def negotiate(call: Call, preset: Preset) -> Negotiated:
    """By `format`, which takes any schema; what its grammar does not enforce, the task's schema judges."""
    return Negotiated("text", _mode(call))


def unsupported(call: Call, preset: Preset) -> tuple[str, ...]:
    """Pictures by address; forced tools."""
    images = [part for message in call.messages for part in message.parts if isinstance(part, Image)]
    mode = call.output.mode if call.output is not None else None
    lacks = {
        "images by URL": any(isinstance(image.source, str) for image in images),
        f"output: {mode}": mode in ("tool", "grammar"),
    }
    return tuple(name for name, lacking in lacks.items() if lacking)


def _mode(call: Call) -> OutputMode | None:
    return first_mode(call, _modes(call))


def _modes(call: Call) -> Iterator[OutputMode]:
    # With tools, `format` would force the tool call itself into the answer's shape.
    if call.tools:
        return
    if "json_schema" in call.model.capabilities:
        yield "json_schema"
    if "json_object" in call.model.capabilities:
        yield "json_object"


def _think(effort: str) -> bool | str:
    return False if effort == "none" else {"minimal": "low"}.get(effort, effort)


def _options(call: Call) -> dict[str, Any]:
    sampling = call.sampling
    return present(
        {
            "num_predict": call.max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "top_k": sampling.top_k,
            "seed": sampling.seed,
            "stop": list(sampling.stop),
            "frequency_penalty": sampling.frequency_penalty,
            "presence_penalty": sampling.presence_penalty,
        }
    )


def _messages(call: Call, mode: OutputMode | None) -> list[dict[str, Any]]:
    spoken = with_text_files_inlined(instructed(call, mode))
    messages = [turn for message in spoken for turn in _turns(message)]
    if call.prefix is not None:
        messages.append({"role": "assistant", "content": call.prefix})
    return messages


def _turns(message: Message) -> Iterator[dict[str, Any]]:
    """One message as this dialect has it: each tool result is a turn of its own."""
    for part in message.parts:
        if isinstance(part, ToolResult):
            yield {"role": "tool", "tool_name": part.name, "content": part.content}
    images = [
        encoded(part.source) for part in message.parts if isinstance(part, Image) and isinstance(part.source, bytes)
    ]
    calls = [
        {"function": {"name": part.name, "arguments": arguments_of(part)}}
        for part in message.parts
        if isinstance(part, ToolUse)
    ]
    if message.text or images or calls:
        yield {"role": message.role, "content": message.text} | present({"images": images, "tool_calls": calls})


def _function(name: str, description: str, parameters: Any) -> dict[str, Any]:
    return {
        "type": "function",
        "function": present({"name": name, "description": description}) | {"parameters": parameters},
    }

"""Amazon Bedrock's converse, streamed as AWS event frames; with a Bedrock API key, or signed (`sigv4.py`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import orjson

from atomic_ai.message import File, Image, Message, Part, Text, ToolResult, ToolUse
from atomic_ai.providers.anthropic_messages import RULES
from atomic_ai.providers.media import encoded, with_text_files_inlined
from atomic_ai.providers.request import HttpRequest, arguments_of, present, request
from atomic_ai.providers.structured import Fitted, first_mode, fit, instructed, is_object, negotiated
from atomic_ai.providers.turns import alternating

if TYPE_CHECKING:
    from atomic_ai.providers.call import Call, Negotiated, OutputMode
    from atomic_ai.providers.presets import Preset


def build(call: Call, preset: Preset) -> HttpRequest:
    """POST …/model/<model>/converse-stream."""
    mode = _mode(call)
    messages = with_text_files_inlined(instructed(call, mode))
    system = "\n\n".join(message.text for message in messages if message.role == "system")
    body = present(
        {
            "system": [{"text": system}] if system else None,
            "messages": _turns(messages, call.prefix),
            "inferenceConfig": _inference(call),
            "toolConfig": _tool_config(call, mode),
            "outputConfig": _output_config(call, mode),
        }
    )
    accept = "application/vnd.amazon.eventstream"
    return request(call, preset, f"/model/{quote(call.model.model, safe='')}/converse-stream", body, accept=accept)


def negotiate(call: Call, preset: Preset) -> Negotiated:
    """By output format where the schema can be said, else by a forced tool or words."""
    return negotiated(call, _mode(call), _fitted(call))


def unsupported(call: Call, preset: Preset) -> tuple[str, ...]:
    """Sampling that converse does not know, pictures by address, and files it does not read."""
    sampling = call.sampling
    parts = [part for message in with_text_files_inlined(call.messages) for part in message.parts]
    mode = call.output.mode if call.output is not None else None
    lacks = {
        "top_k": sampling.top_k is not None,
        "seed": sampling.seed is not None,
        "frequency_penalty": sampling.frequency_penalty is not None,
        "presence_penalty": sampling.presence_penalty is not None,
        "reasoning_effort": call.reasoning_effort is not None,
        "images by URL": any(isinstance(part, Image) and isinstance(part.source, str) for part in parts),
        "files other than PDF": any(isinstance(part, File) and part.media_type != "application/pdf" for part in parts),
        f"output: {mode}": mode in ("json_object", "grammar"),
    }
    return tuple(name for name, lacking in lacks.items() if lacking)


def _mode(call: Call) -> OutputMode | None:
    return first_mode(call, _modes(call))


def _modes(call: Call) -> Iterator[OutputMode]:
    if call.output is None or call.prefix is not None:
        return
    can = call.model.capabilities
    if "json_schema" in can and _fitted(call) is not None:
        yield "json_schema"
    if "tools" in can and not call.tools and is_object(call.output.schema):
        yield "tool"


def _fitted(call: Call) -> Fitted | None:
    return None if call.output is None else fit(call.output.schema, RULES)


def _inference(call: Call) -> dict[str, Any]:
    return present(
        {
            "maxTokens": call.max_tokens,
            "temperature": call.sampling.temperature,
            "topP": call.sampling.top_p,
            "stopSequences": list(call.sampling.stop),
        }
    )


def _tool_config(call: Call, mode: OutputMode | None) -> dict[str, Any] | None:
    tools = [_tool(tool.name, tool.description, tool.parameters) for tool in call.tools]
    if call.output is not None and mode == "tool":
        tools.append(_tool(call.output.name, "Give the answer.", call.output.schema))
        return {"tools": tools, "toolChoice": {"tool": {"name": call.output.name}}}
    return {"tools": tools} if tools else None


def _tool(name: str, description: str, schema: Any) -> dict[str, Any]:
    return {"toolSpec": present({"name": name, "description": description}) | {"inputSchema": {"json": schema}}}


def _output_config(call: Call, mode: OutputMode | None) -> dict[str, Any] | None:
    fitted = _fitted(call) if mode == "json_schema" else None
    if call.output is None or fitted is None:
        return None
    schema = {"name": call.output.name, "schema": orjson.dumps(fitted.schema).decode()}
    return {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": schema}}}


def _turns(messages: list[Message], prefix: str | None) -> list[dict[str, Any]]:
    turns = alternating(messages, _block)
    if prefix is not None:
        turns.append({"role": "assistant", "content": [{"text": prefix}]})
    return turns


def _block(part: Part) -> dict[str, Any]:
    match part:
        case Text():
            return {"text": part.text}
        case Image():
            data = part.source if isinstance(part.source, bytes) else b""
            kind = (part.media_type or "").removeprefix("image/")
            return {"image": {"format": kind, "source": {"bytes": encoded(data)}}}
        case File():
            # Bedrock takes letters, digits, spaces, hyphens and brackets in a document's name.
            name = re.sub(r"[^A-Za-z0-9 ()\[\]-]+", "-", part.name)
            return {"document": {"format": "pdf", "name": name, "source": {"bytes": encoded(part.data)}}}
        case ToolUse():
            return {"toolUse": {"toolUseId": part.id, "name": part.name, "input": arguments_of(part)}}
        case ToolResult():
            status = "error" if part.failed else "success"
            return {"toolResult": {"toolUseId": part.id, "content": [{"text": part.content}], "status": status}}

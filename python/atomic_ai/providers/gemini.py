"""Google's Gemini: generateContent, streamed as server-sent events."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from atomic_ai.message import File, Image, Message, Part, Text, ToolResult, ToolUse
from atomic_ai.providers.media import encoded, with_text_files_inlined
from atomic_ai.providers.request import HttpRequest, arguments_of, present, request
from atomic_ai.providers.structured import (
    Fitted,
    SchemaRules,
    first_mode,
    fit,
    instructed,
    is_object,
    negotiated,
    words,
)

if TYPE_CHECKING:
    from atomic_ai.providers.call import Call, Negotiated, OutputMode
    from atomic_ai.providers.presets import Preset

# ai.google.dev/api/generate-content, `responseJsonSchema`.
RULES = SchemaRules(
    keywords=words("$id $defs $ref $anchor type format title description enum items prefixItems")
    | words("minItems maxItems minimum maximum anyOf properties additionalProperties required"),
    renamed={"oneOf": "anyOf", "const": "enum"},
    lone_refs=True,
)

# Tokens of thought for models before Gemini 3, which take a budget instead of a level.
_BUDGETS = {"none": 0, "minimal": 512, "low": 1024, "medium": 8192, "high": 24576}


def build(call: Call, preset: Preset) -> HttpRequest:
    """POST …/v1beta/models/<model>:streamGenerateContent?alt=sse."""
    mode = _mode(call)
    messages = with_text_files_inlined(instructed(call, mode))
    system = "\n\n".join(message.text for message in messages if message.role == "system")
    body = present(
        {
            "systemInstruction": {"parts": [{"text": system}]} if system else None,
            "contents": _contents(messages, call.prefix),
            "tools": _tools(call, mode),
            "toolConfig": _tool_config(call, mode),
            "generationConfig": _config(call, mode),
        }
    )
    return request(call, preset, _path(call), body)


def negotiate(call: Call, preset: Preset) -> Negotiated:
    """By response schema, else by a forced function, JSON mode or words."""
    return negotiated(call, _mode(call), _fitted(call))


def unsupported(call: Call, preset: Preset) -> tuple[str, ...]:
    """Pictures by address, and more stops than Gemini takes."""
    images = [part for message in call.messages for part in message.parts if isinstance(part, Image)]
    lacks = {
        "images by URL": any(isinstance(image.source, str) for image in images),
        "stop: more than five": len(call.sampling.stop) > 5,
        "output: grammar": call.output is not None and call.output.mode == "grammar",
    }
    return tuple(name for name, lacking in lacks.items() if lacking)


def _path(call: Call) -> str:
    name = quote(call.model.model if "/" in call.model.model else f"models/{call.model.model}", safe="/")
    versioned = re.search(r"/v1(alpha|beta)?$", call.model.base_url or "")
    return f"{'' if versioned else '/v1beta'}/{name}:streamGenerateContent?alt=sse"


def _mode(call: Call) -> OutputMode | None:
    return first_mode(call, _modes(call))


def _modes(call: Call) -> Iterator[OutputMode]:
    # A response format and functions exclude each other.
    if call.output is None or call.tools:
        return
    can = call.model.capabilities
    if "json_schema" in can and _fitted(call) is not None:
        yield "json_schema"
    if "tools" in can and is_object(call.output.schema):
        yield "tool"
    if "json_object" in can:
        yield "json_object"


def _fitted(call: Call) -> Fitted | None:
    return None if call.output is None else fit(call.output.schema, RULES)


def _config(call: Call, mode: OutputMode | None) -> dict[str, Any]:
    sampling = call.sampling
    fitted = _fitted(call) if mode == "json_schema" else None
    return present(
        {
            "maxOutputTokens": call.max_tokens,
            "temperature": sampling.temperature,
            "topP": sampling.top_p,
            "topK": sampling.top_k,
            "seed": sampling.seed,
            "stopSequences": list(sampling.stop),
            "frequencyPenalty": sampling.frequency_penalty,
            "presencePenalty": sampling.presence_penalty,
            "responseMimeType": "application/json" if mode in ("json_schema", "json_object") else None,
            "responseJsonSchema": fitted.schema if fitted else None,
            "thinkingConfig": _thinking(call),
        }
    )


def _thinking(call: Call) -> dict[str, Any] | None:
    effort = call.reasoning_effort
    if effort is None:
        return None
    if effort == "none" or re.search(r"gemini-[12]\b", call.model.model):
        return {"thinkingBudget": _BUDGETS[effort]}
    return {"thinkingLevel": effort}


def _tools(call: Call, mode: OutputMode | None) -> list[dict[str, Any]]:
    functions = [
        present({"name": tool.name, "description": tool.description}) | {"parametersJsonSchema": tool.parameters}
        for tool in call.tools
    ]
    if call.output is not None and mode == "tool":
        schema = call.output.schema
        functions.append({"name": call.output.name, "description": "Give the answer.", "parametersJsonSchema": schema})
    return [{"functionDeclarations": functions}] if functions else []


def _tool_config(call: Call, mode: OutputMode | None) -> dict[str, Any] | None:
    if call.output is None or mode != "tool":
        return None
    return {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": [call.output.name]}}


def _contents(messages: list[Message], prefix: str | None) -> list[dict[str, Any]]:
    contents = [
        {"role": "model" if message.role == "assistant" else "user", "parts": [_part(part) for part in message.parts]}
        for message in messages
        if message.role != "system"
    ]
    if prefix is not None:
        contents.append({"role": "model", "parts": [{"text": prefix}]})
    return contents


def _part(part: Part) -> dict[str, Any]:
    match part:
        case Text():
            return {"text": part.text}
        case Image():
            data = part.source if isinstance(part.source, bytes) else b""
            return {"inlineData": {"mimeType": part.media_type, "data": encoded(data)}}
        case File():
            return {"inlineData": {"mimeType": part.media_type, "data": encoded(part.data)}}
        case ToolUse():
            return {"functionCall": {"id": part.id, "name": part.name, "args": arguments_of(part)}}
        case ToolResult():
            answer = {"error" if part.failed else "result": part.content}
            return {"functionResponse": {"id": part.id, "name": part.name, "response": answer}}

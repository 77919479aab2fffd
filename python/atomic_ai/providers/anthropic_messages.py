"""Anthropic's messages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from atomic_ai.message import File, Image, Message, Part, Text, ToolResult, ToolUse
from atomic_ai.providers.media import encoded, inlined, with_text_files_inlined
from atomic_ai.providers.request import HttpRequest, arguments_of, present, request
from atomic_ai.providers.structured import (
    STRUCTURE,
    Fitted,
    SchemaRules,
    first_mode,
    fit,
    instructed,
    is_object,
    negotiated,
    words,
)
from atomic_ai.providers.turns import alternating

if TYPE_CHECKING:
    from atomic_ai.providers.call import Call, Negotiated, OutputMode
    from atomic_ai.providers.presets import Preset

VERSION = "2023-06-01"

# docs.anthropic.com/en/docs/build-with-claude/structured-outputs, "JSON Schema limitations".
RULES = SchemaRules(
    keywords=STRUCTURE | {"title", "description", "default", "pattern", "format"},
    renamed={"oneOf": "anyOf"},
    formats=words("date-time time date duration email hostname uri ipv4 ipv6 uuid"),
    closed=True,
    simple_patterns=True,
    recursive=False,
)

# Models up to the 4.5 family think by a budget of tokens instead of an effort.
_BY_BUDGET = re.compile(r"claude-(3|(opus|sonnet|haiku)-4(-[0-5])?(-\d{8})?$)")
_BUDGETS = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 24576}
_LEAST_BUDGET = 1024

_EFFORT = {"minimal": "low", "low": "low", "medium": "medium", "high": "high"}


def build(call: Call, preset: Preset) -> HttpRequest:
    """POST …/v1/messages."""
    mode = _mode(call)
    messages = with_text_files_inlined(instructed(call, mode))
    body = present(
        {
            "model": call.model.model,
            "max_tokens": call.max_tokens,
            "system": "\n\n".join(message.text for message in messages if message.role == "system"),
            "messages": _turns(messages, call.prefix),
            "temperature": call.sampling.temperature,
            "top_p": call.sampling.top_p,
            "top_k": call.sampling.top_k,
            "stop_sequences": list(call.sampling.stop),
            "stream": True,
        }
    )
    body |= _tools(call, mode) | _thinking(call) | _output_config(call, mode)
    base = call.model.base_url or ""
    path = "/messages" if base.endswith("/v1") else "/v1/messages"
    return request(call, preset, path, body, anthropic_version=VERSION)


def negotiate(call: Call, preset: Preset) -> Negotiated:
    """By output format where the schema can be said, else by a forced tool or words."""
    return negotiated(call, _mode(call), _fitted(call))


def unsupported(call: Call, preset: Preset) -> tuple[str, ...]:
    """Sampling that Anthropic does not know, and what thinking and prefill exclude."""
    sampling = call.sampling
    mode = call.output.mode if call.output is not None else None
    thinks = call.reasoning_effort not in (None, "none")
    files = [part for message in call.messages for part in message.parts if isinstance(part, File)]
    lacks = {
        "seed": sampling.seed is not None,
        "frequency_penalty": sampling.frequency_penalty is not None,
        "presence_penalty": sampling.presence_penalty is not None,
        "temperature above 1": sampling.temperature is not None and sampling.temperature > 1,
        "temperature with reasoning_effort": thinks and sampling.temperature not in (None, 1),
        "reasoning_effort in so few max_tokens": thinks and _by_budget(call) and call.max_tokens <= _LEAST_BUDGET,
        "prefill with reasoning_effort": thinks and call.prefix is not None,
        "prefill after white space": call.prefix is not None and call.prefix != call.prefix.rstrip(),
        "files other than PDF": any(not _readable(file) for file in files),
        f"output: {mode}": mode in ("json_object", "grammar"),
    }
    return tuple(name for name, lacking in lacks.items() if lacking)


def _readable(file: File) -> bool:
    return file.media_type == "application/pdf" or isinstance(inlined(file), Text)


def _mode(call: Call) -> OutputMode | None:
    return first_mode(call, _modes(call))


def _modes(call: Call) -> Iterator[OutputMode]:
    # Neither an output format nor a forced tool goes with a prefilled answer.
    if call.output is None or call.prefix is not None:
        return
    if "json_schema" in call.model.capabilities and _fitted(call) is not None:
        yield "json_schema"
    thinks = call.reasoning_effort not in (None, "none")
    if "tools" in call.model.capabilities and not call.tools and not thinks and is_object(call.output.schema):
        yield "tool"


def _fitted(call: Call) -> Fitted | None:
    return None if call.output is None else fit(call.output.schema, RULES)


def _tools(call: Call, mode: OutputMode | None) -> dict[str, Any]:
    tools = [
        present({"name": tool.name, "description": tool.description}) | {"input_schema": tool.parameters}
        for tool in call.tools
    ]
    if call.output is None or mode != "tool":
        return present({"tools": tools})
    answer = {"name": call.output.name, "description": "Give the answer.", "input_schema": call.output.schema}
    return {"tools": [*tools, answer], "tool_choice": {"type": "tool", "name": call.output.name}}


def _thinking(call: Call) -> dict[str, Any]:
    effort = call.reasoning_effort
    if effort is None:
        return {}
    if effort == "none":
        return {"thinking": {"type": "disabled"}}
    if _by_budget(call):
        # Thinking is part of `max_tokens`: half of them stays for the answer.
        budget = max(_LEAST_BUDGET, min(_BUDGETS[effort], call.max_tokens // 2))
        return {"thinking": {"type": "enabled", "budget_tokens": budget}}
    return {"thinking": {"type": "adaptive"}}


def _by_budget(call: Call) -> bool:
    return _BY_BUDGET.match(call.model.model) is not None


def _output_config(call: Call, mode: OutputMode | None) -> dict[str, Any]:
    config: dict[str, Any] = {}
    if call.reasoning_effort in _EFFORT and not _by_budget(call):
        config["effort"] = _EFFORT[call.reasoning_effort]
    fitted = _fitted(call) if mode == "json_schema" else None
    if fitted is not None:
        config["format"] = {"type": "json_schema", "schema": fitted.schema}
    return present({"output_config": config})


def _turns(messages: list[Message], prefix: str | None) -> list[dict[str, Any]]:
    turns = alternating(messages, _block)
    if prefix is not None:
        turns.append({"role": "assistant", "content": [{"type": "text", "text": prefix}]})
    return turns


def _block(part: Part) -> dict[str, Any]:
    match part:
        case Text():
            return {"type": "text", "text": part.text}
        case Image():
            return {"type": "image", "source": _source(part)}
        case File():
            data = {"type": "base64", "media_type": part.media_type, "data": encoded(part.data)}
            return {"type": "document", "source": data, "title": part.name}
        case ToolUse():
            return {"type": "tool_use", "id": part.id, "name": part.name, "input": arguments_of(part)}
        case ToolResult():
            result = {"type": "tool_result", "tool_use_id": part.id, "content": part.content}
            return result | ({"is_error": True} if part.failed else {})


def _source(image: Image) -> dict[str, Any]:
    if isinstance(image.source, str):
        return {"type": "url", "url": image.source}
    return {"type": "base64", "media_type": image.media_type, "data": encoded(image.source)}

"""OpenAI's responses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from atomic_ai.message import File, Image, Message, Part, Text, ToolResult, ToolUse
from atomic_ai.providers.media import data_url, with_text_files_inlined
from atomic_ai.providers.openai_chat import STRICT, mode_of
from atomic_ai.providers.request import HttpRequest, present, request
from atomic_ai.providers.structured import Fitted, fit, instructed, negotiated

if TYPE_CHECKING:
    from atomic_ai.providers.call import Call, Negotiated, OutputMode
    from atomic_ai.providers.presets import Preset


def build(call: Call, preset: Preset) -> HttpRequest:
    """POST …/responses; nothing is stored at the provider."""
    mode = mode_of(call)
    messages = with_text_files_inlined(instructed(call, mode))
    body = present(
        {
            "model": call.model.model,
            "instructions": "\n\n".join(message.text for message in messages if message.role == "system"),
            "input": [item for message in messages if message.role != "system" for item in _items(message)],
            "max_output_tokens": call.max_tokens,
            "temperature": call.sampling.temperature,
            "top_p": call.sampling.top_p,
            "reasoning": {"effort": call.reasoning_effort} if call.reasoning_effort else None,
            "text": _format(call, mode),
        }
    )
    return request(call, preset, "/responses", body | _tools(call, mode) | {"stream": True, "store": False})


def negotiate(call: Call, preset: Preset) -> Negotiated:
    """As in OpenAI's chat completions."""
    return negotiated(call, mode_of(call), _fitted(call))


def unsupported(call: Call, preset: Preset) -> tuple[str, ...]:
    """Sampling that responses do not know."""
    sampling = call.sampling
    lacks = {
        "top_k": sampling.top_k is not None,
        "seed": sampling.seed is not None,
        "stop": bool(sampling.stop),
        "frequency_penalty": sampling.frequency_penalty is not None,
        "presence_penalty": sampling.presence_penalty is not None,
        "prefill": call.prefix is not None,
        "output: grammar": call.output is not None and call.output.mode == "grammar",
    }
    return tuple(name for name, lacking in lacks.items() if lacking)


def _fitted(call: Call) -> Fitted | None:
    return None if call.output is None else fit(call.output.schema, STRICT)


def _format(call: Call, mode: OutputMode | None) -> dict[str, Any] | None:
    if call.output is None or mode not in ("json_schema", "json_object"):
        return None
    if mode == "json_object":
        return {"format": {"type": "json_object"}}
    fitted = _fitted(call)
    schema = call.output.schema if fitted is None else fitted.schema
    return {"format": {"type": "json_schema", "name": call.output.name, "strict": fitted is not None, "schema": schema}}


def _tools(call: Call, mode: OutputMode | None) -> dict[str, Any]:
    tools = [_function(tool.name, tool.description, tool.parameters) for tool in call.tools]
    if call.output is None or mode != "tool":
        return present({"tools": tools})
    answer = _function(call.output.name, "Give the answer.", call.output.schema)
    return {"tools": [*tools, answer], "tool_choice": {"type": "function", "name": call.output.name}}


def _function(name: str, description: str, parameters: Any) -> dict[str, Any]:
    told = present({"type": "function", "name": name, "description": description})
    return told | {"parameters": parameters, "strict": False}


def _items(message: Message) -> Iterator[dict[str, Any]]:
    """One message as this dialect has it: tool calls and results are items of their own."""
    for part in message.parts:
        if isinstance(part, ToolResult):
            yield {"type": "function_call_output", "call_id": part.id, "output": part.content}
    content = [_content(part, message.role) for part in message.parts if isinstance(part, Text | Image | File)]
    if content:
        yield {"role": message.role, "content": content}
    for part in message.parts:
        if isinstance(part, ToolUse):
            yield {"type": "function_call", "call_id": part.id, "name": part.name, "arguments": part.arguments}


def _content(part: Part, role: str) -> dict[str, Any]:
    match part:
        case Image():
            return present({"type": "input_image", "image_url": data_url(part), "detail": part.detail})
        case File():
            return {"type": "input_file", "filename": part.name, "file_data": data_url(part)}
        case _:
            text = part.text if isinstance(part, Text) else ""
            return {"type": "output_text" if role == "assistant" else "input_text", "text": text}

"""OpenAI's chat completions, and the vendors that speak it with oddities of their own (`presets`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from atomic_ai.message import File, Image, Message, Text, ToolResult, ToolUse
from atomic_ai.providers.media import data_url, with_text_files_inlined
from atomic_ai.providers.request import HttpRequest, present, request
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

if TYPE_CHECKING:
    from atomic_ai.providers.call import Call, Negotiated, OutputMode
    from atomic_ai.providers.presets import Preset

# platform.openai.com/docs/guides/structured-outputs, "Supported schemas".
STRICT = SchemaRules(
    keywords=STRUCTURE
    | words("title description pattern format multipleOf minimum maximum")
    | words("exclusiveMinimum exclusiveMaximum minItems maxItems"),
    renamed={"oneOf": "anyOf"},
    formats=words("date-time time date duration email hostname ipv4 ipv6 uuid"),
    closed=True,
    all_required=True,
    lone_refs=True,
    simple_patterns=True,
    object_root=True,
)

# learn.microsoft.com/azure/ai-services/openai/how-to/structured-outputs: no keyword but structure.
BARE = SchemaRules(
    keywords=STRUCTURE | {"title", "description"},
    renamed={"oneOf": "anyOf"},
    closed=True,
    all_required=True,
    lone_refs=True,
    object_root=True,
)


def build(call: Call, preset: Preset) -> HttpRequest:
    """POST …/chat/completions."""
    return request(call, preset, _path(call, preset), body(call, preset))


def body(call: Call, preset: Preset) -> dict[str, Any]:
    """The request's body, as a JSON object."""
    mode = mode_of(call)
    said: dict[str, Any] = {"model": call.model.model, "messages": messages(call, preset, mode), "stream": True}
    if "no_stream_options" not in preset.oddities:
        said["stream_options"] = {"include_usage": True}
    bound = "max_completion_tokens" if "max_completion_tokens" in preset.oddities else "max_tokens"
    said[bound] = call.max_tokens
    said |= _sampling(call, preset) | _reasoning(call, preset) | tools(call, mode) | _format(call, preset, mode)
    if call.prefix is not None and "continue_flag" in preset.oddities:
        said |= {"add_generation_prompt": False, "continue_final_message": True}
    return said


def negotiate(call: Call, preset: Preset) -> Negotiated:
    """By JSON schema where model and root allow it, else by a forced tool, JSON mode or words."""
    return negotiated(call, mode_of(call), _fitted(call, preset))


def unsupported(call: Call, preset: Preset) -> tuple[str, ...]:
    """Sampling that OpenAI does not know, and more stops than it takes."""
    lacks = {
        "top_k": call.sampling.top_k is not None and "top_k" not in preset.oddities,
        "seed": call.sampling.seed is not None and "no_seed" in preset.oddities,
        "frequency_penalty": call.sampling.frequency_penalty is not None and "no_penalties" in preset.oddities,
        "presence_penalty": call.sampling.presence_penalty is not None and "no_penalties" in preset.oddities,
        "stop: more than four": len(call.sampling.stop) > 4,
        "output: grammar": call.output is not None and call.output.mode == "grammar",
    }
    return tuple(name for name, lacking in lacks.items() if lacking)


def _path(call: Call, preset: Preset) -> str:
    base = call.model.base_url
    bare = base is not None and base != preset.base_url and base.count("/") == 2
    return "/v1/chat/completions" if bare else "/chat/completions"


def mode_of(call: Call) -> OutputMode | None:
    """How the answer's shape is asked for."""
    return first_mode(call, _modes(call))


def _modes(call: Call) -> Iterator[OutputMode]:
    can = call.model.capabilities
    if call.output is None or not is_object(call.output.schema):
        return
    if "json_schema" in can:
        yield "json_schema"
    if "tools" in can and not call.tools:
        yield "tool"
    if "json_object" in can:
        yield "json_object"


def _fitted(call: Call, preset: Preset) -> Fitted | None:
    if call.output is None or "loose_schema" in preset.oddities:
        return None
    return fit(call.output.schema, BARE if "bare_schema" in preset.oddities else STRICT)


def _format(call: Call, preset: Preset, mode: OutputMode | None) -> dict[str, Any]:
    if call.output is None or mode not in ("json_schema", "json_object"):
        return {}
    if mode == "json_object":
        return {"response_format": {"type": "json_object"}}
    fitted = _fitted(call, preset)
    shape = {
        "name": call.output.name,
        "strict": fitted is not None,
        "schema": call.output.schema if fitted is None else fitted.schema,
    }
    return {"response_format": {"type": "json_schema", "json_schema": shape}}


def tools(call: Call, mode: OutputMode | None) -> dict[str, Any]:
    """The tools a model may call; the answer's own, forced, in mode "tool"."""
    functions = [_function(tool.name, tool.description, tool.parameters) for tool in call.tools]
    if call.output is None or mode != "tool":
        return present({"tools": functions})
    answer = _function(call.output.name, "Give the answer.", call.output.schema)
    choice = {"type": "function", "function": {"name": call.output.name}}
    return {"tools": [*functions, answer], "tool_choice": choice}


def _function(name: str, description: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "function",
        "function": present({"name": name, "description": description}) | {"parameters": parameters},
    }


def _sampling(call: Call, preset: Preset) -> dict[str, Any]:
    sampling = call.sampling
    return present(
        {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "top_k": sampling.top_k,
            "random_seed" if "random_seed" in preset.oddities else "seed": sampling.seed,
            "stop": list(sampling.stop),
            "frequency_penalty": sampling.frequency_penalty,
            "presence_penalty": sampling.presence_penalty,
        }
    )


def _reasoning(call: Call, preset: Preset) -> dict[str, Any]:
    if call.reasoning_effort is None:
        return {}
    if "reasoning_object" in preset.oddities:
        return {"reasoning": {"effort": call.reasoning_effort}}
    return {"reasoning_effort": call.reasoning_effort}


def messages(call: Call, preset: Preset, mode: OutputMode | None) -> list[dict[str, Any]]:
    """The conversation, with what the mode does not carry put into words and the prefix at its end."""
    spoken = with_text_files_inlined(instructed(call, mode))
    turns = [turn for message in spoken for turn in _turns(message)]
    if call.prefix is not None:
        flag = {"prefix": True} if "prefix_flag" in preset.oddities else {}
        turns.append({"role": "assistant", "content": call.prefix} | flag)
    return turns


def _turns(message: Message) -> Iterator[dict[str, Any]]:
    """One message as this dialect has it: each tool result is a turn of its own."""
    for part in message.parts:
        if isinstance(part, ToolResult):
            yield {"role": "tool", "tool_call_id": part.id, "content": part.content}
    said = [part for part in message.parts if isinstance(part, Text | Image | File)]
    calls = [
        {"id": part.id, "type": "function", "function": {"name": part.name, "arguments": part.arguments}}
        for part in message.parts
        if isinstance(part, ToolUse)
    ]
    if calls:
        yield {"role": message.role, "content": _content(said) or None, "tool_calls": calls}
    elif said:
        yield {"role": message.role, "content": _content(said)}


def _content(parts: list[Text | Image | File]) -> str | list[dict[str, Any]]:
    if all(isinstance(part, Text) for part in parts):
        return "\n\n".join(part.text for part in parts if isinstance(part, Text))
    return [_part(part) for part in parts]


def _part(part: Text | Image | File) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    if isinstance(part, Image):
        return {"type": "image_url", "image_url": present({"url": data_url(part), "detail": part.detail})}
    return {"type": "file", "file": {"filename": part.name, "file_data": data_url(part)}}

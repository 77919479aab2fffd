"""Cohere's chat, version 2."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from atomic_ai.providers import openai_chat
from atomic_ai.providers.request import HttpRequest, present, request
from atomic_ai.providers.structured import Fitted, SchemaRules, first_mode, fit, is_object, negotiated, words

if TYPE_CHECKING:
    from atomic_ai.providers.call import Call, Negotiated, OutputMode
    from atomic_ai.providers.presets import Preset

# docs.cohere.com/docs/structured-outputs, "Parameter types support" and "Unsupported schema features".
RULES = SchemaRules(
    keywords=words("type properties required additionalProperties items enum const anyOf $ref $defs title description")
    | words("pattern format"),
    formats=words("date-time uuid date time"),
    simple_patterns=True,
    object_root=True,
)


def build(call: Call, preset: Preset) -> HttpRequest:
    """POST …/v2/chat."""
    mode = _mode(call)
    sampling = call.sampling
    body = present(
        {
            "model": call.model.model,
            "messages": openai_chat.messages(call, preset, mode),
            "max_tokens": call.max_tokens,
            "temperature": sampling.temperature,
            "p": sampling.top_p,
            "k": sampling.top_k,
            "seed": sampling.seed,
            "stop_sequences": list(sampling.stop),
            "frequency_penalty": sampling.frequency_penalty,
            "presence_penalty": sampling.presence_penalty,
            "response_format": _format(call, mode),
            "thinking": _thinking(call),
        }
    )
    return request(call, preset, _path(call), body | _tools(call, mode) | {"stream": True})


def negotiate(call: Call, preset: Preset) -> Negotiated:
    """By a JSON object with a schema; with tools in words, since Cohere takes only one of the two."""
    return negotiated(call, _mode(call), _fitted(call))


def unsupported(call: Call, preset: Preset) -> tuple[str, ...]:
    """Continuing a text, and more stops than Cohere takes."""
    lacks = {
        "prefill": call.prefix is not None,
        "stop: more than five": len(call.sampling.stop) > 5,
        "output: grammar": call.output is not None and call.output.mode == "grammar",
    }
    return tuple(name for name, lacking in lacks.items() if lacking)


def _path(call: Call) -> str:
    return "/chat" if (call.model.base_url or "").endswith("/v2") else "/v2/chat"


def _mode(call: Call) -> OutputMode | None:
    return first_mode(call, _modes(call))


def _modes(call: Call) -> Iterator[OutputMode]:
    if call.output is None or call.tools or not is_object(call.output.schema):
        return
    can = call.model.capabilities
    if "json_schema" in can and _fitted(call) is not None:
        yield "json_schema"
    if "tools" in can:
        yield "tool"
    if "json_object" in can:
        yield "json_object"


def _fitted(call: Call) -> Fitted | None:
    return None if call.output is None else fit(call.output.schema, RULES)


def _format(call: Call, mode: OutputMode | None) -> dict[str, Any] | None:
    if mode not in ("json_schema", "json_object"):
        return None
    fitted = _fitted(call) if mode == "json_schema" else None
    return {"type": "json_object"} | ({"json_schema": fitted.schema} if fitted else {})


def _tools(call: Call, mode: OutputMode | None) -> dict[str, Any]:
    # Cohere forces no tool by its name: the answer's tool must be the only one.
    said = openai_chat.tools(call, mode)
    return said | {"tool_choice": "REQUIRED"} if "tool_choice" in said else said


def _thinking(call: Call) -> dict[str, Any] | None:
    if call.reasoning_effort is None:
        return None
    return {"type": "disabled" if call.reasoning_effort == "none" else "enabled"}

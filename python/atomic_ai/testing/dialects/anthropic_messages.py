"""Anthropic's messages, streamed: blocks that start, grow and stop, between a message's start and stop."""

from __future__ import annotations

from typing import Any

from atomic_ai.testing.dialects.dialect import Query, call_id, simulated_name
from atomic_ai.testing.dialects.framing import SIMULATED_SIGNATURE, encoded, sse
from atomic_ai.testing.plan import Frame
from atomic_ai.testing.script import Part, Reasoning, Refusal, Script, ToolCall, Usage

_FINISH = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}
_ERROR = {
    429: "rate_limit_error",
    529: "overloaded_error",
    400: "invalid_request_error",
    401: "authentication_error",
}


class AnthropicMessages:
    """`POST …/messages`."""

    name = "anthropic-messages"
    base_path = "/v1"

    def serves(self, path: str) -> bool:
        """Whether the path is that of messages."""
        return path.endswith("/messages")

    def content_type(self, query: Query) -> str:
        """Server-sent events."""
        return "text/event-stream; charset=utf-8"

    def model(self, query: Query) -> str:
        """The body's `model`."""
        return str(query.json.get("model", ""))

    def forced_tool(self, body: dict[str, Any]) -> str:
        """The tool that `tool_choice` names."""
        choice = body.get("tool_choice")
        return str(choice.get("name", "")) if isinstance(choice, dict) else ""

    def frames(self, script: Script, query: Query, usage: Usage) -> list[Frame]:
        """A message's start with a placeholder for the output, its blocks, its finish and usage, its stop."""
        frames = [_start(self.model(query), query.number, usage)]
        for index, part in enumerate(script.parts):
            frames += _block(script, part, index)
            if index == 0:
                frames.insert(2, Frame(b'event: ping\ndata: {"type": "ping"}\n\n'))
        if "finish" not in script.omit:
            frames.append(_finish(script, usage))
        if "done" not in script.omit:
            frames.append(_event("message_stop"))
        return frames

    def error_frame(self, message: str, query: Query) -> Frame:
        """`event: error`, as an overloaded service sends it."""
        return _event("error", error={"type": "overloaded_error", "message": message})

    def error_body(self, status: int, message: str) -> bytes:
        """`{"type": "error", "error": {type, message}}`."""
        return encoded({"type": "error", "error": {"type": _ERROR.get(status, "api_error"), "message": message}})


def _event(kind: str, tokens: int = 0, /, **fields: object) -> Frame:
    return Frame(sse({"type": kind, **fields}, event=kind), tokens)


def _start(model: str, number: int, usage: Usage) -> Frame:
    counted = {
        "input_tokens": usage.input_tokens - usage.cached_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": usage.cached_tokens,
        "output_tokens": 1,
    }
    message: dict[str, object] = {
        "id": f"msg_simulated_{number}",
        "type": "message",
        "role": "assistant",
        "model": simulated_name(model),
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": counted,
    }
    return _event("message_start", message=message)


def _finish(script: Script, usage: Usage) -> Frame:
    refused = any(isinstance(part, Refusal) for part in script.parts)
    reason = "refusal" if refused else _FINISH[script.finish]
    delta = {"stop_reason": reason, "stop_sequence": None}
    if "usage" in script.omit:
        return _event("message_delta", delta=delta)
    return _event("message_delta", delta=delta, usage={"output_tokens": usage.output_tokens})


def _block(script: Script, part: Part, index: int) -> list[Frame]:
    if isinstance(part, ToolCall):
        block: dict[str, Any] = {
            "type": "tool_use",
            "id": call_id(part, index, "toolu_"),
            "name": part.name,
            "input": {},
        }
        kind, field, text = "input_json_delta", "partial_json", part.arguments
    elif isinstance(part, Reasoning):
        block = {"type": "thinking", "thinking": "", "signature": ""}
        kind, field, text = "thinking_delta", "thinking", part.text
    else:
        block, kind, field, text = {"type": "text", "text": ""}, "text_delta", "text", part.text
    frames = [_event("content_block_start", index=index, content_block=block)]
    deltas = ({"type": kind, field: piece} for piece in script.pieces(text))
    frames += [_event("content_block_delta", 1, index=index, delta=delta) for delta in deltas]
    if isinstance(part, Reasoning):
        signature = {"type": "signature_delta", "signature": SIMULATED_SIGNATURE}
        frames.append(_event("content_block_delta", index=index, delta=signature))
    return [*frames, _event("content_block_stop", index=index)]

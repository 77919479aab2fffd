"""OpenAI's chat completions, streamed: deltas in `choices[0]`, usage in a chunk without choices, `[DONE]`."""

from __future__ import annotations

from typing import Any

from atomic_ai.testing.dialects.dialect import Query, call_id, simulated_name
from atomic_ai.testing.dialects.framing import encoded, sse
from atomic_ai.testing.plan import Frame
from atomic_ai.testing.script import Reasoning, Refusal, Script, Text, ToolCall, Usage

_FIELD: dict[type[Any], str] = {Text: "content", Reasoning: "reasoning_content", Refusal: "refusal"}


class OpenAIChat:
    """`POST …/chat/completions`."""

    name = "openai-chat"
    base_path = "/v1"

    def serves(self, path: str) -> bool:
        """Whether the path is that of chat completions."""
        return path.endswith("/chat/completions")

    def content_type(self, query: Query) -> str:
        """Server-sent events."""
        return "text/event-stream; charset=utf-8"

    def model(self, query: Query) -> str:
        """The body's `model`."""
        return str(query.json.get("model", ""))

    def forced_tool(self, body: dict[str, Any]) -> str:
        """The function named by `tool_choice`."""
        choice = body.get("tool_choice")
        return str(choice.get("function", {}).get("name", "")) if isinstance(choice, dict) else ""

    def frames(self, script: Script, query: Query, usage: Usage) -> list[Frame]:
        """Role, deltas, finish, usage if `stream_options` asks for it, and the end mark."""
        chunks = _Chunks(self.model(query), query.number)
        frames = [chunks.delta({"role": "assistant", "content": "", "refusal": None})]
        calls = 0
        for part in script.parts:
            if isinstance(part, ToolCall):
                frames += _call(chunks, script, part, calls)
                calls += 1
            else:
                field = _FIELD[type(part)]
                frames += [chunks.delta({field: piece}, tokens=1) for piece in script.pieces(part.text)]
        if "finish" not in script.omit:
            frames.append(chunks.delta({}, finish=script.finish))
        asked = (query.json.get("stream_options") or {}).get("include_usage")
        if asked and "usage" not in script.omit:
            frames.append(chunks.usage(usage))
        if "done" not in script.omit:
            frames.append(Frame(b"data: [DONE]\n\n"))
        return frames

    def error_frame(self, message: str, query: Query) -> Frame:
        """A chunk with `error` at its top, as routers send it."""
        return Frame(sse({"error": {"message": message, "type": "server_error", "code": 502}}))

    def error_body(self, status: int, message: str) -> bytes:
        """`{"error": {message, type, code}}`."""
        kind = "rate_limit_exceeded" if status == 429 else "server_error"
        return encoded({"error": {"message": message, "type": kind, "param": None, "code": kind}})


class _Chunks:
    """Chunks of one completion, which share their head."""

    def __init__(self, model: str, number: int) -> None:
        self._head = {
            "id": f"chatcmpl-simulated-{number}",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": simulated_name(model),
        }

    def delta(self, delta: dict[str, Any], *, tokens: int = 0, finish: str | None = None) -> Frame:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return Frame(sse({**self._head, "choices": [choice], "usage": None}), tokens)

    def usage(self, usage: Usage) -> Frame:
        counted = {
            "prompt_tokens": usage.input_tokens,
            "completion_tokens": usage.output_tokens,
            "total_tokens": usage.input_tokens + usage.output_tokens,
            "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
        }
        return Frame(sse({**self._head, "choices": [], "usage": counted}))


def _call(chunks: _Chunks, script: Script, call: ToolCall, index: int) -> list[Frame]:
    function = {"name": call.name, "arguments": ""}
    head = {"index": index, "id": call_id(call, index, "call_"), "type": "function", "function": function}
    frames = [chunks.delta({"tool_calls": [head]})]
    for piece in script.pieces(call.arguments):
        fragment = {"index": index, "function": {"arguments": piece}}
        frames.append(chunks.delta({"tool_calls": [fragment]}, tokens=1))
    return frames

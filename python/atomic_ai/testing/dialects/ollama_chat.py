"""Ollama's chat: one JSON object a line, the last one `done` with its counts."""

from __future__ import annotations

from typing import Any

import orjson

from atomic_ai.testing.dialects.dialect import Query, simulated_name
from atomic_ai.testing.dialects.framing import encoded
from atomic_ai.testing.plan import Frame
from atomic_ai.testing.script import Part, Reasoning, Script, ToolCall, Usage

_FINISH = {"stop": "stop", "length": "length", "tool_calls": "stop", "content_filter": "stop"}


class OllamaChat:
    """`POST …/api/chat`."""

    name = "ollama-chat"
    base_path = ""

    def serves(self, path: str) -> bool:
        """Whether the path is that of the chat."""
        return path.endswith("/api/chat")

    def content_type(self, query: Query) -> str:
        """JSON lines."""
        return "application/x-ndjson"

    def model(self, query: Query) -> str:
        """The body's `model`."""
        return str(query.json.get("model", ""))

    def forced_tool(self, body: dict[str, Any]) -> str:
        """Ollama knows no forced tool."""
        return ""

    def frames(self, script: Script, query: Query, usage: Usage) -> list[Frame]:
        """A line for each token, then the line that is done."""
        head = {"model": simulated_name(self.model(query)), "created_at": "1970-01-01T00:00:00Z"}
        frames = []
        for part in script.parts:
            for message, tokens in _messages(script, part):
                told = {"role": "assistant", "content": "", **message}
                frames.append(_line({**head, "message": told, "done": False}, tokens))
        if "done" not in script.omit:
            frames.append(_line(_done(head, script, usage)))
        return frames

    def error_frame(self, message: str, query: Query) -> Frame:
        """A line with `error` alone."""
        return _line({"error": message})

    def error_body(self, status: int, message: str) -> bytes:
        """`{"error": message}`."""
        return encoded({"error": message})


def _line(value: dict[str, Any], tokens: int = 0) -> Frame:
    return Frame(encoded(value) + b"\n", tokens)


def _done(head: dict[str, Any], script: Script, usage: Usage) -> dict[str, Any]:
    done = {**head, "message": {"role": "assistant", "content": ""}, "done": True}
    if "finish" not in script.omit:
        done["done_reason"] = _FINISH[script.finish]
    if "usage" not in script.omit:
        done |= {"prompt_eval_count": usage.input_tokens, "eval_count": usage.output_tokens}
    return done


def _messages(script: Script, part: Part) -> list[tuple[dict[str, Any], int]]:
    if isinstance(part, ToolCall):
        call = {"function": {"name": part.name, "arguments": orjson.loads(part.arguments)}}
        return [({"tool_calls": [call]}, sum(1 for _ in script.pieces(part.arguments)))]
    field = "thinking" if isinstance(part, Reasoning) else "content"
    return [({field: piece}, 1) for piece in script.pieces(part.text)]

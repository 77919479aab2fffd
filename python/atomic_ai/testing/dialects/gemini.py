"""Gemini's `streamGenerateContent`: candidates with parts, as SSE with CRLF or as one JSON array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import orjson

from atomic_ai.testing.dialects.dialect import Query, call_id, simulated_name
from atomic_ai.testing.dialects.framing import encoded, sse
from atomic_ai.testing.plan import Frame
from atomic_ai.testing.script import Part, Reasoning, Refusal, Script, ToolCall, Usage

if TYPE_CHECKING:
    from collections.abc import Sequence

_FINISH = {"stop": "STOP", "length": "MAX_TOKENS", "tool_calls": "STOP", "content_filter": "SAFETY"}
_STATUS = {429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE", 400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED"}


class Gemini:
    """`POST …/models/<model>:streamGenerateContent`, with `?alt=sse` or without."""

    name = "gemini"
    base_path = "/v1beta"

    def serves(self, path: str) -> bool:
        """Whether the path streams generated content."""
        return path.endswith(":streamGenerateContent")

    def content_type(self, query: Query) -> str:
        """Server-sent events if the query says `alt=sse`, else JSON."""
        return "text/event-stream" if _as_events(query) else "application/json; charset=UTF-8"

    def model(self, query: Query) -> str:
        """The model in the path."""
        path = urlsplit(query.target).path
        return path.rpartition("/")[2].partition(":")[0]

    def forced_tool(self, body: dict[str, Any]) -> str:
        """The only function allowed in a function-calling mode of `ANY`."""
        config = (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
        names = config.get("allowedFunctionNames") or []
        return str(names[0]) if config.get("mode") == "ANY" and len(names) == 1 else ""

    def frames(self, script: Script, query: Query, usage: Usage) -> list[Frame]:
        """A response object for each token, then one with the finish reason."""
        chunks = _Chunks(self.model(query), query.number, usage, counted="usage" not in script.omit)
        objects = []
        for index, part in enumerate(script.parts):
            objects += [chunks.content(told, tokens) for told, tokens in _parts(script, part, index)]
        if "finish" not in script.omit:
            refused = any(isinstance(part, Refusal) for part in script.parts)
            objects.append(chunks.finish("SAFETY" if refused else _FINISH[script.finish]))
        return _framed(objects, query, closed="done" not in script.omit)

    def error_frame(self, message: str, query: Query) -> Frame:
        """An object with `error` where a response is due."""
        error = {"error": {"code": 503, "message": message, "status": "UNAVAILABLE"}}
        data = sse(error, line_end=b"\r\n") if _as_events(query) else b",\n" + encoded(error) + b"\n]"
        return Frame(data)

    def error_body(self, status: int, message: str) -> bytes:
        """`{"error": {code, message, status}}`."""
        return encoded({"error": {"code": status, "message": message, "status": _STATUS.get(status, "INTERNAL")}})


def _as_events(query: Query) -> bool:
    return parse_qs(urlsplit(query.target).query).get("alt") == ["sse"]


class _Chunks:
    """Response objects of one answer; usage grows with them, as the service sends it."""

    def __init__(self, model: str, number: int, usage: Usage, *, counted: bool) -> None:
        self._tail = {"modelVersion": simulated_name(model), "responseId": f"simulated-{number}"}
        self._usage, self._counted, self._said = usage, counted, 0

    def content(self, part: dict[str, Any], tokens: int) -> tuple[dict[str, Any], int]:
        self._said += tokens
        candidate = {"content": {"parts": [part], "role": "model"}, "index": 0}
        return self._response(candidate, self._said), tokens

    def finish(self, reason: str) -> tuple[dict[str, Any], int]:
        candidate: dict[str, Any] = {"finishReason": reason, "index": 0}
        if reason != "SAFETY":
            candidate["content"] = {"parts": [{"text": ""}], "role": "model"}
        return self._response(candidate, self._usage.output_tokens), 0

    def _response(self, candidate: dict[str, Any], output: int) -> dict[str, Any]:
        counted = {
            "promptTokenCount": self._usage.input_tokens,
            "candidatesTokenCount": output,
            "totalTokenCount": self._usage.input_tokens + output,
            "cachedContentTokenCount": self._usage.cached_tokens,
        }
        usage = {"usageMetadata": counted} if self._counted else {}
        return {"candidates": [candidate], **usage, **self._tail}


def _parts(script: Script, part: Part, index: int) -> list[tuple[dict[str, Any], int]]:
    if isinstance(part, ToolCall):
        call = {"name": part.name, "args": orjson.loads(part.arguments), "id": call_id(part, index, "")}
        return [({"functionCall": call}, sum(1 for _ in script.pieces(part.arguments)))]
    thought = {"thought": True} if isinstance(part, Reasoning) else {}
    return [({"text": piece, **thought}, 1) for piece in script.pieces(part.text)]


def _framed(objects: Sequence[tuple[dict[str, Any], int]], query: Query, *, closed: bool) -> list[Frame]:
    if _as_events(query):
        return [Frame(sse(value, line_end=b"\r\n"), tokens) for value, tokens in objects]
    frames = [
        Frame((b",\n" if index else b"[") + encoded(value) + b"\n", tokens)
        for index, (value, tokens) in enumerate(objects)
    ]
    return [*frames, Frame(b"]" if frames else b"[]")] if closed else frames

"""OpenAI's responses, streamed: numbered events about output items, the last with the whole response."""

from __future__ import annotations

from typing import Any

from atomic_ai.testing.dialects.dialect import Query, call_id, simulated_name
from atomic_ai.testing.dialects.framing import encoded, sse
from atomic_ai.testing.plan import Frame
from atomic_ai.testing.script import Part, Reasoning, Refusal, Script, ToolCall, Usage


class OpenAIResponses:
    """`POST …/responses`."""

    name = "openai-responses"
    base_path = "/v1"

    def serves(self, path: str) -> bool:
        """Whether the path is that of responses."""
        return path.endswith("/responses")

    def content_type(self, query: Query) -> str:
        """Server-sent events."""
        return "text/event-stream; charset=utf-8"

    def model(self, query: Query) -> str:
        """The body's `model`."""
        return str(query.json.get("model", ""))

    def forced_tool(self, body: dict[str, Any]) -> str:
        """The function named by `tool_choice`."""
        choice = body.get("tool_choice")
        return str(choice.get("name", "")) if isinstance(choice, dict) else ""

    def frames(self, script: Script, query: Query, usage: Usage) -> list[Frame]:
        """Created, the items one after the other, completed or incomplete."""
        events = _Events(self.model(query), query.number)
        frames = [events.of("response.created", response=events.response("in_progress"))]
        items = []
        for index, part in enumerate(script.parts):
            told, item = _item(events, script, part, index)
            frames += told
            items.append(item)
        if script.omit.isdisjoint({"finish", "done"}):
            status = "incomplete" if script.finish in ("length", "content_filter") else "completed"
            response = events.response(status, items)
            if "usage" not in script.omit:
                response["usage"] = _counted(usage)
            if status == "incomplete":
                reason = "max_output_tokens" if script.finish == "length" else "content_filter"
                response["incomplete_details"] = {"reason": reason}
            frames.append(events.of(f"response.{status}", response=response))
        return frames

    def error_frame(self, message: str, query: Query) -> Frame:
        """`event: error`."""
        error = {"type": "error", "code": "server_error", "message": message, "param": None}
        return Frame(sse(error, event="error"))

    def error_body(self, status: int, message: str) -> bytes:
        """`{"error": {message, type, code}}`."""
        kind = "rate_limit_exceeded" if status == 429 else "server_error"
        return encoded({"error": {"message": message, "type": kind, "param": None, "code": kind}})


class _Events:
    """The events of one response, numbered."""

    def __init__(self, model: str, number: int) -> None:
        self._number, self._model, self._sequence = number, simulated_name(model), 0

    def of(self, kind: str, tokens: int = 0, /, **fields: object) -> Frame:
        event = {"type": kind, "sequence_number": self._sequence, **fields}
        self._sequence += 1
        return Frame(sse(event, event=kind), tokens)

    def response(self, status: str, output: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        return {
            "id": f"resp_simulated_{self._number}",
            "object": "response",
            "created_at": 0,
            "status": status,
            "model": self._model,
            "error": None,
            "output": output or [],
        }


def _counted(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens},
        "output_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


def _item(events: _Events, script: Script, part: Part, index: int) -> tuple[list[Frame], dict[str, Any]]:
    item, family, text = _shape(part, index)
    place: dict[str, object] = {"output_index": index, "item_id": item["id"]}
    if family not in ("function_call_arguments", "reasoning_summary_text"):
        place["content_index"] = 0
    frames = [events.of("response.output_item.added", output_index=index, item=_opened(item))]
    frames += [events.of(f"response.{family}.delta", 1, delta=piece, **place) for piece in script.pieces(text)]
    whole = {"function_call_arguments": "arguments", "refusal": "refusal"}.get(family, "text")
    frames.append(events.of(f"response.{family}.done", **place, **{whole: text}))
    frames.append(events.of("response.output_item.done", output_index=index, item=item))
    return frames, item


def _opened(item: dict[str, Any]) -> dict[str, Any]:
    if item["type"] == "reasoning":
        return item
    emptied: dict[str, Any] = {"arguments": ""} if item["type"] == "function_call" else {"content": []}
    return {**item, **emptied, "status": "in_progress"}


def _shape(part: Part, index: int) -> tuple[dict[str, Any], str, str]:
    if isinstance(part, ToolCall):
        call = {
            "type": "function_call",
            "id": f"fc_simulated_{index}",
            "call_id": call_id(part, index, "call_"),
            "name": part.name,
            "arguments": part.arguments,
            "status": "completed",
        }
        return call, "function_call_arguments", part.arguments
    if isinstance(part, Reasoning):
        summary = [{"type": "summary_text", "text": part.text}]
        thought = {"type": "reasoning", "id": f"rs_simulated_{index}", "summary": summary}
        return thought, "reasoning_summary_text", part.text
    family, field = ("refusal", "refusal") if isinstance(part, Refusal) else ("output_text", "text")
    content = [{"type": family, field: part.text}]
    item = {"type": "message", "id": f"msg_simulated_{index}", "role": "assistant", "status": "completed"}
    return {**item, "content": content}, family, part.text

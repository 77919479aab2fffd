"""Each dialect's request for each feature of a call, held to golden files.

`ATOMIC_WRITE_GOLDEN=1 pytest tests/test_request_bodies.py` writes them anew; the diff is then read like code.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

import orjson
import pytest
from pydantic import BaseModel, Field

from atomic_ai.message import File, Image, Message, Text, ToolResult, ToolUse
from atomic_ai.model import Model
from atomic_ai.providers.call import Call, OutputFormat, Sampling
from atomic_ai.providers.dialects import DIALECTS
from atomic_ai.providers.features import lacking
from atomic_ai.providers.presets import PRESETS
from atomic_ai.task import Task
from atomic_ai.tool import Tool

GOLDEN = Path(__file__).parent / "golden"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
ASK = (Message("user", "Sort this mail."),)


class Answer(BaseModel):
    """A triage."""

    kind: Literal["bill", "spam"]
    priority: int = Field(ge=1, le=5, description="1 is urgent")
    reason: str = Field(default="", max_length=80)


SHAPE = OutputFormat("Answer", Answer.model_json_schema())
LOOK = Tool("look", "Finds a mail.", {"type": "object", "properties": {"id": {"type": "integer"}}}, "read")
HISTORY = (
    Message("system", "Be brief."),
    Message("user", "Find mail 7."),
    Message("assistant", ["Looking.", ToolUse("c1", "look", '{"id":7}')]),
    Message("tool", [ToolResult("c1", "look", "Lunch?"), ToolResult("c2", "look", "timeout", failed=True)]),
    Message("assistant", "It asks for lunch."),
    Message("user", "Sort it."),
)
EXAMPLES = Task("Sort it.", output=Answer, examples=[("Win!", Answer(kind="spam", priority=5))]).with_input("Pay up.")

FEATURES: dict[str, dict[str, Any]] = {
    "text": {},
    "history": {"messages": HISTORY},
    "image": {"messages": (Message("user", [Text("What is it?"), Image(PNG, detail="low")]),)},
    "image_url": {"messages": (Message("user", [Image("https://e.org/a.png"), Text("?")]),)},
    "file": {"messages": (Message("user", [Text("Sum up."), File(b"%PDF-1.7", name="a.pdf")]),)},
    "text_file": {"messages": (Message("user", [Text("Sum up."), File(b"a,b\n1,2", "text/csv", "t.csv")]),)},
    "tools": {"tools": (LOOK,)},
    "sampling": {"sampling": Sampling(temperature=0, top_p=0.9, stop=("END",))},
    "all_sampling": {"sampling": Sampling(0.5, 0.9, 40, 7, ("END",), 0.1, 0.2)},
    "reasoning": {"reasoning_effort": "low"},
    "no_reasoning": {"reasoning_effort": "none"},
    "output": {"output": SHAPE},
    "output_tool": {"output": OutputFormat("Answer", SHAPE.schema, "tool")},
    "output_json_object": {"output": OutputFormat("Answer", SHAPE.schema, "json_object")},
    "output_prompt": {"messages": HISTORY[:2], "output": OutputFormat("Answer", SHAPE.schema, "prompt")},
    "output_array": {"output": OutputFormat("list", {"type": "array", "items": {"type": "string"}})},
    "output_with_tools": {"output": SHAPE, "tools": (LOOK,)},
    "prefix": {"prefix": "The mail is"},
    "examples": {"messages": EXAMPLES.conversation(), "output": SHAPE},
}
PROVIDERS = ("openai", "openai-responses", "anthropic", "gemini", "ollama", "cohere", "bedrock")
ODD = [
    ("mistral", "prefix"),
    ("mistral", "all_sampling"),
    ("mistral", "output"),
    ("vllm", "prefix"),
    ("vllm", "output"),
    ("openrouter", "reasoning"),
    ("azure", "output"),
    ("groq", "sampling"),
    ("deepseek", "output"),
    ("perplexity", "text"),
]


def call_for(provider: str, feature: str) -> Call:
    base_url = "https://own.example.org/v1" if PRESETS[provider].base_url is None else None
    model = Model("m", provider=provider, model="model-1", base_url=base_url, api_key="sk-canary")
    return Call(**{"model": model, "messages": ASK, "max_tokens": 256} | FEATURES[feature])


def told(provider: str, feature: str) -> dict[str, Any]:
    """Everything a dialect makes of a call, as JSON."""
    call, preset = call_for(provider, feature), PRESETS[provider]
    builder = DIALECTS[preset.dialect]
    request, negotiated = builder.build(call, preset), builder.negotiate(call, preset)
    headers = {name: value for name, value in request.headers if name != "user-agent"}
    return {
        "request": f"{request.method} {request.url}",
        "headers": headers,
        "unsupported": [*lacking(call), *builder.unsupported(call, preset)],
        "negotiated": {
            "channel": negotiated.channel,
            "mode": negotiated.mode,
            "stripped": list(negotiated.stripped),
            "narrowed": list(negotiated.narrowed),
        },
        "body": orjson.loads(request.body),
    }


@pytest.mark.parametrize(
    ("provider", "feature"), [(provider, feature) for provider in PROVIDERS for feature in FEATURES] + ODD
)
def test_a_request_is_as_its_golden_file_says(provider: str, feature: str) -> None:
    path = GOLDEN / f"{provider}-{feature}.json"
    found = told(provider, feature)
    if os.environ.get("ATOMIC_WRITE_GOLDEN") == "1":
        path.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    assert found == orjson.loads(path.read_bytes())


def test_no_golden_file_is_left_over() -> None:
    wanted = {f"{provider}-{feature}.json" for provider in PROVIDERS for feature in FEATURES}
    wanted |= {f"{provider}-{feature}.json" for provider, feature in ODD}
    assert {path.name for path in GOLDEN.glob("*.json")} == wanted


@pytest.mark.parametrize(
    ("model", "max_tokens", "thinking", "config"),
    [
        ("claude-opus-4-8", 256, {"type": "adaptive"}, {"effort": "high"}),
        ("claude-sonnet-4-5-20250929", 100_000, {"type": "enabled", "budget_tokens": 24576}, None),
        ("claude-sonnet-4-20250514", 4096, {"type": "enabled", "budget_tokens": 2048}, None),
        ("claude-3-7-sonnet-latest", 1500, {"type": "enabled", "budget_tokens": 1024}, None),
    ],
)
def test_claude_thinks_by_effort_or_by_budget(
    model: str, max_tokens: int, thinking: dict[str, Any], config: dict[str, Any] | None
) -> None:
    call = Call(Model(model, provider="anthropic", api_key="k"), ASK, max_tokens, reasoning_effort="high")
    preset = PRESETS["anthropic"]
    body = orjson.loads(DIALECTS[preset.dialect].build(call, preset).body)
    assert (body["thinking"], body.get("output_config")) == (thinking, config)
    few = Call(call.model, ASK, 1024, reasoning_effort="high")
    assert bool(DIALECTS[preset.dialect].unsupported(few, preset)) is (config is None)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_no_request_shows_its_key(provider: str) -> None:
    call, preset = call_for(provider, "history"), PRESETS[provider]
    request = DIALECTS[preset.dialect].build(call, preset)
    assert "sk-canary" not in repr((request, call, request.body, request.url, request.headers))

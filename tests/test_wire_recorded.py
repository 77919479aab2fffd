"""Recorded provider streams reproduce their expected message through `WireDecoder`, whole and in random splits."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from atomic_ai._core import Delta, Message, WireDecoder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Tally = Callable[[str, int, int], None]

DIALECTS = {
    "chat.completions": "openai-chat",
    "completions": "openai-completions",
    "responses": "openai-responses",
    "assistants": "openai-assistants",
    "messages": "anthropic-messages",
    "anthropic.complete": "anthropic-messages",
    "generateContent": "gemini",
    "ollama.chat": "ollama-chat",
    "ollama.generate": "ollama-generate",
    "cohere.v1.chat": "cohere-v1",
    "cohere.v2.chat": "cohere-v2",
    "bedrock.converse-stream": "bedrock-converse",
    "bedrock.invoke-stream": "bedrock-invoke",
}
EXCEPTIONS = {
    "bedrock/0011": "the last frame says `MAX_TOKENS`; the reference does not read the Cohere family's finish",
    "bedrock/0059": "the frames carry two calls, which the reference does not read of the Nova family",
}
"""Streams whose expected message is not reproduced, with the reason."""

CACHED = (
    ("prompt_tokens_details", "cached_tokens"),
    ("input_tokens_details", "cached_tokens"),
    ("prompt_token_details", "cached_tokens"),
    ("cached_tokens",),
    ("prompt_cache_hit_tokens",),
    ("cache_read_input_tokens",),
    ("cacheReadInputTokens",),
    ("cacheReadInputTokenCount",),
    ("cachedContentTokenCount",),
)


@pytest.fixture(scope="module")
def recordings(conformance: Path) -> list[tuple[dict[str, Any], bytes]]:
    files = sorted((conformance / "wire").glob("*/*.json"))
    assert files
    cases = [(json.loads(file.read_bytes()), file.with_suffix(".raw").read_bytes()) for file in files]
    return [(case, raw) for case, raw in cases if case["api"] in DIALECTS and case["expected"]]


def decode(case: dict[str, Any], chunks: Iterator[bytes]) -> tuple[Message, list[Delta]]:
    decoder = WireDecoder(DIALECTS[case["api"]])
    deltas = [delta for chunk in chunks for delta in decoder.feed(chunk)]
    deltas += decoder.finish()
    return decoder.message, deltas


def split(raw: bytes, seed: int) -> Iterator[bytes]:
    numbers = random.Random(seed)
    at = 0
    while at < len(raw):
        length = numbers.randrange(1, 300)
        yield raw[at : at + length]
        at += length


def cached(usage: dict[str, Any] | None) -> int | None:
    for place in CACHED:
        found: Any = usage
        for key in place:
            found = (found or {}).get(key)
        if found is not None:
            return found
    return None


def heard(message: Message, usage: bool) -> dict[str, Any]:
    counts = message.usage
    return {
        "text": message.text,
        "reasoning": message.reasoning,
        "refusal": message.refusal,
        "finish_reason": message.finish_reason,
        "error": message.error is not None,
        "tool_calls": [(call.id, call.name, json.loads(call.arguments)) for call in message.tool_calls],
        "usage": (counts.input_tokens, counts.output_tokens, counts.cached_tokens) if counts and usage else None,
    }


def expected(case: dict[str, Any]) -> dict[str, Any]:
    known = case["expected"]
    counts = known.get("usage_norm")
    sent = known.get("usage_raw", known["usage"])
    return {
        "text": known["text"],
        "reasoning": known["reasoning"],
        "refusal": known["refusal"],
        "finish_reason": known["finish_reason"],
        "error": bool(known["error"] or known.get("error_outside_sse_grammar")),
        "tool_calls": [(call["id"], call["name"], json.loads(call["arguments"])) for call in known["tool_calls"]],
        "usage": (counts["input"], counts["output"], cached(sent)) if counts else None,
    }


def test_recorded_streams(recordings: list[tuple[dict[str, Any], bytes]], tally: Tally) -> None:
    different = {}
    for case, raw in recordings:
        message, _ = decode(case, iter([raw]))
        known = expected(case)
        found = heard(message, usage=known["usage"] is not None)
        if found != known:
            different[case["id"]] = {key: (found[key], known[key]) for key in known if found[key] != known[key]}
    assert different.keys() == EXCEPTIONS.keys(), {
        key: value for key, value in different.items() if key not in EXCEPTIONS
    }
    tally("recorded streams", len(recordings) - len(EXCEPTIONS), len(EXCEPTIONS))


def test_splits_change_nothing(recordings: list[tuple[dict[str, Any], bytes]]) -> None:
    for case, raw in recordings:
        assert decode(case, split(raw, len(raw))) == decode(case, iter([raw])), case["id"]

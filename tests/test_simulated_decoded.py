"""The simulated endpoints and the decoder hold each other to the dialects, faults included."""

from __future__ import annotations

import httpx
import pytest

from atomic_ai._core import WireDecoder
from atomic_ai.errors import LimitError, WireError
from atomic_ai.testing import (
    BadJson,
    BadUtf8,
    Bomb,
    Cut,
    ErrorInside,
    HtmlPage,
    Reasoning,
    Refuses,
    Replay,
    Script,
    SimulatedEndpoint,
    ToolCall,
    Usage,
)

PATHS = {
    "openai-chat": "/chat/completions",
    "openai-responses": "/responses",
    "anthropic-messages": "/messages",
    "gemini": "/models/m:streamGenerateContent?alt=sse",
    "ollama-chat": "/api/chat",
}
REASON = {
    "openai-chat": "tool_calls",
    "openai-responses": "completed",
    "anthropic-messages": "tool_use",
    "gemini": "STOP",
    "ollama-chat": "stop",
}
SAID = Script(
    Reasoning("Let me think."), "Grüße aus Köln 👋", ToolCall("look", '{"at":"ü"}', "call_1"), usage=Usage(7, 11, 2)
)


def cached(dialect):
    return None if dialect == "ollama-chat" else 2


def decoded(endpoint, dialect, path=None, **limits):
    """What the decoder heard of one answer, chunk by chunk as httpx reads it."""
    decoder = WireDecoder(dialect, **limits)
    asked = {"model": "m", "stream": True, "stream_options": {"include_usage": True}}
    with (
        httpx.Client(verify=False, trust_env=False) as client,
        client.stream("POST", endpoint.base_url + (path or PATHS[dialect]), json=asked) as answer,
    ):
        try:
            for chunk in answer.iter_bytes():
                decoder.feed(chunk)
        except httpx.RemoteProtocolError:
            pass
    decoder.finish()
    return decoder.message


@pytest.mark.parametrize("dialect", PATHS)
@pytest.mark.parametrize("split", ["event", "random", 1])
def test_the_decoder_hears_what_the_script_says(dialect, split):
    with SimulatedEndpoint(dialect, SAID, split=split) as endpoint:
        message = decoded(endpoint, dialect)
    assert (message.text, message.reasoning, message.refusal) == ("Grüße aus Köln 👋", "Let me think.", "")
    assert [(call.name, call.arguments.replace(" ", "")) for call in message.tool_calls] == [("look", '{"at":"ü"}')]
    assert message.finish_reason == REASON[dialect]
    beside = message.usage.cached_tokens if message.usage.cached_beside else 0
    assert message.usage.input_tokens + beside == 7
    assert (message.usage.cached_tokens, message.usage.output_tokens) == (cached(dialect), 11)
    assert (message.error, message.truncated) == (None, False)


def test_gemini_as_an_array():
    with SimulatedEndpoint("gemini", SAID, split=3) as endpoint:
        message = decoded(endpoint, "gemini", "/models/m:streamGenerateContent")
    assert (message.text, message.finish_reason, message.truncated) == ("Grüße aus Köln 👋", "STOP", False)


@pytest.mark.parametrize("dialect", PATHS)
@pytest.mark.parametrize("inside", ["event", "utf-8", None])
@pytest.mark.parametrize("clean", [True, False])
def test_a_cut_stream_is_truncated(dialect, inside, clean):
    script = Script("Grüße aus Köln, von der Domplatte")
    with SimulatedEndpoint(dialect, script, faults=Cut(0 if inside == "utf-8" else 3, inside, clean)) as endpoint:
        message = decoded(endpoint, dialect)
    assert message.truncated
    assert script.text.startswith(message.text)


@pytest.mark.parametrize("dialect", PATHS)
def test_a_forgotten_finish_is_truncated(dialect):
    with SimulatedEndpoint(dialect, Script("Hi", omit=["finish", "done"])) as endpoint:
        message = decoded(endpoint, dialect)
    assert (message.text, message.truncated) == ("Hi", True)


@pytest.mark.parametrize("dialect", PATHS)
def test_forgotten_usage_is_none(dialect):
    with SimulatedEndpoint(dialect, Script("Hi", omit=["usage"])) as endpoint:
        message = decoded(endpoint, dialect)
    assert message.text == "Hi"
    assert message.usage is None or message.usage.output_tokens in (None, 1)  # Anthropic's placeholder at the start


@pytest.mark.parametrize("dialect", PATHS)
@pytest.mark.parametrize("fault", [BadJson(3), BadUtf8(3)])
def test_bad_bytes_are_a_wire_error_with_a_place(dialect, fault):
    endpoint = SimulatedEndpoint(dialect, Script("A longer answer"), faults=fault)
    with endpoint, pytest.raises(WireError) as caught:
        decoded(endpoint, dialect)
    assert caught.value.offset > 0


@pytest.mark.parametrize("dialect", PATHS)
def test_an_error_inside_a_good_status_is_heard(dialect):
    with SimulatedEndpoint(dialect, Script("A longer answer"), faults=ErrorInside(3, "no more")) as endpoint:
        message = decoded(endpoint, dialect)
    assert "no more" in message.error.message


@pytest.mark.parametrize("dialect", PATHS)
def test_a_refusal_is_heard(dialect):
    with SimulatedEndpoint(dialect, Script("Hi"), faults=Refuses("No.")) as endpoint:
        message = decoded(endpoint, dialect)
    assert "No." in (message.refusal, message.text)


@pytest.mark.parametrize("dialect", PATHS)
def test_a_page_for_people_is_no_answer(dialect):
    with SimulatedEndpoint(dialect, Script("Hi"), faults=HtmlPage()) as endpoint:
        try:
            message = decoded(endpoint, dialect)
        except WireError:
            return
    assert message.truncated
    assert message.text == ""


@pytest.mark.parametrize("dialect", PATHS)
def test_a_bomb_ends_at_a_limit(dialect):
    endpoint = SimulatedEndpoint(dialect, Script("Hi"), faults=Bomb(4_000_000))
    with endpoint, pytest.raises((LimitError, WireError)):
        decoded(endpoint, dialect, max_line=1_000_000, max_event=1_000_000, max_stream=2_000_000)


@pytest.mark.parametrize("recorded", ["openai/0343", "anthropic/0007"])
def test_a_recorded_stream_is_heard_the_same_over_a_socket(conformance, recorded):
    dialect = {"openai": "openai-chat", "anthropic": "anthropic-messages"}[recorded.partition("/")[0]]
    body = (conformance / "wire" / f"{recorded}.raw").read_bytes()
    alone = WireDecoder(dialect)
    alone.feed(body)
    alone.finish()
    with SimulatedEndpoint(dialect, Replay(body, "random"), seed=3) as endpoint:
        assert decoded(endpoint, dialect) == alone.message

"""`WireDecoder`, `Delta` and `SseParser` as Python sees them."""

from __future__ import annotations

import base64
import json
import pickle
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atomic_ai._core import Delta, Message, ProviderFault, SseParser, Usage, WireDecoder
from atomic_ai.errors import ConfigError, LimitError, StateError, WireError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HELLO = b'data: {"choices":[{"index":0,"delta":{"content":"hello"}}]}\n\n'
END = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


def test_a_stream_is_heard() -> None:
    decoder = WireDecoder("openai-chat")
    deltas = decoder.feed(HELLO) + decoder.feed(bytearray(END))
    assert [(delta.kind, delta.text) for delta in deltas] == [("text", "hello"), ("finish", None)]
    assert deltas[1].reason == "stop"
    assert decoder.finish() == []
    message = decoder.message
    assert (message.text, message.finish_reason, message.truncated) == ("hello", "stop", False)
    assert message.usage is None
    assert message.error is None


def test_a_cut_stream_says_so() -> None:
    decoder = WireDecoder("openai-chat")
    decoder.feed(HELLO)
    assert [delta.kind for delta in decoder.finish()] == ["truncated"]
    assert decoder.message.truncated


def test_an_empty_body_is_a_cut_stream() -> None:
    for dialect in WireDecoder.dialects():
        decoder = WireDecoder(dialect)
        assert decoder.finish() == [Delta("truncated")]


def test_an_unknown_dialect_names_those_that_are() -> None:
    with pytest.raises(ConfigError, match="openai-chat"):
        WireDecoder("klingon")


def test_an_error_loses_nothing() -> None:
    decoder = WireDecoder("openai-chat")
    with pytest.raises(WireError) as caught:
        decoder.feed(HELLO + b'data: {"choices" 1}\n\n')
    assert caught.value.deltas == [Delta("text", "hello")]
    assert caught.value.offset == len(HELLO)
    assert decoder.message.text == "hello"
    with pytest.raises(WireError):
        decoder.feed(END)


def test_after_the_end_there_is_no_more() -> None:
    decoder = WireDecoder("openai-chat")
    decoder.finish()
    with pytest.raises(StateError):
        decoder.feed(HELLO)
    with pytest.raises(StateError):
        decoder.finish()


@pytest.mark.parametrize(
    ("limit", "body"),
    [("line", HELLO), ("event", HELLO), ("stream", HELLO)],
)
def test_limits_are_typed(limit: str, body: bytes) -> None:
    decoder = WireDecoder("openai-chat", **{f"max_{limit}": 20})
    with pytest.raises(LimitError) as caught:
        decoder.feed(body)
    assert (caught.value.limit, caught.value.bound) == (limit, 20)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "HTML"),
        (b"\x1f\x8b\x08\x00\x00", "compressed"),
        (b"\x00\x01\x02", "binary"),
        (b"upstream connect error or disconnect/reset before headers", "plain text"),
    ],
)
def test_what_is_no_stream_is_named(body: bytes, words: str) -> None:
    def read() -> None:
        decoder = WireDecoder("openai-chat")
        decoder.feed(body)
        decoder.finish()

    with pytest.raises(WireError, match=words):
        read()


def test_invalid_utf8_is_an_error_with_its_place() -> None:
    decoder = WireDecoder("openai-chat")
    with pytest.raises(WireError, match="UTF-8") as caught:
        decoder.feed(HELLO + b'data: {"a":"\xff"}\n\n')
    assert caught.value.offset == len(HELLO)


def test_deltas_are_made_by_other_sources_too() -> None:
    usage = Usage(7, 3, cached_tokens=2)
    deltas = [
        Delta("text", "a"),
        Delta("tool_call", index=1, id="x", name="f", arguments="{}"),
        Delta("usage", usage=usage),
        Delta("finish", reason="stop"),
        Delta("error", error=ProviderFault("overloaded", kind="server_error", status=529)),
        Delta("other", name="ping", data="{}"),
        Delta("truncated"),
    ]
    assert [delta.kind for delta in deltas] == ["text", "tool_call", "usage", "finish", "error", "other", "truncated"]
    assert (deltas[1].index, deltas[1].id, deltas[1].name, deltas[1].arguments) == (1, "x", "f", "{}")
    assert deltas[2].usage == usage
    assert deltas[4].error is not None
    assert deltas[4].error.status == 529
    assert (deltas[5].name, deltas[5].data) == ("ping", "{}")
    with pytest.raises(ValueError, match="needs text"):
        Delta("text")
    with pytest.raises(ValueError, match="no kind"):
        Delta("song", "la")  # type: ignore[arg-type]


def test_errors_and_what_they_carry_pickle() -> None:
    usage = Usage(7, 3, cached_tokens=2, cached_beside=True)
    fault = ProviderFault("busy", kind="server_error", code="x", status=529)
    deltas = [
        Delta("text", "a"),
        Delta("tool_call", index=1, id="x", name="f", arguments="{}"),
        Delta("usage", usage=usage),
        Delta("finish", reason="stop"),
        Delta("error", error=fault),
        Delta("other", name="ping", data="{}"),
        Delta("truncated"),
    ]
    assert pickle.loads(pickle.dumps([*deltas, usage, fault])) == [*deltas, usage, fault]
    with pytest.raises(WireError) as caught:
        WireDecoder("openai-chat").feed(HELLO + b'data: {"choices" 1}\n\n')
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.deltas, again.offset) == (str(caught.value), [Delta("text", "hello")], len(HELLO))
    event = SseParser().feed(b"event: x\nid: 1\ndata: y\n\n")
    assert pickle.loads(pickle.dumps(event)) == event


def test_what_models_say_is_in_no_repr() -> None:
    decoder = WireDecoder("openai-chat")
    deltas = decoder.feed(HELLO)
    fault = ProviderFault("hello", kind="server_error")
    for shown in (deltas, decoder.message, fault, Delta("error", error=fault)):
        assert "hello" not in repr(shown)


def test_counts_beside_are_added() -> None:
    anthropic = Usage(10, 5, cached_tokens=90, cache_write_tokens=1, cached_beside=True)
    assert anthropic.prompt_tokens == 101
    assert Usage(100, 5, cached_tokens=90).prompt_tokens == 100
    assert Usage(1, 5, reasoning_tokens=7, reasoning_beside=True).generated_tokens == 12
    assert Usage().prompt_tokens is None


@given(st.binary(max_size=400), st.sampled_from(WireDecoder.dialects()), st.integers(1, 50))
def test_any_bytes_in_any_split_give_the_same(body: bytes, dialect: str, size: int) -> None:
    def outcome(chunks: list[bytes]) -> tuple[list[Delta], str, Message]:
        decoder = WireDecoder(dialect)
        deltas: list[Delta] = []
        try:
            for chunk in chunks:
                deltas += decoder.feed(chunk)
            deltas += decoder.finish()
        except WireError as error:
            return deltas + error.deltas, str(error), decoder.message
        return deltas, "", decoder.message

    assert outcome([body]) == outcome([body[at : at + size] for at in range(0, len(body), size)])


def test_event_streams_by_the_rules(conformance: Path, tally: Callable[[str, int, int], None]) -> None:
    lines = (conformance / "wire" / "sse_vectors.jsonl").read_text().splitlines()
    assert len(lines) >= 83
    for case in map(json.loads, lines):
        body = base64.b64decode(case["input_b64"])
        for size in (1, max(len(body), 1)):
            parser = SseParser()
            events = [
                {"type": event.type, "data": event.data, "last_event_id": event.last_event_id}
                for at in range(0, len(body), size)
                for event in parser.feed(body[at : at + size])
            ]
            assert events == case["expected"]["events"], case["id"]
            assert parser.last_event_id == case["expected"]["final_last_event_id"], case["id"]
            retry = case["expected"]["retry"]
            assert parser.retry == (None if not retry else 2**64 - 1 if retry[-1] == "huge" else retry[-1])
    tally("event streams", len(lines), 0)


def test_what_is_no_stream_is_placed_alike_however_it_is_split() -> None:
    """Stray bytes of a byte order mark come before the question what the body is."""

    def heard(chunks: list[bytes]) -> None:
        decoder = WireDecoder("openai-chat")
        for chunk in chunks:
            decoder.feed(chunk)
        decoder.finish()

    def place(chunks: list[bytes]) -> int:
        with pytest.raises(WireError) as caught:
            heard(chunks)
        return caught.value.offset

    body = b"\xbf\xbf\n="
    assert place([body]) == place([body[at : at + 1] for at in range(len(body))]) == 3

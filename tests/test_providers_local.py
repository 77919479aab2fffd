"""Specialists of this process, and LiteLLM: sources of deltas instead of bytes."""

from __future__ import annotations

import gc
import threading
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from pydantic import BaseModel

from atomic_ai.errors import ConfigError, ProviderError, RateLimitedError, StatusError
from atomic_ai.message import File, Message
from atomic_ai.model import Model
from atomic_ai.providers.call import Call, OutputFormat
from atomic_ai.providers.litellm import LiteLlmSource, deltas_of
from atomic_ai.providers.local import Confident
from atomic_ai.providers.registry import Providers
from atomic_ai.testing import Script, ScriptedModel, SimulatedEndpoint, Status, VirtualClock

if TYPE_CHECKING:
    from atomic_ai._core import Delta

CANARY = "canary-prompt-88c2"


class Mood(BaseModel):
    mood: str


def call_to(model: Model) -> Call:
    return Call(model, (Message("user", CANARY),), 64, output=OutputFormat("Mood", Mood.model_json_schema()))


async def said(run: Any) -> list[Delta]:
    model = Model("lexicon", provider="local", run=run)
    heard: list[Delta] = []
    async with Providers().of(model).open(call_to(model)) as source:
        assert (source.status, source.dialect) == (200, None)
        async for deltas in source:
            heard += deltas  # type: ignore[arg-type]
    return heard


def text_of(deltas: list[Delta]) -> str:
    return "".join(delta.text or "" for delta in deltas if delta.kind == "text")


def plain(call: Call) -> dict[str, str]:
    return {"mood": call.messages[-1].text[:6]}


async def waiting(call: Call) -> Mood:
    await anyio.lowlevel.checkpoint()
    return Mood(mood="good")


def pieces(call: Call) -> Iterator[str]:
    yield '{"mood":'
    yield '"good"}'


async def waited_pieces(call: Call) -> AsyncIterator[str]:
    for piece in pieces(call):
        await anyio.lowlevel.checkpoint()
        yield piece


class Callable:
    async def __call__(self, call: Call) -> str:
        return '{"mood":"good"}'


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("run", "text"),
    [
        (plain, '{"mood":"canary"}'),
        (waiting, '{"mood":"good"}'),
        (pieces, '{"mood":"good"}'),
        (waited_pieces, '{"mood":"good"}'),
        (Callable(), '{"mood":"good"}'),
        (lambda call: waiting(call), '{"mood":"good"}'),
    ],
)
async def test_whatever_a_specialist_gives_is_heard_as_deltas(run: Any, text: str) -> None:
    deltas = await said(run)
    assert text_of(deltas) == text
    assert [delta.kind for delta in deltas][-2:] == ["usage", "finish"]


@pytest.mark.anyio
async def test_a_specialist_states_its_confidence() -> None:
    deltas = await said(lambda call: Confident({"mood": "good"}, 0.75))
    assert text_of(deltas) == '{"mood":"good"}'
    (stated,) = [delta for delta in deltas if delta.kind == "other"]
    assert (stated.name, stated.data) == ("confidence", "0.75")
    with pytest.raises(ConfigError):
        Confident("x", 1.5)
    assert CANARY not in repr(Confident(CANARY, 1))


@pytest.mark.anyio
async def test_what_blocks_runs_beside_the_event_loop() -> None:
    here = threading.get_ident()
    deltas = await said(lambda call: str(threading.get_ident() != here))
    assert text_of(deltas) == "True"


@pytest.mark.anyio
async def test_a_failing_specialist_is_named_and_not_quoted() -> None:
    def broken(call: Call) -> str:
        raise ValueError(call.messages[-1].text)

    for run, word in ((broken, "ValueError"), (lambda call: object(), "object")):
        with pytest.raises(ProviderError, match=rf"lexicon \(local\).*{word}") as caught:
            await said(run)
        assert CANARY not in str(caught.value)
        assert not caught.value.retryable


@pytest.mark.anyio
async def test_leaving_a_specialist_closes_its_generator() -> None:
    closed: list[str] = []

    async def endless(call: Call) -> AsyncIterator[str]:
        try:
            while True:
                await anyio.lowlevel.checkpoint()
                yield "more"
        finally:
            closed.append("yes")

    model = Model("endless", run=endless)
    async with Providers().of(model).open(call_to(model)) as source:
        await anext(aiter(source))
    gc.collect()
    assert closed == ["yes"]


@pytest.mark.anyio
async def test_a_provider_of_the_callers_own_answers_as_it_is() -> None:
    clock = VirtualClock()
    scripted = ScriptedModel(Script("hello"), clock)
    model = Model("scripted", run=scripted)
    assert Providers().of(model) is scripted


def test_a_specialist_lacks_what_its_card_does_not_claim() -> None:
    model = Model("lexicon", run=plain, capabilities=["json_schema"])
    call = Call(model, (Message("user", [File(b"%PDF")]),), 64, prefix="so")
    assert Providers().of(model).unsupported(call) == ("files", "prefill")


# --- LiteLLM


def test_litellms_chunks_become_deltas() -> None:
    places: dict[int, int] = {}
    call = {"index": 4, "id": "c1", "function": {"name": "look", "arguments": '{"a"'}}
    more = {"index": 4, "function": {"arguments": ":1}"}}
    chunks: list[dict[str, Any]] = [
        {"choices": [{"delta": {"reasoning_content": "hm", "content": "Hi"}}]},
        {"choices": [{"delta": {"tool_calls": [call]}}]},
        {"choices": [{"delta": {"tool_calls": [more]}, "finish_reason": "tool_calls"}]},
        {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": None}},
    ]
    deltas = [delta for chunk in chunks for delta in deltas_of(chunk, places)]
    assert [delta.kind for delta in deltas] == ["reasoning", "text", "tool_call", "tool_call", "finish", "usage"]
    assert (deltas[2].index, deltas[2].id, deltas[2].name) == (0, "c1", "look")
    assert deltas[3].index == 0
    assert deltas[5].usage is not None
    assert (deltas[5].usage.input_tokens, deltas[5].usage.output_tokens) == (9, 2)


def test_litellm_under_trio_is_refused_by_name() -> None:
    model = Model("m", provider="litellm", model="openai/sim-1", api_key="sk-x")

    async def call() -> None:
        async with Providers().of(model).open(call_to(model)):
            pass

    with pytest.raises(ConfigError, match="trio"):
        anyio.run(call, backend="trio")


@pytest.fixture
def litellm() -> None:
    pytest.importorskip("litellm", reason="the extra is not installed", exc_type=ImportError)


# LiteLLM leaves sessions and coroutines to the garbage collector; that is its own affair.
@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("litellm")
def test_litellm_answers_and_its_stream_is_closed() -> None:
    async def main() -> None:
        with SimulatedEndpoint("openai-chat", Script("Hello there."), gated=True) as endpoint:
            model = Model("m", provider="litellm", model="openai/sim-1", base_url=endpoint.base_url, api_key="sk-x")
            async with Providers().of(model).open(Call(model, (Message("user", "hi"),), 64)) as source:
                assert isinstance(source, LiteLlmSource)
                endpoint.release(2)
                deltas = await anext(source)
                while not text_of(deltas):
                    deltas = await anext(source)
                assert "Hello".startswith(text_of(deltas))
            await endpoint.until(lambda endpoint: not endpoint.running)
            assert endpoint.requests[0].outcome == "closed"

    anyio.run(main, backend="asyncio")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("litellm")
@pytest.mark.parametrize(
    ("status", "kind"),
    [(429, RateLimitedError), (500, StatusError), (None, StatusError)],  # LiteLLM calls a refused connection a 500
)
def test_litellms_errors_are_told_by_status(status: int | None, kind: type[ProviderError]) -> None:
    async def main() -> None:
        faults = None if status is None else Status(status, message=CANARY)
        with SimulatedEndpoint("openai-chat", Script("x"), faults=faults, listening=status is not None) as endpoint:
            model = Model("m", provider="litellm", model="openai/sim-1", base_url=endpoint.base_url, api_key="sk-x")
            with pytest.raises(kind) as caught:
                async with Providers().of(model).open(Call(model, (Message("user", "hi"),), 64)):
                    pass
            assert CANARY not in str(caught.value)
            assert len(endpoint.requests) == (0 if status is None else 1)

    anyio.run(main, backend="asyncio")

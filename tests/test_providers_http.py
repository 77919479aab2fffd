"""Providers over real sockets: every dialect, every fault, and what closes when the caller goes."""

from __future__ import annotations

import gc
import gzip
import logging
import os
import pickle
import socket
import traceback
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from typing import Any

import anyio
import httpx
import pytest

from atomic_ai import Atomic, Task
from atomic_ai._core import WireDecoder
from atomic_ai.errors import (
    AtomicError,
    CircuitOpenError,
    ConfigError,
    LimitError,
    MissingKeyError,
    MisuseError,
    ProviderError,
    RateLimitedError,
    RedirectError,
    StateError,
    StatusError,
    TransportError,
    TruncatedError,
    WireError,
)
from atomic_ai.message import Message
from atomic_ai.model import Model
from atomic_ai.providers.body import Body
from atomic_ai.providers.call import Call
from atomic_ai.providers.client import HttpOptions
from atomic_ai.providers.http import HttpProvider, HttpSource
from atomic_ai.providers.registry import Providers
from atomic_ai.testing import (
    Bomb,
    Cut,
    Fault,
    HtmlPage,
    Redirect,
    Reset,
    Script,
    SimulatedEndpoint,
    Stall,
    Status,
    VirtualClock,
)

pytestmark = pytest.mark.anyio

KEY = "sk-canary-key-5d1e"
PROMPT = "canary-prompt-88c2"
SCRIPT = Script("Grüße aus der Simulation, Wort für Wort.")
DIALECTS = [
    ("openai", "openai-chat"),
    ("anthropic", "anthropic-messages"),
    ("gemini", "gemini"),
    ("ollama", "ollama-chat"),
]


def model_at(endpoint: SimulatedEndpoint, provider: str = "openai", **card: Any) -> Model:
    return Model("m", provider=provider, model="sim-1", base_url=endpoint.base_url, api_key=KEY, **card)


def call_to(model: Model, **changes: Any) -> Call:
    return Call(**{"model": model, "messages": (Message("user", PROMPT),), "max_tokens": 64, "retries": 0} | changes)


@asynccontextmanager
async def opened(endpoint: SimulatedEndpoint, provider: str = "openai", **card: Any) -> AsyncIterator[HttpSource]:
    model = model_at(endpoint, provider, **card)
    async with Providers() as providers, providers.of(model).open(call_to(model)) as source:
        assert isinstance(source, HttpSource)
        yield source


async def heard(source: HttpSource) -> str:
    decoder = WireDecoder(source.dialect)
    async for chunk in source:
        decoder.feed(chunk)
    decoder.finish()
    return str(decoder.message.text)


async def read(source: HttpSource) -> None:
    async for _ in source:
        pass


async def failure(fault: Fault | None, kind: type[Exception] = AtomicError, **endpoint: Any) -> Any:
    """The error that a faulted answer ends in, read to its end; over a real socket."""
    with SimulatedEndpoint("openai-chat", SCRIPT, faults=fault, **endpoint) as server:
        with pytest.raises(kind) as caught:
            async with opened(server) as source:
                await read(source)
        await server.until(lambda server: not server.running)
    return caught.value


# --- answers


@pytest.mark.parametrize(("provider", "dialect"), DIALECTS)
async def test_each_dialect_is_asked_and_heard(provider: str, dialect: Any) -> None:
    with SimulatedEndpoint(dialect, SCRIPT, split="byte") as endpoint:
        async with opened(endpoint, provider) as source:
            assert (source.status, source.dialect) == (200, dialect)
            assert await heard(source) == SCRIPT.text
        (request,) = endpoint.requests
        assert PROMPT in request.body.decode()
        assert KEY not in request.target


@pytest.mark.parametrize(
    ("provider", "dialect", "header", "value"),
    [
        ("openai", "openai-chat", "authorization", f"Bearer {KEY}"),
        ("anthropic", "anthropic-messages", "x-api-key", KEY),
        ("gemini", "gemini", "x-goog-api-key", KEY),
        ("azure", "openai-chat", "api-key", KEY),
    ],
)
async def test_each_vendor_gets_its_key_where_it_looks_for_it(
    provider: str, dialect: Any, header: str, value: str
) -> None:
    with SimulatedEndpoint(dialect, SCRIPT) as endpoint:
        async with opened(endpoint, provider, headers={"X-Team": "blue"}) as source:
            await heard(source)
        headers = endpoint.requests[0].headers
    assert headers[header] == value
    assert headers["x-team"] == "blue"
    assert sum(KEY in text for text in headers.values()) == 1


async def test_chunks_are_handed_on_as_they_arrive() -> None:
    with SimulatedEndpoint("openai-chat", SCRIPT, gated=True) as endpoint:
        async with opened(endpoint) as source:
            for sent in range(1, 6):
                endpoint.release()
                assert await anext(source)
                await endpoint.until(lambda e, sent=sent: e.requests[0].chunks_sent == sent)


async def test_a_connection_is_kept_for_the_next_call() -> None:
    with SimulatedEndpoint("openai-chat", SCRIPT) as endpoint:
        model = model_at(endpoint)
        async with Providers() as providers:
            for _ in range(3):
                async with providers.of(model).open(call_to(model)) as source:
                    assert isinstance(source, HttpSource)
                    await heard(source)
        assert (len(endpoint.requests), endpoint.connections) == (3, 1)


@pytest.mark.parametrize("provider", ["mistral", "groq", "openrouter", "vllm", "deepseek"])
async def test_vendors_that_speak_openais_chat_are_heard(provider: str) -> None:
    with SimulatedEndpoint("openai-chat", SCRIPT) as endpoint:
        async with opened(endpoint, provider) as source:
            assert await heard(source) == SCRIPT.text


# --- closing


@pytest.mark.parametrize("how", ["break", "error", "cancel"])
async def test_leaving_an_answer_closes_its_socket(how: str) -> None:
    with SimulatedEndpoint("openai-chat", SCRIPT, gated=True) as endpoint:
        with anyio.CancelScope() as scope:
            try:
                async with opened(endpoint) as source:
                    endpoint.release(2)
                    await anext(source)
                    if how == "cancel":
                        scope.cancel()
                        await anext(source)
                    if how == "error":
                        raise ZeroDivisionError
            except ZeroDivisionError:
                pass
        await endpoint.until(lambda endpoint: not endpoint.running)
        assert endpoint.requests[0].outcome == "closed"
        assert endpoint.requests[0].chunks_sent <= 2


async def test_cancelling_before_the_headers_closes_the_socket() -> None:
    with SimulatedEndpoint("openai-chat", SCRIPT, faults=Stall("before-headers")) as endpoint:
        async with anyio.create_task_group() as tasks:

            async def call() -> None:
                async with opened(endpoint):
                    pytest.fail("nothing was answered")

            tasks.start_soon(call)
            await endpoint.until(lambda endpoint: len(endpoint.requests) == 1)
            tasks.cancel_scope.cancel()
        await endpoint.until(lambda endpoint: not endpoint.running)
        assert endpoint.requests[0].outcome == "closed"


async def test_cancelling_during_the_connection_ends_it() -> None:
    with socket.socket() as full, ExitStack() as stack:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):  # the backlog is full: a further connection waits for ever
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        model = Model("m", provider="openai", base_url=f"http://127.0.0.1:{full.getsockname()[1]}/v1")
        async with Providers() as providers:
            providers.all_of({"m": model})  # what serves the whole process is open from here on
        before = _descriptors()
        async with Providers() as providers:
            with anyio.move_on_after(0.05) as scope:
                async with providers.of(model).open(call_to(model)):
                    pytest.fail("nothing was connected")
        assert scope.cancelled_caught
        await _closed_down_to(len(before))


async def test_no_descriptor_is_left_over_however_answers_end() -> None:
    faults: list[Fault | None] = [None, Reset(), Reset(after=1), Cut(), Status(500), HtmlPage(), Stall(after=1)]
    with SimulatedEndpoint("openai-chat", SCRIPT, faults=lambda e: faults[int(e.headers["x-fault"])]) as endpoint:

        async def call(providers: Providers, number: int) -> None:
            fault = number % len(faults)
            model = model_at(endpoint, headers={"x-fault": str(fault)})
            with suppress(AtomicError), anyio.CancelScope() as scope:
                async with providers.of(model).open(call_to(model)) as source:
                    async for _ in source:
                        if number % 3 == 0:
                            break
                        if number % 3 == 1 or isinstance(faults[fault], Stall):
                            scope.cancel()

        before: set[str] = set()
        for turn in range(4):
            async with Providers() as providers, anyio.create_task_group() as tasks:
                for number in range(70):
                    tasks.start_soon(call, providers, number)
            # The endpoint lives in this process and closes its own ends a moment later.
            await endpoint.until(lambda endpoint: not endpoint.open_connections)
            if turn == 0:
                before = _descriptors()  # imports and name look-ups have opened what they keep
            assert len(_descriptors()) <= len(before), f"turn {turn}"


# Under trio such a transport's generator is left to the garbage collector, and trio says so.
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_transport_that_never_waits_cannot_hold_a_leaver() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b": \n"

    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=endless()))
    model = Model("m", provider="openai", api_key=KEY)
    async with (
        httpx.AsyncClient(transport=transport) as client,
        Providers(http_client=client) as providers,
        providers.of(model).open(call_to(model)) as source,
    ):
        assert await anext(aiter(source))


async def _closed_down_to(count: int) -> None:
    """Other threads close their sockets a moment later, and nothing tells of it."""
    with anyio.move_on_after(10):
        while len(_descriptors()) > count:  # noqa: ASYNC110
            await anyio.sleep(0.01)
    assert len(_descriptors()) <= count


def _descriptors() -> set[str]:
    gc.collect()
    return set(os.listdir("/proc/self/fd"))


async def test_closing_the_providers_refuses_later_calls() -> None:
    with SimulatedEndpoint("openai-chat", SCRIPT) as endpoint:
        model = model_at(endpoint)
        providers = Providers()
        provider = providers.of(model)
        await providers.aclose()
        with pytest.raises(StateError):
            async with provider.open(call_to(model)):
                pass


async def test_a_client_of_the_callers_is_used_and_stays_open() -> None:
    with SimulatedEndpoint("openai-chat", SCRIPT) as endpoint:
        model = model_at(endpoint)
        async with httpx.AsyncClient(headers={"x-from": "caller"}) as client:
            async with Providers(http_client=client) as providers, providers.of(model).open(call_to(model)) as source:
                assert isinstance(source, HttpSource)
                await heard(source)
            assert not client.is_closed
        assert endpoint.requests[0].headers["x-from"] == "caller"


async def test_a_mocked_transport_answers_without_a_socket() -> None:
    body = b'data: {"choices":[{"delta":{"content":"mocked"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    whole = httpx.Response(200, content=body, headers={"content-type": "text/event-stream"})
    packed = httpx.Response(200, content=gzip.compress(body), headers={"content-encoding": "gzip"})
    model = Model("m", provider="openai", api_key=KEY)
    for response in (whole, packed):
        transport = httpx.MockTransport(lambda _, response=response: response)
        async with (
            httpx.AsyncClient(transport=transport) as client,
            Providers(http_client=client) as providers,
            providers.of(model).open(call_to(model)) as source,
        ):
            assert isinstance(source, HttpSource)
            assert await heard(source) == "mocked"


# --- faults


async def test_a_refused_connection_is_named() -> None:
    error = await failure(None, TransportError, listening=False)
    assert error.retryable
    assert (error.model, error.provider) == ("m", "openai")
    assert "no connection" in str(error)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Reset(), TransportError),
        (Reset(after=2), TransportError),
        (Cut(after=2), TruncatedError),
        (Cut(after=2, inside="utf-8"), TruncatedError),
        (HtmlPage(), WireError),
        (Bomb(70_000_000), LimitError),
        (Status(400), StatusError),
        (Status(401), StatusError),
        (Status(404), StatusError),
        (Status(500), StatusError),
        (Status(529), StatusError),
        (Status(429, retry_after="7"), RateLimitedError),
        (Redirect("https://evil.example/v1"), RedirectError),
        (Redirect("/elsewhere", status=308), RedirectError),
        (Redirect("http://[broken", status=302), ProviderError),
    ],
)
async def test_each_fault_is_a_typed_error_that_names_its_model(fault: Fault, kind: type[AtomicError]) -> None:
    error = await failure(fault, kind)
    assert type(error) is kind or kind is ProviderError
    assert (error.model, error.provider) == ("m", "openai")
    assert str(error).startswith("m (openai): ")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.__dict__) == (type(error), str(error), error.__dict__)


async def test_a_status_brings_its_meaning_along() -> None:
    limited = await failure(Status(429, retry_after="7"))
    assert (limited.status, limited.retry_after_s, limited.retryable) == (429, 7.0, True)
    refused = await failure(Status(401))
    assert (refused.status, refused.retryable) == (401, False)
    assert "api_key" in str(refused)
    assert (await failure(Status(503))).retryable
    assert "HTML page" in str(await failure(HtmlPage()))


async def test_a_redirect_is_refused_and_its_target_never_called() -> None:
    with SimulatedEndpoint("openai-chat", SCRIPT) as thief:
        error = await failure(Redirect(f"{thief.origin}/v1/chat/completions?token=secret"), RedirectError)
        assert thief.connections == 0
        assert thief.origin in str(error)
    assert "secret" not in str(error)
    assert not error.retryable


async def test_a_bomb_costs_no_more_than_its_bound() -> None:
    body = Body("gzip", limit=1_000_000)
    bomb = gzip.compress(bytes(50_000_000))
    sizes: list[int] = []
    with pytest.raises(LimitError) as caught:
        sizes.extend(len(piece) for piece in body.decode(bomb))
    assert max(sizes, default=0) <= 65_536
    assert caught.value.bound == 1_000_000


def test_compression_is_decoded_in_any_split() -> None:
    text = SCRIPT.text.encode() * 500
    packed = gzip.compress(text[:300]) + gzip.compress(text[300:])
    for step in (1, 7, len(packed)):
        body = Body("gzip")
        parts = [piece for at in range(0, len(packed), step) for piece in body.decode(packed[at : at + step])]
        body.finish()
        assert b"".join(parts) == text


def test_compression_that_is_none_or_stops_short_is_told() -> None:
    with pytest.raises(WireError, match="broken"):
        list(Body("gzip").decode(b"no gzip at all"))
    with pytest.raises(WireError, match="'br'"):
        Body("br")
    body = Body("deflate")
    with pytest.raises(TruncatedError):
        body.finish()


async def test_a_code_of_the_providers_is_kept_but_none_of_its_sentences() -> None:
    told = {"error": {"code": "model_not_found", "message": f"no {PROMPT} for {KEY}"}}
    error = await _answered(httpx.Response(404, json=told))
    assert error.code == "model_not_found"
    assert "model_not_found" in str(error)
    assert PROMPT not in str(error)
    for leak in (PROMPT, KEY, KEY[:9], "two words", "x" * 99):
        error = await _answered(httpx.Response(400, json={"error": {"code": leak, "type": None}}))
        assert error.code == ""
        assert leak not in str(error)
    for body in (b"", b"[]", b"[1]", b"nonsense", b'"text"', b'{"error":"text"}', b"\xff"):
        error = await _answered(httpx.Response(500, content=body))
        assert (error.status, error.code) == (500, "")


async def _answered(response: httpx.Response) -> StatusError:
    transport = httpx.MockTransport(lambda _: response)
    model = Model("m", provider="openai", api_key=KEY)
    async with httpx.AsyncClient(transport=transport) as client, Providers(http_client=client) as providers:
        with pytest.raises(StatusError) as caught:
            async with providers.of(model).open(call_to(model)):
                pass
    return caught.value


# --- retries


@pytest.fixture
def virtual() -> VirtualClock:
    return VirtualClock()


async def test_what_brought_nothing_is_sent_again_and_no_more_often_than_asked(virtual: VirtualClock) -> None:
    with SimulatedEndpoint("openai-chat", SCRIPT, faults=Status(503)) as endpoint:
        model = model_at(endpoint)
        async with Providers(clock=virtual) as providers:
            for retries, requests in ((0, 1), (2, 4)):
                with pytest.raises(StatusError):
                    async with providers.of(model).open(call_to(model, retries=retries)):
                        pass
                assert len(endpoint.requests) == requests


async def test_a_retry_waits_as_long_as_the_provider_asks(virtual: VirtualClock) -> None:
    faults: Any = [Status(429, retry_after="3"), None]
    with SimulatedEndpoint("openai-chat", SCRIPT, faults=faults) as endpoint:
        model = model_at(endpoint)
        before = virtual.now()
        async with Providers(clock=virtual) as providers, providers.of(model).open(call_to(model, retries=1)) as source:
            assert isinstance(source, HttpSource)
            assert await heard(source) == SCRIPT.text
        assert 3.0 <= (virtual.now() - before) / 1e9 <= 3.25


@pytest.mark.parametrize(
    "fault", [Status(400), Status(401), Status(429, retry_after="3600"), HtmlPage(), Redirect("/x")]
)
async def test_what_will_not_pass_is_not_tried_again(fault: Fault, virtual: VirtualClock) -> None:
    with SimulatedEndpoint("openai-chat", SCRIPT, faults=fault) as endpoint:
        model = model_at(endpoint)
        async with Providers(clock=virtual) as providers:
            with pytest.raises(ProviderError):
                async with providers.of(model).open(call_to(model, retries=5)):
                    pass
        assert len(endpoint.requests) == 1


async def test_nothing_is_tried_again_once_the_answer_has_begun() -> None:
    with SimulatedEndpoint("openai-chat", SCRIPT, faults=Reset(after=1)) as endpoint:
        model = model_at(endpoint)
        async with Providers() as providers, providers.of(model).open(call_to(model, retries=5)) as source:
            assert isinstance(source, HttpSource)
            with pytest.raises(TransportError):
                await read(source)
        assert len(endpoint.requests) == 1


# --- places and breakers


async def test_no_more_calls_are_open_than_a_model_allows() -> None:
    with SimulatedEndpoint("openai-chat", SCRIPT, gated=True) as endpoint:
        model = model_at(endpoint, max_concurrency=2)
        async with Providers() as providers, anyio.create_task_group() as tasks:

            async def call() -> None:
                async with providers.of(model).open(call_to(model)) as source:
                    assert isinstance(source, HttpSource)
                    await heard(source)

            for _ in range(5):
                tasks.start_soon(call)
            served = 0
            while served < 5:
                await endpoint.until(lambda endpoint, served=served: len(endpoint.requests) > served)
                assert endpoint.running <= 2
                endpoint.requests[served].release(1_000)
                served += 1
        assert len(endpoint.requests) == 5


async def test_a_model_that_keeps_failing_rests_and_is_tried_with_one_call(virtual: VirtualClock) -> None:
    down = [True]
    with SimulatedEndpoint("openai-chat", SCRIPT, faults=lambda _: Status(500) if down[0] else None) as endpoint:
        model = model_at(endpoint)
        async with Providers(clock=virtual) as providers:
            provider = providers.of(model)
            assert isinstance(provider, HttpProvider)
            circuit = provider.circuit(model)

            async def call(expected: type[AtomicError] | None) -> None:
                if expected is None:
                    async with provider.open(call_to(model)) as source:
                        await heard(source)
                    return
                with pytest.raises(expected):
                    async with provider.open(call_to(model)):
                        pass

            for _ in range(circuit.threshold):
                assert circuit.state == "closed"
                await call(StatusError)
            assert circuit.state == "open"
            await call(CircuitOpenError)
            assert len(endpoint.requests) == circuit.threshold
            await virtual.wait(anyio.Event(), virtual.now() + round(circuit.rest_s * 1e9))
            assert circuit.state == "half-open"
            await call(StatusError)
            assert circuit.state == "open"
            await virtual.wait(anyio.Event(), virtual.now() + round(circuit.rest_s * 1e9))
            down[0] = False
            async with provider.open(call_to(model)) as source:
                await call(CircuitOpenError)  # one call at a time
                await heard(source)
            assert circuit.state == "closed"
            await call(None)


async def test_neither_rate_limits_nor_refused_keys_nor_cancelled_calls_open_the_breaker() -> None:
    with SimulatedEndpoint("openai-chat", SCRIPT, faults=lambda e: Status(429 if e.number % 2 else 401)) as endpoint:
        model = model_at(endpoint)
        async with Providers() as providers:
            provider = providers.of(model)
            assert isinstance(provider, HttpProvider)
            for _ in range(12):
                with pytest.raises(StatusError):
                    async with provider.open(call_to(model)):
                        pass
            assert provider.circuit(model).state == "closed"


# --- keys


def test_a_missing_key_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with pytest.raises(MissingKeyError, match="ANTHROPIC_API_KEY"):
        Providers().of(Model("claude", provider="anthropic"))
    with pytest.raises(MissingKeyError, match="OUR_KEY"):
        Providers().of(Model("claude", provider="anthropic", api_key_env="OUR_KEY"))


def test_a_vendors_key_is_not_sent_to_another_address_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    Providers().of(Model("m", provider="openai"))
    with pytest.raises(MissingKeyError, match="api_key_env"):
        Providers().of(Model("m", provider="openai", base_url="https://proxy.example.org/v1"))
    Providers().of(Model("m", provider="openai", base_url="https://proxy.example.org/v1", api_key_env="OPENAI_API_KEY"))


async def test_a_key_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_KEY", f" {KEY}\n")
    with SimulatedEndpoint("openai-chat", SCRIPT) as endpoint:
        model = Model("m", provider="openai", base_url=endpoint.base_url, api_key_env="OUR_KEY")
        async with Providers() as providers, providers.of(model).open(call_to(model)) as source:
            assert isinstance(source, HttpSource)
            await heard(source)
        assert endpoint.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_broken_key_of_the_environment_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f"{KEY}\r\nx-evil: 1")
    with pytest.raises(ConfigError, match="OPENAI_API_KEY") as caught:
        Providers().of(Model("m", provider="openai"))
    assert KEY not in str(caught.value)


async def test_a_server_of_this_machine_may_do_without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with SimulatedEndpoint("openai-chat", SCRIPT) as endpoint:
        model = Model("m", provider="openai", base_url=endpoint.base_url)
        async with Providers() as providers, providers.of(model).open(call_to(model)) as source:
            assert isinstance(source, HttpSource)
            await heard(source)
        assert "authorization" not in endpoint.requests[0].headers


async def test_a_key_bound_elsewhere_is_not_sent() -> None:
    with SimulatedEndpoint("openai-chat", SCRIPT) as endpoint:
        elsewhere = Model("m", provider="openai", api_key=KEY)
        model = Model("m", provider="openai", base_url=endpoint.base_url, api_key=elsewhere.api_key)
        async with Providers() as providers:
            with pytest.raises(MisuseError, match="bound to"):
                async with providers.of(model).open(call_to(model)):
                    pass
        assert endpoint.requests == ()


# --- configuration


@pytest.mark.parametrize(
    ("card", "place"),
    [
        ({}, "no provider"),
        ({"provider": "opnai"}, "did you mean 'openai'"),
        ({"provider": "local"}, "nothing to run"),
        ({"provider": "vllm"}, "base_url"),
    ],
)
def test_a_model_that_cannot_be_called_is_told(card: dict[str, Any], place: str) -> None:
    with pytest.raises(ConfigError, match=place):
        Providers().of(Model("m", **card))


@pytest.mark.parametrize(
    ("host", "kind"),
    [
        ("1.2.3.999", ConfigError),
        ("☃.example", ConfigError),
        ("xn--a.example", ConfigError),
        ("a" * 64, TransportError),
    ],
)
async def test_an_address_that_is_none_is_told(host: str, kind: type[AtomicError]) -> None:
    model = Model("m", provider="openai", base_url=f"http://{host}/v1", api_key=KEY)
    async with Providers() as providers:
        with pytest.raises(kind):
            async with providers.of(model).open(call_to(model)):
                pass


async def test_a_transport_of_the_callers_may_fail_in_its_own_way() -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise LookupError(request.headers["authorization"])

    model = Model("m", provider="openai", api_key=KEY)
    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(broken)) as client,
        Providers(http_client=client) as providers,
    ):
        with pytest.raises(TransportError, match="LookupError") as caught:
            async with providers.of(model).open(call_to(model)):
                pass
    assert KEY not in "".join(_all_of(caught.value))


@pytest.mark.parametrize(
    "options", [HttpOptions(ca="/nowhere.pem"), HttpOptions(ca=__file__), HttpOptions(proxy="me:secret@nowhere")]
)
async def test_connection_options_that_do_not_work_are_told(options: HttpOptions) -> None:
    model = Model("m", provider="openai", api_key=KEY)
    async with Providers(http=options) as providers:
        with pytest.raises(ConfigError) as caught:
            async with providers.of(model).open(call_to(model)):
                pass
    assert "secret" not in str(caught.value)


async def test_an_environments_proxy_is_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with SimulatedEndpoint("openai-chat", SCRIPT) as endpoint:
        async with opened(endpoint) as source:
            assert await heard(source) == SCRIPT.text


async def test_a_proxy_is_used() -> None:
    with SimulatedEndpoint("openai-chat", SCRIPT) as proxy:
        model = Model("m", provider="openai", base_url="http://model.example:81/v1", api_key=KEY)
        options = HttpOptions(proxy=proxy.origin)
        async with Providers(http=options) as providers, providers.of(model).open(call_to(model)) as source:
            assert isinstance(source, HttpSource)
            assert await heard(source) == SCRIPT.text
        assert proxy.requests[0].target == "http://model.example:81/v1/chat/completions"


async def test_an_atomic_takes_proxy_and_certificates() -> None:
    with SimulatedEndpoint("openai-chat", SCRIPT) as proxy:
        model = Model("m", provider="openai", base_url="http://model.example:81/v1", api_key=KEY)
        async with Atomic([model], proxy=proxy.origin) as atomic:
            response = await atomic.run(Task(PROMPT))
        assert response.output == SCRIPT.text
        assert proxy.requests[0].target == "http://model.example:81/v1/chat/completions"
    async with httpx.AsyncClient() as client:
        with pytest.raises(ConfigError, match="http_client"):
            async with Atomic([model], http_client=client, ca="ca.pem"):
                pass


# --- canaries


async def test_neither_key_nor_prompt_shows_anywhere(caplog: pytest.LogCaptureFixture, transport: str) -> None:
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []
    faults: list[Fault | None] = [
        None, Reset(), Reset(after=1), Cut(), HtmlPage(), Status(401), Status(429), Status(500, message=PROMPT + KEY),
        Redirect("https://evil.example/?q=1"), Bomb(70_000_000),
    ]  # fmt: skip
    for provider, dialect in DIALECTS:
        for fault in faults:
            with SimulatedEndpoint(dialect, SCRIPT, faults=fault) as endpoint:  # type: ignore[arg-type]
                model = model_at(endpoint, provider)
                async with Providers() as providers:
                    answering = providers.of(model)
                    call = call_to(model)
                    shown.append(repr((model, call, answering, providers)))
                    try:
                        async with answering.open(call) as source:
                            shown.append(repr(source))
                            async for _ in source:
                                pass
                    except AtomicError as error:
                        shown += _all_of(error)
    assert caplog.records or transport == "native"  # which logs nothing
    shown += [f"{record.getMessage()} {record.args!r}" for record in caplog.records]
    for text in shown:
        assert KEY not in text
        assert PROMPT not in text


def _all_of(error: BaseException) -> list[str]:
    """Everything that an error and what it came from can show, local variables included."""
    shown: list[str] = []
    chain: BaseException | None = error
    while chain is not None:
        shown += ["".join(traceback.format_exception(chain)), repr(chain), repr(chain.args), repr(vars(chain))]
        chain = chain.__cause__ or chain.__context__
    return shown

"""The simulated endpoints over real sockets: what each dialect sends, what each fault does, what is counted."""

from __future__ import annotations

import gzip
import json
import zlib
from functools import partial
from random import Random

import anyio
import httpx
import pytest

from atomic_ai import testing
from atomic_ai.testing import (
    BadJson,
    BadUtf8,
    Bomb,
    Cut,
    ErrorInside,
    HtmlPage,
    Pace,
    Reasoning,
    Redirect,
    Refuses,
    Replay,
    Reset,
    Script,
    SimulatedEndpoint,
    Stall,
    Status,
    ToolCall,
    UnexpectedNetworkError,
    Usage,
    WrongSchema,
    no_network,
)
from atomic_ai.testing.plan import Frame, cut, timed

pytestmark = pytest.mark.anyio

PATHS = {
    "openai-chat": "/chat/completions",
    "openai-responses": "/responses",
    "anthropic-messages": "/messages",
    "gemini": "/models/m:streamGenerateContent?alt=sse",
    "ollama-chat": "/api/chat",
}
ASKED = {"model": "m", "stream": True, "stream_options": {"include_usage": True}}
SAID = Script(Reasoning("Let me think."), "Grüße aus Köln 👋", ToolCall("look", '{"at":"ü"}'), usage=Usage(7, 11, 2))


def ask(endpoint, path=None, body=ASKED, **kwargs):
    """One request, read to its end by a blocking client."""
    path = path or PATHS[endpoint_dialect(endpoint)]
    with httpx.Client(verify=False, trust_env=False, timeout=20) as client:
        return client.post(endpoint.base_url + path, json=body, **kwargs)


def endpoint_dialect(endpoint):
    return next(name for name in PATHS if f" {name} " in repr(endpoint))


def objects(text):
    """The JSON objects of an SSE, NDJSON or array body."""
    if text.startswith("["):
        return json.loads(text)
    lines = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith(("data: ", "{"))]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def heard(dialect, told):
    """Text, reasoning, call arguments and usage of a body, read by a few lines that know nothing of the scripts."""
    text, thought, arguments, usage = "", "", "", None
    for value in told:
        if dialect == "openai-chat":
            for choice in value["choices"]:
                delta = choice["delta"]
                text += delta.get("content") or ""
                thought += delta.get("reasoning_content", "")
                arguments += "".join(call["function"]["arguments"] for call in delta.get("tool_calls", []))
            if value["usage"]:
                usage = value["usage"]["prompt_tokens"], value["usage"]["completion_tokens"]
        elif dialect == "anthropic-messages":
            delta = value.get("delta", {})
            text += delta.get("text", "")
            thought += delta.get("thinking", "")
            arguments += delta.get("partial_json", "")
            if value["type"] == "message_start":
                given = value["message"]["usage"]["input_tokens"] + value["message"]["usage"]["cache_read_input_tokens"]
            if value["type"] == "message_delta":
                usage = given, value["usage"]["output_tokens"]
        elif dialect == "gemini":
            for part in value["candidates"][0]["content"]["parts"]:
                thought += part.get("text", "") if part.get("thought") else ""
                text += part.get("text", "") if not part.get("thought") else ""
                if "functionCall" in part:
                    arguments += json.dumps(part["functionCall"]["args"], separators=(",", ":"), ensure_ascii=False)
            usage = value["usageMetadata"]["promptTokenCount"], value["usageMetadata"]["candidatesTokenCount"]
        elif dialect == "ollama-chat":
            text += value["message"]["content"]
            thought += value["message"].get("thinking", "")
            for call in value["message"].get("tool_calls", []):
                arguments += json.dumps(call["function"]["arguments"], separators=(",", ":"), ensure_ascii=False)
            if value["done"]:
                usage = value["prompt_eval_count"], value["eval_count"]
        else:
            kind = value["type"]
            text += value["delta"] if kind == "response.output_text.delta" else ""
            thought += value["delta"] if kind == "response.reasoning_summary_text.delta" else ""
            arguments += value["delta"] if kind == "response.function_call_arguments.delta" else ""
            if kind == "response.completed":
                usage = value["response"]["usage"]["input_tokens"], value["response"]["usage"]["output_tokens"]
    return text, thought, arguments, usage


@pytest.mark.parametrize("dialect", PATHS)
@pytest.mark.parametrize("split", ["event", "random", 1, 7])
def test_a_script_arrives_whole_in_every_dialect_and_split(dialect, split):
    with SimulatedEndpoint(dialect, SAID, split=split) as endpoint:
        answer = ask(endpoint)
    assert answer.status_code == 200
    assert heard(dialect, objects(answer.text)) == ("Grüße aus Köln 👋", "Let me think.", '{"at":"ü"}', (7, 11))


def test_gemini_without_sse_is_one_array():
    with SimulatedEndpoint("gemini", SAID) as endpoint:
        answer = ask(endpoint, "/models/m:streamGenerateContent")
    assert answer.headers["content-type"].startswith("application/json")
    assert heard("gemini", json.loads(answer.content))[0] == "Grüße aus Köln 👋"
    with SimulatedEndpoint("gemini", Script("Hi", omit=["done"])) as endpoint:
        answer = ask(endpoint, "/models/m:streamGenerateContent")
    assert (answer.text[0], "]" in answer.text[-2:]) == ("[", False)


@pytest.mark.parametrize("dialect", PATHS)
def test_what_is_simulated_says_so(dialect):
    with SimulatedEndpoint(dialect, SAID) as endpoint:
        answer = ask(endpoint)
        assert answer.headers["server"] == "atomic-simulated/1"
        assert "simulated" in answer.text
        assert "simulated" in repr(endpoint)
        assert "simulated" in repr(endpoint.requests[0])
        assert "simulated" in repr(SAID)


def test_usage_comes_only_if_asked_for_as_the_provider_has_it():
    with SimulatedEndpoint("openai-chat", SAID) as endpoint:
        answer = ask(endpoint, body={"model": "m"})
    assert heard("openai-chat", objects(answer.text))[3] is None
    assert "[DONE]" in answer.text


@pytest.mark.parametrize("dialect", PATHS)
@pytest.mark.parametrize("omitted", ["usage", "finish", "done"])
def test_an_ending_can_be_forgotten(dialect, omitted):
    if (dialect, omitted) == ("gemini", "done"):
        return  # Gemini's events have no end mark to forget; its array has, below
    with SimulatedEndpoint(dialect, [Script("Hi"), Script("Hi", omit=[omitted])]) as endpoint:
        whole, without = ask(endpoint), ask(endpoint)
    assert len(without.content) < len(whole.content)


@pytest.mark.parametrize(
    ("dialect", "choice"),
    [
        ("openai-chat", {"tool_choice": {"type": "function", "function": {"name": "answer"}}}),
        ("openai-responses", {"tool_choice": {"type": "function", "name": "answer"}}),
        ("anthropic-messages", {"tool_choice": {"type": "tool", "name": "answer"}}),
        ("gemini", {"toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["answer"]}}}),
    ],
)
def test_structured_output_comes_through_the_tool_that_the_request_forces(dialect, choice):
    with SimulatedEndpoint(dialect, Script.json({"a": [1, 2]})) as endpoint:
        answer = ask(endpoint, body={**ASKED, **choice})
    text, _, arguments, _ = heard(dialect, objects(answer.text))
    assert (text, json.loads(arguments)) == ("", {"a": [1, 2]})


def test_scripts_follow_one_another_and_can_depend_on_the_request():
    with SimulatedEndpoint("ollama-chat", [Script("one"), Script("two")]) as endpoint:
        told = [heard("ollama-chat", objects(ask(endpoint).text))[0] for _ in range(3)]
    assert told == ["one", "two", "two"]
    with SimulatedEndpoint("ollama-chat", lambda exchange: Script(exchange.json["model"])) as endpoint:
        answer = ask(endpoint, body={"model": "echo"})
    assert heard("ollama-chat", objects(answer.text))[0] == "echo"


def test_a_raising_script_fails_the_test_and_not_the_client_alone():
    def broken(exchange):
        raise KeyError(exchange.number)

    endpoint = SimulatedEndpoint("openai-chat", broken)
    with pytest.raises(KeyError), endpoint, pytest.raises(httpx.RemoteProtocolError):
        ask(endpoint)


def test_the_request_is_seen_as_it_was_sent():
    with SimulatedEndpoint("openai-chat", Script("Hi")) as endpoint:
        ask(endpoint, headers={"authorization": "Bearer canary-key"})
        (seen,) = endpoint.requests
    assert seen.json == ASKED
    assert seen.body == json.dumps(ASKED, separators=(",", ":")).encode()
    assert (seen.method, seen.target) == ("POST", "/v1/chat/completions")
    assert seen.headers["authorization"] == "Bearer canary-key"
    assert "canary" not in repr(seen)


def test_a_chunked_request_body_is_read():
    with (
        SimulatedEndpoint("openai-chat", Script("Hi")) as endpoint,
        httpx.Client(verify=False, trust_env=False) as client,
    ):
        client.post(endpoint.base_url + "/chat/completions", content=iter([b'{"mod', b'el":"m"}']))
        assert endpoint.requests[0].json == {"model": "m"}


def test_a_path_of_another_dialect_is_not_served():
    with SimulatedEndpoint("ollama-chat", Script("Hi")) as endpoint:
        assert ask(endpoint, "/v1/messages").status_code == 404


def test_counters_of_a_whole_answer():
    with SimulatedEndpoint("anthropic-messages", Script("12345678")) as endpoint:
        answer = ask(endpoint)
        counted = endpoint.requests[0].counters
    assert (counted.chunks_sent, counted.chunks_after_close) == (counted.chunks_planned, 0)
    assert (counted.tokens_planned, counted.tokens_made) == (2, 2)
    assert counted.bytes_sent == len(answer.content)
    assert counted.received_at <= counted.opened_at <= counted.ended_at
    assert (counted.outcome, counted.close_seen_at) == ("complete", None)


def test_a_connection_serves_one_request_after_the_other():
    with (
        SimulatedEndpoint("openai-chat", Script("Hi")) as endpoint,
        httpx.Client(verify=False, trust_env=False) as client,
    ):
        for _ in range(3):
            client.post(endpoint.base_url + "/chat/completions", json=ASKED)
        assert endpoint.connections == 1
        assert [seen.connection for seen in endpoint.requests] == [0, 0, 0]


# --- gated chunks and the client's close -------------------------------------------------------


async def gated(endpoint, reads):
    """Release and read so many chunks, then close."""
    async with (
        httpx.AsyncClient(verify=False, trust_env=False) as client,
        client.stream("POST", endpoint.base_url + "/chat/completions", json=ASKED) as answer,
    ):
        body = answer.aiter_raw()
        for _ in range(reads):
            endpoint.release()
            await body.__anext__()
    return endpoint.requests[0]


@pytest.mark.filterwarnings("ignore:Async generator 'http:ResourceWarning")  # httpx leaves its inner ones to trio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@pytest.mark.parametrize("reads", [0, 1, 3])
async def test_no_gated_chunk_is_sent_after_the_close(anyio_backend, reads):
    with SimulatedEndpoint("openai-chat", SAID, gated=True) as endpoint:
        seen = await gated(endpoint, reads)
        endpoint.release(1000)
        await endpoint.until(lambda endpoint: endpoint.running == 0)
    assert (seen.chunks_sent, seen.counters.chunks_after_close, seen.outcome) == (reads, 0, "closed")
    assert seen.closed_after_s >= 0


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_provider_that_goes_on_bills_the_rest(anyio_backend):
    with SimulatedEndpoint("openai-chat", SAID, gated=True, on_close="continue") as endpoint:
        seen = await gated(endpoint, 3)
        endpoint.release(1000)
        await endpoint.until(lambda endpoint: endpoint.running == 0)
    counted = seen.counters
    assert (counted.chunks_sent, counted.chunks_sent + counted.chunks_after_close) == (3, counted.chunks_planned)
    assert counted.tokens_made == counted.tokens_planned == SAID.tokens


def test_a_close_is_seen_without_a_release():
    with SimulatedEndpoint("openai-chat", SAID, gated=True) as endpoint:
        with (
            httpx.Client(verify=False, trust_env=False) as client,
            client.stream("POST", endpoint.base_url + "/chat/completions", json=ASKED),
        ):
            assert endpoint.running == 1
        endpoint.wait(lambda endpoint: endpoint.running == 0)
        assert endpoint.requests[0].outcome == "closed"


def test_waiting_for_what_never_happens_fails():
    with SimulatedEndpoint("openai-chat", SAID) as endpoint, pytest.raises(TimeoutError):
        endpoint.wait(lambda endpoint: endpoint.connections > 0, timeout_s=0.0)


# --- faults ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", PATHS)
@pytest.mark.parametrize("status", [429, 500, 503, 529])
def test_statuses_carry_the_dialects_error(dialect, status):
    with SimulatedEndpoint(dialect, SAID, faults=[Status(status, retry_after="2")]) as endpoint:
        refused, answered = ask(endpoint), ask(endpoint)
    assert (refused.status_code, refused.headers["retry-after"]) == (status, "2")
    assert "simulated failure" in json.dumps(refused.json()["error"])
    assert answered.status_code == 200


def test_a_refused_connection():
    with SimulatedEndpoint("openai-chat", SAID, listening=False) as endpoint, pytest.raises(httpx.ConnectError):
        ask(endpoint)


@pytest.mark.parametrize("after", [None, 0, 2])
def test_a_reset(after):
    with SimulatedEndpoint("openai-chat", SAID, faults=Reset(after)) as endpoint:
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            ask(endpoint)
        endpoint.wait(lambda endpoint: endpoint.running == 0)
        assert (endpoint.requests[0].outcome, endpoint.requests[0].chunks_sent) == ("reset", after or 0)


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@pytest.mark.parametrize(("at", "chunks"), [("before-headers", 0), ("after-headers", 0), ("mid-event", 3)])
async def test_a_stall_lasts_until_the_client_goes(anyio_backend, at, chunks):
    with SimulatedEndpoint("openai-chat", SAID, faults=Stall(at, after=2)) as endpoint:
        async with (
            httpx.AsyncClient(verify=False, trust_env=False) as client,
            anyio.create_task_group() as group,
        ):
            group.start_soon(partial(client.post, endpoint.base_url + "/chat/completions", json=ASKED))
            await endpoint.until(lambda endpoint: [seen.outcome for seen in endpoint.requests] == ["stalled"])
            group.cancel_scope.cancel()
        await endpoint.until(lambda endpoint: endpoint.running == 0)
        (seen,) = endpoint.requests
    assert (seen.outcome, seen.chunks_sent) == ("closed", chunks)
    assert (seen.counters.opened_at is None) == (at == "before-headers")


def received(endpoint, path="/chat/completions"):
    """What arrived before the stream broke, and whether it broke."""
    body, broken = b"", False
    with (
        httpx.Client(verify=False, trust_env=False) as client,
        client.stream("POST", endpoint.base_url + path, json=ASKED) as answer,
    ):
        try:
            for data in answer.iter_raw():
                body += data
        except httpx.RemoteProtocolError:
            broken = True
    return body, broken


@pytest.mark.parametrize("clean", [False, True])
def test_a_cut_within_an_event(clean):
    with SimulatedEndpoint("openai-chat", SAID, faults=Cut(2, "event", clean)) as endpoint:
        body, broken = received(endpoint)
    assert body.count(b"\n\n") == 2
    assert not body.endswith(b"\n\n")
    assert broken is not clean


@pytest.mark.parametrize("clean", [False, True])
def test_a_cut_within_a_utf8_sequence(clean):
    with SimulatedEndpoint("openai-chat", SAID, faults=Cut(2, "utf-8", clean)) as endpoint:
        body, broken = received(endpoint)
    with pytest.raises(UnicodeDecodeError, match="unexpected end"):
        body.decode()
    assert broken is not clean


def test_a_cut_between_events():
    with SimulatedEndpoint("openai-chat", SAID, faults=Cut(2, None)) as endpoint:
        body, broken = received(endpoint)
    assert (body.count(b"\n\n"), body[-2:], broken) == (2, b"\n\n", True)


@pytest.mark.parametrize("dialect", PATHS)
def test_bad_json_in_good_framing(dialect):
    with SimulatedEndpoint(dialect, SAID, faults=BadJson(1)) as endpoint:
        answer = ask(endpoint)
    with pytest.raises(json.JSONDecodeError):
        objects(answer.text)


@pytest.mark.parametrize("dialect", PATHS)
def test_bytes_that_are_no_utf8(dialect):
    with SimulatedEndpoint(dialect, SAID, faults=BadUtf8(1)) as endpoint:
        answer = ask(endpoint)
    with pytest.raises(UnicodeDecodeError, match="invalid start byte"):
        answer.content.decode()


@pytest.mark.parametrize("dialect", PATHS)
def test_an_error_inside_a_good_status(dialect):
    with SimulatedEndpoint(dialect, SAID, faults=ErrorInside(2, "out of simulated luck")) as endpoint:
        answer = ask(endpoint)
    assert answer.status_code == 200
    assert "out of simulated luck" in json.dumps(objects(answer.text)[-1])
    assert len(objects(answer.text)) == 3


def test_another_schema_and_a_refusal():
    with SimulatedEndpoint("openai-chat", Script.json({"a": 1}), faults=[WrongSchema(), Refuses("No.")]) as endpoint:
        other, refused = objects(ask(endpoint).text), objects(ask(endpoint).text)
    assert heard("openai-chat", other)[0] == '{"simulated": ["another shape"]}'
    assert "".join(value["choices"][0]["delta"].get("refusal") or "" for value in refused if value["choices"]) == "No."


def test_a_page_for_people():
    with SimulatedEndpoint("openai-chat", SAID, faults=HtmlPage()) as endpoint:
        answer = ask(endpoint)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_a_redirect_to_a_foreign_origin():
    with SimulatedEndpoint("openai-chat", SAID, faults=Redirect("http://elsewhere.invalid/")) as endpoint:
        answer = ask(endpoint)
    assert (answer.status_code, answer.headers["location"]) == (307, "http://elsewhere.invalid/")


def test_a_bomb_is_small_on_the_wire():
    with SimulatedEndpoint("openai-chat", SAID, faults=Bomb(10_000_000)) as endpoint:
        body, _ = received(endpoint)
    assert len(body) < 20_000
    assert zlib.crc32(gzip.decompress(body)) == zlib.crc32(b"data: " + b" " * 10_000_000)


def test_a_fault_that_could_never_happen_is_an_error():
    endpoint = SimulatedEndpoint("openai-chat", Script("Hi"), faults=Cut(500))
    with pytest.raises(ValueError, match="never happens"), endpoint, pytest.raises(httpx.RemoteProtocolError):
        ask(endpoint)


# --- time, replays, the guard ------------------------------------------------------------------


def test_the_same_seed_gives_the_same_times():
    pace = Pace(ttft_s=0.3, tokens_per_s=50)
    draws = [pace.first_token_s(Random(seed)) for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]


def test_times_have_the_median_and_the_tail_they_claim():
    rng, pace = Random(1), Pace(ttft_s=0.3, ttft_sigma=0.3, tail_probability=0.05)
    times = sorted(pace.first_token_s(rng) for _ in range(20_000))
    assert times[10_000] == pytest.approx(0.3, rel=0.05)
    assert times[19_800] > 3 * times[10_000]


def test_tokens_are_due_one_after_the_other():
    frames = [Frame(b"head"), Frame(b"a", 1), Frame(b"b", 1), Frame(b"c", 2), Frame(b"tail")]
    pace = Pace(1.0, 10, ttft_sigma=0, speed_sigma=0, gap_sigma=0, tail_probability=0)
    due = timed(cut(frames, "event", Random(1)), pace, Random(1))
    assert [round(chunk.at_s, 6) for chunk in due] == [1.0, 1.0, 1.1, 1.3, 1.3]


def test_a_paced_answer_arrives_whole():
    with SimulatedEndpoint("openai-chat", Script("12345678"), pace=Pace(0.001, 10_000)) as endpoint:
        assert heard("openai-chat", objects(ask(endpoint).text))[0] == "12345678"


def test_a_recorded_stream_is_played_as_it_is(conformance):
    body = (conformance / "wire" / "openai" / "0343.raw").read_bytes()
    with SimulatedEndpoint("openai-chat", Replay(body, splits=[10, 500, 501])) as endpoint:
        assert ask(endpoint).content == body
        assert endpoint.requests[0].chunks_sent == 4


def test_no_network_refuses_what_leaves_the_machine():
    with SimulatedEndpoint("openai-chat", SAID) as endpoint, no_network() as tried:
        assert ask(endpoint).status_code == 200
        assert tried == []
    with pytest.raises(UnexpectedNetworkError, match="was tried"), no_network(), pytest.raises(httpx.ConnectError):
        httpx.get("http://192.0.2.1/", trust_env=False)
    with (
        pytest.raises(UnexpectedNetworkError, match=r"provider\.invalid"),
        no_network(),
        pytest.raises(httpx.ConnectError),
    ):
        httpx.get("http://provider.invalid/", trust_env=False)


def test_no_network_can_refuse_the_machine_itself():
    with SimulatedEndpoint("openai-chat", SAID) as endpoint:
        refused = pytest.raises(UnexpectedNetworkError)
        with refused, no_network(loopback=False), pytest.raises(httpx.ConnectError):
            ask(endpoint)
        assert endpoint.connections == 0


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_no_network_holds_for_async_clients(anyio_backend):
    async with httpx.AsyncClient(verify=False, trust_env=False) as client:
        with pytest.raises(UnexpectedNetworkError), no_network(), pytest.raises(httpx.ConnectError):
            await client.get("http://192.0.2.1/")


def test_everything_public_is_documented():
    for name in testing.__all__:
        value = getattr(testing, name)
        assert getattr(type(value) if name.isupper() else value, "__doc__", None), name

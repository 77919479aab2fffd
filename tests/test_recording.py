"""Real streams recorded through a proxy and played again: same bytes, same chunks, no keys and no prompts."""

from __future__ import annotations

import threading
from pathlib import Path

import httpx
import pytest

from atomic_ai import Atomic, Model, Task
from atomic_ai.cli import main
from atomic_ai.errors import ConfigError
from atomic_ai.testing import Cut, Recorder, Script, SimulatedEndpoint, Status, replay
from atomic_ai.testing.recording import Recording, Take

KEY, PROMPT = "sk-a-very-secret-key", "my private prompt"
SCRIPT = Script("Good morning, dear reader of recordings.")


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param


def model_at(base_url: str) -> Model:
    return Model("m", provider="openai", base_url=base_url, api_key=KEY, price_in=1, price_out=1)


def recorded(tmp_path: Path, script: Script = SCRIPT, requests: int = 1, faults=None) -> tuple[Path, list[str]]:
    path, texts = tmp_path / "streams.jsonl", []
    with (
        SimulatedEndpoint("openai-chat", script, faults=faults) as endpoint,
        Recorder(endpoint.base_url, path) as proxy,
    ):
        for _ in range(requests):
            texts.append(Atomic([model_at(proxy.base_url)]).run_sync(Task(PROMPT)).text)
    return path, texts


def test_what_is_played_again_is_what_was_said_and_holds_neither_key_nor_prompt(tmp_path: Path) -> None:
    path, texts = recorded(tmp_path)
    kept = path.read_text()
    assert KEY not in kept
    assert PROMPT not in kept
    take = Recording.read(path).takes[0]
    assert (take.status, take.ending, take.target) == (200, "complete", "/v1/chat/completions")
    assert take.request_bytes > len(PROMPT)
    assert 0 <= take.head_s <= take.chunks[0][0] <= take.chunks[-1][0]
    with replay(path, warp=0) as endpoint:
        again = Atomic([model_at(endpoint.base_url)]).run_sync(Task(PROMPT))
        assert again.text == texts[0] == "Good morning, dear reader of recordings."
        assert endpoint.requests[0].counters.chunks_sent == len(take.chunks)


def test_a_key_that_an_answer_repeats_is_blanked_wherever_chunks_are_cut() -> None:
    chunks = ((0.1, b"your key sk-a-ve"), (0.2, b"ry-secret-key is wrong"))
    take = Take("/v1", "m", 1, "h", 401, {}, 0.1, chunks).without([KEY, "sk-a"])
    assert [len(data) for _, data in take.chunks] == [len(data) for _, data in chunks]
    assert take.body == b"your key " + b"*" * len(KEY) + b" is wrong"
    assert Take.from_json(take.to_json()) == take


@pytest.mark.parametrize("fault", [Status(429, retry_after="7"), Cut(2)])
def test_failures_are_recorded_as_they_were(tmp_path: Path, fault) -> None:
    path = tmp_path / "streams.jsonl"
    with SimulatedEndpoint("openai-chat", SCRIPT, faults=fault) as endpoint, Recorder(endpoint.base_url, path) as proxy:
        direct = (
            httpx.post(f"{proxy.base_url}/chat/completions", json={"model": "m", "stream": True})
            if (isinstance(fault, Status))
            else None
        )
        if direct is None:
            with pytest.raises(httpx.RemoteProtocolError):
                httpx.post(f"{proxy.base_url}/chat/completions", json={"model": "m", "stream": True})
    take = Recording.read(path).takes[0]
    if isinstance(fault, Status):
        assert (take.status, take.headers["retry-after"], take.ending) == (429, "7", "complete")
    else:
        assert (take.status, take.ending) == (200, "cut")
    assert take.model == "m"


def test_takes_are_played_in_order_then_drawn_and_elsewhere_nothing(tmp_path: Path) -> None:
    path = tmp_path / "streams.jsonl"
    scripts = [Script("One."), Script("Two.")]
    with SimulatedEndpoint("openai-chat", scripts) as endpoint, Recorder(endpoint.base_url, path) as proxy:
        for _ in scripts:
            Atomic([model_at(proxy.base_url)]).run_sync(Task(PROMPT))

    def played(seed: int) -> list[str]:
        with replay(path, warp=0, seed=seed) as endpoint:
            texts = [Atomic([model_at(endpoint.base_url)]).run_sync(Task(PROMPT)).text for _ in range(5)]
            assert httpx.post(f"{endpoint.origin}/elsewhere").status_code == 404
            return texts

    assert played(1)[:2] == ["One.", "Two."]
    assert played(1) == played(1)


def test_times_are_warped_and_jittered_by_the_seed(tmp_path: Path) -> None:
    path, _ = recorded(tmp_path)
    recording = Recording.read(path)
    chunks = tuple((1.0 + number, b"x") for number in range(4))
    take = Take("/v1/x", "m", 1, "h", 200, {}, 0.5, chunks)
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([lines[0], take.to_json(), b""]))

    class Asked:
        target = "/v1/x"

    def due(**options) -> list[float]:
        plan = replay(path, **options)._composer.plan(Asked())
        return [plan.opens_at_s, *(chunk.at_s for chunk in plan.chunks)]

    assert due() == pytest.approx([0.5, 1.0, 2.0, 3.0, 4.0])
    assert due(warp=0.1) == pytest.approx([0.05, 0.1, 0.2, 0.3, 0.4])
    assert due(jitter=0.5, seed=3) == due(jitter=0.5, seed=3) != due(jitter=0.5, seed=4)
    assert len(recording.takes) == 1


@pytest.mark.parametrize(
    "text",
    ["", "{}", '{"format": "other", "version": 1}', '{"format": "atomic-recording", "version": 99}', "not json"],
)
def test_what_is_no_recording_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(text)
    with pytest.raises(ConfigError):
        replay(path)
    with pytest.raises(ConfigError):
        replay(tmp_path / "missing.jsonl")


def test_the_command_records_so_many_requests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "streams.jsonl"
    with SimulatedEndpoint("openai-chat", SCRIPT) as endpoint, SimulatedEndpoint("openai-chat", SCRIPT) as spare:
        port = int(spare.origin.rpartition(":")[2])
        spare.__exit__(None, None, None)  # a port that was free a moment ago
        arguments = ["record", endpoint.base_url, str(path), "--port", str(port), "--requests", "1"]
        recording = threading.Thread(target=lambda: codes.append(main(arguments)))
        codes: list[int] = []
        recording.start()
        with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as client:
            client.post(f"http://127.0.0.1:{port}/v1/chat/completions", json={"model": "m", "stream": True})
        recording.join()
        spare.__enter__()
    assert codes == [0]
    assert "1 request(s) recorded" in capsys.readouterr().out
    assert len(Recording.read(path).takes) == 1


@pytest.mark.anyio
async def test_a_race_over_recordings(tmp_path: Path) -> None:
    path, _ = await_free(tmp_path)
    with replay(path, warp=0) as endpoint:
        async with Atomic([model_at(endpoint.base_url)]) as atomic:
            assert (await atomic.run(Task(PROMPT))).text.startswith("Good morning")


def await_free(tmp_path: Path) -> tuple[Path, list[str]]:
    """Recorded in a thread of its own: a loop runs in this one."""
    made: list[tuple[Path, list[str]]] = []
    thread = threading.Thread(target=lambda: made.append(recorded(tmp_path)))
    thread.start()
    thread.join()
    return made[0]

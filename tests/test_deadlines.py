"""Every deadline of a lane over real sockets, by either transport, each with its own outcome."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from atomic_ai import Atomic, Model, Task, Timeouts
from atomic_ai.errors import RaceError
from atomic_ai.testing import Script, SimulatedEndpoint, Stall, replay
from atomic_ai.testing.recording import Take, header_line

pytestmark = pytest.mark.anyio

SHORT_S = 0.3
COMMENT = b": keep-alive\n\n"
TOKEN = b'data: {"choices":[{"index":0,"delta":{"content":"word "}}]}\n\n'
FAR = Timeouts(connect_s=60, first_byte_s=60, first_token_s=60, gap_s=60, total_s=60)


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param


@pytest.fixture(params=["httpx", "native"])
def transport(request):
    return request.param


@contextmanager
def played(tmp_path: Path, *pieces: bytes) -> Iterator[str]:
    """An endpoint that sends a piece every twentieth of a second, then falls silent."""
    chunks = tuple((0.05 * (number + 1), piece) for number, piece in enumerate(pieces))
    headers = {"content-type": "text/event-stream"}
    take = Take("/v1/chat/completions", "m", 1, "h", 200, headers, 0.0, chunks, "closed")
    path = tmp_path / "take.jsonl"
    path.write_bytes(header_line("/v1") + b"\n" + take.to_json() + b"\n")
    with replay(path) as endpoint:
        yield endpoint.base_url


async def outcome(base_url: str, transport: str, **short: float) -> str:
    facts = {name: getattr(FAR, name) for name in FAR.__dataclass_fields__}
    model = Model(
        "m", provider="openai", base_url=base_url, api_key="simulated", price_in=1, price_out=1,
        timeouts=Timeouts(**facts | short),
    )  # fmt: skip
    async with Atomic([model], plan="single", transport=transport) as atomic:
        with pytest.raises(RaceError) as raised:
            await atomic.run(Task("Say something."))
    return raised.value.lanes[0].outcome


async def test_no_connection(transport: str) -> None:
    with socket.socket() as full, ExitStack() as stack:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):  # the backlog is full: a further connection waits for ever
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        address = f"http://127.0.0.1:{full.getsockname()[1]}/v1"
        assert await outcome(address, transport, connect_s=SHORT_S) == "late_connect"


@pytest.mark.parametrize("stage", ["before-headers", "after-headers"])
async def test_no_first_byte(stage, transport: str) -> None:
    with SimulatedEndpoint("openai-chat", Script("Never."), faults=Stall(stage)) as endpoint:
        assert await outcome(endpoint.base_url, transport, first_byte_s=SHORT_S) == "late_first_byte"


async def test_no_first_token_though_comments_keep_the_connection_alive(tmp_path: Path, transport: str) -> None:
    with played(tmp_path, *[COMMENT] * 40) as base_url:
        assert await outcome(base_url, transport, first_token_s=SHORT_S) == "late_first_token"


async def test_a_gap_that_comments_do_not_fill(tmp_path: Path, transport: str) -> None:
    with played(tmp_path, TOKEN, *[COMMENT] * 40) as base_url:
        assert await outcome(base_url, transport, gap_s=SHORT_S) == "late_gap"


async def test_a_trickle_without_end(tmp_path: Path, transport: str) -> None:
    with played(tmp_path, *[TOKEN] * 60) as base_url:
        assert await outcome(base_url, transport, gap_s=10, total_s=SHORT_S) == "late_total"

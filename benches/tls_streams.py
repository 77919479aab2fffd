"""Streams over TLS: HTTP/2 and HTTP/1.1, beside httpx and aiohttp in one run.

    pip install hypercorn trustme "httpx[http2]" aiohttp orjson
    python benches/tls_streams.py [--streams 50] [--tokens 200] [--rounds 3]

The server is hypercorn with a certificate of trustme's, in a process on another core; it says its tokens as fast as it
can. CPU is that of the whole client process a token; the server holds the rate down, so that rates compare nothing.
Peers parse each event's JSON (orjson), Atomic checks a criterion on every token and sees all text. `small` is one bare
call of one token after the other on each of as many connections: Atomic's without auction, race and trace.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import shutil
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec

PORTS = {"h2": 8991, "h1": 8992}
CLIENTS = {
    "atomic h2": ("atomic", "h2"),
    "httpx h2": ("httpx", "h2"),
    "atomic h1": ("atomic", "h1"),
    "aiohttp h1": ("aiohttp", "h1"),
    "httpx h1": ("httpx", "h1"),
}
SMALL = 1000


def event(text: str) -> bytes:
    return b"data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": text}}]}).encode() + b"\n\n"


async def app(scope, receive, send) -> None:
    """Says as many tokens as the path's last part tells."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    tokens = int(scope["path"].split("/")[1])
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    for _ in range(tokens):
        await send({"type": "http.response.body", "body": event(" token"), "more_body": True})
    await send({"type": "http.response.body", "body": b"data: [DONE]\n\n", "more_body": False})


def serve(folder: str) -> None:
    """The server's process."""
    from hypercorn.asyncio import serve as hypercorn
    from hypercorn.config import Config

    async def both() -> None:
        running = []
        for protocol, port in PORTS.items():
            config = Config()
            config.bind = [f"127.0.0.1:{port}"]
            config.certfile, config.keyfile = f"{folder}/cert.pem", f"{folder}/key.pem"
            config.alpn_protocols = ["h2", "http/1.1"] if protocol == "h2" else ["http/1.1"]
            config.loglevel, config.keep_alive_max_requests = "ERROR", 10**9
            running.append(hypercorn(app, config))
        await asyncio.gather(*running)

    asyncio.run(both())


def cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def atomic(url: str, tokens: int, ca: str):
    from atomic_ai import Atomic, Model, Task
    from atomic_ai.criteria import forbids

    path = f"{url}/{tokens}"
    card = Model("m", provider="openai", model="m", base_url=path, api_key="sk-x", price_in=1, price_out=1)
    task = Task("hi", criteria=[forbids("as an AI")], max_tokens=4096)
    opened = await Atomic([card], transport="native", plan="single", ca=ca).__aenter__()

    async def call() -> int:
        from atomic_ai.adapt import adapt

        engine = opened._engine
        async with engine.providers["m"].open(adapt(task, engine.models["m"])) as source:
            return b"".join([chunk async for chunk in source]).count(b"data: {")

    async def ask() -> int:
        seen = 0
        async with opened.stream(task, show="lead", batch_s=0.005) as stream:
            async for one in stream:
                seen += len(one.text) if one.kind == "text_delta" else 0
        return seen // len(" token")

    return call if tokens == 1 else ask


async def httpx(url: str, tokens: int, ca: str, *, http2: bool):
    import httpx

    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    trusted = ssl.create_default_context(cafile=ca)
    client = httpx.AsyncClient(http2=http2, verify=trusted, timeout=60, limits=limits)

    async def ask() -> int:
        async with client.stream("POST", f"{url}/{tokens}/x", json={"messages": "hi"}) as answer:
            return sum(map(heard, [line async for line in answer.aiter_lines()]))

    return ask


async def aiohttp(url: str, tokens: int, ca: str):
    import aiohttp

    connector = aiohttp.TCPConnector(limit=0, ssl=ssl.create_default_context(cafile=ca))
    client = aiohttp.ClientSession(connector=connector)

    async def ask() -> int:
        async with client.post(f"{url}/{tokens}/x", json={"messages": "hi"}) as answer:
            return sum([heard(line.decode()) async for line in answer.content])

    return ask


def heard(line: str) -> int:
    if not line.startswith("data: {"):
        return 0
    import orjson

    return len(orjson.loads(line[6:])["choices"]) and 1


async def drive(client: str, protocol: str, streams: int, tokens: int, ca: str) -> None:
    url = f"https://localhost:{PORTS[protocol]}"
    found = {}
    for row, said in (("stream", tokens), ("small", 1)):
        if client == "httpx":
            ask = await httpx(url, said, ca, http2=protocol == "h2")
        else:
            ask = await {"atomic": atomic, "aiohttp": aiohttp}[client](url, said, ca)
        await asyncio.gather(*(ask() for _ in range(min(streams, 10))))
        rounds = 1 if row == "stream" else SMALL // streams

        async def often(ask=ask, rounds=rounds) -> int:
            return sum([await ask() for _ in range(rounds)])

        used, begun = cpu(), time.perf_counter()
        seen = sum(await asyncio.gather(*(often() for _ in range(streams))))
        used, wall = cpu() - used, time.perf_counter() - begun
        assert seen == streams * rounds * said, seen
        found[row] = (used / seen * 1e6, seen / wall)
    print(json.dumps(found), flush=True)
    os._exit(0)


def main() -> None:
    """Measure, or be the server or a client where a parent asks for it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--streams", type=int, default=50)
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve", metavar="FOLDER")
    parser.add_argument("--drive", nargs=3, metavar=("CLIENT", "PROTOCOL", "CA"))
    asked = parser.parse_args()
    if asked.serve:
        serve(asked.serve)
        return
    if asked.drive:
        client, protocol, ca = asked.drive
        asyncio.run(drive(client, protocol, asked.streams, asked.tokens, ca))
        return
    if lacking := [name for name in ("hypercorn", "trustme", "h2") if find_spec(name) is None]:
        print(f"skipped: {', '.join(lacking)} not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(asked, folder)


def measure(asked: argparse.Namespace, folder: str) -> None:
    import trustme

    authority = trustme.CA()
    made = authority.issue_cert("localhost")
    authority.cert_pem.write_to_path(f"{folder}/ca.pem")
    made.private_key_pem.write_to_path(f"{folder}/key.pem")
    for part in made.cert_chain_pems:
        part.write_to_path(f"{folder}/cert.pem", append=True)
    apart = bool(shutil.which("taskset")) and (os.cpu_count() or 1) > 1
    pin = (lambda core: ["taskset", "-c", str(core)]) if apart else lambda _: []
    server = subprocess.Popen([*pin(1), sys.executable, __file__, "--serve", folder])
    try:
        time.sleep(2)
        found: dict[str, list[dict]] = {}
        options = ["--streams", str(asked.streams), "--tokens", str(asked.tokens)]
        for _ in range(asked.rounds):
            for name, (client, protocol) in CLIENTS.items():
                command = [sys.executable, __file__, *options, "--drive", client, protocol, f"{folder}/ca.pem"]
                done = subprocess.run([*pin(0), *command], capture_output=True, text=True, timeout=300, check=False)
                if done.stdout.startswith("{"):
                    found.setdefault(name, []).append(json.loads(done.stdout))
                else:
                    print(f"skipped: {name}: {(done.stderr.strip().splitlines() or ['no output'])[-1][:160]}")
        print(f"{asked.streams} streams of {asked.tokens} tokens over TLS; load {os.getloadavg()[0]:.1f}")
        for row in ("stream", "small"):
            for name, runs in found.items():
                used = sorted(run[row][0] for run in runs)
                print(f"  {row:7} {name:12} {statistics.median(used):8.2f} us  [{used[0]:.2f}, {used[-1]:.2f}]")
    finally:
        server.kill()  # its connections are kept alive; it would wait for them
        server.wait()


if __name__ == "__main__":
    main()

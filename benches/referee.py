"""What judging JSON costs, whole and in chunks, beside what its users call today: one table, with ratios.

    python benches/referee.py [--seconds 0.5] [--only WORD]

Every row is the fastest and the median of many runs in this one process. The records document has `$ref`, an enum, a
pattern, bounds and `additionalProperties: false`. The peers' rows for whole documents include parsing into Python
objects, which they cannot do without; `with snapshot()` builds them here too. Peers that read everything again at each
chunk are timed at twenty prefixes, evenly spread, and multiplied (`≈`). Peers that are not installed are named.
"""

from __future__ import annotations

import argparse
import functools
import gc
import importlib
import json
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from atomic_ai import Schema

SCHEMA: dict[str, Any] = {
    "$defs": {"status": {"enum": ["new", "paid", "shipped", "cancelled"]}},
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "id": {"type": "integer", "minimum": 0},
            "status": {"$ref": "#/$defs/status"},
            "sku": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$"},
            "customer": {"type": "string", "minLength": 1, "maxLength": 80},
            "price": {"type": "number", "minimum": 0, "exclusiveMaximum": 100000},
        },
        "required": ["id", "status", "sku"],
        "additionalProperties": False,
    },
}
STATUSES = ("new", "paid", "shipped", "cancelled")
SIZES = {"1 KB": 1_000, "16 KB": 16_000, "256 KB": 256_000}
CHUNK = 10
PREFIXES = 20
WHOLE_PEER = "orjson + jsonschema-rs"

Row = tuple[str, Callable[[], object], int, bool]
"""Name, what is timed, by how much it is multiplied, whether that is an estimate."""


def document(size: int) -> bytes:
    """A valid document of about so many bytes."""
    records: list[dict[str, object]] = []
    length = 0
    while length < size:
        number = len(records)
        record = {
            "id": number,
            "status": STATUSES[number % 4],
            "sku": f"ABC-{number % 10_000:04}",
            "customer": f"Customer number {number}, Long Street",
            "price": number % 500 + 0.25,
        }
        records.append(record)
        length += len(json.dumps(record)) + 2
    return json.dumps(records).encode()


def peer(name: str) -> Any:
    """A module, or None with a line that says so."""
    try:
        return importlib.import_module(name)
    except ImportError:
        print(f"skipped: {name} is not installed")
        return None


def timed(call: Callable[[], object], seconds: float) -> tuple[float, float]:
    """The fastest and the median of many runs, in seconds."""
    call()
    times: list[float] = []
    end = time.perf_counter() + seconds
    gc.disable()
    while len(times) < 5 or time.perf_counter() < end:
        begun = time.perf_counter()
        call()
        times.append(time.perf_counter() - begun)
    gc.enable()
    return min(times), statistics.median(times)


# --- whole documents -------------------------------------------------------------------------


def whole(text: bytes) -> Iterator[Row]:
    schema = Schema(SCHEMA)
    assert schema.validate(text).valid
    yield "atomic, verdict", lambda: schema.validate(text), 1, False

    def with_snapshot() -> object:
        stream = schema.stream()
        stream.feed(text)
        stream.finish()
        return stream.snapshot()

    assert with_snapshot() == json.loads(text)
    yield "atomic, with snapshot()", with_snapshot, 1, False
    orjson = PEERS["orjson"]
    if orjson and PEERS["jsonschema_rs"]:
        is_valid = PEERS["jsonschema_rs"].validator_for(SCHEMA).is_valid
        yield WHOLE_PEER, lambda: is_valid(orjson.loads(text)), 1, False
    if orjson and PEERS["fastjsonschema"]:
        check = PEERS["fastjsonschema"].compile(SCHEMA)
        yield "orjson + fastjsonschema", lambda: check(orjson.loads(text)), 1, False
    if PEERS["pydantic"]:
        adapter = model(PEERS["pydantic"])
        yield "pydantic-core, validate_json", lambda: adapter.validate_json(text), 1, False
    if PEERS["ijson"]:
        yield "ijson, events and no verdict", lambda: sum(1 for _ in PEERS["ijson"].basic_parse(text)), 1, False


def model(pydantic: Any) -> Any:
    """The records as pydantic models, with the same rules."""
    record = pydantic.create_model(
        "Record",
        __config__=pydantic.ConfigDict(extra="forbid"),
        id=(int, pydantic.Field(ge=0)),
        status=(__import__("typing").Literal[STATUSES], ...),
        sku=(str, pydantic.Field(pattern="^[A-Z]{3}-[0-9]{4}$")),
        customer=(str, pydantic.Field("", min_length=1, max_length=80)),
        price=(float, pydantic.Field(0, ge=0, lt=100_000)),
    )
    return pydantic.TypeAdapter(list[record])


# --- chunks ----------------------------------------------------------------------------------


def chunked(text: bytes) -> Iterator[Row]:
    chunks = [text[at : at + CHUNK] for at in range(0, len(text), CHUNK)]
    schema = Schema(SCHEMA)

    def follow(value: bool, look: Callable[[Any], object] | None) -> object:
        stream = schema.stream(value=value)
        for chunk in chunks:
            assert stream.feed(chunk).state != "invalid"
            if look:
                look(stream)
        return stream.finish()

    yield "atomic, feed and state", lambda: follow(False, None), 1, False
    yield "atomic, and changes()", lambda: follow(True, lambda stream: stream.changes()), 1, False
    yield "atomic, and value()", lambda: follow(True, lambda stream: stream.value()), 1, False
    if PEERS["ijson"]:
        yield "ijson, events and no verdict", lambda: push(PEERS["ijson"], chunks), 1, False
    yield from acceptors(chunks)
    yield from rereaders(text, len(chunks))


def push(ijson: Any, chunks: list[bytes]) -> object:
    events = ijson.sendable_list()
    parser = ijson.basic_parse_coro(events)
    for chunk in chunks:
        parser.send(chunk)
        del events[:]
    return events


def acceptors(chunks: list[bytes]) -> Iterator[Row]:
    """Byte acceptors made for decoding; the order of keys is fixed by the schema."""
    if xgrammar := PEERS["xgrammar"]:
        vocabulary = [bytes([byte]) for byte in range(256)] + [b"</s>"]
        compiler = xgrammar.GrammarCompiler(xgrammar.TokenizerInfo(vocabulary, stop_token_ids=[256]))
        grammar = compiler.compile_json_schema(json.dumps(SCHEMA))
        texts = [chunk.decode() for chunk in chunks]

        def accept() -> None:
            matcher = xgrammar.GrammarMatcher(grammar)
            assert all(matcher.accept_string(text) for text in texts)

        yield "xgrammar, fixed key order", accept, 1, False
    if llguidance := PEERS["llguidance"]:
        tokenizer = llguidance.LLTokenizer("byte")
        grammar_text = llguidance.LLMatcher.grammar_from_json_schema(json.dumps(SCHEMA))

        def consume() -> None:
            matcher = llguidance.LLMatcher(tokenizer, grammar_text)
            assert all(matcher.consume_tokens(list(chunk)) for chunk in chunks)

        yield "llguidance, fixed key order", consume, 1, False


def rereaders(text: bytes, chunks: int) -> Iterator[Row]:
    """Partial values from readers that begin anew at each chunk."""
    prefixes = [text[: len(text) * part // PREFIXES] for part in range(1, PREFIXES + 1)]
    texts = [prefix.decode() for prefix in prefixes]
    share = max(1, chunks // PREFIXES)

    def each(read: Callable[[Any], object], of: list[Any]) -> Callable[[], object]:
        return lambda: [read(prefix) for prefix in of]

    if jiter := PEERS["jiter"]:
        read = functools.partial(jiter.from_json, partial_mode="trailing-strings")
        yield "jiter, partial value", each(read, prefixes), share, True
    if core := PEERS["pydantic_core"]:
        read = functools.partial(core.from_json, allow_partial="trailing-strings")
        yield "pydantic-core, partial value", each(read, prefixes), share, True
    if partial := PEERS["partial_json_parser"]:
        yield "partial-json-parser", each(partial.loads, texts), share, True
    if repair := PEERS["json_repair"]:
        yield "json_repair", each(repair.loads, texts), share, True


# --- the table -------------------------------------------------------------------------------

NAMES = (
    "orjson jsonschema_rs fastjsonschema pydantic pydantic_core ijson jiter partial_json_parser json_repair "
    "xgrammar llguidance"
)
PEERS: dict[str, Any] = {}


def table(title: str, rows: Iterator[Row], text: bytes, unit: int, reference: str, seconds: float) -> None:
    """Prints the rows of one document; `unit` is by how many the times are divided."""
    print(f"\n{title}, {len(text):,} bytes")
    print(f"  {'':32} {'fastest':>10} {'median':>10}  {'times ' + reference:>26}")
    measured = [(name, timed(call, seconds), factor, rough) for name, call, factor, rough in rows]
    base = next((times[0] * factor for name, times, factor, _ in measured if name == reference), None)
    for name, (fastest, median), factor, rough in measured:
        ratio = f"{fastest * factor / base:.2f}" if base else "-"
        costs = " ".join(f"{cost * factor / unit * 1e6:>10.2f}" for cost in (fastest, median))
        print(f"{'≈' if rough else ' '} {name:32} {costs}  {ratio:>26}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=0.5, help="spent on each row")
    parser.add_argument("--only", default="", help="sizes to measure, e.g. '16 KB'")
    asked = parser.parse_args()
    PEERS.update((name, peer(name)) for name in NAMES.split())
    for label, size in SIZES.items():
        if asked.only and asked.only != label:
            continue
        text = document(size)
        chunks = -(-len(text) // CHUNK)
        table("whole, µs a document", whole(text), text, 1, WHOLE_PEER, asked.seconds)
        title = f"in chunks of {CHUNK} bytes, µs a chunk"
        table(title, chunked(text), text, chunks, "atomic, feed and state", asked.seconds)


if __name__ == "__main__":
    main()

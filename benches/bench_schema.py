"""What judging JSON costs, whole and in chunks, beside what its users call today.

The peers' rows include parsing into Python objects, which they cannot do without; `whole, with value` builds them here
too. The records document has `$ref`, an enum, a pattern, bounds and `additionalProperties: false`.
"""

from __future__ import annotations

import json

import orjson
import pytest

from atomic_ai import Schema

SCHEMA = {
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
        length += len(json.dumps(record))
    return json.dumps(records).encode()


@pytest.fixture(params=SIZES, scope="module")
def text(request: pytest.FixtureRequest) -> bytes:
    return document(SIZES[request.param])


def in_chunks(text: bytes) -> list[bytes]:
    return [text[at : at + CHUNK] for at in range(0, len(text), CHUNK)]


def test_whole(benchmark, text):
    benchmark.group = f"judge, whole, {len(text) // 1000} KB"
    schema = Schema(SCHEMA)
    assert benchmark(schema.validate, text).valid


def test_whole_with_value(benchmark, text):
    benchmark.group = f"judge, whole, {len(text) // 1000} KB"
    schema = Schema(SCHEMA)

    def judge():
        stream = schema.stream()
        stream.feed(text)
        return stream.finish(), stream.snapshot()

    verdict, value = benchmark(judge)
    assert verdict.valid
    assert value == orjson.loads(text)


def test_whole_by_orjson_and_jsonschema_rs(benchmark, text):
    benchmark.group = f"judge, whole, {len(text) // 1000} KB"
    validator = pytest.importorskip("jsonschema_rs").validator_for(SCHEMA)
    assert benchmark(lambda: validator.is_valid(orjson.loads(text)))


def test_in_chunks_of_ten_bytes(benchmark, text):
    benchmark.group = f"judge, in chunks of {CHUNK} bytes, {len(text) // 1000} KB"
    schema, chunks = Schema(SCHEMA), in_chunks(text)

    def judge():
        stream = schema.stream(value=False)
        for chunk in chunks:
            stream.feed(chunk)
        return stream.finish()

    assert benchmark(judge).valid
    benchmark.extra_info["chunks"] = len(chunks)


def test_partial_values_by_jiter(benchmark, text):
    """The peer for growing values reads everything again at every chunk: only the smallest document is bearable."""
    benchmark.group = f"judge, in chunks of {CHUNK} bytes, {len(text) // 1000} KB"
    jiter = pytest.importorskip("jiter")
    if len(text) > 20_000:
        pytest.skip("quadratic")

    def follow():
        for end in range(CHUNK, len(text) + CHUNK, CHUNK):
            value = jiter.from_json(text[:end], partial_mode=True)
        return value

    assert benchmark(follow) == orjson.loads(text)

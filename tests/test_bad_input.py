"""Bad input gets a clear typed error that names place and remedy, loses nothing and leaves no socket open."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from atomic_ai import Atomic, Budget, Model, Task, Timeouts
from atomic_ai.errors import (
    AtomicError,
    BudgetError,
    ConfigError,
    DeadlineError,
    MissingKeyError,
    RaceError,
    SchemaError,
    StateError,
    TaskError,
    UnsatisfiableSchemaError,
)
from atomic_ai.testing import BadUtf8, Bomb, Fault, HtmlPage, Redirect, Script, SimulatedEndpoint, Stall

pytestmark = pytest.mark.anyio


class Mail(BaseModel):
    category: str


TASK = Task("Classify.", output=Mail)
GOOD = Script.json({"category": "billing"})


def at(endpoint: SimulatedEndpoint, **options: Any) -> Model:
    return Model("only", provider="openai", base_url=endpoint.base_url, api_key="sk-simulated", **options)


async def failing(model: Model, task: Task[Any] = TASK, **options: Any) -> AtomicError:
    """What running the task on the model raises; it pickles, as what crosses processes must."""
    with pytest.raises(AtomicError) as raised:
        async with Atomic([model]) as atomic:
            await atomic.run(task, **options)
    error = raised.value
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    return error


@pytest.mark.parametrize(
    ("make", "kind", "told"),
    [
        (lambda: Atomic([]), ConfigError, "needs at least one"),
        (lambda: Atomic([Model("a"), Model("a")]), ConfigError, "two models are named 'a'"),
        (lambda: Model("a", price_in=-1), ConfigError, "'a': price_in"),
        (lambda: Model("a", headers={"x": "1\r\ny: 2"}), ConfigError, "header 'x' holds a line break"),
        (lambda: Budget(usd=0), BudgetError, "more than zero"),
        (lambda: Budget(deadline_s=-1), DeadlineError, "has passed"),
        (lambda: Task("x", output=object()), TaskError, "no JSON Schema can be made"),
    ],
)
def test_what_is_wrong_when_it_is_made(make: Callable[[], object], kind: type[AtomicError], told: str) -> None:
    with pytest.raises(kind, match=told):
        make()


async def test_an_unknown_provider_names_the_nearest() -> None:
    error = await failing(Model("a", provider="opnai"))
    assert isinstance(error, ConfigError)
    assert "openai" in str(error)


async def test_a_missing_key_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    error = await failing(Model("a", provider="openai"))
    assert isinstance(error, MissingKeyError)
    assert "OPENAI_API_KEY" in str(error)


async def test_an_unknown_model_of_a_provider_says_so() -> None:
    from atomic_ai.testing import Status

    with SimulatedEndpoint("openai-chat", GOOD, faults=Status(404, message="no such model")) as endpoint:
        error = await failing(at(endpoint))
    assert isinstance(error, RaceError)
    assert "404" in error.lanes[0].detail


@pytest.mark.parametrize(
    ("schema", "kind"),
    [({"type": "objct"}, SchemaError), ({"type": "integer", "minimum": 2, "maximum": 1}, UnsatisfiableSchemaError)],
)
async def test_a_schema_that_is_none_is_refused_before_anything_is_sent(
    schema: dict[str, Any], kind: type[AtomicError]
) -> None:
    with SimulatedEndpoint("openai-chat", GOOD) as endpoint:
        error = await failing(at(endpoint), Task("x", output=schema))
        assert type(error) is kind
        assert endpoint.requests == ()


async def test_a_spent_budget_sends_nothing() -> None:
    with SimulatedEndpoint("openai-chat", GOOD) as endpoint:
        error = await failing(at(endpoint, price_in=1, price_out=1), budget=Budget(usd=1e-9))
        assert isinstance(error, BudgetError)
        assert endpoint.requests == ()


async def test_a_provider_that_never_answers_ends_by_its_timeout() -> None:
    with SimulatedEndpoint("openai-chat", GOOD, faults=Stall("before-headers")) as endpoint:
        error = await failing(at(endpoint, timeouts=Timeouts(first_byte_s=0.05)))
        assert error.lanes[0].outcome == "late_first_byte"
        await endpoint.until(lambda e: e.running == 0)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (HtmlPage(), "HTML page instead of a stream: check base_url"),
        (Bomb(), "limit `line`"),
        (BadUtf8(), ""),
        (Redirect("http://127.0.0.1:9/"), "redirect"),
    ],
)
async def test_what_is_wrong_with_an_answer(fault: Fault, told: str) -> None:
    with SimulatedEndpoint("openai-chat", GOOD, faults=fault) as endpoint:
        error = await failing(at(endpoint))
        assert isinstance(error, RaceError)
        (lane,) = error.lanes
        assert told in lane.detail
        assert lane.outcome in ("error", "truncated", "limit", "schema_dead")
        await endpoint.until(lambda e: e.running == 0)


async def test_a_call_in_the_wrong_order_says_the_right_one() -> None:
    atomic = Atomic([Model("a", run=lambda call: "x")])
    with pytest.raises(StateError, match="async with"):
        await atomic.run(Task("x"))
    async with atomic:
        stream = atomic.stream(Task("x"))
        with pytest.raises(StateError, match="async with"):
            _ = stream.response
        async with stream:
            with pytest.raises(StateError, match="not complete"):
                _ = stream.response
        with pytest.raises(StateError, match="entered before"):
            await stream.__aenter__()
    with pytest.raises(StateError):
        atomic.run_sync(Task("x"))

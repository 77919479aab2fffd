"""What type checkers infer for users; checked by mypy and pyright, never run."""

# A microtask's body is never run; type checkers want one unless they are told.
# mypy: disable-error-code=empty-body
# pyright: reportReturnType=false

from __future__ import annotations

from typing import Annotated, Any, Literal, assert_type

from pydantic import BaseModel

import atomic_ai
from atomic_ai import (
    Atomic,
    BestOf,
    Budget,
    Graph,
    Judge,
    Merge,
    Message,
    Micro,
    Model,
    Planned,
    Quorum,
    Response,
    Schema,
    Task,
    Tool,
    Trace,
    Verdict,
    WireDecoder,
    microtask,
    tool,
)
from atomic_ai.decompose import Node
from atomic_ai.events import Completed, Event, Partial, TextDelta

assert_type(atomic_ai.__version__, str)


class Triage(BaseModel):
    category: Annotated[Literal["order", "complaint"], Micro("Which?", task_class="category", after=())]
    reply: Annotated[str, Micro("Draft a reply.", after="category")]


@tool
def look_up(order: int) -> str:
    """Look up an order."""
    return str(order)


@tool(effects="write", name="refund")
async def refund(order: int, idempotency_key: str) -> None:
    """Refund an order."""


@microtask
def category(mail: str) -> Literal["order", "complaint"]:
    """Which category?"""


@microtask(task_class="drafting", max_tokens=300, on_failure="default", default="")
def reply(mail: str, category: str) -> str:
    """Draft a reply."""


def joined(category: str, reply: str) -> int:
    return len(category) + len(reply)


async def polite(text: str) -> float:
    return 1.0


assert_type(look_up, Tool)
assert_type(refund, Tool)
assert_type(category, Node)
assert_type(reply, Node)
assert_type(Graph([category, reply], inputs={"mail": str}, output=Triage), Graph[Triage])
assert_type(Graph([category, reply], inputs={"mail": str}, assemble=joined), Graph[int])
assert_type(Graph([category, reply], inputs={"mail": str}), Graph[dict[str, Any]])
assert_type(Graph([category, reply], inputs={"mail": str}, output=Triage).with_input(mail="?"), Graph[Triage])
assert_type(Planned(Task("Report.", output=Triage), limit=4), Planned[Triage])

Task("Sort it.", judge=Judge(polite, threshold=0.8), join=BestOf(2))
Task("Sort it.", judge=Judge("small", "Polite."), join=Quorum(2, ("/category",), 0.5))
Task("Sort it.", join=Merge(), tools=[look_up, refund])


async def runs(atomic: Atomic, task: Task[Triage], text: Task[str], graph: Graph[int]) -> None:
    response = await atomic.run(task, budget=Budget(usd=0.01, deadline_s=2))
    assert_type(response, Response[Triage])
    assert_type(response.output, Triage)
    assert_type(response.cost.total_usd, float)
    assert_type(response.trace, Trace)
    assert_type(response.message, Message)
    assert_type((await atomic.run(text)).output, str)
    assert_type((await atomic.run(graph)).output, int)
    assert_type((await atomic.run(Planned(task))).output, Triage)
    async with atomic.stream(task, show="lead") as stream:
        async for event in stream:
            assert_type(event, Event)
            match event:
                case TextDelta(text=said):
                    assert_type(said, str)
                case Partial(value=value):
                    assert_type(value, Any)
                case Completed():
                    pass
                case _:
                    pass
        assert_type(stream.response.output, Triage)


def alone() -> None:
    models = [Model("fast", provider="openai", model="m", price_in=1, price_out=2)]
    assert_type(Atomic(models).run_sync(Task("Sort it.", output=Triage)).output, Triage)
    schema = Schema(Triage)
    assert_type(schema.validate(b"{}"), Verdict)
    assert_type(schema.stream().feed("{"), Verdict)
    assert_type(WireDecoder("openai-chat").feed(b"").__len__(), int)
